"""Teaching one drawing: it is learned, in bounds, and what was not to change stays."""

from __future__ import annotations

import numpy as np
import pytest

from model.classifier import checkpoint, reject
from model.classifier.base import softmax
from model.classifier.checkpoint import Checkpoint
from model.classifier.softmax import SoftmaxRegression
from model.config import INPUTS, Input
from model.data import datasets
from model.training.teaching import LEARNED, MOST_STEPS, Pictures, step_on, taught
from tests.support.specimens import drawn, fed, sample_digits, shipped


def linear(checkpoint: Checkpoint) -> SoftmaxRegression:
    assert isinstance(checkpoint.model, SoftmaxRegression)
    return checkpoint.model


def pictures(name: Input, part: str = "validation") -> Pictures:
    split = getattr(datasets.load("digits"), part)
    return Pictures(shipped(name).model.features(split.images), split.labels)


def right(model: SoftmaxRegression, asked: Pictures) -> float:
    share: float = (model.decision_function(asked.features).argmax(axis=1) == asked.labels).mean()
    return share


@pytest.mark.parametrize("name", INPUTS)
@pytest.mark.parametrize("replays", [True, False])
def test_a_drawing_is_learned_or_the_steps_are_used_up(name: Input, replays: bool) -> None:
    before = shipped(name)
    weights = linear(before).weights.copy()
    drawing = fed(before.model, drawn(sample_digits()[4]))[0]
    replay = pictures(name, "train") if replays else None
    after, n_steps = taught(before, drawing, 9, pictures(name), replay)
    shares = [
        float(each.model.predict_proba(drawing[np.newaxis])[0, 9]) for each in (before, after)
    ]
    assert 1 <= n_steps <= MOST_STEPS
    assert shares[0] < shares[1]
    assert shares[1] >= LEARNED or n_steps == MOST_STEPS
    assert after.measured["taught_steps"] == n_steps
    assert "test_accuracy" not in after.measured
    assert np.array_equal(linear(before).weights, weights)
    again, more = taught(after, drawing, 9, pictures(name), replay)
    assert again.measured["taught_steps"] == n_steps + more


def test_one_step_is_probability_less_truth_times_the_picture() -> None:
    model = linear(shipped("directions"))
    drawing = fed(model, drawn(sample_digits()[7]))
    error = softmax(model.decision_function(drawing).astype(np.float64))[0]
    error[2] -= 1
    for rate in (0.5, 50):
        after = step_on(model, drawing[0], 2, rate)
        expected = model.weights - rate * np.outer(drawing[0], error)
        assert after.weights == pytest.approx(expected, rel=1e-4, abs=1e-5 * rate)
        assert after.bias == pytest.approx(model.bias - rate * error, rel=1e-4, abs=1e-5 * rate)


def test_replay_forgets_less() -> None:
    test = pictures("directions", "test")
    kept = []
    for replay in (pictures("directions", "train"), None):
        prices = []
        for digit in range(10):
            drawing = fed(shipped("directions").model, drawn(sample_digits()[digit]))[0]
            wrong = (digit + 5) % 10
            after, _ = taught(shipped("directions"), drawing, wrong, pictures("directions"), replay)
            prices.append(right(linear(after), test))
        kept.append(np.mean(prices))
    assert kept[0] > kept[1] + 0.05


def test_what_is_familiar_stays_and_the_least_probability_is_chosen_anew() -> None:
    before, validation = shipped("moments"), pictures("moments")
    drawing = fed(before.model, drawn(sample_digits()[1]))[0]
    after, _ = taught(before, drawing, 7, validation, None)
    old, new = before.reject_rule, after.reject_rule
    assert np.array_equal(new.prototypes, old.prototypes)
    assert (new.rejector, new.min_familiarity) == (old.rejector, old.min_familiarity)
    chosen = reject.choose(
        old.prototypes,
        validation.features,
        validation.labels,
        after.model.predict_proba(validation.features),
        old.rejector,
    )
    assert (new.min_probability, new.curve) == (chosen.min_probability, chosen.curve)
    kept = checkpoint.from_bytes(after.to_bytes())
    assert np.array_equal(linear(kept).weights, linear(after).weights)


def test_what_cannot_be_taught_is_refused() -> None:
    validation = pictures("pixels")
    drawing = validation.features[0]
    for label in (-1, 10):
        with pytest.raises(ValueError, match="label must be from 0 to 9"):
            taught(shipped("pixels"), drawing, label, validation, None)
