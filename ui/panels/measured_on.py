"""What a model is measured on: the usual test digits, the test part of own data, or a file."""

from __future__ import annotations

import dataclasses
import functools
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from model.classifier.base import Classifier
from model.data import datasets
from model.data.array_files import DataError
from model.data.datasets import Split
from model.data.forms import reader
from model.data.forms.parts import concatenated
from model.data.splitting import held_out
from ui.elements import notices
from ui.panels import own_data
from ui.server import log, resources
from ui.session import state

__all__ = ["Chosen", "believed", "measured_on"]

Source = Literal["usual", "own", "file"]

MOST = 10_000
"""Most pictures of one's own that a model is measured on; of more, a stratified part is taken."""


@dataclasses.dataclass(frozen=True, eq=False)
class Chosen:
    """Test pictures: where they are from, the name of the data, and themselves."""

    source: Source
    name: str
    test: Split


@dataclasses.dataclass(frozen=True, eq=False)
class _Kept:
    """What was read last, and of what: the path of own data, or the id of a file."""

    of: str
    chosen: Chosen | None
    problem: str = ""


def measured_on() -> Chosen | None:
    """Ask what to measure on; None while the file for it is missing or cannot be used."""
    own = state.OWN_PATH.get()
    names: dict[Source, str] = {"usual": _usual_name(), "own": "My own", "file": "A file"}
    if own is None:
        del names["own"]
        if state.TESTED.get() == "own":
            state.TESTED.set("usual")
    source = st.segmented_control(
        "Measured on",
        list(names),
        format_func=names.__getitem__,
        default=None if state.TESTED.is_set() else state.TESTED.first(),
        required=True,
        key=state.TESTED.name,
        help="My own: the test part of what you chose in the Train view. A file: drawings as "
        "recorded strokes (.jsonl), or pictures in any of the forms that Train takes",
    )
    if source == "own" and own is not None:
        return _kept(own, lambda: Chosen("own", "own", _some(datasets.load(own).test)))
    if source == "file":
        return _of_file()
    name, test = resources.test_data()
    return Chosen("usual", name, test)


def believed(chosen: Chosen, model: Classifier) -> NDArray[np.floating[Any]]:
    """Return what a model believes of test pictures, (n, 10)."""
    if chosen.source == "usual":
        return resources.test_probabilities(model)
    return _believed(chosen.test, model)


@functools.lru_cache(maxsize=4)
def _believed(test: Split, model: Classifier) -> NDArray[np.floating[Any]]:
    return model.predict_proba(model.features(test.images))


def _usual_name() -> str:
    return "MNIST" if resources.test_data()[0] == "mnist" else "Built-in"


def _of_file() -> Chosen | None:
    file = st.file_uploader("A file of drawings or pictures", key=state.TEST_FILE.name)
    if file is None:
        return None

    def read() -> Chosen:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, own_data.file_name(file.name))
            path.write_bytes(file.getbuffer())
            _, parts = reader.read(path, own_data.LIMITS)
        every = concatenated([part for part in (parts.train, parts.test) if part is not None])
        return Chosen("file", "file", _some(Split(*every)))

    return _kept(file.file_id, read)


def _kept(of: str, read: Callable[[], Chosen]) -> Chosen | None:
    kept: _Kept | None = state.TEST_PICTURES.get()
    if kept is None or kept.of != of:
        kept = _read(of, read)
        state.TEST_PICTURES.set(kept)
    if kept.problem:
        notices.error(kept.problem)
    return kept.chosen


def _read(of: str, read: Callable[[], Chosen]) -> _Kept:
    try:
        with st.spinner("Reading the pictures"), own_data.one_at_a_time:
            return _Kept(of, read())
    except DataError as error:
        log.refused("upload", "test data")
        told = str(error).replace(tempfile.gettempdir(), "…")
        return _Kept(of, None, f"Nothing can be measured on this: {told}")
    except OSError as error:
        log.failed("upload", error)
        return _Kept(of, None, f"The server could not keep this file: {error.strerror}.")


def _some(test: Split) -> Split:
    if len(test) <= MOST:
        return test
    chosen = held_out(test.labels, MOST)
    return Split(test.images[chosen], test.labels[chosen])
