"""Directions: where on a picture the brightness changes, and in which of eight directions.

From the moment-normalised picture to 784 numbers, in four steps:

1. *Gradient*. Sobel's operator gives at each pixel how much brighter it gets to the right, gx, and
   downwards, gy. There is no ink outside the picture.
2. *Eight directions*, 45° apart. The arrow (gx, gy) lies between two of them and is taken apart
   into arrows along these two, as a parallelogram: along an axis |gx| − |gy|, where that is
   positive, along a diagonal √2·min(|gx|, |gy|). Opposite directions are kept apart, so the two
   edges of a stroke are told from each other. Eight maps of 28 × 28, none of them negative.
3. *Places*. Each map is looked at through Gaussian windows on a grid of 14 rows and 7 columns; a
   window's weights sum to 1. This blurs the place by the distance of the grid's points.
4. *Square root* of each sum S, as √(S + 0.001) − √0.001, which is 0 where there is no edge; what
   is above 1, one feature in two hundred of MNIST's, counts as 1. The root makes a faint edge
   count more, and steadies the variance.

A feature's position is ``(direction · 14 + row) · 7 + column``; direction 0 looks to the right and
the others follow clockwise, as y points down: 1 is down and to the right, 2 down, and so on.

References
----------
C.-L. Liu, K. Nakashima, H. Sako, H. Fujisawa, "Handwritten digit recognition: investigation of
normalization and feature extraction techniques", Pattern Recognition 37, 2004 (the gradient taken
apart into eight directions, Gaussian sampling, the square root).
N. Dalal, B. Triggs, "Histograms of oriented gradients for human detection", CVPR 2005 (the same
family for photographs).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.config import SIDE

__all__ = [
    "ACROSS",
    "COLUMNS",
    "DOWN",
    "FAINT",
    "N_DIRECTIONS",
    "ROWS",
    "directions",
    "edges",
    "pull_back",
    "rooted",
    "sampled",
]

Floats = NDArray[np.floating[Any]]  # float32 at run time, which NumPy's types lose

N_DIRECTIONS = 8
ROWS, COLUMNS = 14, 7
"""The grid of windows."""
BLUR_DOWN, BLUR_ACROSS = 1.5, 2.0
"""Standard deviations of a window, in pixels, along y and along x."""
FAINT = np.float32(0.001)
"""Where the square root begins: at 0 it would be infinitely steep, and rounding would show."""
CHUNK = 256
"""Pictures at a time: they stay in the processor's cache."""

_ROOT_2 = np.float32(np.sqrt(2))
_ROOT_FAINT = np.sqrt(FAINT)


def _windows(n: int, blur: float) -> NDArray[np.float32]:
    """Return the weights of n windows on 28 pixels, (n, 28); each row sums to 1."""
    centres = (np.arange(n) + 0.5) * SIDE / n - 0.5
    weights = np.exp(-0.5 * ((np.arange(SIDE) - centres[:, np.newaxis]) / blur) ** 2)
    normalised: NDArray[np.float32] = (weights / weights.sum(axis=1, keepdims=True)).astype(
        np.float32
    )
    return normalised


DOWN = _windows(ROWS, BLUR_DOWN)
"""The windows down a picture, (14, 28)."""
ACROSS = _windows(COLUMNS, BLUR_ACROSS)
"""The windows across it, (7, 28)."""


def directions(images: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    """Describe pictures by the directions of their edges.

    Parameters
    ----------
    images : (n, 28, 28) or (28, 28) floats between 0 and 1
        Moment-normalised pictures, 1 is ink.

    Returns
    -------
    features : (n, 784) or (784,) float32 between 0 and 1
        All zero where a picture holds no ink.

    Raises
    ------
    ValueError
        For another shape, or values that are not between 0 and 1.
    """
    batch = _checked(images)
    features = np.empty((len(batch), N_DIRECTIONS * ROWS * COLUMNS), np.float32)
    for start in range(0, len(batch), CHUNK):
        part = batch[start : start + CHUNK].astype(np.float32, copy=False)
        features[start : start + CHUNK] = rooted(sampled(edges(part))).reshape(len(part), -1)
    return features[0] if images.ndim == 2 else features


def _checked(images: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
    """Return pictures as (n, 28, 28)."""
    if images.ndim not in (2, 3) or images.shape[-2:] != (SIDE, SIDE):
        raise ValueError(
            f"images must be (n, {SIDE}, {SIDE}) or ({SIDE}, {SIDE}), got {images.shape}"
        )
    if images.size and not (images.min() >= 0 and images.max() <= 1):  # false for NaN as well
        raise ValueError("images must lie between 0 and 1 everywhere, without NaN")
    return images.reshape(-1, SIDE, SIDE)


def edges(ink: Floats) -> Floats:
    """Do steps 1 and 2: pictures (n, 28, 28) to maps (8, n, 28, 28)."""
    gx, gy = _gradients(ink)
    maps = np.empty((N_DIRECTIONS, *ink.shape), np.float32)
    size_x, size_y = np.abs(gx), np.abs(gy)
    np.subtract(gx, size_y, out=maps[0])  # to the right
    np.subtract(gy, size_x, out=maps[2])  # down
    np.add(gx, size_y, out=maps[4])  # to the left, with its sign turned below
    np.add(gy, size_x, out=maps[6])  # up, likewise
    np.negative(maps[4::2], out=maps[4::2])
    np.minimum(gx, gy, out=maps[1])  # down and to the right
    np.minimum(-gx, gy, out=maps[3])
    np.minimum(-gx, -gy, out=maps[5])
    np.minimum(gx, -gy, out=maps[7])
    maps[1::2] *= _ROOT_2
    return np.maximum(maps, 0, out=maps)


def pull_back(ink: Floats, of_maps: Floats) -> Floats:
    """Take derivatives by the maps (8, 28, 28) of one picture (28, 28) back to its pixels.

    The chain rule through `edges`, as a gradient-based search needs it. Where a map is 0, it has
    no derivative here.
    """
    (gx,), (gy,) = _gradients(ink[np.newaxis])
    maps = edges(ink[np.newaxis])[:, 0]
    by = of_maps * (maps > 0)
    sign_x, sign_y = np.sign(gx), np.sign(gy)
    by_x = by[0] - by[4] - (by[2] + by[6]) * sign_x
    by_y = by[2] - by[6] - (by[0] + by[4]) * sign_y
    diagonal = _ROOT_2 * by[1::2].sum(axis=0)
    is_x = np.abs(gx) < np.abs(gy)  # the smaller of the two is what a diagonal's map holds
    by_x += diagonal * sign_x * is_x
    by_y += diagonal * sign_y * ~is_x
    padded = np.zeros((SIDE + 2, SIDE + 2), np.float32)
    for down, weight in enumerate((1, 2, 1)):
        padded[down : down + SIDE, 2:] += weight * by_x
        padded[down : down + SIDE, :-2] -= weight * by_x
        padded[2:, down : down + SIDE] += weight * by_y
        padded[:-2, down : down + SIDE] -= weight * by_y
    return padded[1:-1, 1:-1]


def _gradients(ink: Floats) -> tuple[Floats, Floats]:
    """Do step 1: pictures (n, 28, 28) to gx and gy of the same shape."""
    padded = np.zeros((len(ink), SIDE + 2, SIDE + 2), np.float32)
    padded[:, 1:-1, 1:-1] = ink
    smooth_down = padded[:, :-2] + 2 * padded[:, 1:-1] + padded[:, 2:]  # (n, 28, 30)
    smooth_across = padded[:, :, :-2] + 2 * padded[:, :, 1:-1] + padded[:, :, 2:]
    gx = smooth_down[:, :, 2:] - smooth_down[:, :, :-2]
    gy = smooth_across[:, 2:] - smooth_across[:, :-2]
    return gx, gy


def sampled(maps: Floats) -> Floats:
    """Do step 3: maps (8, n, 28, 28) to sums (n, 8, 14, 7)."""
    n = maps.shape[1]
    across = (maps.reshape(-1, SIDE) @ ACROSS.T).reshape(N_DIRECTIONS, n, SIDE, COLUMNS)
    sums: Floats = (DOWN @ across).transpose(1, 0, 2, 3)
    return sums


def rooted(sums: Floats) -> Floats:
    """Do step 4: sums to features of the same shape."""
    features: Floats = np.minimum(np.sqrt(sums + FAINT) - _ROOT_FAINT, 1)
    return features
