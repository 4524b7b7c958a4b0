"""When not to answer: the rule on a tiny made-up set, and the shipped rule on drawings."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from model.classifier import prediction
from model.classifier.reject import (
    FAMILIAR_SHARE,
    LEAST_PROBABILITY,
    N_PROTOTYPES,
    NO_REJECTOR,
    SELECTIVE_ACCURACY,
    Rejector,
    RejectRule,
    choose,
    distances,
    find_prototypes,
)
from model.config import INPUTS, Input
from model.data import datasets, strokes
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
    rule = RejectRule(typical_of(4), NO_REJECTOR, -2.0, 0.8, ())
    features = np.full(784, level, np.float32)  # at 0.9 the distance is 28 · 0.1
    assert rule.verdict(features, belief(4, probability)) == verdict


def test_the_distance_that_counts_is_that_to_the_predicted_digit() -> None:
    rule = RejectRule(typical_of(4), NO_REJECTOR, -2.0, 0.8, ())
    assert rule.verdict(np.ones(784, np.float32), belief(5, 0.9)) == "unfamiliar"


def test_the_rejector_speaks_for_and_against_the_predicted_digit_alone() -> None:
    weights = np.zeros((784, 10), np.float32)
    weights[0, 4] = 3
    bias = np.full(10, -1, np.float32)
    prototypes = typical_of(4, 0)
    prototypes[:, :, -1] = 1  # all digits were seen
    rule = RejectRule(prototypes, Rejector(weights, bias, 2.0), -0.001, 0.8, ())
    features = np.zeros(784, np.float32)
    assert rule.verdict(features, belief(4, 0.9)) == "unfamiliar"  # −1
    features[0] = 1
    assert rule.verdict(features, belief(4, 0.9)) == "answer"  # 3 − 1 − 2 · distance 1
    assert rule.verdict(features, belief(5, 0.9)) == "unfamiliar"
    features[1:4] = 1
    assert rule.verdict(features, belief(4, 0.9)) == "unfamiliar"  # distance 2


def test_verdicts_of_many_are_those_of_each() -> None:
    rng = np.random.default_rng(0)
    rejector = Rejector(
        rng.normal(size=(784, 10)).astype(np.float32), rng.normal(size=10).astype(np.float32), 1.5
    )
    prototypes = rng.integers(0, 256, (10, N_PROTOTYPES, 784), np.uint8)
    rule = RejectRule(prototypes, rejector, -20.0, 0.3, ())
    features = rng.random((50, 784), np.float32)
    probabilities = rng.dirichlet(np.ones(10), 50)
    found = rule.verdicts(features, probabilities)
    assert found == [rule.verdict(*one) for one in zip(features, probabilities, strict=True)]
    assert len(set(found)) >= 2


def test_with_a_rejector_an_answer_needs_at_least_this_probability() -> None:
    probabilities = np.array([belief(1, 0.97)] * 50)
    features, labels = np.zeros((50, 784), np.float32), np.ones(50, int)
    rejector = Rejector(np.zeros((784, 10), np.float32), np.zeros(10, np.float32), 1.0)
    assert choose(typical_of(0), features, labels, probabilities).min_probability == 0.1
    rule = choose(typical_of(0), features, labels, probabilities, rejector)
    assert rule.min_probability == LEAST_PROBABILITY
    assert rule.rejector is rejector


def test_the_thresholds_are_chosen_as_documented() -> None:
    n = 1_000
    labels = np.full(n, 2)
    features = np.zeros((n, 784), np.float32)
    features[:, 0] = np.linspace(0, 1, n)  # which is the distance
    probabilities = np.array([belief(2, 0.95)] * 600 + [belief(2, 0.65)] * 400)
    probabilities[600:610] = belief(7, 0.65)  # wrong, and less sure
    probabilities[:3] = belief(7, 0.95)  # wrong, and sure
    rule = choose(np.zeros((10, N_PROTOTYPES, 784), np.uint8), features, labels, probabilities)
    assert rule.min_familiarity == pytest.approx(-FAMILIAR_SHARE, abs=1e-3)
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
    (found,) = prediction.read_parts(shipped(INPUTS[-1]), drawn(digit))
    assert found.verdict == "answer"
    assert found.digit == digit.label


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


def pen_line(pen: int, degrees: float, length: int) -> Ink:
    """Draw a line on the page's canvas, leaning to the right of upright by so many degrees."""
    canvas = Image.new("L", (336, 336))
    draw = ImageDraw.Draw(canvas)
    angle = np.deg2rad(degrees)
    x, y = float(length / 2 * np.sin(angle)), float(length / 2 * np.cos(angle))
    ends = [(168 - x, 168 + y), (168 + x, 168 - y)]
    draw.line(ends, fill=255, width=pen)
    for u, v in ends:
        draw.ellipse((u - pen / 2, v - pen / 2, u + pen / 2, v + pen / 2), fill=255)
    return np.asarray(canvas, np.float32) / np.float32(255)


@pytest.mark.parametrize("pen", [8, 14, 22, 30, 40])
@pytest.mark.parametrize("degrees", [-10, -5, 0, 5, 10])
@pytest.mark.parametrize("length", [150, 200, 260])
def test_an_upright_line_is_a_one_and_never_seen_as_a_block(
    pen: int, degrees: float, length: int
) -> None:
    (found,) = prediction.read_parts(shipped("directions"), pen_line(pen, degrees, length))
    assert (found.digit, found.verdict) == (1, "answer")
    inked = found.picture > 0.5 * found.picture.max()
    rows, columns = (np.flatnonzero(inked.any(axis=axis)) for axis in (1, 0))
    assert np.ptp(columns) + 1 <= 0.62 * (np.ptp(rows) + 1)


@pytest.mark.parametrize("pen", [8, 14, 22, 30, 40])
@pytest.mark.parametrize("degrees", [85, 90, 95])
def test_a_level_dash_is_not_answered(pen: int, degrees: float) -> None:
    (found,) = prediction.read_parts(shipped("directions"), pen_line(pen, degrees, 200))
    assert found.verdict != "answer"


def ring(radius: int, pen: int, *, filled: bool = False) -> Ink:
    canvas = Image.new("L", (336, 336))
    box = (168 - radius, 168 - radius, 168 + radius, 168 + radius)
    ImageDraw.Draw(canvas).ellipse(box, fill=255 if filled else 0, outline=255, width=pen)
    return np.asarray(canvas, np.float32) / np.float32(255)


@pytest.mark.parametrize("radius", [60, 90, 120])
def test_a_ring_is_a_zero_and_a_filled_disc_is_nothing(radius: int) -> None:
    (found,) = prediction.read_parts(shipped("directions"), ring(radius, 20))
    assert (found.digit, found.verdict) == (0, "answer")
    (found,) = prediction.read_parts(shipped("directions"), ring(radius, 20, filled=True))
    assert found.verdict != "answer"


@pytest.mark.parametrize("pen", [8, 14, 22, 30])
def test_a_thin_seven_is_a_seven(pen: int) -> None:
    canvas = Image.new("L", (336, 336))
    ImageDraw.Draw(canvas).line([(120, 80), (210, 80), (150, 260)], fill=255, width=pen)
    ink = np.asarray(canvas, np.float32) / np.float32(255)
    (found,) = prediction.read_parts(shipped("directions"), ink)
    assert (found.digit, found.verdict) == (7, "answer")


def test_most_scribbles_are_not_answered() -> None:
    rng = np.random.default_rng(0)
    readings = []
    for _ in range(100):
        points = [(float(x), float(y)) for x, y in rng.uniform(0, 100, (15, 2))]
        ink = strokes.draw([points], longer_side=180, right=0.5, down=0.5)
        readings.append(prediction.read(shipped("directions"), ink))
    answered = [found for found in readings if found is not None and found.verdict == "answer"]
    assert len(answered) <= 10


@pytest.mark.parametrize("input", INPUTS)
def test_a_digit_that_was_never_seen_is_doubted_and_the_others_are_not(input: Input) -> None:
    checkpoint = shipped(input)
    test = datasets.load("digits").test
    features = checkpoint.model.features(test.images)
    zeros = test.labels == 0
    model, rule = checkpoint.model, checkpoint.reject_rule
    probabilities = model.predict_proba(features)
    probabilities[:, 0] = 0  # as of a model that has learned without 0
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    prototypes = rule.prototypes.copy()
    prototypes[0] = 0
    lenient = dataclasses.replace(rule, min_probability=0.0, min_familiarity=-np.inf)
    knowing = dataclasses.replace(lenient, prototypes=prototypes)
    assert (lenient.unseen, knowing.unseen) == ((), (0,))
    answered = np.array(knowing.verdicts(features, probabilities)) == "answer"
    assert answered[zeros].mean() < 0.15  # by this question alone
    assert answered[~zeros].mean() > 0.9
    assert set(lenient.verdicts(features, probabilities)) == {"answer"}


def test_without_a_rejector_a_digit_that_was_never_seen_changes_nothing() -> None:
    prototypes = np.full((10, 2, 784), 9, np.uint8)
    prototypes[3] = 0
    rule = RejectRule(prototypes, NO_REJECTOR, -100.0, 0.5, ((0.1, 1.0, 1.0),))
    probabilities = np.eye(10, dtype=np.float32)[:1]
    assert rule.unseen == (3,)
    assert rule.verdicts(np.zeros((1, 784), np.float32), probabilities) == ["answer"]
