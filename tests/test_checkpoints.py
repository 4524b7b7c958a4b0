"""The two shipped models are what they say, and can be made again."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from model import strokes
from model.config import INPUTS, Input, TrainingConfig
from model.data.datasets import Dataset
from model.doubt import KEPT_FAMILIAR, WANTED_ACCURACY, distances
from model.preprocessing import centred, features
from tests.model.specimens import shipped


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
    assert shipped("pixels").model.config == TrainingConfig()


def test_moments_has_as_many_numbers() -> None:
    model = shipped("moments").model
    assert model.config.input == "moments"
    assert model.weights.size + model.bias.size == 7_850


@pytest.mark.parametrize(
    ("input", "least", "most"), [("pixels", 0.915, 0.93), ("moments", 0.972, 1)]
)
def test_the_test_accuracy_is_as_recorded_and_as_promised(
    mnist: Dataset, input: Input, least: float, most: float
) -> None:
    checkpoint = shipped(input)
    assert (checkpoint.data_name, checkpoint.data_sha256) == ("mnist", mnist.sha256)
    accuracy = (checkpoint.model.predict(mnist.test.images) == mnist.test.labels).mean()
    assert accuracy == pytest.approx(checkpoint.measured["test_accuracy"], abs=2e-4)
    assert least <= accuracy <= most


@pytest.mark.parametrize(("input", "least"), [("pixels", 0.82), ("moments", 0.93)])
def test_drawn_digits_are_read_as_well_as_promised(
    drawings: Drawn, input: Input, least: float
) -> None:
    right = shipped(input).model.predict(drawings.pictures) == drawings.labels
    assert right.mean() >= least


@pytest.mark.parametrize("input", INPUTS)
def test_the_reject_rule_keeps_what_it_was_chosen_for(mnist: Dataset, input: Input) -> None:
    model, doubt = shipped(input).model, shipped(input).doubt
    held_out = mnist.validation
    inputs = model.features(held_out.images)
    probabilities = model.predict_proba(held_out.images)
    predicted = probabilities.argmax(axis=1)
    familiar = distances(inputs, predicted, doubt.typical) <= doubt.farthest
    assert familiar.mean() == pytest.approx(KEPT_FAMILIAR, abs=0.002)
    sure = probabilities.max(axis=1) >= doubt.least_probability
    assert (predicted == held_out.labels)[sure].mean() >= WANTED_ACCURACY - 5e-4
    for threshold, answered, right in doubt.curve:
        chosen = probabilities.max(axis=1) >= threshold
        assert answered == pytest.approx(chosen.mean(), abs=1e-3)
        assert right == pytest.approx((predicted == held_out.labels)[chosen].mean(), abs=1e-3)


def test_training_pixels_again_gives_the_shipped_weights(mnist: Dataset) -> None:
    from model.training import train  # here: TensorFlow takes seconds, and the rest needs none

    model = shipped("pixels").model
    assert model.config.pen_habits == 0
    seen, held_out = (
        (features(split.images, "pixels"), split.labels)
        for split in (mnist.train, mnist.validation)
    )
    *_, last = train(*seen, *held_out, model.config, report_every=model.config.n_steps)
    np.testing.assert_allclose(last.weights, model.weights, atol=1e-4)
    np.testing.assert_allclose(last.bias, model.bias, atol=1e-4)
