"""The smallest change: it does what it says, and brute force finds no smaller one."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from model.classifier.softmax import SoftmaxRegression
from model.config import INPUTS, Input
from model.explanation.counterfactual import LEAD, Counterfactual, counterfactual
from tests.support.specimens import drawn, fed, sample_digits, shipped

N_FEATURES, N_CLASSES = 6, 3


@dataclasses.dataclass(frozen=True)
class Small:
    weights: NDArray[np.float32]
    bias: NDArray[np.float32]


@dataclasses.dataclass(frozen=True)
class Case:
    model: Small
    features: NDArray[np.float32]
    target: int

    def edit(self) -> Counterfactual:
        return counterfactual(self.model, self.features, self.target)


def eighths(low: int, high: int) -> st.SearchStrategy[float]:
    """Numbers whose sums and products are exact, so that ties are ties."""
    return st.integers(8 * low, 8 * high).map(lambda n: n / 8)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    weights = draw(hnp.arrays(np.float32, (N_FEATURES, N_CLASSES), elements=eighths(-4, 4)))
    bias = draw(hnp.arrays(np.float32, N_CLASSES, elements=eighths(-6, 6)))
    features = draw(hnp.arrays(np.float32, N_FEATURES, elements=eighths(0, 1)))
    return Case(Small(weights, bias), features, draw(st.integers(0, N_CLASSES - 1)))


def by_brute_force(case: Case, rivals: list[int]) -> int | None:
    """Try every picture whose pixels are as they were, empty, half full or full."""
    choices = [[value, 0.0, 0.5, 1.0] for value in case.features.tolist()]
    pictures = np.array(list(itertools.product(*choices)))  # (4 ** n_features, n_features)
    logits = pictures @ case.model.weights.astype(np.float64) + case.model.bias
    wins = (logits[:, [case.target]] - logits[:, rivals] > LEAD).all(axis=1)
    n_changed = (pictures != case.features).sum(axis=1)
    return int(n_changed[wins].min()) if wins.any() else None


def others(case: Case) -> list[int]:
    return [digit for digit in range(N_CLASSES) if digit != case.target]


@settings(deadline=None, max_examples=100)
@given(cases())
def test_no_smaller_change_puts_a_digit_ahead_of_the_answer(case: Case) -> None:
    edit = case.edit()
    if edit.present == case.target:
        assert len(edit) == edit.n_for_two == 0
    else:
        assert edit.n_for_two == by_brute_force(case, [edit.present])


@settings(deadline=None, max_examples=100)
@given(cases())
def test_what_is_said_about_winning_is_true(case: Case) -> None:
    edit = case.edit()
    if edit.present == case.target:
        assert edit.wins
        return
    fewest = by_brute_force(case, others(case))
    if edit.at_least is None:
        assert fewest is None
        assert not edit.wins
    elif fewest is not None:
        assert edit.at_least <= fewest
    if edit.wins:
        assert fewest is not None
        assert fewest <= len(edit)
    if edit.is_fewest:
        assert len(edit) == fewest


@settings(deadline=None, max_examples=100)
@given(cases())
def test_a_change_does_what_it_says(case: Case) -> None:
    edit = case.edit()
    assert len(set(edit.pixels.tolist())) == len(edit) <= N_FEATURES
    np.testing.assert_array_equal(edit.before, case.features[edit.pixels])
    np.testing.assert_array_equal(edit.after, edit.features_after[edit.pixels])
    assert set(edit.after.tolist()) <= {0.0, 1.0}
    assert (edit.after != edit.before).all()
    untouched = np.delete(np.arange(N_FEATURES), edit.pixels)
    np.testing.assert_array_equal(edit.features_after[untouched], case.features[untouched])

    logits = edit.features_after @ case.model.weights + case.model.bias
    np.testing.assert_allclose(edit.logits_after, logits, atol=1e-5)
    if edit.wins:
        assert logits.argmax() == case.target
    if edit.n_for_two:
        first = case.features.copy()
        first[edit.pixels[: edit.n_for_two]] = edit.after[: edit.n_for_two]
        logits = first @ case.model.weights + case.model.bias
        assert logits[case.target] > logits[edit.present]
        if not edit.then_led:
            assert len(edit) == edit.n_for_two
            assert logits.argmax() == case.target


@pytest.mark.parametrize("input", INPUTS)
def test_any_digit_can_be_turned_into_any_other(input: Input) -> None:
    model = shipped(input).model
    n_changes, third = [], 0
    for digit in sample_digits():
        features = fed(model, drawn(digit))[0]
        for target in range(10):
            edit = counterfactual(model, features, target)
            assert edit.wins
            assert 0 <= edit.features_after.min() <= edit.features_after.max() <= 1
            logits = edit.features_after @ model.weights + model.bias
            assert logits.argmax() == target
            np.testing.assert_allclose(edit.logits_after, logits, atol=1e-4)
            n_changes.append(len(edit))
            third += bool(edit.then_led)
    assert max(n_changes) < 60  # of 784
    assert third > 0


def two_digits(*slope: float, start: float) -> Small:
    weights = np.stack([np.zeros(len(slope)), slope], axis=1).astype(np.float32)
    return Small(weights, np.array([0, start], np.float32))


def test_the_largest_gains_come_first_and_of_equal_ones_the_earlier_pixel() -> None:
    model = two_digits(1, -3, 2, 2, 0, start=-2)
    edit = counterfactual(model, np.array([0, 1, 0.5, 0, 0.3], np.float32), 1)
    # Gains 1, 3, 1, 2, 0 for a margin of −2 + (−3 + 1) = −4.
    np.testing.assert_array_equal(edit.pixels, [1, 3])
    np.testing.assert_array_equal(edit.before, [1, 0])
    np.testing.assert_array_equal(edit.after, [0, 1])
    tied = counterfactual(two_digits(1, 1, 1, start=-0.5), np.zeros(3, np.float32), 1)
    np.testing.assert_array_equal(tied.pixels, [0])


def test_a_draw_is_no_win() -> None:
    edit = counterfactual(two_digits(1, 1, start=-1), np.zeros(2, np.float32), 1)
    assert len(edit) == 2


def test_a_third_digit_that_leads_is_named_and_overtaken() -> None:
    weights = np.array([[0, 3, 4], [0, 0, -3], [0, 2, 2]], np.float32)
    model = Small(weights, np.array([1, 0, 0], np.float32))
    edit = counterfactual(model, np.array([0, 0, 0], np.float32), 1)
    np.testing.assert_array_equal(edit.pixels, [0, 1])
    assert edit.n_for_two == 1
    assert edit.then_led == (2,)
    assert edit.wins


def test_a_third_digit_that_is_always_ahead_is_said_to_be() -> None:
    weights = np.array([[0, 3, 3], [0, 2, 2]], np.float32)
    edit = counterfactual(Small(weights, np.array([1, 0, 0.5], np.float32)), np.zeros(2), 1)
    assert edit.n_for_two == 1
    assert edit.then_led == (2,)
    assert not edit.wins
    assert edit.at_least is None


def test_a_way_that_is_not_found_is_not_said_to_be_impossible() -> None:
    # Half of the pixel would do: z = (0.6, 1.25 x, 2 x − 0.5) has digit 1 ahead around x = 0.55.
    weights = np.array([[0, 1.25, 2]], np.float32)
    edit = counterfactual(Small(weights, np.array([0.6, 0, -0.5], np.float32)), np.zeros(1), 1)
    assert edit.then_led == (2,)
    assert not edit.wins
    assert edit.at_least == 1


def test_equal_weights_can_never_be_told_apart() -> None:
    model = SoftmaxRegression(np.zeros((784, 10), np.float32), np.zeros(10, np.float32), "pixels")
    features = np.full(784, 0.5, np.float32)
    edit = counterfactual(model, features, 7)
    assert len(edit) == 0
    assert edit.n_for_two is None
    assert not edit.wins
    np.testing.assert_array_equal(edit.features_after, features)


def test_the_answer_itself_needs_no_change() -> None:
    edit = counterfactual(two_digits(1, start=5), np.zeros(1, np.float32), 1)
    assert len(edit) == 0
    assert edit.wins


@pytest.mark.parametrize(
    ("features", "target", "fault"),
    [
        (np.zeros(3), 1, r"features must be \(2,\), got \(3,\)"),
        (np.array([0, 1.5]), 1, "between 0 and 1"),
        (np.array([0, np.nan]), 1, "between 0 and 1"),
        (np.zeros(2), 2, "target must be from 0 to 1, got 2"),
    ],
)
def test_impossible_requests_are_refused(
    features: NDArray[np.float64], target: int, fault: str
) -> None:
    with pytest.raises(ValueError, match=fault):
        counterfactual(two_digits(1, 1, start=0), features, target)
