"""From a drawing to what is said about it."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from numpy.typing import NDArray

from model.classifier.prediction import read
from model.config import INPUTS, Input
from model.preprocessing.centring import centred
from tests.support.specimens import drawn, fed, made_up, sample_digits, shipped


@pytest.mark.parametrize("input", INPUTS)
def test_a_reading_shows_what_the_model_saw_and_believes(input: Input) -> None:
    ink = drawn(sample_digits()[4])
    found = read(shipped(input), ink)
    assert found is not None
    model = shipped(input).model
    assert found.picture.shape == (28, 28)
    features = fed(model, ink)
    np.testing.assert_array_equal(found.picture.reshape(1, -1), features)
    np.testing.assert_allclose(found.probabilities, model.predict_proba(features)[0], atol=1e-6)


def test_pixels_see_the_centred_drawing() -> None:
    ink = drawn(sample_digits()[4])
    found = read(shipped("pixels"), ink)
    assert found is not None
    np.testing.assert_array_equal(found.picture, centred(ink))


@pytest.mark.parametrize("input", INPUTS)
@pytest.mark.parametrize("level", [0, 0.05])
def test_an_empty_picture_is_never_predicted(input: Input, level: float) -> None:
    assert read(shipped(input), np.full((280, 280), level, np.float32)) is None


def test_the_verdict_is_the_checkpoints_own() -> None:
    made = made_up()
    ink = drawn(sample_digits()[0])
    verdicts = []
    for max_distance, least in ((1e9, 0.0), (1e9, 1.1), (0.0, 0.0)):
        rule = dataclasses.replace(
            made.reject_rule, max_distance=max_distance, min_probability=least
        )
        found = read(dataclasses.replace(made, reject_rule=rule), ink)
        assert found is not None
        verdicts.append(found.verdict)
    assert verdicts == ["answer", "unsure", "unfamiliar"]


@pytest.mark.parametrize("ink", [np.full((28, 28), np.nan), np.full((28, 28), 255.0), np.zeros(9)])
def test_what_is_no_ink_is_refused(ink: NDArray[np.float32]) -> None:
    with pytest.raises(ValueError):
        read(shipped("moments"), ink)
