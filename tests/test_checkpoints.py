"""The shipped models are what they say, and can be made again."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from model.classifier.cnn import Cnn
from model.classifier.reject import (
    FAMILIAR_SHARE,
    FAMILIAR_TO_REJECTOR,
    NO_REJECTOR,
    SELECTIVE_ACCURACY,
    familiarity,
)
from model.config import INPUTS, SHIPPED, Input, TrainingConfig
from model.data import strokes
from model.data.datasets import Dataset
from model.preprocessing.centring import centred
from model.preprocessing.features import features
from tests.support.specimens import shipped


class Drawn(NamedTuple):
    """Pen strokes drawn by the protocol, in MNIST's form."""

    pictures: NDArray[np.float32]
    labels: NDArray[np.int64]


@pytest.fixture(scope="module")
def drawings(pen_strokes_path: Path) -> Drawn:
    digits = list(strokes.read(pen_strokes_path))
    pictures = np.stack([centred(ink) for ink in strokes.canvas_drawings(digits)])
    return Drawn(pictures, np.array([digit.label for digit in digits]))


def test_pixels_is_the_tutorials_recipe_to_the_letter() -> None:
    assert shipped("pixels").config == TrainingConfig()


@pytest.mark.parametrize("input", INPUTS)
def test_all_have_as_many_numbers(input: Input) -> None:
    model = shipped(input).model
    assert model.input == input
    assert model.n_parameters == 7_850


def test_the_network_has_no_more() -> None:
    model = shipped("network").model
    assert isinstance(model, Cnn)
    assert model.n_parameters == 7_820


@pytest.mark.parametrize(
    ("name", "least", "most"),
    [
        ("pixels", 0.915, 0.93),
        ("moments", 0.972, 1),
        ("directions", 0.991, 1),
        ("network", 0.989, 1),
    ],
)
def test_the_test_accuracy_is_as_recorded_and_as_promised(
    mnist: Dataset, name: str, least: float, most: float
) -> None:
    checkpoint = shipped(name)
    assert checkpoint.model.training_data == ("mnist", mnist.sha256)
    accuracy = (checkpoint.model.predict(mnist.test.images) == mnist.test.labels).mean()
    assert accuracy == pytest.approx(checkpoint.measured["test_accuracy"], abs=2e-4)
    assert least <= accuracy <= most


@pytest.mark.parametrize(
    ("name", "least"),
    [("pixels", 0.82), ("moments", 0.93), ("directions", 0.969), ("network", 0.969)],
)
def test_drawn_digits_are_read_as_well_as_promised(
    drawings: Drawn, name: str, least: float
) -> None:
    right = shipped(name).model.predict(drawings.pictures) == drawings.labels
    assert right.mean() >= least


@pytest.mark.parametrize("name", SHIPPED)
def test_the_reject_rule_keeps_what_it_was_chosen_for(mnist: Dataset, name: str) -> None:
    model, rule = shipped(name).model, shipped(name).reject_rule
    held_out = mnist.validation
    inputs = model.features(held_out.images)
    probabilities = model.predict_proba(inputs)
    predicted = probabilities.argmax(axis=1)
    how_familiar = familiarity(inputs, predicted, rule.prototypes, rule.rejector)
    share = FAMILIAR_SHARE if rule.rejector is NO_REJECTOR else FAMILIAR_TO_REJECTOR
    assert (how_familiar >= rule.min_familiarity).mean() == pytest.approx(share, abs=0.002)
    sure = probabilities.max(axis=1) >= rule.min_probability
    assert (predicted == held_out.labels)[sure].mean() >= SELECTIVE_ACCURACY - 5e-4
    for threshold, answered, right in rule.curve:
        chosen = probabilities.max(axis=1) >= threshold
        assert answered == pytest.approx(chosen.mean(), abs=1e-3)
        assert right == pytest.approx((predicted == held_out.labels)[chosen].mean(), abs=1e-3)


def test_training_pixels_again_gives_the_shipped_weights(mnist: Dataset) -> None:
    from model.training.gradient_descent import train  # here: importing TensorFlow takes seconds

    model, config = shipped("pixels").model, shipped("pixels").config
    assert config.pen_habits == 0
    seen, held_out = (
        (features(split.images, "pixels"), split.labels)
        for split in (mnist.train, mnist.validation)
    )
    *_, last = train(*seen, *held_out, config, report_every=config.n_steps)
    np.testing.assert_allclose(last.weights, model.weights, atol=1e-4)
    np.testing.assert_allclose(last.bias, model.bias, atol=1e-4)
