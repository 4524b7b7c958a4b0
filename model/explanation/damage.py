"""Damage: a linear model with noise on its weights, or with less of them, to see what it bears.

Everything is decided by the damage and its amount alone. What looks random comes from a hash of the
weight's place, in whole numbers, so that the browser (ui/components/break_it) breaks a model in the
very same way while a hand still moves the slider.
"""

from __future__ import annotations

import dataclasses
import math
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from model.classifier.softmax import SoftmaxRegression
from model.config import N_CLASSES, N_FEATURES

__all__ = ["DAMAGES", "Damage", "Spread", "bits", "damaged", "spread"]

Damage = Literal["noise", "smallest", "rounded", "bias", "template", "shuffled"]
DAMAGES: tuple[Damage, ...] = get_args(Damage)
FLOAT_BITS = 32


@dataclasses.dataclass(frozen=True)
class Spread:
    """How large a model's weights are: their standard deviation, and the mean of their sizes."""

    deviation: float
    mean_size: float


def spread(model: SoftmaxRegression) -> Spread:
    """Return how large the weights of a model are."""
    weights = model.weights.astype(np.float64)
    return Spread(float(weights.std()), float(np.abs(weights).mean()))


def damaged(model: SoftmaxRegression, damage: Damage, amount: float) -> SoftmaxRegression:
    """Return a model with this damage.

    Parameters
    ----------
    model : SoftmaxRegression
    damage : str
        - "noise": every weight moves at random; `amount` is the noise's standard deviation, as a
          share of the weights' own.
        - "smallest": this share of the weights, the smallest ones, is set to 0.
        - "rounded": each weight becomes −s, 0 or s. It is 0 up to `amount` times the mean size of
          a weight; s is the mean size of the others. (F. Li, B. Zhang and B. Liu, "Ternary weight
          networks", 2016; they choose 0.7.)
        - "bias": this share of every bias is taken away.
        - "template": all weights and the bias of the digit `amount` are set to 0.
        - "shuffled": this share of the features changes places.
    amount : float
        At least 0, and at most 1 where it is a share of the weights.

    Returns
    -------
    SoftmaxRegression
        With the same input. Of shuffled features, the weights change places instead: the scores
        are those of the whole model for features that changed places the other way round.
    """
    weights, bias = model.weights.copy(), model.bias.copy()
    if damage == "noise":
        size = np.float32(amount * spread(model).deviation)
        weights += size * _noise(weights.size).reshape(weights.shape)
    elif damage == "smallest":
        order = np.argsort(np.abs(weights), axis=None, kind="stable")
        weights.flat[order[: round(amount * weights.size)]] = 0
    elif damage == "rounded":
        sizes = np.abs(weights.astype(np.float64))
        is_large = sizes > amount * spread(model).mean_size
        size = np.float32(sizes[is_large].mean()) if is_large.any() else np.float32(0)
        weights = np.where(is_large, np.sign(weights) * size, np.float32(0))
    elif damage == "bias":
        bias *= np.float32(1 - amount)
    elif damage == "template":
        weights[:, int(amount)], bias[int(amount)] = 0, 0
    else:
        places = _order(N_FEATURES)[: round(amount * N_FEATURES)]
        weights[places] = weights[np.roll(places, 1)]
    return dataclasses.replace(model, weights=weights, bias=bias)


def bits(damage: Damage | None) -> int:
    """Return in how many bits the 7,850 numbers of a model fit.

    A number takes 32, and a weight that is one of three values log₂ 3 = 1.58, with the one size
    that they share.
    """
    n_weights = N_FEATURES * N_CLASSES
    if damage == "rounded":
        return math.ceil(n_weights * math.log2(3)) + FLOAT_BITS * (N_CLASSES + 1)
    return FLOAT_BITS * (n_weights + N_CLASSES)


def _noise(n: int) -> NDArray[np.float32]:
    """Return n numbers that are nearly normal, with mean 0 and deviation 1.

    Each is the sum of four uniform ones (Irwin and Hall), from −3.46 to 3.46.
    """
    uniform = _hashed(np.arange(4 * n, dtype=np.uint32)).astype(np.float64) / 2**32
    noise: NDArray[np.float64] = math.sqrt(3) * (uniform.reshape(n, 4).sum(axis=1) - 2)
    return noise.astype(np.float32)


def _order(n: int) -> NDArray[np.intp]:
    """Return the numbers from 0 to n − 1 in an order without a pattern."""
    return np.argsort(_hashed(np.arange(n, dtype=np.uint32)), kind="stable")


def _hashed(numbers: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Mix the bits of each number (C. Wellons, "lowbias32", 2018)."""
    mixed = numbers + np.uint32(0x9E3779B9)
    mixed ^= mixed >> np.uint32(16)
    mixed *= np.uint32(0x7FEB352D)
    mixed ^= mixed >> np.uint32(15)
    mixed *= np.uint32(0x846CA68B)
    mixed ^= mixed >> np.uint32(16)
    return mixed
