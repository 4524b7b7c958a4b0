"""Drawings that are no digits: what a model should rather not answer.

Six kinds, drawn with the pen and on the canvas of `model.data.strokes`, at a random size and place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from model.data.strokes import CANVAS, Stroke, draw

__all__ = ["KINDS", "drawings"]

Points = NDArray[np.float64]
Shape = Callable[[np.random.Generator], Points]


def drawings(kind: str, n: int, *, seed: int = 0) -> Iterator[NDArray[np.float32]]:
    """Draw n pictures of one kind; the same seed gives the same pictures.

    Parameters
    ----------
    kind : str
        One of `KINDS`.

    Yields
    ------
    ink : (280, 280) float32, 0 or 1
    """
    rng = np.random.default_rng([seed, list(KINDS).index(kind)])
    for _ in range(n):
        points = KINDS[kind](rng)
        yield draw(
            [_as_stroke(points)],
            longer_side=rng.uniform(*_LONGER_SIDES.get(kind, (0.40, 0.80))) * CANVAS,
            right=rng.uniform(0.25, 0.75),
            down=rng.uniform(0.25, 0.75),
        )


def _as_stroke(points: Points) -> Stroke:
    return [(float(x), float(y)) for x, y in points]


def _dot(rng: np.random.Generator) -> Points:
    """A tap: two points, which `_LONGER_SIDES` keeps close together."""
    return rng.normal(0, 1, (2, 2))


def _blob(rng: np.random.Generator) -> Points:
    """A filled ellipse: many points, one after another, anywhere in it."""
    angle, radius = rng.uniform(0, 2 * np.pi, 400), np.sqrt(rng.uniform(0, 1, 400))
    width, height = rng.uniform(0.6, 1, 2)
    return np.stack([width * radius * np.cos(angle), height * radius * np.sin(angle)], axis=1)


def _line(rng: np.random.Generator) -> Points:
    """A level line, at most 10° up or down."""
    slope = np.tan(np.deg2rad(rng.uniform(-10, 10)))
    x = np.linspace(0, 1, 20)
    return np.stack([x, slope * x], axis=1)


def _wandering(rng: np.random.Generator) -> Points:
    """A pen that goes on and turns at random."""
    n_points = int(rng.integers(60, 160))
    direction = np.cumsum(rng.normal(0, 0.5, n_points)) + rng.uniform(0, 2 * np.pi)
    return np.cumsum(np.stack([np.cos(direction), np.sin(direction)], axis=1), axis=0)


def _zigzag(rng: np.random.Generator) -> Points:
    """Four to eight strokes to and fro, at any angle, each of a height of its own."""
    n_points = int(rng.integers(5, 10))
    x = np.arange(n_points) * rng.uniform(0.2, 0.6)
    y = np.where(np.arange(n_points) % 2, 1, -1) * rng.uniform(0.6, 1, n_points)
    return _turned(np.stack([x, y], axis=1), rng.uniform(0, np.pi))


def _spiral(rng: np.random.Generator) -> Points:
    """Two to four turns outwards, either way round."""
    angle = np.linspace(0, 2 * np.pi * rng.uniform(2, 4), 120)
    spiral = np.stack([angle * np.cos(angle), angle * np.sin(angle)], axis=1)
    return _turned(spiral * (rng.choice([-1, 1]), 1), rng.uniform(0, 2 * np.pi))


def _turned(points: Points, angle: float) -> Points:
    cos, sin = np.cos(angle), np.sin(angle)
    x, y = points.T
    return np.stack([cos * x - sin * y, sin * x + cos * y], axis=1)


KINDS: dict[str, Shape] = {
    "dots": _dot,
    "blobs": _blob,
    "level lines": _line,
    "wandering strokes": _wandering,
    "zigzags": _zigzag,
    "spirals": _spiral,
}

_LONGER_SIDES = {"dots": (0.0, 0.05)}
"""As a share of the canvas, where they are not those of a digit."""
