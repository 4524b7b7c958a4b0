"""What a training run ends in, measured by hand."""

from __future__ import annotations

import numpy as np
import pytest

from model.config import TrainingConfig
from model.doubt import N_TYPICAL
from model.outcome import outcome
from model.prepared import Prepared, prepare
from model.softmax import softmax


def test_the_accuracies_are_those_of_the_held_out_parts() -> None:
    """Ten pixels tell the ten digits apart; some labels are wrong on purpose."""
    labels = np.arange(10, dtype=np.uint8).repeat(10)
    features = np.zeros((100, 784), np.float32)
    features[np.arange(100), labels] = 1
    validation, test = labels.copy(), labels.copy()
    validation[:7] = 9
    test[:20] = 8
    typical = np.zeros((10, N_TYPICAL, 784), np.uint8)
    data = Prepared(
        "ten", "f" * 64, (features, labels), (features, validation), (features, test), typical
    )
    weights = np.zeros((784, 10), np.float32)
    weights[np.arange(10), np.arange(10)] = 5
    config = TrainingConfig(seed=3)
    result = outcome(weights, np.zeros(10, np.float32), config, 17, data)
    assert dict(result.measured) == {
        "n_steps": 17,
        "validation_accuracy": 0.93,
        "test_accuracy": pytest.approx(0.8),
    }
    assert (result.data_name, result.data_sha256) == ("ten", "f" * 64)
    assert result.model.config == config
    np.testing.assert_array_equal(result.model.weights, weights)
    assert result.doubt.farthest == pytest.approx(1)  # every picture is one pixel from black


def test_the_rule_is_chosen_on_validation_pictures() -> None:
    data = prepare("digits", TrainingConfig())
    weights = np.random.default_rng(0).normal(0, 0.1, (784, 10)).astype(np.float32)
    result = outcome(weights, np.zeros(10, np.float32), TrainingConfig(), 1, data)
    largest = softmax(data.validation[0] @ weights).max(axis=1)
    assert [answered for _, answered, _ in result.doubt.curve] == pytest.approx(
        [float((largest >= threshold).mean()) for threshold, _, _ in result.doubt.curve]
    )
    np.testing.assert_array_equal(result.doubt.typical, data.typical)
