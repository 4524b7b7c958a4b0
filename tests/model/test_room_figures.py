"""How sure a room's figures are: the interval of a share, where people differ."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import binomtest

from model.room.figures import LEAST_OF_A_DIGIT, Proportion, by_digit, hardest, proportion


def share(*phones: Sequence[int]) -> Proportion:
    """Return the share of right drawings, given as 1 and 0 for each phone."""
    numbers = [number for number, drawn in enumerate(phones) for _ in drawn]
    is_right = [bool(one) for drawn in phones for one in drawn]
    return proportion(np.array(is_right, bool), np.array(numbers, int))


def width(of: Proportion) -> float:
    assert of.low is not None
    assert of.high is not None
    return of.high - of.low


def a_room(
    rng: np.random.Generator, n_phones: int, a: float, b: float
) -> tuple[NDArray[np.bool_], NDArray[np.integer[Any]]]:
    """Return a room of people who differ: of each, the share of right drawings is beta's."""
    phones = np.repeat(np.arange(n_phones), rng.integers(1, 20, n_phones))
    shares = rng.beta(a, b, n_phones)
    return rng.random(len(phones)) < shares[phones], phones


@pytest.mark.parametrize(
    ("n_phones", "a", "b"), [(3, 9, 1), (8, 9, 1), (20, 9, 1), (60, 9, 1), (20, 18, 2), (20, 3, 2)]
)
def test_of_many_rooms_whose_people_differ_95_percent_have_the_true_share_in_their_interval(
    n_phones: int, a: float, b: float
) -> None:
    rng, true, n_rooms = np.random.default_rng(7), a / (a + b), 600
    n_in = n_in_of_independent = 0
    for _ in range(n_rooms):
        is_right, phones = a_room(rng, n_phones, a, b)
        found = proportion(is_right, phones)
        assert found.low is not None
        assert found.high is not None
        n_in += found.low <= true <= found.high
        naive = proportion(is_right, np.arange(found.n))
        assert naive.low is not None
        assert naive.high is not None
        n_in_of_independent += naive.low <= true <= naive.high
    assert n_in / n_rooms >= 0.92
    assert n_in_of_independent < n_in, "an interval that took drawings for independent does as well"


def test_where_each_phone_draws_once_the_interval_is_wilsons() -> None:
    found = share(*([[1]] * 270 + [[0]] * 30))
    wilson = binomtest(270, 300).proportion_ci(method="wilson")
    assert (found.low, found.high) == pytest.approx((wilson.low, wilson.high), abs=0.005)


def test_the_same_share_is_less_sure_where_a_few_people_made_all_mistakes() -> None:
    clustered = share(*([[1] * 10] * 18 + [[0] * 10] * 2))
    independent = share(*([[1]] * 180 + [[0]] * 20))
    assert clustered.value == independent.value == 0.9
    assert width(clustered) > 2 * width(independent)


@settings(deadline=None, max_examples=300)
@given(st.lists(st.lists(st.integers(0, 1), min_size=1, max_size=12), min_size=2, max_size=12))
def test_the_interval_is_a_part_of_0_to_1_with_the_share_in_it(phones: list[list[int]]) -> None:
    found = share(*phones)
    assert found.low is not None
    assert found.high is not None
    assert found.value is not None
    assert 0 <= found.low <= found.value + 1e-12
    assert found.value - 1e-12 <= found.high <= 1
    assert width(found) > 0
    assert (found.n_phones, found.n) == (len(phones), sum(map(len, phones)))


def test_people_who_happen_to_agree_make_it_no_surer_than_as_many_independent_drawings() -> None:
    alike = share(*([[1, 0]] * 10))
    independent = share(*([[1]] * 10 + [[0]] * 10))
    assert alike.value == independent.value == 0.5
    assert width(alike) > 0.95 * width(independent)


@pytest.mark.parametrize("phones", [[], [[1, 0, 1, 1]]], ids=["none", "one"])
def test_with_fewer_than_two_phones_there_is_no_interval(phones: list[list[int]]) -> None:
    found = share(*phones)
    assert (found.low, found.high) == (None, None)
    assert found.n_phones == len(phones)
    assert found.value == (0.75 if phones else None)


@pytest.mark.parametrize("n_phones", [2, 5, 50])
def test_a_room_in_which_all_is_right_is_not_sure_that_all_will_be(n_phones: int) -> None:
    all_right, all_wrong = share(*([[1] * 20] * n_phones)), share(*([[0] * 20] * n_phones))
    assert all_right.high == 1
    assert all_wrong.low == 0
    # The rule of three says 1 - 3/n for drawings that are independent.
    assert all_right.low is not None
    assert 0 < all_right.low < 1 - 3 / all_right.n
    assert width(all_right) == pytest.approx(width(all_wrong))


def test_more_people_make_it_surer() -> None:
    mixed = [[1, 1, 1, 0], [1, 1, 1, 1], [0, 1, 1, 1]]
    widths = [width(share(*(mixed * times))) for times in (1, 4, 16)]
    assert widths[0] > widths[1] > widths[2]


# Digits.


def shares_of(**drawn: str) -> list[Proportion]:
    """Return the shares by digit; `_7="110"` are sevens of three phones, two right."""
    rows = [
        (int(digit[1:]), one == "1", phone)
        for digit, marks in drawn.items()
        for phone, one in enumerate(marks)
    ]
    asked, is_right, phones = zip(*rows, strict=True)
    return by_digit(np.array(is_right, bool), np.array(asked), np.array(phones))


def test_each_digit_has_a_share_of_its_own() -> None:
    found = shares_of(_3="1101", _7="0")
    assert [one.n for one in found] == [0, 0, 0, 4, 0, 0, 0, 1, 0, 0]
    assert (found[3].value, found[7].value, found[5].value) == (0.75, 0.0, None)
    assert found[3].low is not None
    assert found[7].low is None


def test_the_hardest_digit_is_the_one_read_rightly_least_often_of_those_drawn_often_enough() -> (
    None
):
    enough, few = LEAST_OF_A_DIGIT, LEAST_OF_A_DIGIT - 1
    assert hardest(shares_of(_1="0" * few)) is None
    assert hardest(shares_of(_1="0" * few, _4="1" * 9 + "0", _9="1" * 8 + "00")) == 9
    assert hardest(shares_of(_1="0" * enough, _9="1" * 8 + "00")) == 1


def test_where_all_is_right_no_digit_is_the_hardest() -> None:
    assert hardest(shares_of(_1="1" * 9, _2="1" * 9)) is None
