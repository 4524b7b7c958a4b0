"""The strokes on the canvas as points: read from what the browser sends, and told to the digits."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.take_home import Traces

__all__ = ["MOST_POINTS", "of_part", "traces"]

MOST_POINTS = 10_000
"""Of a drawing: minutes of a pen that never rests."""
FARTHEST = 1e4
"""In pixels: no point of a pen is so far from the canvas."""


def traces(objects: Sequence[Mapping[str, Any]]) -> Traces:
    """Return the points of Fabric.js paths; none at all where they are no strokes, or too many.

    Between two points of the pen Fabric.js keeps a curve, M x y Q x y …, whose control points are
    those of the pen.
    """
    try:
        found = [list(_points(each["path"])) for each in objects]
    except (KeyError, TypeError, ValueError):
        return ()
    if not all(found) or sum(map(len, found)) > MOST_POINTS:
        return ()
    return tuple(np.array(points, np.float32) for points in found)


def of_part(strokes: Traces, part: NDArray[np.float32], rest: NDArray[np.float32]) -> Traces:
    """Return the strokes of one digit: those that have more of their points on its ink than beside.

    Parameters
    ----------
    strokes : traces
    part : (side, side) float32
        The ink of the digit.
    rest : (side, side) float32
        All ink.
    """
    return tuple(each for each in strokes if 2 * _inked(each, part) > _inked(each, rest))


def _inked(stroke: NDArray[np.float32], ink: NDArray[np.float32]) -> float:
    x, y = np.clip(np.rint(stroke), 0, len(ink) - 1).astype(int).T
    return float(ink[y, x].sum())


def _points(path: Any) -> Iterator[tuple[float, float]]:
    last = None
    for _, x, y, *_ in path:
        if not all(
            type(n) in (int, float) and math.isfinite(n) and abs(n) < FARTHEST for n in (x, y)
        ):
            raise ValueError("not a point")
        if (x, y) != last:
            yield x, y
        last = x, y
