"""From a drawing to what is said about it: the probabilities, and whether to believe them."""

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
    picture : (28, 28) float32 in [0, 1]
        The model's input.
    centred : (28, 28) float32 in [0, 1]
        The drawing in MNIST's form, from which the input is made.
    probabilities : (10,) float32
        What the model believes.
    verdict : {"answer", "unsure", "unfamiliar"}
        Whether the likeliest digit is given as the answer; see `model.classifier.reject`.
    """

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
    features = model.features(digit[np.newaxis])  # (1, 784)
    if not features.any():
        return None
    probabilities = model.predict_proba(features)[0]  # (10,)
    verdict = checkpoint.reject_rule.verdict(features[0], probabilities)
    return Reading(features.reshape(SIDE, SIDE), digit, probabilities, verdict)
