"""Evidence: what each pixel adds to the score of a digit; all of it sums to the score exactly.

The model is linear, so the reason for a score is no approximation. With weights w and bias b of one
digit and features x, the logit is

    logit = b + Σᵢ wᵢ·xᵢ,

and wᵢ·xᵢ is exactly what pixel i adds to it: its *evidence*. Pixels without ink add nothing; what a
model makes of blank paper is in the bias. Between two digits a and b, the difference of their
logits decides, and it splits in the same way into (wᵃᵢ − wᵇᵢ)·xᵢ: the *contrast*.

Where the features are no pixels, but directions of edges, each feature's share is handed back to
the pixels that it was made from. A feature f is a root of a sum S of window · map, so its share
w·f splits in proportion to what each pixel gave to S: pixel p of direction d gets
map[d, p] · Σ over windows of w · f / S · window[p]. Nothing is lost: the shares sum to Σ w·f.

Products and sums are computed in float64 from the model's float32 numbers. A product of two float32
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
from typing import Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from model.classifier.softmax import SoftmaxRegression
from model.config import N_CLASSES, SIDE
from model.preprocessing.directions import (
    ACROSS,
    COLUMNS,
    DOWN,
    N_DIRECTIONS,
    ROWS,
    edges,
    rooted,
    sampled,
)

__all__ = [
    "REGIONS",
    "Evidence",
    "Part",
    "Region",
    "Share",
    "Sum",
    "contrast",
    "evidence",
    "ranking",
]

Region = Literal[
    "top_left", "top", "top_right",
    "left", "middle", "right",
    "bottom_left", "bottom", "bottom_right",
]  # fmt: skip
Part = Region | Literal["bias"]
REGIONS: tuple[Region, ...] = get_args(Region)
_THIRDS = np.array([0, 9, 19])
"""Where the regions begin, down as across: 9, 10 and 9 pixels."""


class Share(NamedTuple):
    """What a part of the picture, or the bias, adds to a logit."""

    part: Part
    value: float


class Sum(NamedTuple):
    """Rounded numbers of which `bias + positive - negative == logit` holds exactly."""

    bias: Decimal
    positive: Decimal
    negative: Decimal
    logit: Decimal


@dataclasses.dataclass(frozen=True, eq=False)
class Evidence:
    """A logit, or the difference of two, taken apart.

    Parameters
    ----------
    digit : int
        The digit whose evidence it is.
    other : int or None
        The digit with which it is contrasted, if any.
    map : (28, 28) float64
        Each pixel's share: above 0 for `digit`, below 0 against it.
    bias : float
        The share that does not depend on the ink.
    """

    digit: int
    other: int | None
    map: NDArray[np.float64]
    bias: float

    @property
    def positive(self) -> float:
        """Sum of all that speaks for the digit; at least 0."""
        return float(self.map[self.map > 0].sum())

    @property
    def negative(self) -> float:
        """Sum of all that speaks against it, to be subtracted; at least 0."""
        return -float(self.map[self.map < 0].sum())

    @property
    def logit(self) -> float:
        """The sum of all: bias + positive − negative."""
        return self.bias + self.positive - self.negative

    def of_the_leader(self) -> Evidence:
        """Return a contrast from the side of the digit that leads, and all else as it is."""
        if self.other is None or self.logit >= 0:
            return self
        return Evidence(self.other, self.digit, -self.map, -self.bias)

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


def evidence(model: SoftmaxRegression, seen: NDArray[np.float32], digit: int) -> Evidence:
    """Take a digit's logit apart.

    Parameters
    ----------
    model : SoftmaxRegression
    seen : (28, 28) floats between 0 and 1
        What the model sees: `model.seen` of the drawing, from which the features are made.
    digit : int
        From 0 to 9.

    Raises
    ------
    ValueError
        For a picture of another shape or out of range, or no digit.
    """
    if seen.shape != (SIDE, SIDE):
        raise ValueError(f"what is seen must be ({SIDE}, {SIDE}), got {seen.shape}")
    if not (seen.min() >= 0 and seen.max() <= 1):  # false for NaN as well
        raise ValueError("what is seen must lie between 0 and 1 everywhere, without NaN")
    if digit not in range(N_CLASSES):
        raise ValueError(f"digit must be a whole number from 0 to 9, got {digit!r}")
    weights = model.weights[:, digit].astype(np.float64)
    if model.input == "directions":
        shares = _handed_back(weights.reshape(N_DIRECTIONS, ROWS, COLUMNS), seen)
    else:
        shares = weights.reshape(SIDE, SIDE) * seen
    return Evidence(digit, None, shares, float(model.bias[digit]))


def _handed_back(weights: NDArray[np.float64], seen: NDArray[np.float32]) -> NDArray[np.float64]:
    """Hand the shares of features (8, 14, 7) back to the pixels (28, 28)."""
    maps = edges(seen[np.newaxis].astype(np.float32, copy=False))  # (8, 1, 28, 28)
    sums = sampled(maps)[0].astype(np.float64)  # (8, 14, 7)
    shares = weights * rooted(sums)
    of_sum = np.divide(shares, sums, out=np.zeros_like(sums), where=sums > 0)
    of_pixel = DOWN.T.astype(np.float64) @ of_sum @ ACROSS.astype(np.float64)  # (8, 28, 28)
    back: NDArray[np.float64] = (maps[:, 0] * of_pixel).sum(axis=0)
    return back


def contrast(
    model: SoftmaxRegression, seen: NDArray[np.float32], digit: int, other: int
) -> Evidence:
    """Take apart why one digit leads another: the difference of their evidence.

    Parameters
    ----------
    model : SoftmaxRegression
    seen : (28, 28) floats between 0 and 1
    digit, other : int
        From 0 to 9; `digit` leads where the result's logit is above 0.

    Raises
    ------
    ValueError
        See `evidence`.
    """
    mine, its = evidence(model, seen, digit), evidence(model, seen, other)
    return Evidence(digit, other, mine.map - its.map, mine.bias - its.bias)


def ranking(why: Evidence) -> tuple[Share, ...]:
    """Sum the evidence in each of the picture's nine regions; return these and the bias, sorted.

    Returns
    -------
    shares : ten of Share
        What adds most comes first.
    """
    sums = np.add.reduceat(np.add.reduceat(why.map, _THIRDS, axis=0), _THIRDS, axis=1)  # (3, 3)
    shares = [*map(Share, REGIONS, sums.ravel().tolist()), Share("bias", why.bias)]
    return tuple(sorted(shares, key=lambda share: share.value, reverse=True))
