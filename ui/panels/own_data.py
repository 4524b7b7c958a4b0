"""Training data of a visitor's own: uploaded files, kept in a folder as long as the visit."""

from __future__ import annotations

import contextlib
import dataclasses
import re
import shutil
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path

import streamlit as st
from streamlit.typing import UploadedFile

from model.data import own_files
from model.data.array_files import DataError
from model.data.forms.parts import Limits
from model.data.mnist_files import FourArrays
from model.data.turning import AS_THEY_CAME, Turn, turned
from model.data.understood import Understood
from model.evaluation.orientation import Suggestion, suggested_turn
from ui.elements import notices, pixels, wording
from ui.server import log, resources
from ui.server.own_files import new_folder
from ui.session import state

__all__ = ["LIMITS", "chooser", "file_name", "one_at_a_time", "path"]

MOST_BYTES = 100 * 2**20
"""The most bytes that all uploaded files of a visit may have together."""
MOST_FILES = 24
LIMITS = Limits(
    max_bytes=64_000_000,  # of one part: 81,000 pictures, where MNIST has 60,000
    most_files=100_000,
    most_pixels=300_000_000,
    most_points=2_000_000,
)
one_at_a_time = threading.Lock()
"""Held while files are read: it takes up to 400 MB."""


@dataclasses.dataclass(frozen=True, eq=False)
class _Usable:
    """Data that can be trained on: where it is as it came and turned, and what it is."""

    folder: tempfile.TemporaryDirectory[str]
    as_it_came: Path
    turned: Path | None
    understood: Understood
    offer: Suggestion | None


@dataclasses.dataclass(frozen=True, eq=False)
class _OwnData:
    """Uploaded files by their ids, and the data in them; or what is wrong with them."""

    ids: tuple[str, ...]
    usable: _Usable | None
    problem: str = ""


def chooser() -> None:
    """Ask for files, keep what is in them, and say what was understood, or what is wrong."""
    _choose()
    state.OWN_PATH.set(path())


def _choose() -> None:
    files = st.file_uploader(
        "Pictures of digits with their labels",
        accept_multiple_files=True,
        key=state.OWN_FILES.name,
        help="A .zip of pictures in folders 0 to 9; Kaggle's CSV; .npz or two .npy files; MNIST's "
        "or EMNIST's IDX files; recorded strokes (.jsonl). Gzipped or zipped as you have them",
    )
    if not files:
        state.OWN_DATA.set(None)
        return
    if len(files) > MOST_FILES or sum(file.size for file in files) > MOST_BYTES:
        st.error(f"At most {MOST_FILES} files and {MOST_BYTES // 2**20} MB together are taken.")
        return
    kept: _OwnData | None = state.OWN_DATA.get()
    if kept is None or kept.ids != _ids(files):
        with st.spinner("Reading the files"):
            kept = _kept(files)
        state.OWN_DATA.set(kept)
        state.OWN_TURN.set(False)
    if kept.problem:
        notices.error(kept.problem)
    elif kept.usable is not None:
        _said_back(kept.usable)


def path() -> str | None:
    """Return the path of the data that is chosen now; None while there is none that is usable."""
    kept: _OwnData | None = state.OWN_DATA.get()
    files = state.OWN_FILES.get() or []
    if kept is None or kept.usable is None or kept.ids != _ids(files):
        return None
    turned = kept.usable.turned if state.OWN_TURN.get() else None
    return str(turned or kept.usable.as_it_came)


def _said_back(usable: _Usable) -> None:
    own, offer = usable.understood, usable.offer
    turn = offer.turn if offer is not None and state.OWN_TURN.get() else AS_THEY_CAME
    st.html(
        f"<p class='note'>{wording.own_data(own)}</p>"
        + pixels.contact_sheet(
            turned(own.samples, turn),
            [f"a {label}" for label in own.sample_labels],
            [str(label) for label in own.sample_labels],
        )
    )
    if gaps := wording.own_data_gaps(own):
        notices.info(gaps)
    if offer is not None:
        notices.info(
            f"Your pictures seem to be {wording.turn(offer.turn)}. Of a sample, a model that comes "
            f"with the page reads {offer.accuracy:.0%} right as they are, and"
            f" {offer.accuracy_turned:.0%} turned."
        )
        st.toggle("Turn them", key=state.OWN_TURN.name)


def _ids(files: Sequence[UploadedFile]) -> tuple[str, ...]:
    return tuple(file.file_id for file in files)


def _kept(files: Sequence[UploadedFile]) -> _OwnData:
    """Write the files to a folder of their own, and what is in them beside it."""
    ids = _ids(files)
    with contextlib.ExitStack() as undo:
        try:
            folder = new_folder()
            undo.callback(folder.cleanup)
            with one_at_a_time:
                usable = _read(files, folder)
        except DataError as error:
            log.refused("upload", "training data")
            reason = str(error).replace(folder.name, "…")
            return _OwnData(ids, None, f"These files cannot be trained on: {reason}")
        except OSError as error:
            log.failed("upload", error)
            return _OwnData(ids, None, f"The server could not keep these files: {error.strerror}.")
        undo.pop_all()
    return _OwnData(ids, usable)


def _read(files: Sequence[UploadedFile], folder: tempfile.TemporaryDirectory[str]) -> _Usable:
    place = Path(folder.name)
    uploaded = _written(files, place / "uploaded")
    own = own_files.read(uploaded, LIMITS, AS_THEY_CAME)
    shutil.rmtree(place / "uploaded")
    name = f"{uploaded.name.partition('.')[0]}.npz"
    as_it_came = _saved(own.arrays, place / "as it came" / name)
    offer = _offer(own)
    turned_path = None
    if offer is not None:
        turned_path = _saved(_turned(own.arrays, offer.turn), place / "turned" / name)
    return _Usable(folder, as_it_came, turned_path, own.understood, offer)


def _offer(own: own_files.OwnFiles) -> Suggestion | None:
    shipped = next(iter(resources.shipped_models().values()), None)
    if shipped is None:
        return None
    return suggested_turn(own.train.images, own.train.labels, shipped.model)


def _turned(arrays: FourArrays, turn: Turn) -> FourArrays:
    images, labels, test_images, test_labels = arrays
    return FourArrays(turned(images, turn), labels, turned(test_images, turn), test_labels)


def _saved(arrays: FourArrays, path: Path) -> Path:
    path.parent.mkdir()
    own_files.write(arrays, path)
    return path


def _written(files: Sequence[UploadedFile], folder: Path) -> Path:
    """Write the files to a folder; return it, or the file where there is one alone."""
    folder.mkdir()
    for file in files:
        written = folder / file_name(file.name)
        written.write_bytes(file.getbuffer())
    return written if len(files) == 1 else folder


def file_name(name: str) -> str:
    """Return what a file may be called here, whatever a browser says it is called there."""
    return re.sub(r"[^\w.-]", "_", Path(name).name)[-100:].lstrip(".") or "file"
