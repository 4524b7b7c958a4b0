"""What a training run ends in, measured by hand."""

from __future__ import annotations

import numpy as np
import pytest

from model.classifier.base import TrainingData, softmax
from model.classifier.reject import N_PROTOTYPES, NO_REJECTOR
from model.config import TrainingConfig
from model.training.result import outcome
from model.training.training_data import Prepared, prepare


def test_the_accuracies_are_those_of_the_held_out_parts() -> None:
    """Ten pixels tell the ten digits apart; some labels are wrong on purpose."""
    labels = np.arange(10, dtype=np.uint8).repeat(10)
    features = np.zeros((100, 784), np.float32)
    features[np.arange(100), labels] = 1
    validation, test = labels.copy(), labels.copy()
    validation[:7] = 9
    test[:20] = 8
    prototypes = np.zeros((10, N_PROTOTYPES, 784), np.uint8)
    data = Prepared(
        TrainingData("ten", "f" * 64),
        (features, labels),
        (features, validation),
        (features, test),
        prototypes,
        NO_REJECTOR,
    )
    weights = np.zeros((784, 10), np.float32)
    weights[np.arange(10), np.arange(10)] = 5
    config = TrainingConfig(seed=3)
    result = outcome({"weights": weights, "bias": np.zeros(10, np.float32)}, config, 17, data)
    assert dict(result.measured) == {
        "n_steps": 17,
        "validation_accuracy": 0.93,
        "test_accuracy": pytest.approx(0.8),
    }
    assert result.model.training_data == ("ten", "f" * 64)
    assert result.config == config
    np.testing.assert_array_equal(result.model.weights, weights)
    assert result.reject_rule.min_familiarity == pytest.approx(-1)  # one pixel from black


def test_the_rule_is_chosen_on_validation_pictures() -> None:
    data = prepare("digits", TrainingConfig())
    weights = np.random.default_rng(0).normal(0, 0.1, (784, 10)).astype(np.float32)
    parameters = {"weights": weights, "bias": np.zeros(10, np.float32)}
    result = outcome(parameters, TrainingConfig(), 1, data)
    largest = softmax(data.validation[0] @ weights).max(axis=1)
    assert [answered for _, answered, _ in result.reject_rule.curve] == pytest.approx(
        [float((largest >= threshold).mean()) for threshold, _, _ in result.reject_rule.curve]
    )
    np.testing.assert_array_equal(result.reject_rule.prototypes, data.prototypes)
