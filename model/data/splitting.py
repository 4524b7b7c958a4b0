"""Parts of data that are held out: seeded, and with every digit in its share in each of them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["held_out"]

_SEED = 0


def held_out(labels: NDArray[np.integer[Any]], n: int) -> NDArray[np.bool_]:
    """Choose pictures to hold out, in whatever order they lie.

    Parameters
    ----------
    labels : (n_pictures,)
    n : int
        How many, about: every digit gives its share, at least one picture where it has two or more.

    Returns
    -------
    chosen : (n_pictures,) bool
        The same for the same labels, on every machine. No digit is chosen whole as long as another
        one can give.
    """
    # RandomState's numbers never change (NEP 19), so this choice never changes either.
    shuffled = np.random.RandomState(_SEED).permutation(len(labels))
    digits, counts = np.unique(labels, return_counts=True)
    shares = counts * (n / len(labels))
    quotas = np.floor(shares).astype(int)
    for i in np.argsort(-(shares - quotas), kind="stable")[: max(0, n - int(quotas.sum()))]:
        quotas[i] += 1
    quotas = np.where(counts >= 2, np.clip(quotas, 1, counts - 1), 0)
    if quotas.sum() == 0:  # every digit is there once
        quotas[: max(1, n)] = 1
    chosen = np.zeros(len(labels), bool)
    for digit, quota in zip(digits, quotas, strict=True):
        chosen[shuffled[labels[shuffled] == digit][:quota]] = True
    return chosen
