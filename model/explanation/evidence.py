"""Why did it say 7? Evidence that adds up.

The model is linear, so the reason for a score is no approximation. With weights w and bias b of one
digit and features x, the logit is

    logit = b + Σᵢ wᵢ·xᵢ,

and wᵢ·xᵢ is exactly what pixel i adds to it: its *evidence*. Pixels without ink add nothing; what a
model makes of blank paper is in the bias. Between two digits a and b, the difference of their
logits decides, and it splits in the same way into (wᵃᵢ − wᵇᵢ)·xᵢ: the *contrast*.

Products and sums are made in float64 from the model's own float32 numbers. A product of two float32
numbers is exact there, and 784 of them add up with an error around 1e-13 for logits around 10, far
below what is printed; `model.classifier.softmax.logits`, in float32, agrees within 1e-5.

References
----------
B. Poulin, R. Eisner, D. Szafron, et al., "Visual explanation of evidence in additive classifiers",
IAAI 2006 (a score taken apart into the evidence of each feature).
"""

from __future__ import annotations

import dataclasses
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.classifier.softmax import SoftmaxRegression
from model.config import N_CLASSES, N_FEATURES, SIDE

__all__ = ["Evidence", "Sum", "contrast", "evidence", "sentence"]

REGIONS = (
    *("ink at the top left", "ink at the top", "ink at the top right"),
    *("ink at the left", "ink in the middle", "ink at the right"),
    *("ink at the bottom left", "ink at the bottom", "ink at the bottom right"),
)
_THIRDS = np.array([0, 9, 19])
"""Where the regions begin, down as across: 9, 10 and 9 pixels."""
LEAST_NAMED = 0.05
"""A share below this would be printed as 0.0."""


class Sum(NamedTuple):
    """Rounded numbers of which `bias + positive - negative == logit` holds exactly."""

    bias: Decimal
    positive: Decimal
    negative: Decimal
    logit: Decimal

    def __str__(self) -> str:
        text = f"{self.bias} + {self.positive} - {self.negative} = {self.logit}"
        return text.replace("-", "−")


@dataclasses.dataclass(frozen=True, eq=False)
class Evidence:
    """A logit, or the difference of two, taken apart.

    Parameters
    ----------
    digit : int
        Whose evidence it is.
    other : int or None
        The digit that it is contrasted with, if any.
    map : (28, 28) float64
        Each pixel's share: above 0 for `digit`, below 0 against it.
    bias : float
        The share that is there before any ink.
    """

    digit: int
    other: int | None
    map: NDArray[np.float64]
    bias: float

    @property
    def positive(self) -> float:
        """What speaks for the digit, summed over the pixels; at least 0."""
        return float(self.map[self.map > 0].sum())

    @property
    def negative(self) -> float:
        """What speaks against it, summed over the pixels; at least 0, to be subtracted."""
        return -float(self.map[self.map < 0].sum())

    @property
    def logit(self) -> float:
        """The whole: bias + positive − negative."""
        return self.bias + self.positive - self.negative

    def rounded(self, decimals: int = 2) -> Sum:
        """Round the sum for printing so that it still adds up, to the last digit.

        The logit is rounded as usual. Where the rounded parts would miss it by one, the part that
        was rounded farthest the other way gives or takes it, so each is within one unit of the
        last digit of its true value.
        """
        exact = [Fraction(x) * 10**decimals for x in (self.bias, self.positive, -self.negative)]
        logit = round(Fraction(self.logit) * 10**decimals)
        parts = [round(part) for part in exact]
        missing = logit - sum(parts)
        lost = [(part - whole) * missing for part, whole in zip(exact, parts, strict=True)]
        parts[lost.index(max(lost))] += missing
        bias, positive, against = parts
        return Sum(*(Decimal(f"{n}e-{decimals}") for n in (bias, positive, -against, logit)))


def evidence(model: SoftmaxRegression, features: NDArray[np.float32], digit: int) -> Evidence:
    """Take a digit's logit apart.

    Parameters
    ----------
    model : SoftmaxRegression
    features : (784,) floats between 0 and 1
        What the model is fed: one row of `model.features`.
    digit : int
        From 0 to 9.

    Raises
    ------
    ValueError
        For features of another shape, or no digit.
    """
    if features.shape != (N_FEATURES,):
        raise ValueError(f"features must be ({N_FEATURES},), got {features.shape}")
    if digit not in range(N_CLASSES):
        raise ValueError(f"digit must be a whole number from 0 to 9, got {digit!r}")
    shares = model.weights[:, digit].astype(np.float64) * features
    return Evidence(digit, None, shares.reshape(SIDE, SIDE), float(model.bias[digit]))


def contrast(
    model: SoftmaxRegression, features: NDArray[np.float32], digit: int, other: int
) -> Evidence:
    """Take apart why one digit and not another: the difference of their evidence.

    Parameters
    ----------
    model : SoftmaxRegression
    features : (784,) floats between 0 and 1
    digit, other : int
        From 0 to 9; `digit` leads where the result's logit is above 0.

    Raises
    ------
    ValueError
        See `evidence`.
    """
    mine, its = evidence(model, features, digit), evidence(model, features, other)
    return Evidence(digit, other, mine.map - its.map, mine.bias - its.bias)


def sentence(why: Evidence) -> str:
    """Put evidence into words: an answer and its reason.

    The picture's nine regions, three by three, with their summed evidence, and the bias: at most
    two that speak for the answer are told, and the one that speaks loudest against it. A contrast
    is told from the side of the digit that leads.

    Parameters
    ----------
    why : Evidence
        Of one digit, or a contrast.

    Returns
    -------
    text : str
        At most 160 characters.
    """
    if why.other is not None and why.logit < 0:
        why = Evidence(why.other, why.digit, -why.map, -why.bias)
    if why.other is None:
        start = f"{why.digit} scores {_number(why.logit)}"
    else:
        start = f"{why.digit} rather than {why.other}, by {_number(why.logit)}"
    sums = np.add.reduceat(np.add.reduceat(why.map, _THIRDS, axis=0), _THIRDS, axis=1)  # (3, 3)
    shares = [*zip(sums.ravel(), REGIONS, strict=True), (why.bias, "the bias")]
    shares = sorted((share for share in shares if abs(share[0]) >= LEAST_NAMED), reverse=True)
    pro = [_told(*share) for share in shares[:2] if share[0] > 0]
    contra = [_told(*share) for share in shares[-1:] if share[0] < 0]
    if not pro and not contra:
        return f"{start}: nothing speaks for or against it."
    if not pro:
        return f"{start}: {contra[0]} speaks against it."
    reason = f"{' and '.join(pro)} {'speak' if len(pro) == 2 else 'speaks'} for it"
    return f"{start}: {reason}, {contra[0]} against it." if contra else f"{start}: {reason}."


def _told(share: float, name: str) -> str:
    return f"{name} ({_number(share, '+')})"


def _number(value: float, sign: str = "") -> str:
    text = format(value, f"{sign}.1f" if abs(value) < 1_000 else f"{sign}.0e")
    return text.replace("-", "−")
