"""Pictures that are no digits, for training when not to answer.

Some are made from training digits (halves, mirror images, quarter turns, two digits on top of each
other), some are drawn by program (wandering lines, spirals, zigzags, outlines of shapes, and
*glyphs*: two to five strokes, straight or bent, between the points of a small grid, as the letters
of an unknown script would be). No outside data.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.data.strokes import CANVAS, Stroke, draw
from model.preprocessing.centring import centred

__all__ = ["FAMILIES", "HELD_OUT", "negatives"]

Floats = NDArray[np.floating[Any]]
Trace = NDArray[np.float64]  # (n, 2) x and y

HELD_OUT = ("mirrored", "scribbles", "zigzags", "shapes")
"""Families that nothing is learned from."""
ASYMMETRIC = (3, 4, 6, 7, 9)
"""Digits whose mirror image is none; that of a 2 may be a 5."""
TURNED = (2, 3, 4, 5, 6, 7, 9)
"""Digits that are none after a quarter turn."""


def negatives(
    family: str, n: int, images: NDArray[np.uint8], labels: NDArray[np.uint8], *, seed: int
) -> NDArray[np.float32]:
    """Make n pictures of one family.

    Parameters
    ----------
    family : str
        One of `FAMILIES`.
    images : (m, 28, 28) uint8
        Training digits in MNIST's form.
    labels : (m,)

    Returns
    -------
    pictures : (n, 28, 28) float32 in [0, 1]
        In MNIST's form.
    """
    rng = np.random.default_rng([seed, list(FAMILIES).index(family)])
    make = FAMILIES[family]
    return np.stack([centred(make(images, labels, rng)) for _ in range(n)])


def _digit(
    images: NDArray[np.uint8], labels: NDArray[np.uint8], rng: np.random.Generator, among: Any
) -> Floats:
    while True:
        i = rng.integers(len(images))
        if labels[i] in among:
            ink: Floats = images[i] / np.float32(255)
            return ink


def _half(images: Any, labels: Any, rng: np.random.Generator) -> Floats:
    """The upper, lower, left or right half of a digit; a half one is a whole one."""
    ink = _digit(images, labels, rng, (0, 2, 3, 4, 5, 6, 8, 9)).copy()
    kind = int(rng.integers(4))
    cut = int(rng.integers(13, 17))
    edges = (np.s_[:cut], np.s_[cut:], np.s_[:, :cut], np.s_[:, cut:])
    ink[edges[kind]] = 0
    return ink


def _mirrored(images: Any, labels: Any, rng: np.random.Generator) -> Floats:
    ink = _digit(images, labels, rng, ASYMMETRIC)
    return np.ascontiguousarray(ink[:, ::-1])


def _turned(images: Any, labels: Any, rng: np.random.Generator) -> Floats:
    turned = np.rot90(_digit(images, labels, rng, TURNED), int(rng.choice([1, 3])))
    return np.ascontiguousarray(turned)


def _overlaid(images: Any, labels: Any, rng: np.random.Generator) -> Floats:
    one, other = (_digit(images, labels, rng, range(2, 10)) for _ in range(2))
    moved = np.roll(other, rng.integers(-5, 6, 2), axis=(0, 1))
    return np.maximum(one, moved)


def _drawn(traces: list[Trace], rng: np.random.Generator) -> Floats:
    strokes: list[Stroke] = [[(float(x), float(y)) for x, y in trace] for trace in traces]
    side = rng.uniform(0.4, 0.8) * CANVAS
    return draw(strokes, longer_side=side, right=0.5, down=0.5)


def _wandering(images: Any, labels: Any, rng: np.random.Generator) -> Floats:
    """A pen that turns slowly this way and that."""
    n = int(rng.integers(40, 200))
    turn = np.convolve(rng.normal(0, rng.uniform(0.2, 0.9), n + 8), np.ones(9) / 3, "valid")
    angle = np.cumsum(turn) + rng.uniform(0, 2 * np.pi)
    return _drawn([np.cumsum(np.stack([np.cos(angle), np.sin(angle)], axis=1), axis=0)], rng)


def _scribble(images: Any, labels: Any, rng: np.random.Generator) -> Floats:
    """A curve through six to twelve random points."""
    points = rng.uniform(0, 1, (int(rng.integers(6, 13)), 2))
    at = np.linspace(0, len(points) - 1, 15 * len(points))
    curve = np.stack([np.interp(at, np.arange(len(points)), points[:, k]) for k in (0, 1)], axis=1)
    smooth = np.stack([np.convolve(curve[:, k], np.ones(11) / 11, "valid") for k in (0, 1)], axis=1)
    return _drawn([smooth], rng)


def _spiral(images: Any, labels: Any, rng: np.random.Generator) -> Floats:
    angle = np.linspace(rng.uniform(0, 2), 2 * np.pi * rng.uniform(1.6, 4), 140)
    radius = angle ** rng.uniform(0.6, 1.3)
    start = rng.uniform(0, 2 * np.pi)
    x, y = radius * np.cos(angle + start), radius * np.sin(angle + start)
    return _drawn([np.stack([x * rng.choice([-1, 1]), y * rng.uniform(0.6, 1)], axis=1)], rng)


def _zigzag(images: Any, labels: Any, rng: np.random.Generator) -> Floats:
    n = int(rng.integers(5, 10))
    along = np.arange(n) + rng.normal(0, 0.15, n)
    across = np.where(np.arange(n) % 2, 1, -1) * rng.uniform(0.7, 3)
    return _drawn([_rotated(np.stack([along, across], axis=1), rng.uniform(0, 2 * np.pi))], rng)


def _shape(images: Any, labels: Any, rng: np.random.Generator) -> Floats:
    """Triangles, squares, pentagrams, crosses, arrows, with a shaking hand; a flat dash."""
    kind = int(rng.integers(6))
    if kind < 2:  # an outline with corners, closed
        n = 3 + kind
        corners = np.arange(n + 1) * 2 * np.pi / n
    elif kind == 2:  # a pentagram
        corners = np.arange(6) * 4 * np.pi / 5
    else:
        corners = np.zeros(0)
    if len(corners):
        points = np.stack([np.cos(corners), np.sin(corners)], axis=1)
        traces = [_rotated(points, rng.uniform(0, 2 * np.pi))]
    elif kind == 3:  # a cross, upright or slanted
        cross = [np.array([[-1.0, 0], [1, 0]]), np.array([[0, -1.0], [0, 1]])]
        turn = rng.choice([0, np.pi / 4]) + rng.normal(0, 0.1)
        traces = [_rotated(line, turn) for line in cross]
    elif kind == 4:  # an arrow
        arrow = [np.array([[-1.0, 0], [1, 0]]), np.array([[0.4, -0.5], [1, 0], [0.4, 0.5]])]
        turn = rng.uniform(0, 2 * np.pi)
        traces = [_rotated(line, turn) for line in arrow]
    else:  # a dash
        traces = [_rotated(np.array([[-1.0, 0], [1, 0]]), rng.uniform(-0.4, 0.4))]
    return _drawn([trace + rng.normal(0, 0.05, trace.shape) for trace in traces], rng)


def _glyph(images: Any, labels: Any, rng: np.random.Generator) -> Floats:
    """Strokes between the points of a grid of 3 × 3, each straight or bent, mostly connected."""
    grid = np.stack(np.meshgrid([0, 0.5, 1], [0, 0.5, 1]), axis=-1).reshape(-1, 2)
    grid[:, 0] *= rng.uniform(0.6, 1.1)
    traces: list[Trace] = []
    here = int(rng.integers(9))
    for _ in range(int(rng.integers(3, 6))):
        there = int(rng.choice([k for k in range(9) if k != here]))
        start, end = grid[here], grid[there]
        bend = rng.normal(0, 0.45) * (rng.random() < 0.4)
        along = np.linspace(0, 1, 12)[:, np.newaxis]
        normal = np.array([start[1] - end[1], end[0] - start[0]])
        traces.append(start + along * (end - start) + 4 * along * (1 - along) * bend * normal)
        here = there if rng.random() < 0.7 else int(rng.integers(9))
    return _drawn([trace + rng.normal(0, 0.02, (1, 2)) for trace in traces], rng)


def _rotated(points: Trace, angle: float) -> Trace:
    cos, sin = np.cos(angle), np.sin(angle)
    rotated: Trace = points @ np.array([[cos, sin], [-sin, cos]])
    return rotated


FAMILIES: dict[str, Callable[[Any, Any, np.random.Generator], Floats]] = {
    "halves": _half,
    "mirrored": _mirrored,
    "quarter turns": _turned,
    "overlaid": _overlaid,
    "wandering": _wandering,
    "scribbles": _scribble,
    "spirals": _spiral,
    "zigzags": _zigzag,
    "shapes": _shape,
    "glyphs": _glyph,
}
