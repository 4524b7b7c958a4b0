"""Drawings made of recorded pen strokes: with a stray tap, two digits side by side, letters."""

from __future__ import annotations

import gzip
import json
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from model.data import strokes
from model.data.strokes import CANVAS, PEN, WrittenDigit

__all__ = ["letters", "pairs", "tapped"]

Ink = NDArray[np.float32]
SIDE = 336
"""Of the drawings with two digits, in pixels: the page's canvas."""


def tapped(ink: Ink, rng: np.random.Generator) -> Ink:
    """Return a drawing (H, W) on which the pen has also touched once, anywhere."""
    height, width = ink.shape
    x, y = rng.uniform(PEN / 2, width - PEN / 2), rng.uniform(PEN / 2, height - PEN / 2)
    down, across = np.mgrid[:height, :width]
    dot = (across - x) ** 2 + (down - y) ** 2 <= (PEN / 2) ** 2
    both: Ink = np.maximum(ink, dot.astype(np.float32))
    return both


def pairs(
    digits: Sequence[WrittenDigit], n: int, *, seed: int
) -> Iterator[tuple[Ink, tuple[int, int]]]:
    """Draw n pairs: two digits of about one size side by side, 8 to 59 pixels apart.

    Yields
    ------
    ink : (336, 336) float32, 0 or 1
    labels : (int, int)
        Left and right.
    """
    rng = np.random.default_rng(seed)
    for _ in range(n):
        first, second = (digits[i] for i in rng.integers(0, len(digits), 2))
        side = rng.uniform(0.3, 0.45) * SIDE
        gap = int(rng.integers(8, 60))
        other_side = side * rng.uniform(0.85, 1.15)
        left, right = _alone(first, side), _alone(second, other_side)
        if left.shape[1] + gap + right.shape[1] > SIDE:
            left, right = _alone(first, 0.7 * side), _alone(second, 0.7 * other_side)
        width = left.shape[1] + gap + right.shape[1]
        ink = np.zeros((SIDE, SIDE), np.float32)
        x = int(rng.integers(0, SIDE - width + 1))
        middle = SIDE / 2 + rng.normal(0, 15)
        for digit in (left, right):
            y = middle - digit.shape[0] / 2 + rng.normal(0, 8)
            top = int(np.clip(y, 0, SIDE - digit.shape[0]))
            ink[top : top + digit.shape[0], x : x + digit.shape[1]] = digit
            x += digit.shape[1] + gap
        yield ink, (first.label, second.label)


def letters(path: Path, wanted: Collection[str]) -> Iterator[Ink]:
    """Draw those of a file's letters that are wanted, by the protocol of `model.data.strokes`.

    Raises
    ------
    ValueError
        For a file that cannot be read, or without such letters.
    """
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8") as lines:
        records = [record for record in map(json.loads, lines) if record["label"] in wanted]
    if not records:
        raise ValueError(f"{path.name} holds no letters that no digit resembles")
    written = [WrittenDigit(0, tuple(record["strokes"])) for record in records]
    return strokes.canvas_drawings(written, seed=0)


def _alone(digit: WrittenDigit, longer_side: float) -> Ink:
    """Draw a digit and cut away what is empty around it."""
    side = min(longer_side, CANVAS - PEN)
    ink = strokes.draw(digit.strokes, longer_side=side, right=0.5, down=0.5)
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
