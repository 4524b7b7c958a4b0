"""What trains: TensorFlow, or NumPy where there is none; both come to the same weights."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from model.config import TrainingConfig
from model.data import datasets
from model.preprocessing.features import features
from model.training import engine, numpy_steps
from tests.support.later import Later

descent = Later("model.training.gradient_descent")


@pytest.mark.tensorflow
@pytest.mark.parametrize("averaging", [0.0, 0.5])
def test_numpy_comes_to_the_same_weights_in_the_tutorials_1000_steps(
    mnist: datasets.Dataset, monkeypatch: pytest.MonkeyPatch, averaging: float
) -> None:
    config = TrainingConfig(averaging=averaging)
    train, validation = (
        (features(part.images, "pixels"), part.labels) for part in (mnist.train, mnist.validation)
    )
    *_, by_tensorflow = descent.train(*train, *validation, config, report_every=500)
    monkeypatch.setattr("model.training.gradient_descent.steps", numpy_steps)
    *_, by_numpy = descent.train(*train, *validation, config, report_every=500)
    np.testing.assert_allclose(by_numpy.weights, by_tensorflow.weights, rtol=0, atol=1e-5)
    np.testing.assert_allclose(by_numpy.bias, by_tensorflow.bias, rtol=0, atol=1e-5)
    assert by_numpy.train_loss == pytest.approx(by_tensorflow.train_loss, abs=1e-5)


def test_tensorflow_trains_where_it_is_installed_and_nobody_asks_for_numpy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    chosen = engine.engine.__wrapped__
    assert chosen() == "tensorflow"
    monkeypatch.setenv("INKLING_ENGINE", "numpy")
    assert chosen() == "numpy"
    monkeypatch.delenv("INKLING_ENGINE")
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    assert chosen() == "numpy"
