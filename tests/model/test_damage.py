"""Damage: each does to a model what its name says, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from model.classifier.softmax import SoftmaxRegression
from model.config import INPUTS, Input
from model.explanation.damage import DAMAGES, Damage, bits, damaged, spread
from tests.support.specimens import drawn, fed, sample_digits, shipped


def linear(name: Input) -> SoftmaxRegression:
    model = shipped(name).model
    assert isinstance(model, SoftmaxRegression)
    return model


@pytest.mark.parametrize("damage", ["noise", "smallest", "bias", "shuffled"])
def test_no_damage_changes_nothing(damage: Damage) -> None:
    model = linear("directions")
    same = damaged(model, damage, 0)
    assert np.array_equal(same.weights, model.weights)
    assert np.array_equal(same.bias, model.bias)


@pytest.mark.parametrize("name", INPUTS)
def test_noise_has_the_deviation_that_was_asked_for_and_no_pattern(name: Input) -> None:
    model = linear(name)
    noise = damaged(model, "noise", 0.5).weights - model.weights
    assert noise.std() == pytest.approx(0.5 * spread(model).deviation, rel=0.03)
    assert abs(noise.mean()) < 0.02 * noise.std() * 3
    assert abs(np.corrcoef(noise[:-1].ravel(), noise[1:].ravel())[0, 1]) < 0.04


def test_the_smallest_weights_and_no_others_are_set_to_zero() -> None:
    model = linear("directions")
    weights = damaged(model, "smallest", 0.25).weights
    gone = (weights == 0) & (model.weights != 0)
    n_zero = int((model.weights == 0).sum())
    assert gone.sum() + n_zero == max(round(0.25 * 7840), n_zero)
    assert np.abs(model.weights[gone]).max() <= np.abs(model.weights[weights != 0]).min()
    assert np.array_equal(weights[weights != 0], model.weights[weights != 0])
    assert not damaged(model, "smallest", 1).weights.any()


def test_a_rounded_model_has_three_weights_and_fits_in_fewer_bits() -> None:
    model = linear("directions")
    rounded = damaged(model, "rounded", 0.7)
    low, middle, high = np.unique(rounded.weights)
    assert (low, middle) == (-high, 0)
    kept = rounded.weights != 0
    assert (np.sign(rounded.weights) == np.sign(model.weights))[kept].all()
    assert high == pytest.approx(np.abs(model.weights[kept]).mean(), rel=1e-5)
    assert np.array_equal(rounded.bias, model.bias)
    assert not damaged(model, "rounded", 1000).weights.any()
    # 3 to the power of all weights fits in what is said, and not in one bit less.
    needed = (3**7840 - 1).bit_length() + 11 * 32
    assert bits("rounded") == needed
    assert bits(None) == bits("noise") == 7850 * 32


def test_without_bias_a_blank_picture_scores_nothing() -> None:
    model = damaged(linear("pixels"), "bias", 1)
    assert not model.decision_function(np.zeros((1, 784), np.float32)).any()


def test_an_erased_template_scores_nothing_and_the_others_stay() -> None:
    model, picture = linear("directions"), _fed("directions", 4)
    before, after = (each.decision_function(picture)[0] for each in (model, _erased(model)))
    assert after[4] == 0
    assert np.array_equal(np.delete(after, 4), np.delete(before, 4))


def test_shuffled_weights_read_features_that_changed_places_like_before() -> None:
    model, picture = linear("moments"), _fed("moments", 7)
    for share in (0.1, 1.0):
        hurt = damaged(model, "shuffled", share)
        moved = (hurt.weights != model.weights).any(axis=1).sum()
        assert moved <= round(share * 784)
        assert np.array_equal(_sorted_rows(hurt.weights), _sorted_rows(model.weights))
        numbered = SoftmaxRegression(_numbered(), model.bias, model.input)
        places = damaged(numbered, "shuffled", share).weights[:, 0].astype(int)
        assert sorted(places) == list(range(784))
        back = np.zeros_like(picture)
        back[:, places] = picture
        assert hurt.decision_function(picture) == pytest.approx(
            model.decision_function(back), abs=1e-4
        )


@pytest.mark.parametrize("damage", DAMAGES)
def test_the_model_that_is_broken_stays_whole(damage: Damage) -> None:
    model = linear("pixels")
    weights = model.weights.copy()
    again = [damaged(model, damage, 1.0).weights for _ in range(2)]
    assert np.array_equal(model.weights, weights)
    assert np.array_equal(*again)
    assert not np.array_equal(again[0], weights) or damage == "bias"


def _erased(model: SoftmaxRegression) -> SoftmaxRegression:
    return damaged(model, "template", 4)


def _numbered() -> NDArray[np.float32]:
    """Return weights (784, 10) that are the numbers of their rows."""
    return np.repeat(np.arange(784, dtype=np.float32)[:, np.newaxis], 10, axis=1)


def _sorted_rows(weights: NDArray[np.float32]) -> NDArray[np.float32]:
    return weights[np.lexsort(weights.T)]


def _fed(name: Input, digit: int) -> NDArray[np.float32]:
    return fed(linear(name), drawn(sample_digits()[digit]))
