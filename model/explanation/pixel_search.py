"""Smallest change for features that are no pixels: a search downhill, pixel by pixel.

Where a score is no weighted sum of pixels, the fewest pixels that let another digit win are not to
be had by sorting. They are searched for: the gradient of the wanted digit's lead over its strongest
rival, taken back through the features to the pixels, names the pixels that promise most; each of
these is made black and white for trial, the changed pictures are read again, and the best is kept.
At the end every change that is not needed any more is taken back. So each step is checked by
reading, but that there is no smaller change is not certain.

References
----------
N. Papernot, P. McDaniel, S. Jha, et al., "The limitations of deep learning in adversarial
settings", EuroS&P 2016 (greedy choice of pixels by the gradient).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.classifier.softmax import SoftmaxRegression, logits
from model.config import N_CLASSES, SIDE
from model.explanation.counterfactual import LEAD, Counterfactual
from model.preprocessing.directions import (
    ACROSS,
    COLUMNS,
    DOWN,
    FAINT,
    N_DIRECTIONS,
    ROWS,
    edges,
    pull_back,
    sampled,
)

__all__ = ["MOST", "pixel_search"]

Floats = NDArray[np.floating[Any]]
MOST = 60
"""Most pixels that are changed."""
N_TRIED = 16
"""Pixels that are tried at each step, each in black and in white."""


def pixel_search(model: SoftmaxRegression, seen: Floats, target: int) -> Counterfactual:
    """Search for a small change of pixels that lets the target win.

    Parameters
    ----------
    model : SoftmaxRegression
        Fed with directions.
    seen : (28, 28) floats between 0 and 1
        What the model sees.
    target : int
        The digit that is to win, from 0 to 9.

    Returns
    -------
    Counterfactual
        `at_least` is None, for nothing is known about smaller changes; where `wins` is False, no
        way was found with at most `MOST` pixels, and nothing is changed.

    Raises
    ------
    ValueError
        For a picture of another shape or out of range, or no such digit.
    """
    if seen.shape != (SIDE, SIDE) or not (seen.min() >= 0 and seen.max() <= 1):
        raise ValueError(f"what is seen must be ({SIDE}, {SIDE}) between 0 and 1")
    if target not in range(N_CLASSES):
        raise ValueError(f"target must be from 0 to {N_CLASSES - 1}, got {target!r}")
    start = seen.astype(np.float32)
    present = int(_scores(model, start[np.newaxis])[0].argmax())
    picture, changed = start.copy(), list[int]()
    lead = _lead(model, picture[np.newaxis], target)[0]
    while lead <= LEAD and len(changed) < MOST:
        tried = _tries(model, picture, target, changed)
        leads = _lead(model, tried, target)
        best = int(leads.argmax())
        changed.append(int(np.flatnonzero((tried[best] != picture).ravel())[0]))
        picture, lead = tried[best], leads[best]
    wins = bool(lead > LEAD)
    if wins:
        picture, changed = _without_needless(model, start, picture, changed, target)
    else:
        picture, changed = start, []
    pixels = np.array(changed, np.intp)
    return Counterfactual(
        present,
        target,
        pixels,
        start.ravel()[pixels],
        picture.ravel()[pixels],
        picture.ravel(),
        _scores(model, picture[np.newaxis])[0].astype(np.float64),
        n_for_two=len(changed) if wins else None,
        then_led=(),
        wins=wins,
        at_least=0 if target == present else None,
        is_searched=True,
    )


def _scores(model: SoftmaxRegression, pictures: Floats) -> NDArray[np.float32]:
    return logits(model.described(pictures), model.weights, model.bias)


def _lead(model: SoftmaxRegression, pictures: Floats, target: int) -> NDArray[np.float32]:
    """Return by how much the target leads all others on pictures (n, 28, 28), (n,)."""
    scores = _scores(model, pictures)
    others: NDArray[np.float32] = np.delete(scores, target, axis=1).max(axis=1)
    lead: NDArray[np.float32] = scores[:, target] - others
    return lead


def _tries(
    model: SoftmaxRegression, picture: NDArray[np.float32], target: int, changed: list[int]
) -> NDArray[np.float32]:
    """Return pictures with one more pixel changed, (n, 28, 28), the most promising ones."""
    scores = _scores(model, picture[np.newaxis])[0].copy()
    scores[target] = -np.inf
    slope = _slope(model.weights[:, target] - model.weights[:, scores.argmax()], picture).ravel()
    gains = np.maximum(slope * (1 - picture.ravel()), -slope * picture.ravel())
    gains[changed] = -np.inf
    chosen = np.argsort(gains, kind="stable")[::-1][:N_TRIED]
    tries = np.repeat(picture.reshape(1, -1), 2 * N_TRIED, axis=0)
    for i, pixel in enumerate(chosen):
        tries[2 * i, pixel], tries[2 * i + 1, pixel] = 0, 1
    is_new = (tries != picture.ravel()).any(axis=1)
    new: NDArray[np.float32] = tries[is_new].reshape(-1, SIDE, SIDE)
    return new


def _slope(weights: Floats, picture: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the derivative of Σ weights · features by each pixel, (28, 28)."""
    maps = edges(picture[np.newaxis])
    sums = sampled(maps)[0]  # (8, 14, 7)
    of_sum = weights.reshape(N_DIRECTIONS, ROWS, COLUMNS) / (2 * np.sqrt(sums + FAINT))
    of_map = DOWN.T @ of_sum @ ACROSS  # (8, 28, 28)
    slope: NDArray[np.float32] = pull_back(picture, of_map)
    return slope


def _without_needless(
    model: SoftmaxRegression,
    start: NDArray[np.float32],
    picture: NDArray[np.float32],
    changed: list[int],
    target: int,
) -> tuple[NDArray[np.float32], list[int]]:
    """Take back each change without which the target wins too, the last one first."""
    kept = list(changed)
    for pixel in reversed(changed):
        without = picture.copy()
        without.flat[pixel] = start.flat[pixel]
        if _lead(model, without[np.newaxis], target)[0] > LEAD:
            picture = without
            kept.remove(pixel)
    return picture, kept
