"""Softmax regression: y = softmax(xW + b)."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.classifier.base import UNKNOWN, TrainingData, WithInputStep
from model.config import N_CLASSES, N_FEATURES, Input

__all__ = ["SoftmaxRegression", "logits"]

LARGEST = 1e30
"""Largest absolute value of a parameter: 784 of them still add up to a finite logit."""


def logits(
    features: NDArray[np.float32], weights: NDArray[np.float32], bias: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return the scores xW + b.

    Parameters
    ----------
    features : (n, 784) float32 in [0, 1]
    weights : (784, 10) float32
    bias : (10,) float32

    Returns
    -------
    logits : (n, 10) float32
    """
    scores: NDArray[np.float32] = features @ weights + bias
    return scores


@dataclasses.dataclass(frozen=True, eq=False)
class SoftmaxRegression(WithInputStep):
    """Multinomial logistic regression on 28 × 28 pictures: 7,850 numbers.

    The arrays are copied and made read-only, so one model can be shared by everybody.

    Parameters
    ----------
    weights : (784, 10) finite float32
        One column per digit.
    bias : (10,) finite float32
    input : {"pixels", "moments", "directions"}
        The input step, see `model.preprocessing.features`.
    training_data : TrainingData

    Raises
    ------
    ValueError
        Where a parameter has another shape, is not finite or beyond ±1e30.
    """

    weights: NDArray[np.float32]
    bias: NDArray[np.float32]
    input: Input
    training_data: TrainingData = UNKNOWN

    def __post_init__(self) -> None:
        weights = _frozen("weights", self.weights, (N_FEATURES, N_CLASSES))
        object.__setattr__(self, "weights", weights)
        object.__setattr__(self, "bias", _frozen("bias", self.bias, (N_CLASSES,)))

    @property
    def parameters(self) -> dict[str, NDArray[np.float32]]:
        """The arrays by name, as a file has them."""
        return {"weights": self.weights, "bias": self.bias}

    @property
    def n_parameters(self) -> int:
        """7,850: 784 weights and a bias for each of ten digits."""
        return self.weights.size + self.bias.size

    def decision_function(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the scores xW + b of features (n, 784), (n, 10)."""
        return logits(features, self.weights, self.bias)


def _frozen(name: str, array: NDArray[Any], shape: tuple[int, ...]) -> NDArray[np.float32]:
    array = np.array(array, dtype=np.float32, order="C")  # a file holds them row by row
    if array.shape != shape:
        raise ValueError(f"{name} must have shape {shape}, got {array.shape}")
    if not (np.abs(array) <= LARGEST).all():  # false for NaN as well
        raise ValueError(f"{name} must be finite, and within ±{LARGEST:g}, everywhere")
    array.flags.writeable = False
    return array
