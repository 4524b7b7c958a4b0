"""What a training run ends in: the model, measured on held-out pictures, as a checkpoint."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from model import doubt
from model.checkpoint import Checkpoint
from model.config import TrainingConfig
from model.prepared import Prepared
from model.softmax import SoftmaxRegression, softmax

__all__ = ["outcome"]


def outcome(
    weights: NDArray[np.float32],
    bias: NDArray[np.float32],
    config: TrainingConfig,
    n_steps: int,
    data: Prepared,
) -> Checkpoint:
    """Measure trained weights and choose when they should rather not answer.

    Parameters
    ----------
    weights, bias : (784, 10) and (10,) float32
    config : TrainingConfig
        How they were trained, …
    n_steps : int
        … and for how many steps: fewer than planned where the run was stopped.
    data : Prepared
        Its validation part decides the reject rule, its test part is only measured.

    Returns
    -------
    Checkpoint
        `measured` holds `n_steps`, `validation_accuracy` and `test_accuracy`.
    """
    model = SoftmaxRegression(weights, bias, config)
    features, labels = data.validation
    probabilities = softmax(features @ model.weights + model.bias)
    measured = {
        "n_steps": float(n_steps),
        "validation_accuracy": float((probabilities.argmax(axis=1) == labels).mean()),
        "test_accuracy": _accuracy(model, *data.test),
    }
    rule = doubt.choose(data.typical, features, labels, probabilities)
    return Checkpoint(model, rule, data.data_name, data.data_sha256, measured)


def _accuracy(
    model: SoftmaxRegression, features: NDArray[np.float32], labels: NDArray[np.uint8]
) -> float:
    predicted = (features @ model.weights + model.bias).argmax(axis=1)
    return float((predicted == labels).mean())
