"""Ruling: the printed lines of ruled and squared paper, taken out of the ink.

A ruled line is straight, thinner than the pen, runs over most of the sheet, and seldom comes
alone. Lines are found by a Hough transform of the pixels whose run across the line is short, for
lines within 8° of the rows and of the columns. Their pixels are taken out; where a stroke crosses
a line, what lies between its two sides is put back.

References
----------
R. O. Duda, P. E. Hart, "Use of the Hough transformation to detect lines and curves in pictures",
Communications of the ACM 15, 1972.
C. Dalitz, M. Droettboom, B. Pranzas, I. Fujinaga, "A comparative study of staff removal
algorithms", IEEE Transactions on Pattern Analysis and Machine Intelligence 30, 2008 (the removal
by the length of runs).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

__all__ = ["without_ruling"]

Mask = NDArray[np.bool_]

SLOPES = np.tan(np.radians(np.linspace(-8, 8, 73))).astype(np.float32)
THICKEST = 0.027
"""Thickest line, as a share of the picture's longer side."""
LEAST_COVER = 0.45
"""Least share of the sheet that a line among others runs over."""
LEAST_COVER_ALONE = 0.85
"""The same for a line that stands alone."""
MARGIN_COVER = 0.65
"""The same for one line across many others."""
MOST_LINES = 60
"""Most lines of one direction."""
FEW = 3
"""So many lines are ruling, whatever the pen."""
THINNER = 0.7
"""Most thickness of a line that stands alone, of the pen's width."""


class _Line(NamedTuple):
    slope: float
    offset: float
    thickness: float
    cover: float


def without_ruling(ink: NDArray[np.float32], sheet: Mask | None = None) -> NDArray[np.float32]:
    """Take ruled lines out of ink.

    Parameters
    ----------
    ink : (H, W) float32 in [0, 1]
    sheet : (H, W) bool, optional
        Where the sheet is; everywhere without.

    Returns
    -------
    ink : (H, W) float32 in [0, 1]
        The same array where there are no lines.
    """
    ink = _without_box(ink)
    inked = ink > 0.3
    inside = np.ones(ink.shape, bool) if sheet is None else sheet
    if max(ink.shape) < 64 or not inked.any():
        return ink
    thickest = max(2, round(THICKEST * max(ink.shape)))
    across = _lines(inked, inside, thickest)
    down = _lines(inked.T, inside.T, thickest)
    rest = inked & ~_bands(across, inked.shape) & ~_bands(down, inked.shape[::-1]).T
    pen = _pen_width(rest)
    is_ruled = max(len(across), len(down)) >= FEW
    return _without_lines(ink, _ruled(across, pen, is_ruled), _ruled(down, pen, is_ruled), pen)


def _without_box(ink: NDArray[np.float32]) -> NDArray[np.float32]:
    """Take out a printed box whose sides the digit touches: lines at three of its sides."""
    labels, n = ndimage.label(ink > 0.3, np.ones((3, 3)))
    if n == 0:
        return ink
    sizes = np.bincount(labels.reshape(-1))
    sizes[0] = 0
    largest = int(sizes.argmax())
    box = ndimage.find_objects(labels)[largest - 1]
    height, width = (side.stop - side.start for side in box)
    if min(height, width) < 48 or min(height, width) < 0.4 * max(height, width):
        return ink
    inked = labels[box] == largest
    inside = np.ones(inked.shape, bool)
    thickest = max(2, round(THICKEST * max(ink.shape) / 2))
    across = [line for line in _lines(inked, inside, thickest) if _is_side(line, width, height)]
    down = [line for line in _lines(inked.T, inside.T, thickest) if _is_side(line, height, width)]
    n_pairs = _are_both_ends(across, width, height) + _are_both_ends(down, height, width)
    if not across or not down or n_pairs == 0:
        return ink
    rest = inked & ~_bands(across, inked.shape) & ~_bands(down, inked.shape[::-1]).T
    pen = _pen_width(rest)
    if not pen or max(line.thickness for line in across + down) > 0.9 * pen:
        return ink
    result = ink.copy()
    result[box] = np.where(
        inked | (ink[box] <= 0.3), _without_lines(ink[box], across, down, pen), ink[box]
    )
    return result


def _middle(line: _Line, length: int) -> float:
    return line.slope * length / 2 + line.offset


def _is_side(line: _Line, length: int, other: int) -> bool:
    middle = _middle(line, length)
    return line.cover >= LEAST_COVER and not 0.12 * other < middle < 0.88 * other


def _are_both_ends(lines: list[_Line], length: int, other: int) -> bool:
    middles = [_middle(line, length) for line in lines]
    return bool(middles) and min(middles) < other / 2 < max(middles)


def _without_lines(
    ink: NDArray[np.float32], across: list[_Line], down: list[_Line], pen: float
) -> NDArray[np.float32]:
    if not across and not down:
        return ink
    inked = ink > 0.3
    band_across, band_down = _bands(across, ink.shape), _bands(down, ink.shape[::-1]).T
    bands = band_across | band_down
    rest = inked & ~bands
    bridged = (_bridged(rest, across) & band_across) | (_bridged(rest.T, down).T & band_down)
    kept = _without_remains(rest | (bridged & inked), bands, pen)
    soft = ndimage.binary_dilation(kept) & ~(bands & ~kept)  # and no halo of a line
    return np.where(soft, ink, np.float32(0))


def _lines(inked: Mask, inside: Mask, thickest: int) -> list[_Line]:
    """Find nearly level lines (y = slope · x + offset), the longest first."""
    height, width = inked.shape
    tall = ndimage.binary_opening(inked, np.ones((thickest + 1, 1), bool))
    y, x, thick = _runs(inked & ~tall)
    if len(y) < LEAST_COVER * width / 2:
        return []
    margin = int(abs(SLOPES).max() * width) + 2
    n_rows = height + 2 * margin
    votes = np.zeros((len(SLOPES), n_rows), np.int32)

    def voted(y: NDArray[np.float32], x: NDArray[np.float32]) -> NDArray[np.int32]:
        rows = np.rint(y - SLOPES[:, np.newaxis] * x).astype(np.int32) + margin  # (slopes, n)
        rows += np.arange(len(SLOPES), dtype=np.int32)[:, np.newaxis] * n_rows
        counts = np.bincount(rows.reshape(-1), minlength=len(SLOPES) * n_rows)
        return counts.reshape(len(SLOPES), n_rows).astype(np.int32)

    for start in range(0, len(y), 20_000):
        votes += voted(y[start : start + 20_000], x[start : start + 20_000])
    found: list[_Line] = []
    left = np.ones(len(y), bool)
    for _ in range(MOST_LINES):
        wide = votes[:, :-2] + votes[:, 1:-1] + votes[:, 2:]
        best = int(wide.argmax())
        i, row = best // wide.shape[1], best % wide.shape[1] + 1
        slope, offset = float(SLOPES[i]), float(row - margin)
        if wide[i, row - 1] < LEAST_COVER * width / 2:
            break
        on = left & (abs(y - slope * x - offset) <= thickest / 2 + 1)
        columns = np.arange(width)
        rows = slope * columns + offset
        on_sheet = (rows >= 0) & (rows <= height - 1)
        on_sheet &= inside[np.clip(np.rint(rows).astype(int), 0, height - 1), columns]
        covered = np.zeros(width, bool)
        covered[x[on].astype(int)] = True
        cover = float((covered & on_sheet).sum() / max(1, on_sheet.sum()))
        if cover >= LEAST_COVER and on_sheet.sum() > width / 3:
            offset += float(np.median((y - slope * x - offset)[on]))
            found.append(_Line(slope, offset, float(np.quantile(thick[on], 0.6)), cover))
        left &= ~on
        votes -= voted(y[on], x[on])
    return found


def _runs(thin: Mask) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Return the middle row, the column and the length of every run down a column."""
    padded = np.pad(thin.T, ((0, 0), (1, 1)))
    x, first = np.nonzero(padded[:, 1:-1] & ~padded[:, :-2])
    _, last = np.nonzero(padded[:, 1:-1] & ~padded[:, 2:])
    return (
        ((first + last) / 2).astype(np.float32),
        x.astype(np.float32),
        (last - first + 1).astype(np.float32),
    )


def _ruled(lines: list[_Line], pen: float, is_ruled: bool) -> list[_Line]:
    """Keep what is ruling: many lines, or one that is longer and thinner than any stroke.

    On a sheet with many lines the other way, the one may be as thick as the pen: a margin.
    """
    if len(lines) >= FEW:
        return [line for line in lines if line.thickness <= 1.2 * pen]
    thickest, least = (1.2, MARGIN_COVER) if is_ruled else (THINNER, LEAST_COVER_ALONE)
    return [line for line in lines if line.cover >= least and line.thickness <= thickest * pen]


def _bands(lines: list[_Line], shape: tuple[int, ...]) -> Mask:
    band = np.zeros(shape, bool)
    height, width = shape
    columns = np.arange(width)
    for line in lines:
        half = line.thickness / 2 + 1.5
        middle = line.slope * columns + line.offset
        first = np.ceil(middle - half).astype(int)
        for step in range(int(2 * half) + 1):
            rows = first + step
            fits = (rows >= 0) & (rows < height) & (rows <= middle + half)
            band[rows[fits], columns[fits]] = True
    return band


def _bridged(rest: Mask, lines: list[_Line]) -> Mask:
    """Close gaps as wide as the lines, straight and aslant."""
    if not lines:
        return np.zeros_like(rest)
    size = int(np.ceil(max(line.thickness for line in lines))) + 6
    straight = np.ones((size, 1), bool)
    aslant = np.eye(size, dtype=bool)
    closed: Mask = np.zeros_like(rest)
    padded = np.pad(rest, size)
    for bar in (straight, aslant, aslant[::-1]):
        closed |= ndimage.binary_closing(padded, bar)[size:-size, size:-size]
    return closed


def _without_remains(kept: Mask, bands: Mask, pen: float) -> Mask:
    """Drop what is left of lines: parts that lie along them and are thinner than the pen."""
    labels, n = ndimage.label(kept, np.ones((3, 3)))
    if n == 0:
        return kept
    near = ndimage.binary_dilation(bands, iterations=3)
    index = np.arange(n + 1)
    share = ndimage.mean(near, labels, index)
    thick = ndimage.maximum(ndimage.distance_transform_edt(kept), labels, index)
    drop = (share > 0.7) & (2 * thick < max(0.8 * pen, 3))
    drop[0] = False
    rest: Mask = kept & ~drop[labels]
    return rest


def _pen_width(drawn: Mask) -> float:
    """Return the pen's width in pixels: that of the part with most ink."""
    labels, n = ndimage.label(drawn, np.ones((3, 3)))
    if n == 0:
        return 0.0
    depth = ndimage.distance_transform_edt(drawn)
    amounts = np.bincount(labels.reshape(-1), weights=depth.reshape(-1))
    amounts[0] = 0
    mine = depth[labels == int(amounts.argmax())]
    ridge = mine[mine >= np.quantile(mine, 0.8)]
    return float(2 * np.median(ridge) - 1)
