"""The protocol that every kind of model follows: pictures → features → scores → probabilities."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from model.config import Input
from model.preprocessing.features import described, features, normalised

__all__ = ["UNKNOWN", "Classifier", "TrainingData", "WithInputStep", "softmax"]


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


class TrainingData(NamedTuple):
    """The data set that a model was trained on; see `model.data.datasets.Dataset`."""

    name: str
    sha256: str


UNKNOWN = TrainingData("unknown", "")
"""Stands where it is not known what a model was trained on."""


class Classifier(Protocol):
    """A model that reads digits.

    A kind of model says how it makes features and scores; the rest is the same for all. Only
    `model.explanation` and the film of a training ask for more: a linear model's weights.
    """

    input: Input
    """The name of the input step, which makes the features."""
    training_data: TrainingData
    """What it was trained on."""

    @property
    def n_parameters(self) -> int:
        """How many numbers were learned."""
        ...

    def features(self, images: NDArray[Any]) -> NDArray[np.float32]:
        """Apply the input step.

        Two models of one kind and one `input` have the same features.

        Parameters
        ----------
        images : (n, 28, 28) uint8 from 0 to 255, or floats between 0 and 1
            Pictures in MNIST's form; see `model.preprocessing.centring.centred`.

        Returns
        -------
        features : (n, n_features) float32 in [0, 1]
        """
        ...

    def seen(self, images: NDArray[Any]) -> NDArray[np.float32]:
        """Return what the input step sees of pictures (n, 28, 28), as pictures (n, 28, 28).

        Where an input step begins with a normalisation, that is the picture behind it; else the
        same pictures, from 0 to 1.
        """
        scale = 1 / 255 if images.dtype == np.uint8 else 1
        return images.astype(np.float32) * np.float32(scale)

    def described(self, seen: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the features (n, n_features) of what is seen (n, 28, 28)."""
        return self.features(seen)

    def decision_function(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the scores (logits) of features (n, n_features), (n, 10)."""
        ...

    def __hash__(self) -> int:
        """Hash by identity, so that results can be cached for each model."""
        return object.__hash__(self)

    def predict_proba(self, features: NDArray[np.float32]) -> NDArray[np.floating[Any]]:
        """Return what the model believes of features (n, n_features), (n, 10)."""
        return softmax(self.decision_function(features))

    def predict(self, images: NDArray[Any]) -> NDArray[np.intp]:
        """Return the likeliest digit of each picture (n, 28, 28), (n,)."""
        digits: NDArray[np.intp] = self.decision_function(self.features(images)).argmax(axis=-1)
        return digits


class WithInputStep(Classifier):
    """A model whose features are made by one of `model.preprocessing.features`, by its name."""

    def features(self, images: NDArray[Any]) -> NDArray[np.float32]:
        """Turn pictures (n, 28, 28) into (n, 784); see `Classifier.features`."""
        return features(images, self.input)

    def seen(self, images: NDArray[Any]) -> NDArray[np.float32]:
        """Return what is seen of pictures (n, 28, 28); see `Classifier.seen`."""
        return normalised(images, self.input)

    def described(self, seen: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the features (n, 784) of what is seen (n, 28, 28)."""
        return described(seen, self.input)
