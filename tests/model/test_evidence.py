"""Evidence: it adds up, to the last digit that is printed, and is ranked by region."""

from __future__ import annotations

import dataclasses
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from model.classifier.softmax import SoftmaxRegression
from model.config import INPUTS, Input
from model.explanation.evidence import REGIONS, Evidence, contrast, evidence, ranking
from model.preprocessing.centring import centred
from tests.support.specimens import drawn, fed, sample_digits, shipped

Features = NDArray[np.float32]
DIGITS = st.integers(0, 9)
PICTURES = hnp.arrays(np.float32, (28, 28), elements=st.floats(0, 1, width=32))
SAMPLES = [drawn(digit) for digit in sample_digits()]


def seen(model: SoftmaxRegression, ink: NDArray[np.float32]) -> NDArray[np.float32]:
    return model.seen(centred(ink)[np.newaxis])[0]


@st.composite
def models(draw: st.DrawFn) -> SoftmaxRegression:
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    input = draw(st.sampled_from(INPUTS))
    scale = draw(st.sampled_from([0.0, 1e-3, 1.0, 100.0]))
    weights, bias = rng.normal(0, scale, (784, 10)), rng.normal(0, scale, 10)
    return SoftmaxRegression(weights.astype(np.float32), bias.astype(np.float32), input)


def of(shares: dict[tuple[int, int], float], bias: float = 0.0, other: int | None = 8) -> Evidence:
    map = np.zeros((28, 28))
    for place, share in shares.items():
        map[place] = share
    return Evidence(3, other, map, bias)


@settings(deadline=None, max_examples=50)
@given(models(), PICTURES, DIGITS)
def test_evidence_and_bias_sum_to_the_logit(
    model: SoftmaxRegression, picture: Features, digit: int
) -> None:
    why = evidence(model, picture, digit)
    features = model.described(picture[np.newaxis])[0]
    weights, bias = model.weights.astype(np.float64), model.bias.astype(np.float64)
    logit = features.astype(np.float64) @ weights[:, digit] + bias[digit]
    assert why.map.shape == (28, 28)
    agrees = pytest.approx(logit, abs=1e-5 * max(1, float(np.abs(weights).max())))
    assert why.map.sum() + why.bias == agrees
    assert why.logit == agrees
    assert why.positive >= 0
    assert why.negative >= 0


@pytest.mark.parametrize("input", INPUTS)
def test_evidence_sums_to_what_the_shipped_models_say(input: Input) -> None:
    model = shipped(input).model
    for ink in SAMPLES:
        logits = model.decision_function(fed(model, ink))[0]
        for digit in range(10):
            why = evidence(model, seen(model, ink), digit)
            assert why.logit == pytest.approx(float(logits[digit]), abs=2e-5)


def test_a_pixels_share_is_its_weight_times_its_ink() -> None:
    model = shipped("pixels").model
    picture = seen(model, SAMPLES[4])
    why = evidence(model, picture, 4)
    row, column = np.unravel_index(picture.argmax(), (28, 28))
    weight = model.weights[28 * row + column, 4]
    assert why.map[row, column] == pytest.approx(float(weight) * float(picture.max()))
    np.testing.assert_array_equal(why.map[picture == 0], 0)


def test_a_directions_share_lies_at_the_pixels_of_its_edge() -> None:
    picture = np.zeros((28, 28), np.float32)
    picture[10:14, 10:14] = 1
    ones = SoftmaxRegression(np.ones((784, 10), np.float32), np.zeros(10, np.float32), "directions")
    shares = evidence(ones, picture, 0).map
    assert shares[9:15, 9:15].sum() == pytest.approx(shares.sum())
    assert (shares >= 0).all()
    upright = np.zeros((8, 14, 7), np.float32)
    upright[[0, 4]] = 1  # brighter to the right, and to the left
    weights = np.repeat(upright.reshape(784, 1), 10, axis=1)
    shares = evidence(dataclasses.replace(ones, weights=weights), picture, 0).map
    assert shares[11:13, [9, 10, 13, 14]].min() > 0
    assert shares[[9, 14], 11:13].max() == 0  # the level rims have another direction


@settings(deadline=None, max_examples=50)
@given(models(), PICTURES, DIGITS, DIGITS)
def test_a_contrast_is_the_difference_of_two_digits_evidence(
    model: SoftmaxRegression, picture: Features, digit: int, other: int
) -> None:
    mine, its = evidence(model, picture, digit), evidence(model, picture, other)
    why = contrast(model, picture, digit, other)
    assert (why.digit, why.other) == (digit, other)
    np.testing.assert_allclose(why.map, mine.map - its.map, atol=1e-9)
    assert why.bias == pytest.approx(mine.bias - its.bias, abs=1e-9)
    assert why.logit == pytest.approx(mine.logit - its.logit, rel=1e-9, abs=1e-5)
    back = contrast(model, picture, other, digit)
    np.testing.assert_array_equal(back.map, -why.map)


@given(st.lists(st.floats(-1e6, 1e6), max_size=4), st.floats(-1e6, 1e6), st.integers(0, 4))
def test_what_is_printed_adds_up_to_the_last_digit(
    shares: list[float], bias: float, decimals: int
) -> None:
    why = of({(0, n): share for n, share in enumerate(shares)}, bias)
    bias_, positive, negative, logit = why.rounded(decimals)
    assert bias_ + positive - negative == logit
    unit = Decimal(1).scaleb(-decimals)
    assert abs(logit - Decimal(why.logit)) <= unit / 2
    for printed, exact in ((bias_, bias), (positive, why.positive), (negative, why.negative)):
        assert abs(printed - Decimal(exact)) < unit


def test_the_part_that_was_rounded_farthest_gives_way() -> None:
    why = of({(0, 0): 1.003, (0, 1): -0.5}, bias=0.004)  # 0.507 is 0.51; 0.00 + 1.00 − 0.50 is not
    assert [str(part) for part in why.rounded()] == ["0.01", "1.00", "0.50", "0.51"]
    rounded = of({(0, 0): 2.0}, bias=-0.25).rounded(1)
    assert [str(part) for part in rounded] == ["-0.2", "2.0", "0.0", "1.8"]


def test_the_ranking_sums_the_evidence_in_each_region_and_puts_the_largest_first() -> None:
    shares = {(0, 0): 1.0, (8, 8): 1.5, (0, 9): -3.0, (18, 18): 2.0, (27, 27): 0.5}
    ranked = ranking(of(shares, bias=0.75))
    assert ranked[:4] == (("top_left", 2.5), ("middle", 2.0), ("bias", 0.75), ("bottom_right", 0.5))
    assert ranked[-1] == ("top", -3.0)
    assert {share.part for share in ranked} == {*REGIONS, "bias"}


@given(hnp.arrays(np.float64, (28, 28), elements=st.floats(-1, 1)), st.floats(-1, 1))
def test_the_ranking_leaves_nothing_out(map: NDArray[np.float64], bias: float) -> None:
    why = Evidence(3, None, map, bias)
    assert sum(share.value for share in ranking(why)) == pytest.approx(why.logit, abs=1e-9)


def test_a_contrast_is_turned_round_where_the_other_digit_leads() -> None:
    why = of({(3, 4): -2.0}, bias=0.5, other=8)
    turned = why.of_the_leader()
    assert (turned.digit, turned.other, turned.bias, turned.logit) == (8, 3, -0.5, 1.5)
    np.testing.assert_array_equal(turned.map, -why.map)
    assert turned.of_the_leader() is turned
    alone = of({(3, 4): -2.0}, other=None)
    assert alone.of_the_leader() is alone


def test_the_reason_is_where_the_ink_is() -> None:
    model = shipped("pixels").model
    features = np.zeros((28, 28), np.float32)
    features[:9, 19:] = 1
    logits = features.reshape(-1) @ model.weights + model.bias
    second, first = np.argsort(logits)[-2:]
    first_share, *others = ranking(contrast(model, features, int(first), int(second)))
    assert first_share.part == "top_right"
    assert all(share.value == 0 or share.part == "bias" for share in others)


@pytest.mark.parametrize(
    ("picture", "digit", "fault"),
    [
        (np.zeros(784, np.float32), 3, r"what is seen must be \(28, 28\), got \(784,\)"),
        (np.full((28, 28), 1.5), 3, "between 0 and 1"),
        (np.full((28, 28), np.nan), 3, "between 0 and 1"),
        (np.zeros((28, 28), np.float32), 10, "digit must be a whole number from 0 to 9, got 10"),
        (np.zeros((28, 28), np.float32), -1, "from 0 to 9, got -1"),
    ],
)
def test_what_has_no_evidence_is_refused(picture: Features, digit: int, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        evidence(shipped("pixels").model, picture, digit)
