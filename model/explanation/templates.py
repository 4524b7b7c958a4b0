"""Templates: what a linear model's weights say about each digit, in a form that can be drawn.

A weight on a pixel is a pixel of a picture. A weight on a direction of the edges (see
`model.preprocessing.directions`) is a short stroke: the two edges of a stroke look in opposite
directions, so what both weigh together is what a stroke along them speaks for.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from model.config import N_CLASSES
from model.preprocessing.directions import COLUMNS, N_DIRECTIONS, ROWS

__all__ = ["N_ORIENTATIONS", "direction_templates"]

N_ORIENTATIONS = N_DIRECTIONS // 2


def direction_templates(weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return each digit's weights on strokes.

    Parameters
    ----------
    weights : (784, 10) float32
        Of a model with the input "directions", one column per digit.

    Returns
    -------
    templates : (10, 4, 14, 7) float32
        Digit, orientation, row, column. A stroke of orientation 0 is upright, 1 rises to the
        right, 2 is level, 3 falls to the right. The middle of the one in (row, column) is at
        x = 4·column + 1.5 and y = 2·row + 0.5 of the 28 × 28 picture, pixel 0 being at 0.

    Raises
    ------
    ValueError
        For another shape.
    """
    if weights.shape != (N_DIRECTIONS * ROWS * COLUMNS, N_CLASSES):
        raise ValueError(
            f"weights must be ({N_DIRECTIONS * ROWS * COLUMNS}, {N_CLASSES}), got {weights.shape}"
        )
    of_edges = weights.T.reshape(N_CLASSES, 2, N_ORIENTATIONS, ROWS, COLUMNS)
    templates: NDArray[np.float32] = of_edges.sum(axis=1)
    return templates
