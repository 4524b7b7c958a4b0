"""Comparison of two models on the same pictures: which the new one fixed and which it broke."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.evaluation.metrics import Evaluation, evaluate

__all__ = ["Comparison", "compare"]


@dataclasses.dataclass(frozen=True, eq=False)
class Comparison:
    """The same pictures under two models.

    Parameters
    ----------
    before, after : Evaluation
    predicted_before, predicted_after : (n,) ints
    fixed, broken : (m,) ints
        Positions of the pictures which only the new model, or only the old one, reads right.
    """

    before: Evaluation
    after: Evaluation
    predicted_before: NDArray[np.intp]
    predicted_after: NDArray[np.intp]
    fixed: NDArray[np.intp]
    broken: NDArray[np.intp]


def compare(
    labels: NDArray[Any], predicted_before: NDArray[np.intp], predicted_after: NDArray[np.intp]
) -> Comparison:
    """Compare two models' predictions.

    Parameters
    ----------
    labels, predicted_before, predicted_after : (n,) whole numbers from 0 to 9

    Raises
    ------
    ValueError
        See `model.evaluation.metrics.evaluate`.
    """
    before, after = evaluate(labels, predicted_before), evaluate(labels, predicted_after)
    was_right, is_right = predicted_before == labels, predicted_after == labels
    return Comparison(
        before,
        after,
        predicted_before,
        predicted_after,
        np.flatnonzero(is_right & ~was_right),
        np.flatnonzero(was_right & ~is_right),
    )
