"""The sheet: where on a photo the paper is that the ink stands on.

A desk around it, the black bars of a screenshot, a scanner's dark margin and the white margin of
a figure would otherwise be taken for paper or for ink. The picture is looked at coarsely. At many
thresholds of brightness, connected regions are found, and their holes, which are the ink, filled.
A region is a sheet if

- it is nearly a rectangle, turned by any angle,
- its brightness changes at its edge nearly everywhere, and stays changed beyond it: the frame of
  a printed box, with paper on both sides, is no edge of a sheet,
- something is drawn on it, which stays clear of its edge, and
- where it reaches the edge of the picture, nothing is drawn outside it. So the lit part of a
  sheet with a shadow over its writing is not taken for the sheet.

The largest is the sheet. It is looked for again within it: a photo of a sheet in a screenshot.

References
----------
J. Matas, O. Chum, M. Urban, T. Pajdla, "Robust wide-baseline stereo from maximally stable extremal
regions", Image and Vision Computing 22, 2004 (regions at all thresholds).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from model.preprocessing.centring import box_of

__all__ = ["find_sheet", "turn_of"]

Grey = NDArray[np.float32]
Mask = NDArray[np.bool_]

COARSE_SIDE = 160
"""Longer side, in pixels, of the reduced picture."""
N_THRESHOLDS = 14
SMALLEST = 0.04
"""Smallest share of the picture that is taken for a sheet."""
LARGEST = 0.97
"""A region that is larger is the picture."""
RECTANGULAR = 0.88
"""Least share of the smallest box around a region, turned or not, that it fills."""
LEAST_STEP = 0.06
"""Least change of brightness at the edge."""
STEPPED, STEPPED_NEAR = 0.85, 0.7
"""Shares of the edge where it must have changed a few coarse pixels away, and at once."""
STROKE = 9
"""Side, in coarse pixels, of the window in which a stroke is the narrower thing."""
LEAST_MARK = 0.12
"""Least logarithm of how much a stroke is darker or lighter than its surroundings."""
MARGIN = 3
"""Coarse pixels at a sheet's edge in which nothing is looked for: shadow, curl, blur."""
ANGLES = np.radians(np.arange(0, 90, 2.0))
DEPTH = 3
"""Sheets within sheets."""


def find_sheet(grey: Grey) -> Mask | None:
    """Find the sheet on a picture.

    Parameters
    ----------
    grey : (H, W) float32 in [0, 1]
        Brightness.

    Returns
    -------
    sheet : (H, W) bool, or None
        True on the sheet, without a narrow strip at its edge; None where the picture shows no
        sheet with something around it.
    """
    image = Image.fromarray(grey)
    image.thumbnail((COARSE_SIDE, COARSE_SIDE), Image.Resampling.BOX)
    small = np.asarray(image)
    if min(small.shape) < 16:
        return None
    found: Mask | None = None
    top, left, part = 0, 0, small
    for _ in range(DEPTH):
        inner = _sheet_of(part)
        if inner is None:
            break
        whole = np.zeros(small.shape, bool)
        whole[top : top + part.shape[0], left : left + part.shape[1]] = inner
        found = whole if found is None else found & whole
        rows, columns = box_of(found)
        top, left = rows.start, columns.start
        part = _filled_around(small, found)[rows, columns]
        if min(part.shape) < 24:
            break
    if found is None:
        return None
    as_picture = Image.fromarray(np.uint8(255) * found).resize(
        grey.shape[::-1], Image.Resampling.BILINEAR
    )
    return np.asarray(as_picture) > 127


def _filled_around(small: Grey, sheet: Mask) -> Grey:
    nearest = ndimage.distance_transform_edt(~sheet, return_distances=False, return_indices=True)
    filled: Grey = small[tuple(nearest)]
    return filled


def _sheet_of(small: Grey) -> Mask | None:
    marks = _marks(small)
    steady = ndimage.median_filter(small, size=3)
    largest_first = sorted(_regions(small), key=np.count_nonzero, reverse=True)
    sheets = (filled for filled in largest_first if _is_sheet(filled, small, steady, marks))
    sheet = next(sheets, None)
    return None if sheet is None else _eroded(sheet, 2)


def _regions(small: Grey) -> list[Mask]:
    """Return the connected regions at all thresholds that are nearly rectangles, filled."""
    low, high = np.quantile(small, [0.01, 0.99])
    found = []
    for threshold in np.linspace(low, high, N_THRESHOLDS + 2)[1:-1]:
        for above in (small > threshold, small <= threshold):
            labels, n = ndimage.label(above)
            sizes = np.bincount(labels.reshape(-1), minlength=n + 1)
            sizes[0] = 0
            for i in np.flatnonzero(sizes >= SMALLEST / 2 * small.size):
                filled = _filled(_dilated(_eroded(labels == i, 1), 1))
                area = np.count_nonzero(filled)
                if (
                    SMALLEST * small.size <= area <= LARGEST * small.size
                    and _rectangularity(filled) >= RECTANGULAR
                ):
                    found.append(filled)
    return found


def _filled(region: Mask) -> Mask:
    """Fill the holes of the largest part of a region."""
    labels, n = ndimage.label(region)
    if n > 1:
        region = labels == 1 + int(np.bincount(labels.reshape(-1))[1:].argmax())
    outside, _ = ndimage.label(np.pad(~region, 1, constant_values=True))
    filled: Mask = (outside != outside[0, 0])[1:-1, 1:-1]
    return filled


def turn_of(sheet: Mask) -> float:
    """Return by how many degrees, -45 to 45, a sheet (H, W) is turned, clockwise."""
    areas, angles = _boxes(sheet), np.degrees(ANGLES)
    best = float(angles[int(areas.argmin())])
    return best if best <= 45 else best - 90


def _rectangularity(filled: Mask) -> float:
    """Return which share of the smallest box around it, turned by any angle, a region fills."""
    return float(np.count_nonzero(filled) / _boxes(filled).min())


def _boxes(filled: Mask) -> NDArray[np.float64]:
    """Return the areas of the boxes around a region, turned by `ANGLES`."""
    rows = np.flatnonzero(filled.any(axis=1))
    first = filled[rows].argmax(axis=1)
    last = filled.shape[1] - 1 - filled[rows, ::-1].argmax(axis=1)
    x, y = np.concatenate([first, last]), np.concatenate([rows, rows])
    cos, sin = np.cos(ANGLES)[:, np.newaxis], np.sin(ANGLES)[:, np.newaxis]
    wide = np.ptp(x * cos + y * sin, axis=1) + 1
    high = np.ptp(y * cos - x * sin, axis=1) + 1
    areas: NDArray[np.float64] = wide * high
    return areas


def _marks(small: Grey) -> Grey:
    """Return how much each pixel stands out from its surroundings as a stroke does, in logs."""
    logs = np.log(small + np.float32(0.06))
    dark = ndimage.grey_closing(logs, size=STROKE, mode="nearest") - logs
    light = logs - ndimage.grey_opening(logs, size=STROKE, mode="nearest")
    marks: Grey = np.maximum(dark, light)
    return marks


def _is_sheet(filled: Mask, small: Grey, steady: Grey, marks: Grey) -> bool:
    core = _eroded(filled, MARGIN)
    if not core.any() or not _changes_at_its_edge(filled, small, steady):
        return False
    inside = marks[core]
    strength = float(np.quantile(inside, 0.998))
    if strength < LEAST_MARK:
        return False
    rim = core & ~_eroded(core, 2)
    if (marks[rim] > strength / 2).mean() > 0.1:
        return False
    reaches_out = filled[[0, -1]].any() or filled[:, [0, -1]].any()
    if not reaches_out:
        return True
    outside = marks[_eroded(~filled, MARGIN)]
    return _lies_around(~filled) and (outside > strength / 2).sum() <= 0.003 * small.size


def _changes_at_its_edge(filled: Mask, small: Grey, steady: Grey) -> bool:
    """Whether the brightness changes at the edge, and is still another one beyond it."""
    nearest = ndimage.distance_transform_edt(
        ~_eroded(filled, 2), return_distances=False, return_indices=True
    )
    step = steady[tuple(nearest)] - small
    rings = _dilated(filled, 2) & ~filled, _dilated(filled, 6) & ~_dilated(filled, 3)
    if not rings[0].any():
        return False
    for ring, least in zip(rings, (STEPPED_NEAR, STEPPED), strict=True):
        change = step[ring]
        if len(change) and (np.sign(np.median(change)) * change > LEAST_STEP).mean() < least:
            return False
    return True


def _lies_around(outside: Mask) -> bool:
    """Whether all that is around a sheet has a corner of the picture; strokes of ink do not."""
    labels, n = ndimage.label(outside)
    sizes = np.bincount(labels.reshape(-1), minlength=n + 1)
    sizes[[labels[0, 0], labels[0, -1], labels[-1, 0], labels[-1, -1], 0]] = 0
    return bool(sizes.max() < 0.005 * outside.size)


def _eroded(mask: Mask, by: int) -> Mask:
    """Take a strip off a region, but none at the edge of the picture."""
    return ~_dilated(~mask, by)


def _dilated(mask: Mask, by: int) -> Mask:
    """Add a strip around a region: all within a square of 2 · by + 1 pixels."""
    grown = mask
    for _ in range(by):
        rows = grown.copy()
        rows[1:] |= grown[:-1]
        rows[:-1] |= grown[1:]
        grown = rows.copy()
        grown[:, 1:] |= rows[:, :-1]
        grown[:, :-1] |= rows[:, 1:]
    return grown
