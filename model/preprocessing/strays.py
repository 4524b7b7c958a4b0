"""Strays: what is on a sheet beside its digits. Dirt, edges, frames, underlines, punched holes.

The ink's connected parts are looked at one by one. What is certainly no digit is dropped. What may
be one stays, and then the reading is not sure.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from model.preprocessing.centring import box_of

__all__ = ["without_strays"]

Mask = NDArray[np.bool_]

FAINT = 0.3
"""Ink that is fainter connects nothing."""
NEARLY_TOUCHING = 0.06
"""Widest gap between a part at the edge and a digit that it is of, of the digit's longer side."""
SMALLEST_PART = 0.02
"""Smallest share of all ink in a connected part; a smaller part is dirt."""
LEAST_INSIDE = 0.2
"""Least share of all ink away from the edge for which parts that touch the edge are dropped."""
FRAMED = (0.15, 0.82)
"""How long what is in a frame is, as a share of the frame's inside."""
LONG = 5.0
"""Least width of an underline, of its height."""
MOST_DISCS = 6
ROUND = 0.7
"""Least share of its box that a disc fills: π/4, less what pixels lose."""


def without_strays(ink: NDArray[np.float32], sheet: Mask | None = None) -> NDArray[np.float32]:
    """Drop the parts that are no digits, where there is something else to keep.

    Parameters
    ----------
    ink : (H, W) float32 in [0, 1]
    sheet : (H, W) bool, optional
        Where the sheet is; everywhere without.

    Returns
    -------
    ink : (H, W) float32 in [0, 1]
    """
    solid = ink > FAINT
    parts, n_parts = ndimage.label(solid, structure=np.ones((3, 3)))
    if n_parts == 0:
        return np.zeros_like(ink)
    amounts = ndimage.sum_labels(ink, parts, np.arange(n_parts + 1))  # index 0 is the paper
    amounts[0] = 0
    keep = amounts > 0
    keep[_frames(parts, amounts)] = False
    inside = keep.copy()
    inside[_at_the_edge(parts, sheet)] = False
    if amounts[inside].sum() >= LEAST_INSIDE * amounts[keep].sum():
        keep = inside | _beside(parts, inside, keep & ~inside)
    keep &= amounts >= SMALLEST_PART * amounts[keep].sum()
    keep = _without_underlines(parts, keep)
    keep = _without_discs(parts, keep, amounts)
    kept = ndimage.binary_dilation(keep[parts], iterations=2) & (keep[parts] | ~solid)
    return np.where(kept, ink, np.float32(0))


def _beside(parts: NDArray[np.int32], inside: Mask, edge: Mask) -> Mask:
    """Return which parts at the edge nearly touch those inside, and are no thicker."""
    result = np.zeros_like(edge)
    if not edge.any() or not inside.any():
        return result
    mine = inside[parts]
    longest = max(side.stop - side.start for side in box_of(mine))
    index = np.arange(len(edge))
    gap = ndimage.minimum(ndimage.distance_transform_edt(~mine), parts, index)
    thick = ndimage.maximum(ndimage.distance_transform_edt(parts > 0), parts, index)
    result = edge & (gap <= NEARLY_TOUCHING * longest) & (thick <= 1.3 * thick[inside].max())
    return np.asarray(result, bool)


def _at_the_edge(parts: NDArray[np.int32], sheet: Mask | None) -> NDArray[np.int32]:
    edges = [parts[0], parts[-1], parts[:, 0], parts[:, -1]]
    if sheet is not None:
        edges.append(parts[sheet & ~ndimage.binary_erosion(sheet, iterations=2)])
    touched = np.unique(np.concatenate(edges))
    return touched[touched > 0]


def _frames(parts: NDArray[np.int32], amounts: NDArray[np.float64]) -> list[int]:
    """Return boxes and circles: thin parts around others that stay clear of them."""
    found = []
    boxes = ndimage.find_objects(parts)
    large = [i for i in np.argsort(-amounts)[:12] if amounts[i] > 0]
    for i in large:
        rows, columns = boxes[i - 1]
        height, width = rows.stop - rows.start, columns.stop - columns.start
        if min(height, width) < 16:
            continue
        window = parts[rows, columns]
        mine = window == i
        outside, _ = ndimage.label(np.pad(~mine, 1, constant_values=True))
        hole = (outside != outside[0, 0])[1:-1, 1:-1] & ~mine
        if hole.sum() < 0.45 * height * width:
            continue
        within = np.unique(window[hole & (window > 0)])
        within = within[amounts[within] >= SMALLEST_PART * amounts[i]]
        if not len(within):
            continue
        tall, wide = (side.stop - side.start for side in box_of(np.isin(window, within)))
        share = max(tall / height, wide / width)
        is_zero = width < 0.8 * height and max(tall, wide) > 2.2 * min(tall, wide)
        if FRAMED[0] <= share <= FRAMED[1] and not is_zero:
            found.append(int(i))
    return found


def _without_underlines(parts: NDArray[np.int32], keep: Mask) -> Mask:
    """Drop long level parts that lie below everything else, or run beyond it on both sides."""
    boxes = ndimage.find_objects(parts)
    kept = np.flatnonzero(keep)
    if len(kept) < 2:
        return keep
    is_bar = {i: _is_bar(parts[boxes[i - 1]] == i) for i in kept}
    others = [i for i in kept if not is_bar[i]]
    if not others:
        return keep
    bottom = max(boxes[i - 1][0].stop for i in others)
    left = min(boxes[i - 1][1].start for i in others)
    right = max(boxes[i - 1][1].stop for i in others)
    result = keep.copy()
    for i in kept:
        if is_bar[i]:
            rows, columns = boxes[i - 1]
            common = min(right, columns.stop) - max(left, columns.start)
            is_below = rows.start >= bottom and common > 0
            row = [
                boxes[j - 1][1]
                for j in kept
                if is_bar[j]
                and boxes[j - 1][0].start < rows.stop + 4
                and rows.start < boxes[j - 1][0].stop + 4
            ]
            is_wider = min(c.start for c in row) < left and max(c.stop for c in row) > right
            if is_below or is_wider:
                result[i] = False
    return result


def _is_bar(part: Mask) -> bool:
    height, width = part.shape
    thickness = float(part.sum(axis=0).mean())
    return bool(width >= LONG * thickness and width >= 2.5 * height)


def _without_discs(parts: NDArray[np.int32], keep: Mask, amounts: NDArray[np.float64]) -> Mask:
    """Drop a few solid discs, such as punched holes, beside other parts."""
    boxes = ndimage.find_objects(parts)
    kept = np.flatnonzero(keep)
    discs = [i for i in kept if _is_disc(parts[boxes[i - 1]] == i)]
    others = [i for i in kept if i not in discs]
    result = keep.copy()
    # more discs, or little else: the digit itself is dotted
    if len(discs) <= MOST_DISCS and amounts[others].sum() > 0.5 * amounts[discs].sum():
        result[discs] = False
    return result


def _is_disc(part: Mask) -> bool:
    height, width = part.shape
    is_round = min(height, width) >= max(6, 0.75 * max(height, width))
    return is_round and bool(np.count_nonzero(part) >= ROUND * height * width)
