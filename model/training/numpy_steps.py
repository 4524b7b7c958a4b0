"""The same steps as `tensorflow_steps`, in NumPy, for machines that have no TensorFlow.

After the tutorial's 1,000 steps the weights differ by less than 1e-5 (a test holds that).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from model.config import N_CLASSES, N_FEATURES
from model.training.handed_over import parameters

__all__ = ["cross_entropy", "descend", "parameters", "predicted", "start", "tensor"]

Floats = NDArray[np.float32]


def tensor(array: NDArray[Any]) -> NDArray[Any]:
    """Copy an array."""
    return array.copy()


def start(seed: int) -> tuple[Floats, ...]:
    """Return templates and bias as they are before the first step, twice: also as their means.

    They are zeros, whatever the seed.
    """
    templates = np.zeros((N_CLASSES, N_FEATURES), np.float32)
    bias = np.zeros(N_CLASSES, np.float32)
    return templates, bias, templates.copy(), bias.copy()


def predicted(templates: Floats, bias: Floats, features: Floats) -> NDArray[np.int64]:
    """Return which digits k models see in features (n, 784), as (k, n) ndarray.

    Templates are (k, 10, 784), biases (k, 10). One product for all: the features, which are far
    more than the templates, are read once.
    """
    logits = features @ templates.reshape(-1, N_FEATURES).T + bias.reshape(-1)  # (n, 10 k)
    digits: NDArray[np.int64] = logits.reshape(len(features), -1, N_CLASSES).argmax(axis=2)
    return digits.T


def cross_entropy(
    templates: Floats, bias: Floats, features: Floats, labels: NDArray[np.int32]
) -> tuple[np.float32, Floats, Floats]:
    """Compute a batch's loss and its gradient, written out.

    Parameters
    ----------
    templates : (10, 784) float32
        The weights, a row per digit.
    bias : (10,) float32
    features : (n, 784) float32
    labels : (n,) int32

    Returns
    -------
    loss : float32
        Mean of −ln(probability of the right class), made from the logits.
    templates_gradient, bias_gradient : (10, 784) and (10,) float32
    """
    logits = features @ templates.T + bias  # (n, 10)
    logits -= logits.max(axis=1, keepdims=True)
    log_probabilities = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    n = np.float32(len(labels))
    everyone = np.arange(len(labels))
    loss = -log_probabilities[everyone, labels].sum() / n
    error = np.exp(log_probabilities)
    error[everyone, labels] -= 1
    error /= n
    return loss, error.T @ features, error.sum(axis=0)


def descend(
    averaging: bool,
    features: Floats,
    labels: NDArray[np.int32],
    order: NDArray[np.int32],
    bounds: NDArray[np.int32],
    rates: Floats,
    shares: Floats,
    ends: NDArray[np.int32],
    *state: Floats,
) -> tuple[Any, ...]:
    """Take one step per rate; step s sees order[bounds[s]:bounds[s + 1]].

    With averaging the means move by shares[s] of their distance to the new values. Templates and
    bias are kept as they were after the first `ends` steps, of which the last is all of them.

    Returns
    -------
    templates, bias, mean_templates, mean_bias : float32
        New arrays; `state`, the same four before, is not changed.
    kept : (k, 10, 784) and (k, 10) float32
    losses : (n_steps,) float32
    """
    templates, bias, mean_templates, mean_bias = (array.copy() for array in state)
    losses = np.empty(len(rates), np.float32)
    kept: list[tuple[Floats, Floats]] = []
    with threadpool_limits(1):  # batches are small, and threads would wait for each other
        for s, rate in enumerate(rates):
            batch = order[bounds[s] : bounds[s + 1]]
            losses[s], templates_gradient, bias_gradient = cross_entropy(
                templates, bias, features[batch], labels[batch]
            )
            templates -= rate * templates_gradient
            bias -= rate * bias_gradient
            if averaging:
                mean_templates += shares[s] * (templates - mean_templates)
                mean_bias += shares[s] * (bias - mean_bias)
            if s + 1 == ends[len(kept)]:
                kept.append((templates.copy(), bias.copy()))
    kept_templates, kept_biases = (np.stack(each) for each in zip(*kept, strict=True))
    return templates, bias, mean_templates, mean_bias, (kept_templates, kept_biases), losses
