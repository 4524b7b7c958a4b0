"""The pipeline: it ends in what the model is fed, and each step does what its name says."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from numpy.typing import NDArray

from model.classifier.softmax import SoftmaxRegression
from model.config import INPUTS, Input
from model.explanation.pipeline import STEPS, Step, outline, picture, stages
from model.preprocessing.centring import centred
from model.preprocessing.moments import moments
from tests.support.specimens import drawn, fed, sample_digits, shipped

MODELS: dict[Input, SoftmaxRegression] = {input: shipped(input).model for input in INPUTS}
INK = drawn(sample_digits()[7], longer_side=90)


def box(shown: NDArray[np.float32]) -> tuple[int, int, int, int]:
    rows, columns = np.flatnonzero(shown.any(axis=1)), np.flatnonzero(shown.any(axis=0))
    return int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1


@pytest.mark.parametrize("digit", range(10))
def test_the_stages_end_in_what_the_models_are_fed(digit: int) -> None:
    ink = drawn(sample_digits()[digit])
    found = stages(ink, MODELS)
    assert [stage.name for stage in found] == ["canvas", *STEPS]
    np.testing.assert_array_equal(found[3].picture, centred(ink))
    np.testing.assert_array_equal(found[4].picture, moments(centred(ink)))
    np.testing.assert_array_equal(found[5].picture, outline(moments(centred(ink))))
    for stage, input in zip(found[3:], INPUTS, strict=True):
        model = MODELS[input]
        np.testing.assert_allclose(
            stage.probabilities, model.predict_proba(fed(model, ink))[0], atol=1e-6
        )


def test_the_canvas_is_only_shrunk() -> None:
    ink = np.zeros((280, 280), np.float32)
    ink[:100, 180:] = 1
    expected = np.zeros((28, 28))
    expected[:10, 18:] = 1
    shown = picture(ink, [])
    np.testing.assert_allclose(shown[:9, 19:], 1, atol=1e-6)
    assert np.abs(shown - expected).max() < 0.5  # softened at its border


def test_each_step_does_what_its_name_says() -> None:
    canvas, crop, boxed, centre, *_ = (stage.picture for stage in stages(INK, MODELS))
    top, bottom, left, right = box(canvas)
    assert bottom - top < 16
    top, bottom, left, right = box(crop)
    assert (top, bottom) == (0, 28)
    top, bottom, left, right = box(boxed)
    assert (top, bottom) == (4, 24)
    assert abs(left - (28 - right)) <= 1
    places = np.arange(28)
    assert centre.sum(axis=1) @ places / centre.sum() == pytest.approx(14, abs=0.51)


def test_a_wide_canvas_keeps_its_proportions() -> None:
    ink = np.zeros((100, 200), np.float32)
    ink[:, 50:150] = 1
    top, bottom, left, right = box(picture(ink, []))
    assert (top, bottom) == (7, 21)
    assert right - left == pytest.approx(14, abs=2)


@pytest.mark.parametrize(
    "on", [steps for n in range(6) for steps in itertools.combinations(STEPS, n)]
)
def test_any_steps_can_be_left_out(on: tuple[Step, ...]) -> None:
    found = stages(INK, MODELS, on)
    assert tuple(stage.name for stage in found) == ("canvas", *on)
    for stage in found:
        assert stage.picture.shape == (28, 28)
        assert 0 <= stage.picture.min() < stage.picture.max() <= 1
        assert stage.probabilities.sum() == pytest.approx(1, abs=1e-5)
    shown = picture(INK, on)
    expected = outline(shown) if "directions" in on else shown
    np.testing.assert_array_equal(found[-1].picture, expected)


def test_an_outline_is_strong_at_the_rims_and_0_inside_and_outside() -> None:
    square = np.zeros((28, 28), np.float32)
    square[8:20, 8:20] = 0.5
    found = outline(square)
    assert found[11:17, [7, 8, 19, 20]].min() > 0.5
    assert found.max() == 1
    assert not found[10:18, 10:18].any()
    assert not found[:6].any()


def test_an_empty_canvas_stays_empty() -> None:
    for stage in stages(np.zeros((280, 280), np.float32), MODELS):
        np.testing.assert_array_equal(stage.picture, 0)


def test_impossible_ink_is_refused_whatever_is_left_out() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        stages(np.full((280, 280), 2.0), MODELS, [])
