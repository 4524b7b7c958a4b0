"""Teaching: a few gradient steps on one labelled drawing, at once, and what they cost.

The steps are those of `numpy_steps`, on the model that answers: from its weights on, not from zero.
With *replay* each step's batch holds pictures that the model has learned from before, too, so that
it does not forget them (A. Robins, "Catastrophic forgetting, rehearsal and
pseudorehearsal", Connection Science 7, 1995).
"""

from __future__ import annotations

import dataclasses
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.classifier import reject
from model.classifier.base import softmax
from model.classifier.checkpoint import Checkpoint
from model.classifier.softmax import SoftmaxRegression
from model.config import N_CLASSES
from model.training.numpy_steps import cross_entropy

__all__ = ["LEARNED", "MOST_STEPS", "Pictures", "step_on", "taught"]

MOST_STEPS = 50
"""The most steps on one drawing."""
LEARNED = 0.9
"""The probability of its label at which a drawing counts as learned, and the steps end."""
RATE = 0.5
"""The learning rate, the tutorial's."""
BATCH = 100
"""Replayed pictures in a step."""
WEIGHT = 0.02
"""The drawing's share of a step, which takes the place of two pictures in a hundred. With a half,
one step on a drawing that was misread cost 10 to 38 points of MNIST's test digits with replay, and
20 to 89 without; with this share it takes up to 50 steps, and costs a few tenths of a point with
replay, and 0.05 to 10 points without."""


class Pictures(NamedTuple):
    """Features (n, 784) and labels (n,)."""

    features: NDArray[np.float32]
    labels: NDArray[np.uint8]


def step_on(
    model: SoftmaxRegression, features: NDArray[np.float32], label: int, rate: float
) -> SoftmaxRegression:
    """Return a model after one step of gradient descent on one picture.

    Parameters
    ----------
    model : SoftmaxRegression
    features : (784,) float32
    label : int
        The digit that it is.
    rate : float
        The learning rate, above 0.
    """
    return _stepped(
        model, [(Pictures(features[np.newaxis], np.array([label], np.uint8)), 1.0)], rate
    )


def taught(
    checkpoint: Checkpoint,
    features: NDArray[np.float32],
    label: int,
    validation: Pictures,
    replay: Pictures | None,
) -> tuple[Checkpoint, int]:
    """Teach a model one drawing.

    Parameters
    ----------
    checkpoint : Checkpoint
        A linear model, with its reject rule. It is not changed.
    features : (784,) float32
        The drawing, as this model is fed.
    label : int
        The digit that it is, 0 to 9.
    validation : Pictures
        On them the least probability of an answer is chosen anew. Prototypes and rejector stay.
    replay : Pictures, optional
        What the model goes on learning meanwhile; None to let it forget.

    Returns
    -------
    checkpoint : Checkpoint
        `measured` says `taught_steps`, how many steps it has learned from single drawings in all;
        and nothing of what was measured before.
    n_steps : int
        How many were taken now, 1 to `MOST_STEPS`: until the drawing is learned.

    Raises
    ------
    ValueError
        For a model that is not linear, or a label that is no digit.
    """
    model = checkpoint.model
    if not isinstance(model, SoftmaxRegression):
        raise ValueError(f"a {type(model).__name__} cannot be taught by steps on its weights")
    if label not in range(N_CLASSES):
        raise ValueError(f"label must be from 0 to 9, got {label}")
    lesson = Pictures(features[np.newaxis], np.array([label], np.uint8))
    for n in range(1, MOST_STEPS + 1):
        batches = [(lesson, WEIGHT)]
        if replay is not None:
            places = np.arange((n - 1) * BATCH, n * BATCH) % len(replay.labels)
            old = Pictures(replay.features[places], replay.labels[places])
            batches.append((old, 1 - WEIGHT))
        model = _stepped(model, batches, RATE)
        if model.predict_proba(lesson.features)[0, label] >= LEARNED:
            break
    probabilities = softmax(model.decision_function(validation.features))
    rule = reject.rethought(checkpoint.reject_rule, probabilities, validation.labels)
    measured = {
        "n_steps": float(checkpoint.n_steps),
        "taught_steps": checkpoint.measured.get("taught_steps", 0.0) + n,
        "validation_accuracy": float((probabilities.argmax(axis=1) == validation.labels).mean()),
    }
    return Checkpoint(model, rule, checkpoint.config, measured), n


def _stepped(
    model: SoftmaxRegression, batches: list[tuple[Pictures, float]], rate: float
) -> SoftmaxRegression:
    """Take one step down the weighted sum of some batches' losses."""
    before = np.ascontiguousarray(model.weights.T)
    templates, bias = before.copy(), model.bias.copy()
    for (features, labels), weight in batches:
        _, by_templates, by_bias = cross_entropy(
            before, model.bias, features, labels.astype(np.int32)
        )
        templates -= np.float32(rate * weight) * by_templates
        bias -= np.float32(rate * weight) * by_bias
    return dataclasses.replace(model, weights=templates.T, bias=bias)
