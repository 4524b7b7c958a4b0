"""Augmentation: copies of training digits in ways of writing that MNIST's writers hardly had.

MNIST was written by Americans. Elsewhere zeros are slashed, ones have a long flag and a foot, and
the tail of a nine turns to the left. Such strokes are drawn into copies, with a round pen, before
they are normalised like all other pictures; the originals stay.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.config import SIDE

__all__ = ["with_pen_habits"]

Floats = NDArray[np.floating[Any]]

DARK = 0.3
"""Least ink that counts when a digit's bounding box is measured."""
_PLACES = np.arange(SIDE, dtype=np.float64)


def with_pen_habits(
    images: NDArray[np.uint8], labels: NDArray[np.uint8], *, share: float, seed: int
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Add copies of zeros, ones and nines with other pen habits.

    Parameters
    ----------
    images : (n, 28, 28) uint8
        Pictures in MNIST's form.
    labels : (n,) uint8
    share : float
        Share of the zeros, of the ones and of the nines that is copied, 0 to 1.
    seed : int
        Decides which are copied and how the strokes run.

    Returns
    -------
    images : (n + m, 28, 28) uint8
        The given pictures, then the copies.
    labels : (n + m,) uint8
    """
    rng = np.random.default_rng(seed)
    all_images, all_labels = [images], [labels]
    for digit, habit in _HABITS.items():
        found = np.flatnonzero(labels == digit)
        chosen = rng.choice(found, int(share * len(found)), replace=False)
        if len(chosen) == 0:
            continue
        written = habit(images[chosen] / np.float32(255), rng)
        all_images.append(np.rint(written * 255).astype(np.uint8))
        all_labels.append(np.full(len(chosen), digit, np.uint8))
    return np.concatenate(all_images), np.concatenate(all_labels)


def _slashed_zero(ink: Floats, rng: np.random.Generator) -> Floats:
    n = len(ink)
    left, right, top, bottom = _box(ink)
    centre = np.stack([left + right, top + bottom], axis=1) / 2 + rng.normal(0, 0.7, (n, 2))
    angle = np.deg2rad(rng.normal(48, 12, n))
    half = np.maximum(np.stack([right - left, bottom - top], axis=1) / 2, 1)
    radius = 1 / np.hypot(np.cos(angle) / half[:, 0], np.sin(angle) / half[:, 1])  # of an ellipse
    up_right = np.stack([np.cos(angle), -np.sin(angle)], axis=1) * radius[:, np.newaxis]
    start = centre + up_right * rng.uniform(0.9, 1.6, (n, 1))
    end = centre - up_right * rng.uniform(0.9, 1.6, (n, 1))
    return np.maximum(ink, _strokes(start, end, _pen(n, rng)))


def _one_with_flag_and_foot(ink: Floats, rng: np.random.Generator) -> Floats:
    n = len(ink)
    head, base = _stem(ink)
    height, pen = np.maximum(base[:, 1] - head[:, 1], 4), _pen(n, rng)
    rising = head - base
    back = np.arctan2(rising[:, 1], rising[:, 0]) + np.pi - np.deg2rad(rng.uniform(-65, -25, n))
    length = height * rng.uniform(0.25, 0.8, n)
    tip = head + np.stack([np.cos(back), np.sin(back)], axis=1) * length[:, np.newaxis]
    flag = _strokes(head, tip, pen) * _some(n, 0.9, rng)
    reach, tilt = rng.uniform(0.15, 0.45, (n, 2)) * height[:, np.newaxis], rng.normal(0, 0.06, n)
    start = base + np.stack([-reach[:, 0], tilt * height], axis=1)
    end = base + np.stack([reach[:, 1], -tilt * height], axis=1)
    foot = _strokes(start, end, pen) * _some(n, 0.5, rng)
    return np.maximum(ink, np.maximum(flag, foot))


def _nine_with_tail(ink: Floats, rng: np.random.Generator) -> Floats:
    n = len(ink)
    head, base = _stem(ink)
    height, pen = base[:, 1] - head[:, 1], _pen(n, rng)
    turn = base + np.stack(
        [-height * rng.uniform(0.12, 0.3, n), height * rng.uniform(0, 0.1, n)], axis=1
    )
    tip = turn + np.stack(
        [-height * rng.uniform(0.1, 0.3, n), -height * rng.uniform(0, 0.2, n)], axis=1
    )
    return np.maximum(ink, np.maximum(_strokes(base, turn, pen), _strokes(turn, tip, pen)))


_HABITS: dict[int, Callable[[Floats, np.random.Generator], Floats]] = {
    0: _slashed_zero,
    1: _one_with_flag_and_foot,
    9: _nine_with_tail,
}


def _strokes(start: Floats, end: Floats, pen: Floats) -> Floats:
    """Draw one straight stroke a picture, (n, 2) x and y to (n, 2), as (n, 28, 28) ink."""
    along = end - start
    length_2 = np.maximum((along**2).sum(axis=1), 1e-6)[:, np.newaxis, np.newaxis]
    dx = _PLACES[np.newaxis, np.newaxis, :] - start[:, 0, np.newaxis, np.newaxis]
    dy = _PLACES[np.newaxis, :, np.newaxis] - start[:, 1, np.newaxis, np.newaxis]
    along_x, along_y = along[:, 0, np.newaxis, np.newaxis], along[:, 1, np.newaxis, np.newaxis]
    share = np.clip((dx * along_x + dy * along_y) / length_2, 0, 1)  # (n, 28, 28)
    distance = np.hypot(dx - share * along_x, dy - share * along_y)
    ink: Floats = np.clip(pen[:, np.newaxis, np.newaxis] / 2 + 0.5 - distance, 0, 1)
    return ink


def _box(ink: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Return left, right, top, bottom of each digit, in whole pixels, (n,) each."""
    columns, rows = ink.max(axis=1) > DARK, ink.max(axis=2) > DARK
    last = SIDE - 1
    return (
        columns.argmax(axis=1),
        last - columns[:, ::-1].argmax(axis=1),
        rows.argmax(axis=1),
        last - rows[:, ::-1].argmax(axis=1),
    )


def _stem(ink: Floats) -> tuple[Floats, Floats]:
    """Return where a stem begins and ends, (n, 2) x and y each, a pixel inside the box."""
    _, _, top, bottom = _box(ink)

    def at(row: Floats) -> Floats:
        line = ink[np.arange(len(ink)), row]  # (n, 28)
        x = line @ _PLACES / np.maximum(line.sum(axis=1), 1e-6)
        return np.stack([x, row.astype(np.float64)], axis=1)

    return at(np.minimum(top + 1, SIDE - 1)), at(np.maximum(bottom - 1, 0))


def _pen(n: int, rng: np.random.Generator) -> Floats:
    return rng.uniform(1.2, 2.8, n)


def _some(n: int, share: float, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Return True for about this share of n pictures, (n, 1, 1)."""
    return (rng.random(n) < share)[:, np.newaxis, np.newaxis]
