"""Another kind of model: whoever follows the protocol is read, measured and compared."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from streamlit.testing.v1 import AppTest

from model.classifier.base import Classifier, TrainingData
from model.classifier.checkpoint import Checkpoint, CheckpointError
from model.classifier.prediction import read
from model.classifier.reject import choose, find_prototypes
from model.config import Input, TrainingConfig
from model.data import datasets
from model.evaluation.comparison import compare
from model.evaluation.metrics import evaluate
from model.preprocessing.centring import centred
from tests.support.specimens import drawn, sample_digits, shipped
from ui.server import resources
from ui.session import state


class NearestMean(Classifier):
    """Takes the digit whose mean is nearest, of the ink in 7 × 7 squares."""

    input: Input = "pixels"
    training_data = TrainingData("digits", "")

    def __init__(self, images: NDArray[Any], labels: NDArray[Any]) -> None:
        x = self.features(images)
        self.means = np.stack([x[labels == digit].mean(axis=0) for digit in range(10)])  # (10, 49)

    @property
    def n_parameters(self) -> int:
        return self.means.size

    def features(self, images: NDArray[Any]) -> NDArray[np.float32]:
        ink = images / np.float32(255) if images.dtype == np.uint8 else images
        squares = ink.reshape(-1, 7, 4, 7, 4).mean(axis=(2, 4))  # (n, 7, 7)
        return squares.reshape(-1, 49).astype(np.float32)

    def decision_function(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        distances = ((features[:, np.newaxis] - self.means) ** 2).sum(axis=2)  # (n, 10)
        return (-5 * distances).astype(np.float32)


@functools.cache
def toy() -> Checkpoint:
    """Return such a model of the built-in digits, with a reject rule."""
    data = datasets.load("digits")
    model = NearestMean(data.train.images, data.train.labels)
    prototypes = find_prototypes(model.features(data.train.images), data.train.labels, seed=0)
    features = model.features(data.validation.images)
    rule = choose(prototypes, features, data.validation.labels, model.predict_proba(features))
    return Checkpoint(model, rule, TrainingConfig(), {})


def test_a_drawing_is_read_with_the_models_own_features() -> None:
    right = 0
    for digit in sample_digits():
        reading = read(toy(), drawn(digit))
        assert reading is not None
        assert reading.features.shape == (49,)
        np.testing.assert_array_equal(reading.picture, centred(drawn(digit)))
        assert reading.probabilities.sum() == pytest.approx(1)
        right += int(reading.probabilities.argmax() == digit.label)
    assert right >= 5  # of ten; chance gives one


def test_paper_without_ink_is_not_read() -> None:
    assert read(toy(), np.zeros((280, 280), np.float32)) is None


def test_it_is_evaluated_and_compared_with_a_shipped_model() -> None:
    test = datasets.load("digits").test
    mine, other = (c.model.predict(test.images) for c in (toy(), shipped("moments")))
    measured = evaluate(test.labels, mine)
    assert 0.8 < measured.accuracy < 1
    compared = compare(test.labels, mine, other)
    assert compared.before.accuracy == measured.accuracy
    gained = len(compared.fixed) - len(compared.broken)
    assert gained == round((compared.after.accuracy - measured.accuracy) * len(test.labels))


def test_it_has_no_file_yet_and_says_so() -> None:
    with pytest.raises(CheckpointError, match=r"^a NearestMean cannot be kept in a file$"):
        toy().to_bytes()


@pytest.fixture
def _builtin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The built-in digits are the test data, loaded anew."""

    def forget() -> None:
        resources._test_data.cache_clear()
        resources._test_probabilities.cache_clear()
        resources._kept_features.clear()

    monkeypatch.setenv("INKLING_DATA_DIR", str(tmp_path))
    forget()
    yield
    forget()


def receipt_alone() -> None:
    from ui.panels.receipt import changes, receipt

    receipt()
    changes()


@pytest.mark.usefixtures("_builtin")
def test_the_receipt_compares_it_with_a_shipped_model(monkeypatch: pytest.MonkeyPatch) -> None:
    learned = shipped("moments").model.training_data  # else only MNIST could compare them fairly
    monkeypatch.setattr(NearestMean, "training_data", learned)
    page = AppTest.from_function(receipt_alone, default_timeout=60)
    page.session_state[state.TRAINED.name] = {"toy 1": toy()}
    page.session_state[state.BEFORE.name] = "moments"
    page.session_state[state.MODEL.name] = "toy 1"
    page.run()
    assert not page.exception, page.exception
    test = datasets.load("digits").test
    right = toy().model.predict(test.images) == test.labels
    assert [metric.label for metric in page.metric] == ["moments, before", "toy 1, now"]
    assert page.metric[1].value == f"{right.mean():.2%}"
    words = "\n".join(element.proto.body for element in page.get("html"))
    was_right = shipped("moments").model.predict(test.images) == test.labels
    assert re.findall(r"(Fixed|Broken): (\d+)", words) == [
        ("Fixed", str((right & ~was_right).sum())),
        ("Broken", str((was_right & ~right).sum())),
    ]
