"""Centring: a drawing of any size → a picture in MNIST's form.

Pure functions on NumPy arrays. A picture of ink is (H, W) float32 in [0, 1], 1 is ink; a centred
picture is (28, 28), made by MNIST's own recipe (LeCun, Bottou, Bengio, Haffner, "Gradient-based
learning applied to document recognition", Proceedings of the IEEE 86, 1998, section III.A).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from model.config import SIDE

__all__ = [
    "BOX",
    "box_of",
    "centred",
    "checked_ink",
    "cropped",
    "fitted",
    "placed_by_mass",
    "placed_in_the_middle",
]

BOX = 20
"""Longer side of a centred digit, in pixels."""
MIDDLE = 14
"""Row and column of the centre of mass: their mean over MNIST's 70,000 pictures."""
FAINTEST_INK = 0.1
"""Least ink that counts when a drawing is cropped; fainter ink is background."""


def centred(ink: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    """Put a drawing into MNIST's form.

    The drawing is cropped to its ink, its longer side is scaled to 20 pixels with an antialiasing
    filter, and its centre of mass is placed at pixel (14, 14) of 28 × 28, where MNIST's pictures
    have it, as near as whole pixels allow; ink that would fall outside is kept inside by moving
    the digit.

    Parameters
    ----------
    ink : (H, W) floats between 0 and 1
        At most 65,535 pixels a side.

    Returns
    -------
    picture : (28, 28) float32 in [0, 1]
        All zero where `ink` holds none.

    Raises
    ------
    ValueError
        For a picture that is not two-dimensional, is without pixels, or holds NaN, infinities or
        values outside 0 to 1.
    """
    return placed_by_mass(fitted(cropped(ink), BOX))


def cropped(ink: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    """Cut away the empty border: the first step of `centred`.

    Parameters
    ----------
    ink : (H, W) floats between 0 and 1

    Returns
    -------
    digit : (h, w) float32 in [0, 1]
        The smallest part that holds all ink but the faintest; (0, 0) where there is none.

    Raises
    ------
    ValueError
        See `centred`.
    """
    ink = checked_ink(ink)
    return ink[box_of(ink > FAINTEST_INK)]


def box_of(inked: NDArray[np.bool_]) -> tuple[slice, slice]:
    """Return the rows and columns (H, W) from the first inked pixel to the last; else none."""
    rows, columns = np.any(inked, axis=1), np.any(inked, axis=0)
    if not rows.any():
        return slice(0, 0), slice(0, 0)
    top, bottom = int(rows.argmax()), len(rows) - int(rows[::-1].argmax())
    left, right = int(columns.argmax()), len(columns) - int(columns[::-1].argmax())
    return slice(top, bottom), slice(left, right)


def fitted(digit: NDArray[np.float32], longer_side: int) -> NDArray[np.float32]:
    """Scale so that the longer side has this many pixels and the shorter side at least one."""
    if digit.size == 0:
        return digit
    height, width = digit.shape
    scale = longer_side / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    scaled = Image.fromarray(digit).resize(size, Image.Resampling.BILINEAR)
    within: NDArray[np.float32] = np.clip(np.asarray(scaled), 0, 1)
    return within


def placed_in_the_middle(digit: NDArray[np.float32]) -> NDArray[np.float32]:
    """Put a digit of at most 28 × 28 pixels on a picture with equal borders."""
    height, width = digit.shape
    return _placed(digit, (SIDE - height) // 2, (SIDE - width) // 2)


def placed_by_mass(digit: NDArray[np.float32]) -> NDArray[np.float32]:
    """Put a digit of at most 28 × 28 pixels on a picture with its centre of mass in the middle."""
    return _placed(digit, _place(digit.sum(axis=1)), _place(digit.sum(axis=0)))


def checked_ink(ink: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    """Return a picture of ink as float32; raise ValueError for anything else."""
    if ink.ndim != 2 or ink.size == 0 or not np.issubdtype(ink.dtype, np.floating):
        raise ValueError(f"ink must be (H, W) floats with H, W > 0, got {ink.shape} {ink.dtype}")
    if not (ink.min() >= 0 and ink.max() <= 1):  # false for NaN as well
        raise ValueError("ink must lie between 0 and 1 everywhere, without NaN")
    return ink.astype(np.float32, copy=False)


def _placed(digit: NDArray[np.float32], down: int, across: int) -> NDArray[np.float32]:
    height, width = digit.shape
    picture = np.zeros((SIDE, SIDE), np.float32)
    picture[down : down + height, across : across + width] = digit
    return picture


def _place(profile: NDArray[np.float32]) -> int:
    """Return where a digit with this ink per row (or column) begins among 28 pixels."""
    total = float(profile.sum())
    middle = float(profile @ np.arange(len(profile), dtype=np.float32)) / total if total else 0.0
    return min(max(round(MIDDLE - middle), 0), SIDE - len(profile))
