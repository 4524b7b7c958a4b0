"""How well models read pictures that were changed, and what each gets right that no other does.

The changes are made to pictures in MNIST's form, and nothing is put right afterwards: a picture
that was shifted is not centred again. So they show what a model's own input step and layers make up
for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from model.classifier.base import Classifier
from model.config import SIDE

__all__ = ["CHANGES", "SHIFT", "TURN", "Alone", "Change", "alone", "changed", "robustness"]

Floats = NDArray[np.float32]
Change = Literal["none", "shifted", "turned", "thick", "thin", "noisy"]
CHANGES: tuple[Change, ...] = get_args(Change)
SHIFT = 3
"""By how many pixels a picture is shifted, to each of the four sides in turn."""
TURN = 15
"""By how many degrees it is turned, to the left and to the right in turn."""
NOISE = 0.2
"""Standard deviation of the noise that is added to each pixel, from 0 to 1."""


class Alone(NamedTuple):
    """Places of the pictures that one model alone reads rightly, and that it alone does not."""

    right: NDArray[np.intp]
    wrong: NDArray[np.intp]


def alone(
    predicted: Mapping[str, NDArray[np.integer[Any]]], labels: NDArray[np.integer[Any]]
) -> dict[str, Alone]:
    """Say what each model alone gets right and wrong.

    Parameters
    ----------
    predicted : mapping of str to (n,) digits
        Of two models or more, by name.
    labels : (n,)
    """
    right = {name: digits == labels for name, digits in predicted.items()}
    n_right = sum(each.astype(int) for each in right.values())
    return {
        name: Alone(
            np.flatnonzero(each & (n_right == 1)),
            np.flatnonzero(~each & (n_right == len(right) - 1)),
        )
        for name, each in right.items()
    }


def changed(images: NDArray[np.uint8], change: Change) -> Floats:
    """Return pictures (n, 28, 28), from 0 to 255, with a change, from 0 to 1; always the same."""
    ink = images * np.float32(1 / 255)
    return _CHANGED[change](ink)


def robustness(
    models: Mapping[str, Classifier],
    images: NDArray[np.uint8],
    labels: NDArray[np.integer[Any]],
    change: Change,
) -> dict[str, float]:
    """Return the share of changed pictures (n, 28, 28) that each model reads rightly, by name."""
    pictures = changed(images, change)
    return {
        name: float((model.predict(pictures) == labels).mean()) for name, model in models.items()
    }


def _shifted(ink: Floats) -> Floats:
    out = np.zeros_like(ink)
    kept, gone = slice(SHIFT, None), slice(None, -SHIFT)
    every = slice(None)
    for i, (to, come) in enumerate(
        [
            ((kept, every), (gone, every)),
            ((gone, every), (kept, every)),
            ((every, kept), (every, gone)),
            ((every, gone), (every, kept)),
        ]
    ):
        out[(slice(i, None, 4), *to)] = ink[(slice(i, None, 4), *come)]
    return out


def _turned(ink: Floats) -> Floats:
    out = np.empty_like(ink)
    for i, degrees in enumerate((TURN, -TURN)):
        out[i::2] = _read_at(ink[i::2], np.deg2rad(degrees))
    return out


def _read_at(ink: Floats, angle: float) -> Floats:
    """Turn pictures about their middle, each pixel read between the four next to its place."""
    middle = (SIDE - 1) / 2
    down, across = np.mgrid[:SIDE, :SIDE] - middle
    y = np.cos(angle) * down - np.sin(angle) * across + middle + 1
    x = np.sin(angle) * down + np.cos(angle) * across + middle + 1
    padded = np.pad(ink, ((0, 0), (1, 2), (1, 2)))
    y, x = np.clip(y, 0, SIDE + 1), np.clip(x, 0, SIDE + 1)
    (rows, columns), (lower, right) = (y.astype(int), x.astype(int)), (y % 1, x % 1)
    above, below = (
        padded[:, row, columns] * (1 - right) + padded[:, row, columns + 1] * right
        for row in (rows, rows + 1)
    )
    turned: Floats = (above * (1 - lower) + below * lower).astype(np.float32)
    return turned


def _thick(ink: Floats) -> Floats:
    """Take the most ink of a pixel and its four neighbours."""
    padded = np.pad(ink, ((0, 0), (1, 1), (1, 1)))
    around = (padded[:, :-2, 1:-1], padded[:, 2:, 1:-1], padded[:, 1:-1, :-2], padded[:, 1:-1, 2:])
    thick: Floats = np.maximum.reduce([ink, *around])
    return thick


def _thin(ink: Floats) -> Floats:
    """Take the least ink of a pixel and those to the right, below, and both."""
    padded = np.pad(ink, ((0, 0), (0, 1), (0, 1)))
    corners = (padded[:, 1:, :-1], padded[:, :-1, 1:], padded[:, 1:, 1:])
    thin: Floats = np.minimum.reduce([ink, *corners])
    return thin


def _noisy(ink: Floats) -> Floats:
    noise = np.random.default_rng(0).normal(0, NOISE, ink.shape).astype(np.float32)
    noisy: Floats = np.clip(ink + noise, 0, 1)
    return noisy


_CHANGED: dict[Change, Callable[[Floats], Floats]] = {
    "none": lambda ink: ink,
    "shifted": _shifted,
    "turned": _turned,
    "thick": _thick,
    "thin": _thin,
    "noisy": _noisy,
}
