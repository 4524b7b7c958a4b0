"""Prediction: from a drawing to the probabilities, and whether an answer is given."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.classifier.checkpoint import Checkpoint
from model.classifier.reject import Verdict
from model.config import SIDE
from model.preprocessing.centring import centred

__all__ = ["Reading", "read"]


@dataclasses.dataclass(frozen=True, eq=False)
class Reading:
    """What a model makes of one drawing.

    Parameters
    ----------
    features : (n_features,) float32 in [0, 1]
        What the model is fed.
    picture : (28, 28) float32 in [0, 1]
        The features where they are a picture, one for each pixel; else the same as `centred`.
    centred : (28, 28) float32 in [0, 1]
        The drawing in MNIST's form, from which the features are made.
    probabilities : (10,) float32
        What the model believes.
    verdict : {"answer", "unsure", "unfamiliar"}
        Whether the likeliest digit is given as the answer; see `model.classifier.reject`.
    """

    features: NDArray[np.float32]
    picture: NDArray[np.float32]
    centred: NDArray[np.float32]
    probabilities: NDArray[np.floating[Any]]
    verdict: Verdict


def read(checkpoint: Checkpoint, ink: NDArray[np.float32]) -> Reading | None:
    """Read a drawing.

    Parameters
    ----------
    checkpoint : Checkpoint
    ink : (H, W) floats between 0 and 1

    Returns
    -------
    Reading, or None for a picture without ink, which is never predicted

    Raises
    ------
    ValueError
        For ink of another shape or out of its range.
    """
    model = checkpoint.model
    digit = centred(ink)
    if not digit.any():
        return None
    features = model.features(digit[np.newaxis])  # (1, n_features)
    probabilities = model.predict_proba(features)[0]  # (10,)
    verdict = checkpoint.reject_rule.verdict(features[0], probabilities)
    picture = features.reshape(SIDE, SIDE) if features.size == digit.size else digit
    return Reading(features[0], picture, digit, probabilities, verdict)
