"""What all visitors share: made once for the server, and changed by none of them."""

from __future__ import annotations

import functools
import importlib
import logging
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.classifier import checkpoint
from model.classifier.base import Classifier
from model.classifier.checkpoint import Checkpoint, CheckpointError
from model.config import SHIPPED, Input
from model.data import datasets
from model.data.datasets import Split
from model.jobs.limits import Limits
from model.jobs.trainer import Trainer
from model.preprocessing.features import features
from model.training.teaching import Pictures
from ui.components.shared.colours import custom_properties
from ui.components.shared.parts import style

__all__ = [
    "ASSETS",
    "builtin_test",
    "lesson_pictures",
    "page_style",
    "passing_accuracy",
    "ready_style",
    "room_style",
    "shipped_models",
    "stage_style",
    "start",
    "stop",
    "test_accuracy",
    "test_data",
    "test_probabilities",
    "trainer",
]

ASSETS = Path(__file__).parents[2] / "assets"
KEPT_MODELS = 32
"""Models whose answers to the test pictures are remembered: 400 kB each with MNIST."""
CALM_SECONDS = 4.0
"""Of the server's start: TensorFlow's import, beside the first page, made its first answer a tenth
later."""
REPLAYED = 5_000
"""Training pictures of which a model is reminded while it learns a drawing: 50 steps of 100."""

_log = logging.getLogger(__name__)
_measuring = threading.RLock()  # so that two visitors at once do not load or compute twice


@functools.cache
def shipped_models() -> dict[str, Checkpoint]:
    """Return the checkpoints that come with the program, by name; a damaged one is left out."""
    models: dict[str, Checkpoint] = {}
    for name in SHIPPED:
        try:
            models[name] = checkpoint.load(ASSETS / "checkpoints" / f"{name}.safetensors")
        except CheckpointError as error:
            _log.error("A shipped model is left out: %s", error)
    return models


@functools.cache
def page_style() -> str:
    """Return the page's style sheet, with the colours and the parts that components share."""
    return custom_properties() + style("signed.css", "small_bars.css", ASSETS / "style.css")


@functools.cache
def stage_style() -> str:
    """Return what the stage mode adds to the page's style sheet."""
    return style(ASSETS / "stage.css")


@functools.cache
def ready_style() -> str:
    """Return the style sheet of the speaker's card."""
    return style(ASSETS / "ready.css")


@functools.cache
def room_style() -> str:
    """Return the style sheet of the Room view."""
    return style(ASSETS / "room.css")


@functools.cache
def trainer() -> Trainer:
    """Return the client of the training process, which starts in the background."""
    on_demand = os.environ.get("INKLING_TRAINING_PROCESS") == "on-demand"
    client = Trainer(limits=Limits(on_demand=on_demand, calm_seconds=CALM_SECONDS))
    client.start()
    client.warm("auto", "directions")
    return client


def start() -> None:
    """Do at the server's start what the first visitor would have to wait for.

    The first page that meets a component imports pandas and PyArrow, under a lock.
    """
    for name in ("pandas", "pyarrow"):
        importlib.import_module(name)
    shipped_models()
    trainer()


def stop() -> None:
    """End the training process."""
    trainer().close()


@functools.cache
def builtin_test() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return the built-in data's test pictures (300, 28, 28) and their labels (300,)."""
    test = datasets.load("digits").test
    return test.images, test.labels


def has_mnist() -> bool:
    """Whether MNIST seems to be on this machine."""
    return datasets.find_mnist() is not None


def test_data() -> tuple[str, Split]:
    """Return the name and the test part of MNIST if it is at hand, else of the built-in digits.

    Nothing is downloaded.
    """
    with _measuring:
        return _test_data(has_mnist())


def test_probabilities(model: Classifier) -> NDArray[np.floating[Any]]:
    """Return what a model believes of the test pictures, (n, 10); computed once per model."""
    with _measuring:
        return _test_probabilities(model, has_mnist())


def lesson_pictures(model: Classifier) -> tuple[Pictures, Pictures]:
    """Return pictures as a model is fed them: all for validation, and some to learn from again."""
    with _measuring:
        return _lesson_pictures(model.input, has_mnist())


def test_accuracy(model: Classifier) -> float:
    """Return the share of the test pictures that a model reads rightly."""
    return _right(test_probabilities(model))


def passing_accuracy(model: Classifier) -> float:
    """Return the same of a model that answers nobody and is soon another; none is remembered."""
    with _measuring:
        features = _test_features(model, has_mnist())
    return _right(model.decision_function(features))


def _right(scores: NDArray[np.floating[Any]]) -> float:
    return float((scores.argmax(axis=1) == test_data()[1].labels).mean())


@functools.cache
def _test_data(has_mnist: bool) -> tuple[str, Split]:
    """`has_mnist` makes it look anew when MNIST has come while the server runs."""
    data = datasets.load("auto")
    return data.name, data.test  # the training pictures are let go


@functools.lru_cache(maxsize=KEPT_MODELS)
def _test_probabilities(model: Classifier, has_mnist: bool) -> NDArray[np.floating[Any]]:
    features = _test_features(model, has_mnist)
    probabilities: NDArray[np.floating[Any]] = model.predict_proba(features)
    probabilities.flags.writeable = False
    return probabilities


def _test_features(model: Classifier, has_mnist: bool) -> NDArray[np.float32]:
    """Return the test pictures' features, which models with the same input step share."""
    name, test = _test_data(has_mnist)
    key = type(model).features, model.input, name
    if key not in _kept_features:
        _kept_features[key] = model.features(test.images)
    return _kept_features[key]


@functools.lru_cache(maxsize=2)
def _lesson_pictures(input: Input, has_mnist: bool) -> tuple[Pictures, Pictures]:
    data = datasets.load("auto")
    fed = functools.partial(features, input=input)
    some = min(REPLAYED, len(data.train.labels))
    replay = Pictures(fed(data.train.images[:some]), data.train.labels[:some])
    return Pictures(fed(data.validation.images), data.validation.labels), replay


_kept_features: dict[tuple[Callable[..., Any], Input, str], NDArray[np.float32]] = {}
