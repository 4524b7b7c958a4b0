"""Augmentation: copies of training digits, in other ways of writing, or bent.

*Pen habits.* MNIST was written by Americans. Elsewhere zeros are slashed, ones have a long flag and
a foot, sevens are crossed, the bar of a five stands apart, and the tail of a nine turns to the left
while its loop is small. Copies of training digits are made smaller, narrower and slanted, and get
such strokes drawn in with a round pen, before they are normalised like all others; the originals
stay.

*Elastic copies.* Every pixel of a copy is read from a place nearby; the displacements are Gaussian
noise, smoothed so that neighbours move together.

References
----------
P. Simard, D. Steinkraus, J. Platt, "Best practices for convolutional neural networks applied to
visual document analysis", ICDAR 2003, section 2 (elastic distortions).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from model.config import SIDE

__all__ = ["with_elastic_copies", "with_pen_habits"]

Floats = NDArray[np.floating[Any]]

DARK = 0.3
"""Least ink that counts when a digit's bounding box is measured."""
DISPLACEMENT = 1.3
"""Standard deviation of the way that a pixel is moved on each axis, in pixels."""
SMOOTHNESS = 5
"""Standard deviation of the Gaussian that smooths the displacements, in pixels."""
_PLACES = np.arange(SIDE, dtype=np.float64)
_MIDDLE = (SIDE - 1) / 2


def with_pen_habits(
    images: NDArray[np.uint8], labels: NDArray[np.uint8], *, share: float, seed: int
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Add copies of digits that are written in other habits.

    Parameters
    ----------
    images : (n, 28, 28) uint8
        Pictures in MNIST's form.
    labels : (n,) uint8
    share : float
        0 to 1; of the digits that have other habits, this share is copied, of ones and nines, which
        are the most unlike MNIST's, twice as many.
    seed : int
        Of which are copied and how the strokes run.

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
        n_copies = int(min(share * _WEIGHTS.get(digit, 1), 1) * len(found))
        chosen = rng.choice(found, n_copies, replace=False)
        if len(chosen) == 0:
            continue
        written = habit(images[chosen] / np.float32(255), rng)
        all_images.append(np.rint(written * 255).astype(np.uint8))
        all_labels.append(np.full(len(chosen), digit, np.uint8))
    return np.concatenate(all_images), np.concatenate(all_labels)


def with_elastic_copies(
    images: NDArray[np.uint8], labels: NDArray[np.uint8], *, share: float, seed: int
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Add copies that are bent smoothly at random.

    Parameters
    ----------
    images : (n, 28, 28) uint8
        Pictures in MNIST's form.
    labels : (n,) uint8
    share : float
        0 to 1; this share of the pictures is copied.
    seed : int
        Of which are copied and how they are bent.

    Returns
    -------
    images : (n + m, 28, 28) uint8
        The given pictures, then the copies.
    labels : (n + m,) uint8
    """
    rng = np.random.default_rng([seed, 1])
    chosen = rng.choice(len(images), int(share * len(images)), replace=False)
    if len(chosen) == 0:
        return images, labels
    bent = np.rint(_bent(images[chosen] / np.float32(255), rng) * 255).astype(np.uint8)
    return np.concatenate([images, bent]), np.concatenate([labels, labels[chosen]])


def _bent(ink: Floats, rng: np.random.Generator) -> Floats:
    noise = rng.normal(size=(2, *ink.shape)).astype(np.float32)
    moved = ndimage.gaussian_filter(noise, (0, 0, SMOOTHNESS, SMOOTHNESS), mode="wrap")
    moved *= DISPLACEMENT / moved.std()
    places: NDArray[Any] = np.mgrid[:SIDE, :SIDE].astype(np.float32)[:, np.newaxis] + moved
    places = np.clip(places, 0, SIDE - 1.01)
    (rows, columns), (down, right) = places.astype(int), places % 1
    n = np.arange(len(ink))[:, np.newaxis, np.newaxis]
    upper = ink[n, rows, columns] * (1 - right) + ink[n, rows, columns + 1] * right
    lower = ink[n, rows + 1, columns] * (1 - right) + ink[n, rows + 1, columns + 1] * right
    bent: Floats = np.clip(upper * (1 - down) + lower * down, 0, 1)
    return bent


def _slashed_zero(ink: Floats, rng: np.random.Generator) -> Floats:
    """A slash of any length through a zero of any width and slant; some upright, some level."""
    n = len(ink)
    width, height = rng.uniform(0.5, 0.95, n), rng.uniform(0.6, 0.95, n)
    ink = _redrawn(ink, width, height, rng.normal(0.1, 0.2, n))
    left, right, top, bottom = _box(ink)
    centre = np.stack([left + right, top + bottom], axis=1) / 2 + rng.normal(0, 0.7, (n, 2))
    kind = rng.choice(3, n, p=(0.7, 0.2, 0.1))
    angle = np.deg2rad(rng.normal(np.array([48, 85, 0])[kind], np.array([13, 15, 8])[kind]))
    half = np.maximum(np.stack([right - left, bottom - top], axis=1) / 2, 1)
    radius = 1 / np.hypot(np.cos(angle) / half[:, 0], np.sin(angle) / half[:, 1])  # of an ellipse
    up_right = np.stack([np.cos(angle), -np.sin(angle)], axis=1) * radius[:, np.newaxis]
    start = centre + up_right * rng.uniform(0.7, 2.2, (n, 1))
    end = centre - up_right * rng.uniform(0.7, 2.2, (n, 1))
    return np.maximum(ink, _strokes(start, end, _pen(n, rng)))


def _one_with_flag_and_foot(ink: Floats, rng: np.random.Generator) -> Floats:
    n = len(ink)
    head, base = _stem(ink)
    height, pen = np.maximum(base[:, 1] - head[:, 1], 4), _pen(n, rng)
    rising = head - base
    back = np.arctan2(rising[:, 1], rising[:, 0]) + np.pi - np.deg2rad(rng.uniform(-65, -20, n))
    length = height * rng.uniform(0.2, 0.8, n)
    tip = head + np.stack([np.cos(back), np.sin(back)], axis=1) * length[:, np.newaxis]
    flag = _strokes(head, tip, pen) * _some(n, 0.9, rng)
    reach, tilt = rng.uniform(0.15, 0.45, (n, 2)) * height[:, np.newaxis], rng.normal(0, 0.06, n)
    start = base + np.stack([-reach[:, 0], tilt * height], axis=1)
    end = base + np.stack([reach[:, 1], -tilt * height], axis=1)
    foot = _strokes(start, end, pen) * _some(n, 0.5, rng)
    return np.maximum(ink, np.maximum(flag, foot))


def _five_with_bar_apart(ink: Floats, rng: np.random.Generator) -> Floats:
    """The top of a five, a quarter of its height, lifted off and moved to the side."""
    n = len(ink)
    ink = _redrawn(ink, np.full(n, 0.85), np.full(n, 0.8), rng.normal(0, 0.1, n))
    _, _, top, bottom = _box(ink)
    neck = np.rint(top + (bottom - top) * rng.uniform(0.2, 0.35, n)).astype(int)
    above = (np.arange(SIDE) < neck[:, np.newaxis])[:, :, np.newaxis]
    up, aside = rng.integers(1, 4, n), rng.integers(-1, 4, n)
    bar = _moved(ink * above, -up, aside)
    apart: Floats = np.maximum(ink * ~above, bar)
    return apart


def _crossed_seven(ink: Floats, rng: np.random.Generator) -> Floats:
    n = len(ink)
    _, _, top, bottom = _box(ink)
    height = np.maximum(bottom - top, 4)
    row = np.rint(top + height * rng.uniform(0.4, 0.65, n)).astype(int)
    line = ink[np.arange(n), row]
    x = line @ _PLACES / np.maximum(line.sum(axis=1), 1e-6)
    reach, tilt = rng.uniform(0.15, 0.4, (n, 2)) * height[:, np.newaxis], rng.normal(0.05, 0.15, n)
    start = np.stack([x - reach[:, 0], row + tilt * reach[:, 0]], axis=1)
    end = np.stack([x + reach[:, 1], row - tilt * reach[:, 1]], axis=1)
    return np.maximum(ink, _strokes(start, end, _pen(n, rng)))


def _nine_with_tail_or_small_loop(ink: Floats, rng: np.random.Generator) -> Floats:
    n = len(ink)
    small = rng.random(n) < 0.5
    ink = _upper_part_squeezed(ink, np.where(small, rng.uniform(0.45, 0.8, n), 1.0))
    head, base = _stem(ink)
    height, pen = base[:, 1] - head[:, 1], _pen(n, rng)
    turn = base + np.stack(
        [-height * rng.uniform(0.12, 0.3, n), height * rng.uniform(0, 0.1, n)], axis=1
    )
    tip = turn + np.stack(
        [-height * rng.uniform(0.1, 0.3, n), -height * rng.uniform(0, 0.2, n)], axis=1
    )
    tail = np.maximum(_strokes(base, turn, pen), _strokes(turn, tip, pen))
    written: Floats = np.maximum(ink, tail * ~small[:, np.newaxis, np.newaxis])
    return written


_HABITS: dict[int, Callable[[Floats, np.random.Generator], Floats]] = {
    0: _slashed_zero,
    1: _one_with_flag_and_foot,
    5: _five_with_bar_apart,
    7: _crossed_seven,
    9: _nine_with_tail_or_small_loop,
}


_WEIGHTS = {1: 2, 9: 2}


def _redrawn(ink: Floats, width: Floats, height: Floats, slant: Floats) -> Floats:
    """Make each digit `width` as wide, `height` as high and slant it, about the middle."""
    down = (_PLACES - _MIDDLE) / height[:, np.newaxis]  # (n, 28), of the row to be read
    across = (_PLACES - _MIDDLE) / width[:, np.newaxis]
    columns = across[:, np.newaxis, :] + (slant[:, np.newaxis] * down)[:, :, np.newaxis] + _MIDDLE
    rows = _hats(down + _MIDDLE) @ ink  # (n, 28, 28)
    redrawn: Floats = np.einsum("nyxu,nyu->nyx", _hats(columns), rows)
    return redrawn


def _upper_part_squeezed(ink: Floats, to: Floats) -> Floats:
    """Give the upper 55 % of each digit's height the share `to` of its place, from above."""
    _, _, top, bottom = (edge.astype(np.float64)[:, np.newaxis] for edge in _box(ink))
    neck = top + 0.55 * (bottom - top)
    new_top = neck - (neck - top) * to[:, np.newaxis]
    new_top = np.minimum(new_top, neck - 1)
    squeezed = neck + (_PLACES - neck) * (neck - top) / (neck - new_top)
    new: Floats = _hats(np.where(neck > _PLACES, squeezed, _PLACES)) @ ink
    return new


def _hats(places: Floats) -> Floats:
    """How much each of 28 pixels gives to a linear reading at `places`: (...) to (..., 28)."""
    shares: Floats = np.maximum(1 - np.abs(places[..., np.newaxis] - _PLACES), 0)
    return shares


def _moved(ink: Floats, down: NDArray[np.int64], right: NDArray[np.int64]) -> Floats:
    """Move each picture by whole pixels; what leaves it is lost."""
    rows = _hats(_PLACES - down[:, np.newaxis])
    columns = _hats(_PLACES - right[:, np.newaxis])
    moved: Floats = rows @ ink @ columns.transpose(0, 2, 1)
    return moved


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
