"""The result of a training run: the model, measured on held-out pictures, as a checkpoint."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from model.classifier import reject
from model.classifier.base import Classifier
from model.classifier.checkpoint import Checkpoint
from model.classifier.cnn import Cnn
from model.classifier.softmax import SoftmaxRegression
from model.config import TrainingConfig
from model.training.training_data import Prepared

__all__ = ["outcome"]


def outcome(
    parameters: Mapping[str, NDArray[np.float32]],
    config: TrainingConfig,
    n_steps: int,
    data: Prepared,
) -> Checkpoint:
    """Measure a trained model, choose its reject rule, and return both as a checkpoint.

    Parameters
    ----------
    parameters : mapping of str to float32 arrays
        As `Progress` has them.
    config : TrainingConfig
        How they were trained.
    n_steps : int
        For how many steps: fewer than `config` says where the run was stopped.
    data : Prepared
        Its validation split decides the reject rule; its test split is only measured.

    Returns
    -------
    Checkpoint
        `measured` holds `n_steps`, `validation_accuracy` and `test_accuracy`.
    """
    model: Classifier
    if config.kind == "network":
        model = Cnn(parameters, config.input, data.source)
    else:
        model = SoftmaxRegression(**parameters, input=config.input, training_data=data.source)
    features, labels = data.validation
    probabilities = model.predict_proba(features)
    measured = {
        "n_steps": float(n_steps),
        "validation_accuracy": float((probabilities.argmax(axis=1) == labels).mean()),
        "test_accuracy": _accuracy(model, *data.test),
    }
    rule = reject.choose(data.prototypes, features, labels, probabilities, data.rejector)
    return Checkpoint(model, rule, config, measured)


def _accuracy(model: Classifier, features: NDArray[np.float32], labels: NDArray[np.uint8]) -> float:
    predicted = model.decision_function(features).argmax(axis=1)
    return float((predicted == labels).mean())
