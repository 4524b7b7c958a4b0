"""When not to answer: the rule on a tiny made-up set, and the shipped rule on drawings."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from model.classifier import prediction
from model.classifier.reject import (
    FAMILIAR_SHARE,
    N_PROTOTYPES,
    SELECTIVE_ACCURACY,
    RejectRule,
    choose,
    distances,
    find_prototypes,
)
from model.config import INPUTS, Input
from model.data import strokes
from tests.support.specimens import drawn, sample_digits, shipped

Ink = NDArray[np.float32]


def typical_of(digit: int, level: int = 255) -> NDArray[np.uint8]:
    """Return typical pictures: black for all, but a level of grey for one digit."""
    prototypes = np.zeros((10, N_PROTOTYPES, 784), np.uint8)
    prototypes[digit] = level
    return prototypes


def belief(digit: int, probability: float) -> NDArray[np.float64]:
    probabilities = np.full(10, (1 - probability) / 9)
    probabilities[digit] = probability
    return probabilities


def line(x: float, y: float, longer_side: float = 180) -> Ink:
    return strokes.draw([[(0, 0), (x, y)]], longer_side=longer_side, right=0.5, down=0.5)


def blob(radius: int) -> Ink:
    y, x = np.mgrid[:280, :280] - 140
    inside: Ink = (x**2 + y**2 < radius**2).astype(np.float32)
    return inside


def test_a_distance_is_euclidean_and_to_the_nearest() -> None:
    prototypes = np.zeros((10, N_PROTOTYPES, 784), np.uint8)
    prototypes[3, :, :] = 255
    prototypes[3, 7, :] = 0
    prototypes[3, 7, :4] = 51
    features = np.zeros((2, 784), np.float32)
    features[1, 0] = 1
    found = distances(features, np.array([3, 5]), prototypes)
    np.testing.assert_allclose(found, [np.sqrt(4 * 0.2**2), 1], atol=1e-6)


@pytest.mark.parametrize(
    ("level", "probability", "verdict"),
    [
        (1.0, 0.9, "answer"),
        (1.0, 0.8, "answer"),
        (1.0, 0.79, "unsure"),
        (0.9, 0.9, "unfamiliar"),
        (0.9, 0.5, "unfamiliar"),
    ],
)
def test_a_verdict_asks_first_for_the_distance_then_for_the_probability(
    level: float, probability: float, verdict: str
) -> None:
    rule = RejectRule(typical_of(4), max_distance=2.0, min_probability=0.8, curve=())
    features = np.full(784, level, np.float32)  # at 0.9 the distance is 28 · 0.1
    assert rule.verdict(features, belief(4, probability)) == verdict


def test_the_distance_that_counts_is_that_to_the_predicted_digit() -> None:
    rule = RejectRule(typical_of(4), max_distance=2.0, min_probability=0.8, curve=())
    assert rule.verdict(np.ones(784, np.float32), belief(5, 0.9)) == "unfamiliar"


def test_the_thresholds_are_chosen_as_documented() -> None:
    n = 1_000
    labels = np.full(n, 2)
    features = np.zeros((n, 784), np.float32)
    features[:, 0] = np.linspace(0, 1, n)  # which is the distance
    probabilities = np.array([belief(2, 0.95)] * 600 + [belief(2, 0.65)] * 400)
    probabilities[600:610] = belief(7, 0.65)  # wrong, and less sure
    probabilities[:3] = belief(7, 0.95)  # wrong, and sure
    rule = choose(np.zeros((10, N_PROTOTYPES, 784), np.uint8), features, labels, probabilities)
    assert rule.max_distance == pytest.approx(FAMILIAR_SHARE, abs=1e-3)
    # Of all, 98.7 % are right, which is too few; of those above 0.65, 99.5 %.
    assert rule.min_probability == pytest.approx(0.66)
    by_threshold = {threshold: rest for threshold, *rest in rule.curve}
    assert by_threshold[0.1] == pytest.approx([1, 0.987])
    assert by_threshold[0.64] == pytest.approx([1, 0.987])
    assert by_threshold[0.66] == pytest.approx([0.6, 597 / 600])
    assert max(by_threshold) == 0.94


def test_where_no_threshold_reaches_the_wanted_accuracy_the_strictest_is_taken() -> None:
    probabilities = np.array([belief(1, 0.97), belief(1, 0.5)])
    features = np.zeros((2, 784), np.float32)
    rule = choose(typical_of(0), features, np.array([0, 1]), probabilities)
    assert max(right for _, _, right in rule.curve) < SELECTIVE_ACCURACY
    assert rule.min_probability == rule.curve[-1][0] == 0.96


def test_a_model_that_has_learned_nothing_gets_a_rule_as_well() -> None:
    probabilities = np.full((5, 10), 0.1, np.float32)
    rule = choose(typical_of(0), np.zeros((5, 784), np.float32), np.arange(5), probabilities)
    assert 0 < rule.min_probability < 1
    assert len(rule.curve) >= 1


def test_typical_pictures_lie_where_the_pictures_are() -> None:
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1, 2], 100)
    levels = np.array([0.2, 0.5, 0.9])
    features = levels[labels][:, np.newaxis] + rng.uniform(-0.05, 0.05, (300, 784))
    prototypes = find_prototypes(features.astype(np.float32), labels, seed=0)
    assert prototypes.shape == (10, N_PROTOTYPES, 784)
    assert prototypes.dtype == np.uint8
    means = prototypes.mean(axis=(1, 2)) / 255
    np.testing.assert_allclose(means, [*levels, *[0] * 7], atol=0.01)


def test_a_single_picture_is_typical_in_every_place() -> None:
    features = np.linspace(0, 1, 784, dtype=np.float32)[np.newaxis]
    prototypes = find_prototypes(features, np.array([6]), seed=0)
    np.testing.assert_array_equal(
        prototypes[6], np.rint(255 * features).repeat(N_PROTOTYPES, axis=0)
    )
    assert not np.delete(prototypes, 6, axis=0).any()


def test_the_same_seed_finds_the_same_typical_pictures() -> None:
    features = np.random.default_rng(1).random((200, 784), np.float32)
    labels = np.arange(200) % 10
    first, again = (find_prototypes(features, labels, seed=4) for _ in range(2))
    np.testing.assert_array_equal(first, again)


@pytest.mark.parametrize("digit", sample_digits(), ids=lambda digit: str(digit.label))
def test_the_shipped_model_answers_every_sample_right(digit: strokes.WrittenDigit) -> None:
    found = prediction.read(shipped("moments"), drawn(digit))
    assert found is not None
    assert found.verdict == "answer"
    assert found.probabilities.argmax() == digit.label


@pytest.mark.parametrize("input", INPUTS)
@pytest.mark.parametrize(
    "ink",
    [
        pytest.param(line(0, 0), id="dot"),
        pytest.param(np.roll(line(0, 0), (-100, 90), axis=(0, 1)), id="dot in a corner"),
        pytest.param(blob(30), id="small blob"),
        pytest.param(blob(60), id="blob"),
        pytest.param(np.ones((280, 280), np.float32), id="full canvas"),
    ],
)
def test_a_dot_or_a_blob_is_not_answered(input: Input, ink: Ink) -> None:
    found = prediction.read(shipped(input), ink)
    assert found is not None
    assert found.verdict != "answer"


@pytest.mark.parametrize("side", [60, 120, 180, 240])
def test_a_dash_is_not_answered(side: float) -> None:
    found = prediction.read(shipped("moments"), line(1, 0, side))
    assert found is not None
    assert found.verdict != "answer"


@pytest.mark.parametrize("slant", [-0.2, 0, 0.1, 0.3])
@pytest.mark.parametrize("side", [100, 180, 240])
def test_a_vertical_line_is_still_a_one(slant: float, side: float) -> None:
    found = prediction.read(shipped("moments"), line(slant, -1, side))
    assert found is not None
    assert found.verdict == "answer"
    assert found.probabilities.argmax() == 1


def test_most_scribbles_are_not_answered() -> None:
    rng = np.random.default_rng(0)
    readings = []
    for _ in range(100):
        points = [(float(x), float(y)) for x, y in rng.uniform(0, 100, (15, 2))]
        ink = strokes.draw([points], longer_side=180, right=0.5, down=0.5)
        readings.append(prediction.read(shipped("moments"), ink))
    answered = [found for found in readings if found is not None and found.verdict == "answer"]
    assert len(answered) <= 10
