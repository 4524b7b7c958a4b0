"""Metrics: accuracy, precision, recall, F1 and the confusion matrix."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

__all__ = ["Evaluation", "evaluate"]


@dataclasses.dataclass(frozen=True, eq=False)
class Evaluation:
    """The measures of one model on one set of pictures; every score lies between 0 and 1.

    Parameters
    ----------
    n : int
        Number of pictures.
    accuracy : float
        Share of the pictures that are read right.
    precision, recall, f1 : (10,) float64
        Per digit; 0 where a digit was never predicted (precision) or never present (recall). The
        macro measures are means over the digits that are present.
    support : (10,) int
        How often each digit is there.
    confusion_matrix : (10, 10) int
        Rows are the true digits, columns the predicted ones.
    """

    n: int
    accuracy: float
    precision: NDArray[np.float64]
    recall: NDArray[np.float64]
    f1: NDArray[np.float64]
    support: NDArray[np.int64]
    confusion_matrix: NDArray[np.int64]

    @property
    def absent(self) -> tuple[int, ...]:
        """The digits that no picture shows, of which nothing is measured."""
        return tuple(np.flatnonzero(self.support == 0).tolist())

    @property
    def macro_precision(self) -> float:
        """Mean precision over the digits that are present, each counting the same."""
        return float(self.precision[self.support > 0].mean())

    @property
    def macro_recall(self) -> float:
        """Mean recall over the digits that are present, each counting the same."""
        return float(self.recall[self.support > 0].mean())

    @property
    def macro_f1(self) -> float:
        """Mean F1 over the digits that are present, each counting the same."""
        return float(self.f1[self.support > 0].mean())

    def as_dict(self) -> dict[str, Any]:
        """Return all measures as plain numbers and lists, ready for JSON."""
        return {
            "n": self.n,
            "accuracy": self.accuracy,
            "macro_precision": self.macro_precision,
            "macro_recall": self.macro_recall,
            "macro_f1": self.macro_f1,
            "precision": self.precision.tolist(),
            "recall": self.recall.tolist(),
            "f1": self.f1.tolist(),
            "support": self.support.tolist(),
            "absent": list(self.absent),
            "confusion_matrix": self.confusion_matrix.tolist(),
        }


def evaluate(y_true: NDArray[Any], y_pred: NDArray[Any]) -> Evaluation:
    """Compare predicted digits with true ones.

    Parameters
    ----------
    y_true, y_pred : (n,) whole numbers from 0 to 9, n at least 1

    Raises
    ------
    ValueError
        For no pictures at all, different lengths, or a label outside 0 to 9.
    """
    _check(y_true, y_pred)
    digits = np.arange(10)
    precision, recall, f1, _ = precision_recall_fscore_support(
        y_true, y_pred, labels=digits, zero_division=0.0
    )
    counts = confusion_matrix(y_true, y_pred, labels=digits)
    return Evaluation(
        n=len(y_true),
        accuracy=float(np.mean(y_true == y_pred)),
        precision=precision,
        recall=recall,
        f1=f1,
        support=counts.sum(axis=1),
        confusion_matrix=counts,
    )


def _check(y_true: NDArray[Any], y_pred: NDArray[Any]) -> None:
    if y_true.ndim != 1 or y_true.shape != y_pred.shape or len(y_true) == 0:
        raise ValueError(
            f"y_true and y_pred must be (n,) of equal length, got {y_true.shape} {y_pred.shape}"
        )
    digits = np.arange(10)
    if not (np.isin(y_true, digits).all() and np.isin(y_pred, digits).all()):
        raise ValueError("labels must be whole numbers from 0 to 9")
