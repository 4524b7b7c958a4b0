"""Which pictures are read wrong, and which are in a cell of the confusion matrix; surest first."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["mistakes", "pictures_of"]


def mistakes(
    probabilities: NDArray[np.floating[Any]], labels: NDArray[np.integer[Any]]
) -> NDArray[np.intp]:
    """Return the indices of the pictures that are read wrong, the most probable answer first.

    Parameters
    ----------
    probabilities : (n, 10) floats between 0 and 1
    labels : (n,) whole numbers from 0 to 9
    """
    _check_answers(probabilities, labels)
    wrong = np.flatnonzero(probabilities.argmax(axis=1) != labels)
    return _surest_first(wrong, probabilities)


def pictures_of(
    true: int,
    predicted: int,
    probabilities: NDArray[np.floating[Any]],
    labels: NDArray[np.integer[Any]],
) -> NDArray[np.intp]:
    """Return the indices of the pictures in one cell of the confusion matrix, most probable first.

    Parameters
    ----------
    true, predicted : int
        The cell's row and column.
    probabilities : (n, 10) floats between 0 and 1
    labels : (n,) whole numbers from 0 to 9
    """
    _check_answers(probabilities, labels)
    inside = np.flatnonzero((labels == true) & (probabilities.argmax(axis=1) == predicted))
    return _surest_first(inside, probabilities)


def _surest_first(
    indices: NDArray[np.intp], probabilities: NDArray[np.floating[Any]]
) -> NDArray[np.intp]:
    return indices[np.argsort(-probabilities[indices].max(axis=1), kind="stable")]


def _check_answers(probabilities: NDArray[Any], labels: NDArray[Any]) -> None:
    if probabilities.ndim != 2 or labels.shape != (len(probabilities),) or len(labels) == 0:
        raise ValueError(
            "probabilities must be (n, 10) and labels (n,), n at least 1,"
            f" got {probabilities.shape} {labels.shape}"
        )
