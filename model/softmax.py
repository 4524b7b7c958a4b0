"""The model: y = softmax(xW + b), and nothing else."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.config import TrainingConfig
from model.preprocessing import centred, features

__all__ = ["N_CLASSES", "N_FEATURES", "SoftmaxRegression", "softmax"]

N_FEATURES = 784
N_CLASSES = 10
LARGEST = 1e30
"""Of a parameter, so that 784 of them add up to a finite logit."""


def softmax(logits: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
    """Turn scores into probabilities: exp(zᵢ) / Σⱼ exp(zⱼ) along the last axis.

    Parameters
    ----------
    logits : (..., n_classes) finite floats
        The largest is subtracted first, which changes nothing but keeps exp from overflowing.

    Returns
    -------
    probabilities : (..., n_classes), same dtype
        Between 0 and 1; each row sums to 1.
    """
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    probabilities: NDArray[np.floating[Any]] = shifted / shifted.sum(axis=-1, keepdims=True)
    return probabilities


@dataclasses.dataclass(frozen=True, eq=False)
class SoftmaxRegression:
    """Multinomial logistic regression on 28 × 28 pictures: 7,850 numbers.

    The arrays are copied and made read-only, so one model can be shared by everybody.

    Parameters
    ----------
    weights : (784, 10) finite float32
        One column per digit.
    bias : (10,) finite float32
    config : TrainingConfig
        How it was trained; `config.input` is the input step which the model applies itself.

    Raises
    ------
    ValueError
        Where a parameter has another shape, is not finite or beyond ±1e30.
    """

    weights: NDArray[np.float32]
    bias: NDArray[np.float32]
    config: TrainingConfig

    def __post_init__(self) -> None:
        object.__setattr__(self, "weights", _frozen("weights", self.weights, (784, 10)))
        object.__setattr__(self, "bias", _frozen("bias", self.bias, (10,)))

    def features(self, pictures: NDArray[Any]) -> NDArray[np.float32]:
        """Apply the model's own input step.

        Parameters
        ----------
        pictures : (H, W) floats between 0 and 1, or (n, 28, 28)
            One drawing of ink at any size, which is centred first; or a batch of pictures that
            are in MNIST's form already (uint8, or floats between 0 and 1).

        Returns
        -------
        features : (784,) or (n, 784) float32 in [0, 1]

        Raises
        ------
        ValueError
            For any other shape or values out of range.
        """
        if pictures.ndim == 2:
            one: NDArray[np.float32] = features(centred(pictures)[np.newaxis], self.config.input)[0]
            return one
        return features(pictures, self.config.input)

    def logits(self, pictures: NDArray[Any]) -> NDArray[np.float32]:
        """Return the scores xW + b: (10,) for one drawing, (n, 10) for n pictures."""
        scores: NDArray[np.float32] = self.features(pictures) @ self.weights + self.bias
        return scores

    def predict_proba(self, pictures: NDArray[Any]) -> NDArray[np.floating[Any]]:
        """Return what the model believes: (10,) for one drawing, (n, 10) for n pictures."""
        return softmax(self.logits(pictures))

    def predict(self, pictures: NDArray[Any]) -> NDArray[np.intp]:
        """Return the likeliest digit: a number for one drawing, (n,) for n pictures."""
        digits: NDArray[np.intp] = self.logits(pictures).argmax(axis=-1)
        return digits


def _frozen(name: str, array: NDArray[Any], shape: tuple[int, ...]) -> NDArray[np.float32]:
    array = np.array(array, dtype=np.float32)
    if array.shape != shape:
        raise ValueError(f"{name} must have shape {shape}, got {array.shape}")
    if not (np.abs(array) <= LARGEST).all():  # false for NaN as well
        raise ValueError(f"{name} must be finite, and within ±{LARGEST:g}, everywhere")
    array.flags.writeable = False
    return array
