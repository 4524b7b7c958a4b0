"""The parts that are held out of own data: seeded, stratified, whole."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.data.splitting import held_out


def test_every_digit_gives_its_share_however_the_labels_are_sorted() -> None:
    labels = np.repeat(np.arange(10), [600, 60, 60, 60, 60, 60, 60, 60, 60, 120])
    for order in (np.arange(1200), np.random.default_rng(0).permutation(1200)):
        chosen = held_out(labels[order], 200)
        counts = np.bincount(labels[order][chosen], minlength=10)
        np.testing.assert_array_equal(counts, [100, 10, 10, 10, 10, 10, 10, 10, 10, 20])


def test_the_choice_is_the_same_every_time() -> None:
    labels = np.arange(40) % 10
    assert np.flatnonzero(held_out(labels, 10)).tolist() == FIXED


FIXED = [4, 11, 13, 16, 20, 22, 25, 27, 28, 29]


@settings(deadline=None)
@given(st.lists(st.integers(0, 9), min_size=2, max_size=60), st.data())
def test_no_digit_is_lost_on_either_side(digits: list[int], data: st.DataObject) -> None:
    labels = np.array(digits)
    n = data.draw(st.integers(1, len(labels) - 1))
    chosen = held_out(labels, n)
    assert 0 < chosen.sum() < len(labels)
    for digit in set(digits):
        if digits.count(digit) > 1:
            assert digit in labels[chosen]
            assert digit in labels[~chosen]


@pytest.mark.parametrize("n", [1, 5, 11])
def test_about_as_many_are_chosen_as_are_asked_for(n: int) -> None:
    labels = np.zeros(12, int)
    assert held_out(labels, n).sum() == n
