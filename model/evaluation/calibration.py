"""Calibration: whether answers of 90 % probability are right in 90 % of the cases.

References
----------
M. P. Naeini, G. F. Cooper, M. Hauskrecht, "Obtaining well calibrated probabilities using Bayesian
binning", AAAI 2015, introduces the expected calibration error; C. Guo, G. Pleiss, Y. Sun,
K. Q. Weinberger, "On calibration of modern neural networks", ICML 2017, section 2, has it for
answers among several classes, and it is computed here in this form.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Reliability", "reliability"]


@dataclasses.dataclass(frozen=True, eq=False)
class Reliability:
    """The numbers of a reliability diagram: how probable answers were, and how often right.

    The answers are sorted by their probability into bins of equal width from 0 to 1.

    Parameters
    ----------
    confidence : (n_bins,) float64
        Mean probability of the answers in each bin; NaN where there is none.
    accuracy : (n_bins,) float64
        Share of these answers that are right; NaN where there is none.
    count : (n_bins,) int
        Number of answers in each bin.
    """

    confidence: NDArray[np.float64]
    accuracy: NDArray[np.float64]
    count: NDArray[np.int64]

    @property
    def expected_calibration_error(self) -> float:
        """Mean distance of confidence and accuracy, each bin weighted by its count; 0 to 1."""
        gaps = np.abs(self.confidence - self.accuracy)
        return float(np.nansum(gaps * self.count) / self.count.sum())

    @property
    def overconfidence(self) -> float:
        """Mean confidence minus accuracy over all answers; above 0 the model is too sure."""
        return float(np.nansum((self.confidence - self.accuracy) * self.count) / self.count.sum())


def reliability(
    probabilities: NDArray[np.floating[Any]], labels: NDArray[np.integer[Any]], n_bins: int = 10
) -> Reliability:
    """Compare the probability of answers with how often they are right.

    Parameters
    ----------
    probabilities : (n, 10) floats between 0 and 1, n at least 1
    labels : (n,) whole numbers from 0 to 9
    n_bins : int
        A probability that lies on the border of two bins belongs to the lower one.

    Raises
    ------
    ValueError
        For no pictures, no bins, or shapes that do not belong together.
    """
    if probabilities.ndim != 2 or labels.shape != (len(probabilities),) or len(labels) == 0:
        raise ValueError(
            "probabilities must be (n, 10) and labels (n,), n at least 1,"
            f" got {probabilities.shape} {labels.shape}"
        )
    if n_bins < 1:
        raise ValueError(f"there must be at least one bin, got {n_bins}")
    sure = probabilities.max(axis=1).astype(np.float64)
    right = probabilities.argmax(axis=1) == labels
    inner_borders = np.linspace(0, 1, n_bins + 1)[1:-1]
    bins = np.searchsorted(inner_borders, sure)
    count = np.bincount(bins, minlength=n_bins)
    with np.errstate(invalid="ignore"):
        return Reliability(
            confidence=np.bincount(bins, sure, n_bins) / count,
            accuracy=np.bincount(bins, right, n_bins) / count,
            count=count,
        )
