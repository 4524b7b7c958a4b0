"""The model: probabilities that are ones, whatever the scores, and one road for all pictures."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from model.classifier.base import softmax
from model.classifier.softmax import SoftmaxRegression
from model.config import INPUTS, Input
from model.data import datasets
from model.preprocessing.centring import centred
from model.preprocessing.features import features
from tests.support.specimens import drawn, fed, made_up, sample_digits

Logits = NDArray[np.float64]
TABLES = hnp.array_shapes(min_dims=1, max_dims=3, max_side=10)


@given(hnp.arrays(np.float64, TABLES, elements=st.floats(-1e300, 1e300)))
def test_probabilities_sum_to_one_whatever_the_scores(logits: Logits) -> None:
    probabilities = softmax(logits)
    assert probabilities.shape == logits.shape
    assert ((probabilities >= 0) & (probabilities <= 1)).all()
    np.testing.assert_allclose(probabilities.sum(axis=-1), 1, atol=1e-12)


@given(hnp.arrays(np.float64, (3, 10), elements=st.floats(-50, 50)), st.floats(-1_000, 1_000))
def test_adding_the_same_to_every_score_changes_nothing(logits: Logits, shift: float) -> None:
    np.testing.assert_allclose(softmax(logits + shift), softmax(logits), atol=1e-10)


def test_probabilities_are_the_known_ones() -> None:
    np.testing.assert_allclose(softmax(np.zeros(10)), 0.1)
    np.testing.assert_allclose(softmax(np.log([1.0, 2.0, 5.0])), [0.125, 0.25, 0.625])
    np.testing.assert_array_equal(softmax(np.array([1e4, -1e4, 0.0])), [1, 0, 0])


def test_float32_stays_float32() -> None:
    probabilities = softmax(np.array([[3e4, 3e4], [-3e4, 0]], np.float32))
    assert probabilities.dtype == np.float32
    np.testing.assert_array_equal(probabilities, [[0.5, 0.5], [0, 1]])


@pytest.mark.parametrize("input", INPUTS)
def test_logits_are_xw_plus_b(input: Input) -> None:
    model = made_up(input).model
    images = datasets.load("digits").test.images[:7]
    x = features(images, input).astype(np.float64)
    expected = x @ model.weights.astype(np.float64) + model.bias
    found = model.features(images)
    np.testing.assert_allclose(model.decision_function(found), expected, atol=1e-4)
    np.testing.assert_allclose(model.predict_proba(found), softmax(expected), atol=1e-5)
    np.testing.assert_array_equal(model.predict(images), expected.argmax(axis=1))


@pytest.mark.parametrize("input", INPUTS)
def test_one_drawing_is_treated_as_many(input: Input) -> None:
    model = made_up(input).model
    inks = [drawn(digit) for digit in sample_digits()]
    pictures = np.stack([centred(ink) for ink in inks])
    batch = model.predict_proba(model.features(pictures))
    for ink, expected in zip(inks, batch, strict=True):
        np.testing.assert_allclose(model.predict_proba(fed(model, ink))[0], expected, atol=1e-4)


@pytest.mark.parametrize("input", INPUTS)
@settings(deadline=None, max_examples=25)
@given(ink=hnp.arrays(np.float32, (40, 30), elements=st.floats(0, 1, width=32)))
def test_any_ink_gets_probabilities(input: Input, ink: NDArray[np.float32]) -> None:
    model = made_up(input).model
    probabilities = model.predict_proba(fed(model, ink))
    assert probabilities.sum() == pytest.approx(1, abs=1e-5)


def test_even_the_largest_weights_give_probabilities() -> None:
    model = SoftmaxRegression(np.full((784, 10), 1e30), np.full(10, -1e30), "pixels")
    np.testing.assert_allclose(model.predict_proba(np.ones((1, 784))).sum(), 1, atol=1e-6)


def test_no_pictures_get_no_answers() -> None:
    model = made_up().model
    none = np.zeros((0, 28, 28), np.uint8)
    assert model.predict_proba(model.features(none)).shape == (0, 10)
    assert model.predict(none).shape == (0,)


def test_the_model_cannot_be_changed() -> None:
    weights = np.zeros((784, 10), np.float32)
    model = SoftmaxRegression(weights, np.zeros(10, np.float32), "pixels")
    weights[0, 0] = 5
    assert model.weights[0, 0] == 0
    with pytest.raises(ValueError, match="read-only"):
        model.weights[0, 0] = 1
    with pytest.raises(dataclasses.FrozenInstanceError):
        model.bias = weights  # type: ignore[misc]


@pytest.mark.parametrize(
    ("weights", "bias", "fault"),
    [
        (
            np.zeros((10, 784)),
            np.zeros(10),
            r"weights must have shape \(784, 10\), got \(10, 784\)",
        ),
        (np.zeros((784, 10)), np.zeros(9), r"bias must have shape \(10,\), got \(9,\)"),
        (np.full((784, 10), np.nan), np.zeros(10), "weights must be finite"),
        (np.zeros((784, 10)), np.full(10, -np.inf), "bias must be finite"),
        (np.full((784, 10), 1e38), np.zeros(10), r"weights .* within ±1e\+30"),
    ],
)
def test_impossible_parameters_are_refused(
    weights: NDArray[Any], bias: NDArray[Any], fault: str
) -> None:
    with pytest.raises(ValueError, match=fault):
        SoftmaxRegression(weights, bias, "pixels")


@pytest.mark.parametrize(
    "pictures", [np.zeros(shape) for shape in [(28, 28), (784,), (1, 784, 1), (2,) * 4]]
)
def test_what_is_no_picture_is_refused(pictures: NDArray[Any]) -> None:
    with pytest.raises(ValueError, match="images must be"):
        made_up().model.predict(pictures)


def test_a_model_says_how_many_numbers_it_has_and_what_it_learned_from() -> None:
    model = made_up().model
    assert model.n_parameters == 7_850
    assert model.training_data == ("made up", "ab" * 32)
