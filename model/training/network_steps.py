"""Steps of gradient descent for the convolutional network, in TensorFlow.

The same interface as `tensorflow_steps` has. While it trains, every filter's response is normalised
over the batch and then gets a factor and a shift that are learned; what is kept has all of that
folded into filters and biases, see `model.classifier.cnn`. A step goes along the running mean of
the gradients (momentum), so that a learning rate means the same as for softmax regression.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.classifier.cnn import SHAPES
from model.config import N_FEATURES, SIDE
from model.quiet import quietly
from model.training.tensorflow_steps import tensor

__all__ = ["descend", "learning", "parameters", "predicted", "scores", "start", "tensor"]

with quietly():
    import tensorflow as tf

MOMENTUM = 0.9
"""How much of the mean of the gradients is kept at each step."""
FORGOTTEN = 0.05
"""How much of the mean of the batches' statistics a batch replaces, once 20 were seen."""
EPSILON = 1e-3
"""Added to a variance, so that a filter that never responds is divided by something."""
_LAYERS = ("1", "2", "3")
_LEARNED = (
    *(f"{kind}_{layer}" for layer in _LAYERS for kind in ("filters", "factor", "shift")),
    *("weights", "bias"),
)
_STATISTICS = tuple(f"{kind}_{layer}" for layer in _LAYERS for kind in ("mean", "variance"))


def start(seed: int) -> tuple[Any, ...]:
    """Return the state before the first step: filters at random, all scores 0.

    Filters are drawn as He et al. ("Delving deep into rectifiers", ICCV 2015) advise.
    """
    rng = np.random.default_rng([seed, 2])
    first: dict[str, NDArray[Any]] = {}
    for layer in _LAYERS:
        shape = SHAPES[f"filters_{layer}"]
        first[f"filters_{layer}"] = rng.normal(0, np.sqrt(2 / np.prod(shape[:3])), shape)
        first[f"factor_{layer}"] = first[f"variance_{layer}"] = np.ones(shape[3])
        first[f"shift_{layer}"] = first[f"mean_{layer}"] = np.zeros(shape[3])
    first["weights"], first["bias"] = np.zeros(SHAPES["weights"]), np.zeros(SHAPES["bias"])
    learned = [tf.constant(first[name], tf.float32) for name in _LEARNED]
    statistics = [tf.constant(first[name], tf.float32) for name in _STATISTICS]
    return (tf.constant(0.0), *learned, *statistics, *(tf.zeros_like(each) for each in learned))


def parameters(frame: Any) -> dict[str, NDArray[np.float32]]:
    """Return a model's arrays by name, as `model.classifier.cnn` has them.

    `frame` is a state, of which the first entries count, or what `descend` kept of one.
    """
    arrays = frame if len(frame) == len(SHAPES) else _folded(frame)
    return {name: np.asarray(each) for name, each in zip(SHAPES, arrays, strict=True)}


def predicted(*frames_and_features: Any) -> NDArray[np.int64]:
    """Return which digits k models see in features (n, 784), as (k, n) ndarray.

    The arguments are the arrays of `SHAPES`, each of k models, and the features.
    """
    *frames, features = frames_and_features
    models = zip(*(np.asarray(each) for each in frames), strict=True)
    return np.stack([scores(features, *model).numpy().argmax(axis=1) for model in models])


def descend(averaging: bool, *arguments: Any) -> tuple[Any, ...]:
    """Take a step for each rate, as `tensorflow_steps.descend` does; nothing is averaged.

    Returns the state; as arrays the kept models, each array of `SHAPES` with a first axis of k; and
    the losses.
    """
    features, labels, order, bounds, rates, _, ends, *state = arguments
    kept, losses, first = [], [], 0
    for end in ends:
        now = slice(first, end)
        cuts = bounds[first : end + 1]
        state, some = _descend(features, labels, order, cuts, rates[now], tuple(state))
        kept.append(parameters(state))
        losses.append(some.numpy())
        first = end
    arrays = tuple(np.stack([each[name] for each in kept]) for name in SHAPES)
    return *state, arrays, np.concatenate(losses)


def _filtered(maps: Any, filters: Any, stride: int = 1) -> Any:
    """Return maps ∗ filters; around the maps (n, h, w, c) there is nothing."""
    edge = int(filters.shape[0]) // 2
    padded = tf.pad(maps, [[0, 0], [edge, edge], [edge, edge], [0, 0]])
    return tf.nn.conv2d(padded, filters, stride, "VALID")


def _pooled(maps: Any) -> Any:
    return tf.nn.max_pool2d(maps, 2, 2, "VALID")


def scores(features: Any, *model: Any) -> Any:
    """Return the scores of features (n, 784), (n, 10), by a model as it is kept."""
    of = dict(zip(SHAPES, model, strict=True))
    maps = tf.reshape(features, [-1, SIDE, SIDE, 1])
    maps = tf.nn.relu(_filtered(maps, of["filters_1"], 2) + of["bias_1"])
    maps = _pooled(tf.nn.relu(_filtered(maps, of["filters_2"]) + of["bias_2"]))
    maps = tf.nn.relu(_filtered(maps, of["filters_3"]) + of["bias_3"])
    return tf.reduce_mean(maps, [1, 2]) @ of["weights"] + of["bias"]


def learning(features: Any, labels: Any, learned: Any) -> tuple[Any, list[Any]]:
    """Return a batch's cross-entropy, and each layer's mean and variance in it."""
    of = dict(zip(_LEARNED, learned, strict=True))
    maps = tf.reshape(features, [-1, SIDE, SIDE, 1])
    statistics = []
    for layer in _LAYERS:
        found = _filtered(maps, of[f"filters_{layer}"], 2 if layer == "1" else 1)
        mean, variance = tf.nn.moments(found, [0, 1, 2])
        statistics += [mean, variance]
        factor = of[f"factor_{layer}"] * tf.math.rsqrt(variance + EPSILON)
        maps = tf.nn.relu((found - mean) * factor + of[f"shift_{layer}"])
        if layer == "2":
            maps = _pooled(maps)
    scores = tf.reduce_mean(maps, [1, 2]) @ of["weights"] + of["bias"]
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, scores)
    return tf.reduce_mean(losses), statistics


def _folded(state: Any) -> list[Any]:
    """Return a state's model with each layer's normalisation folded into filters and biases."""
    of = dict(zip((*_LEARNED, *_STATISTICS), state[1:], strict=False))
    arrays = []
    for layer in _LAYERS:
        factor = of[f"factor_{layer}"] / np.sqrt(of[f"variance_{layer}"] + EPSILON)
        arrays.append(of[f"filters_{layer}"] * factor)
        arrays.append(of[f"shift_{layer}"] - of[f"mean_{layer}"] * factor)
    return [*arrays, of["weights"], of["bias"]]


def _steps(features: Any, labels: Any, order: Any, bounds: Any, rates: Any, state: Any) -> Any:
    """Take one step per rate; step s sees order[bounds[s]:bounds[s + 1]]."""
    losses = tf.TensorArray(tf.float32, size=tf.size(rates))
    n, m = len(_LEARNED), len(_STATISTICS)
    for s in tf.range(tf.size(rates)):
        batch = order[bounds[s] : bounds[s + 1]]
        taken, *state = state
        learned, statistics, velocity = state[:n], state[n : n + m], state[n + m :]
        replaced = tf.maximum(FORGOTTEN, 1 / (taken + 1))
        with tf.GradientTape() as tape:
            tape.watch(learned)
            loss, seen = learning(tf.gather(features, batch), tf.gather(labels, batch), learned)
        gradients = tape.gradient(loss, learned)
        velocity = tuple(
            MOMENTUM * v + (1 - MOMENTUM) * g for v, g in zip(velocity, gradients, strict=True)
        )
        learned = tuple(p - rates[s] * v for p, v in zip(learned, velocity, strict=True))
        statistics = tuple(
            old + replaced * (new - old) for old, new in zip(statistics, seen, strict=True)
        )
        state = (taken + 1, *learned, *statistics, *velocity)
        losses = losses.write(s, loss)
    return state, losses.stack()


_FLOATS = tf.TensorSpec([None], tf.float32)
_INTS = tf.TensorSpec([None], tf.int32)
_PICTURES = tf.TensorSpec([None, N_FEATURES], tf.float32)
_STATE = tuple(tf.TensorSpec(each.shape, tf.float32) for each in start(0))
_descend = tf.function(_steps, [_PICTURES, _INTS, _INTS, _INTS, _FLOATS, _STATE])
