"""Whether a model is right as often as it says."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.calibration import calibration_curve

from model.evaluation.calibration import reliability


def answers(sure: list[float], right: list[bool]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return probabilities (n, 10) whose largest is `sure`, and labels that make them right."""
    digits = np.arange(len(sure)) % 10
    probabilities = np.repeat((1 - np.array(sure)[:, np.newaxis]) / 9, 10, axis=1)
    probabilities[np.arange(len(sure)), digits] = sure
    return probabilities, np.where(right, digits, (digits + 1) % 10)


def test_confidence_and_accuracy_agree_with_scikit_learn() -> None:
    random = np.random.default_rng(0)
    probabilities = random.dirichlet(np.full(10, 0.2), 2_000)
    labels = random.integers(0, 10, 2_000)
    found = reliability(probabilities, labels, n_bins=15)
    right = probabilities.argmax(axis=1) == labels
    accuracy, confidence = calibration_curve(right, probabilities.max(axis=1), n_bins=15)
    held = found.count > 0
    np.testing.assert_allclose(found.accuracy[held], accuracy)
    np.testing.assert_allclose(found.confidence[held], confidence)
    assert found.count.sum() == 2_000
    assert np.isnan(found.accuracy[~held]).all()


def test_the_error_is_the_mean_gap_weighted_by_the_answers_in_each_bin() -> None:
    # 0.9 three times, right twice: gap 0.9 - 2/3. 0.55 once, right: gap 0.45.
    found = reliability(*answers([0.9, 0.9, 0.9, 0.55], [True, True, False, True]))
    expected = (3 * (0.9 - 2 / 3) + 0.45) / 4
    assert found.expected_calibration_error == pytest.approx(expected)
    assert found.overconfidence == pytest.approx((3 * (0.9 - 2 / 3) - 0.45) / 4)


def test_a_model_that_is_right_as_often_as_it_says_has_no_error() -> None:
    found = reliability(*answers([0.75] * 4, [True, True, True, False]))
    assert found.expected_calibration_error == pytest.approx(0)


def test_certain_and_always_wrong_is_the_largest_error_and_overconfident() -> None:
    found = reliability(*answers([1.0] * 5, [False] * 5))
    assert found.expected_calibration_error == 1
    assert found.overconfidence == 1
    assert found.count.tolist() == [0] * 9 + [5]


def test_a_probability_on_a_border_belongs_to_the_lower_bin() -> None:
    found = reliability(*answers([0.5, 0.5000001], [True, True]))
    assert found.count[4:6].tolist() == [1, 1]


@pytest.mark.parametrize(
    ("shape", "labels"),
    [((0, 10), 0), ((3, 10), 2), ((10,), 10)],
    ids=["none", "fewer", "one axis"],
)
def test_arrays_that_do_not_belong_together_are_refused(
    shape: tuple[int, ...], labels: int
) -> None:
    with pytest.raises(ValueError, match=r"probabilities must be \(n, 10\)"):
        reliability(np.ones(shape), np.zeros(labels, np.int64))


def test_no_bins_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one bin, got 0"):
        reliability(*answers([0.9], [True]), n_bins=0)
