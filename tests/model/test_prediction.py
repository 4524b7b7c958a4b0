"""From a drawing to what is said about it."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from numpy.typing import NDArray

from model.classifier.prediction import read, read_parts
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
    np.testing.assert_array_equal(found.features, features[0])
    np.testing.assert_array_equal(found.picture, model.seen(centred(ink)[np.newaxis])[0])
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
    for familiarity, least in ((-1e9, 0.0), (-1e9, 1.1), (0.0, 0.0)):
        rule = dataclasses.replace(
            made.reject_rule, min_familiarity=familiarity, min_probability=least
        )
        found = read(dataclasses.replace(made, reject_rule=rule), ink)
        assert found is not None
        verdicts.append(found.verdict)
    assert verdicts == ["answer", "unsure", "unfamiliar"]


def side_by_side(left: int, right: int, gap: int = 40) -> NDArray[np.float32]:
    """Return two of the sample digits beside each other."""
    ink = np.zeros((280, 600), np.float32)
    for x, digit in ((0, left), (160 + gap, right)):
        ink[:, x : x + 280] = np.maximum(ink[:, x : x + 280], drawn(sample_digits()[digit], 150))
    return ink


@pytest.mark.parametrize("input", INPUTS)
def test_two_digits_are_read_from_left_to_right_each_by_itself(input: Input) -> None:
    first, second = read_parts(shipped(input), side_by_side(4, 2))
    for found, digit in ((first, 4), (second, 2)):
        alone = read(shipped(input), drawn(sample_digits()[digit], 150))
        assert alone is not None
        np.testing.assert_array_equal(found.centred, alone.centred)
        assert (found.digit, found.verdict) == (alone.digit, alone.verdict)
    last = read(shipped(input), side_by_side(4, 2))
    assert last is not None
    np.testing.assert_array_equal(last.centred, second.centred)


def test_a_tap_beside_a_digit_changes_nothing() -> None:
    ink = drawn(sample_digits()[3])
    tapped = ink.copy()
    tapped[10:30, 250:270] = 1
    (found,), (expected,) = (read_parts(shipped("directions"), each) for each in (tapped, ink))
    np.testing.assert_array_equal(found.centred, expected.centred)


def test_thirteen_parts_are_no_number() -> None:
    ink = np.zeros((100, 13 * 30), np.float32)
    ink[20:80, 10::30] = 1
    (found,) = read_parts(shipped("directions"), ink)
    assert found.verdict == "crowded"
    assert len(read_parts(shipped("directions"), ink[:, 30:])) == 12


@pytest.mark.parametrize("ink", [np.full((28, 28), np.nan), np.full((28, 28), 255.0), np.zeros(9)])
def test_what_is_no_ink_is_refused(ink: NDArray[np.float32]) -> None:
    with pytest.raises(ValueError):
        read(shipped("moments"), ink)
