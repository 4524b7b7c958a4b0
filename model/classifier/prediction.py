"""Prediction: from a drawing to the digits on it, and whether each is given as an answer."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.classifier.checkpoint import Checkpoint
from model.classifier.reject import Verdict
from model.preprocessing.centring import centred, checked_ink
from model.preprocessing.segmentation import TooManyPartsError, parts

__all__ = ["Reading", "are_answered", "read", "read_parts"]


@dataclasses.dataclass(frozen=True, eq=False)
class Reading:
    """What a model makes of one digit.

    Parameters
    ----------
    ink : (H, W) float32 in [0, 1]
        The part of the drawing that is read.
    features : (n_features,) float32 in [0, 1]
        What the model is fed.
    picture : (28, 28) float32 in [0, 1]
        What the model sees: the picture from which the features are made.
    centred : (28, 28) float32 in [0, 1]
        The part in MNIST's form, from which `picture` is made.
    probabilities : (10,) float32
        What the model believes.
    verdict : {"answer", "unsure", "unfamiliar", "crowded"}
        Whether the likeliest digit is given as the answer; see `model.classifier.reject`.
        "crowded" where the drawing has too many parts to be a number.
    """

    ink: NDArray[np.float32]
    features: NDArray[np.float32]
    picture: NDArray[np.float32]
    centred: NDArray[np.float32]
    probabilities: NDArray[np.floating[Any]]
    verdict: Verdict

    @property
    def digit(self) -> int:
        """The likeliest digit."""
        return int(self.probabilities.argmax())


def read_parts(checkpoint: Checkpoint, ink: NDArray[np.float32]) -> tuple[Reading, ...]:
    """Read the digits on a drawing, from left to right.

    What is no digit is left out: a tap, a speck, a full stop; see
    `model.preprocessing.segmentation`.

    Parameters
    ----------
    checkpoint : Checkpoint
    ink : (H, W) floats between 0 and 1

    Returns
    -------
    readings : tuple of Reading
        At most 12; none for a picture without ink, which is never predicted. A drawing with more
        parts is read whole, and its verdict is "crowded".

    Raises
    ------
    ValueError
        For ink of another shape or out of its range.
    """
    ink = checked_ink(ink)
    try:
        found = parts(ink)
    except TooManyPartsError:
        return (dataclasses.replace(_read(checkpoint, ink), verdict="crowded"),)
    return tuple(_read(checkpoint, part) for part in found)


def read(checkpoint: Checkpoint, ink: NDArray[np.float32]) -> Reading | None:
    """Read a drawing of one digit: the last of `read_parts`, or None where there is no ink."""
    readings = read_parts(checkpoint, ink)
    return readings[-1] if readings else None


def are_answered(readings: Sequence[Reading]) -> bool:
    """Whether a drawing gets an answer: it has digits, and none of them is in doubt."""
    return bool(readings) and all(reading.verdict == "answer" for reading in readings)


def _read(checkpoint: Checkpoint, ink: NDArray[np.float32]) -> Reading:
    model = checkpoint.model
    digit = centred(ink)
    seen = model.seen(digit[np.newaxis])  # (1, 28, 28)
    features = model.described(seen)  # (1, n_features)
    probabilities = model.predict_proba(features)[0]  # (10,)
    verdict = checkpoint.reject_rule.verdict(features[0], probabilities)
    return Reading(ink, features[0], seen[0], digit, probabilities, verdict)
