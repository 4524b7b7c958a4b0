"""Steps of gradient descent in TensorFlow.

The steps between two reports run inside one `tf.function`: the data goes into the graph once, as
two tensors, and every step picks its batch out of them by an index array. The gradient is written
out, (probabilities − one_hot) / batch size, instead of recorded by a GradientTape: the weights are
the same (a test holds that), tracing is half a second shorter, and the steps are a little faster.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.config import N_CLASSES, N_FEATURES
from model.quiet import quietly
from model.training.handed_over import parameters

__all__ = ["cross_entropy", "descend", "one_step", "parameters", "predicted", "start", "tensor"]

with quietly():
    import tensorflow as tf


def tensor(array: NDArray[Any]) -> Any:
    """Copy an array into TensorFlow."""
    return tf.constant(array)


def start(seed: int) -> tuple[Any, ...]:
    """Return templates and bias as they are before the first step, twice: also as their means.

    They are zeros, whatever the seed.
    """
    templates, bias = tf.zeros([N_CLASSES, N_FEATURES]), tf.zeros([N_CLASSES])
    return templates, bias, templates, bias


def predicted(templates: Any, bias: Any, features: Any) -> NDArray[np.int64]:
    """Return which digits k models see in features (n, 784), as (k, n) ndarray.

    Templates are (k, 10, 784), biases (k, 10). One product for all: the features, which are far
    more than the templates, are read once.
    """
    flat = tf.reshape(templates, [-1, N_FEATURES])
    logits = tf.matmul(features, flat, transpose_b=True) + tf.reshape(bias, [-1])  # (n, 10 k)
    digits: NDArray[np.int64] = logits.numpy().reshape(len(features), -1, N_CLASSES).argmax(axis=2)
    return digits.T


def cross_entropy(templates: Any, bias: Any, features: Any, labels: Any) -> tuple[Any, Any, Any]:
    """Compute a batch's loss and its gradient, written out.

    Parameters
    ----------
    templates : (10, 784) tensor of float32
        The weights, a row per digit: TensorFlow multiplies in this form nearly twice as fast.
    bias : (10,) tensor of float32
    features : (n, 784) tensor of float32
    labels : (n,) tensor of int32

    Returns
    -------
    loss : () tensor
        Mean of −ln(probability of the right class), made from the logits, so that no probability
        rounds to 0 first.
    templates_gradient, bias_gradient : (10, 784) and (10,) tensors
        The derivatives of the loss by the templates and the bias.
    """
    logits = tf.transpose(tf.matmul(templates, features, transpose_b=True)) + bias  # (n, 10)
    log_probabilities = tf.nn.log_softmax(logits)
    one_hot = tf.one_hot(labels, N_CLASSES)
    n = tf.cast(tf.size(labels), tf.float32)
    loss = -tf.reduce_sum(one_hot * log_probabilities) / n
    error = (tf.exp(log_probabilities) - one_hot) / n
    return loss, tf.matmul(error, features, transpose_a=True), tf.reduce_sum(error, axis=0)


def one_step(templates: Any, bias: Any, features: Any, labels: Any, rate: Any) -> tuple[Any, ...]:
    """Take one step down a batch's gradient: W ← W − rate ∇. Return its loss before, W and b."""
    loss, templates_gradient, bias_gradient = cross_entropy(templates, bias, features, labels)
    return loss, templates - rate * templates_gradient, bias - rate * bias_gradient


def _steps(
    averaging: bool,
    features: Any,
    labels: Any,
    order: Any,
    bounds: Any,
    rates: Any,
    shares: Any,
    ends: Any,
    templates: Any,
    bias: Any,
    mean_templates: Any,
    mean_bias: Any,
) -> Any:
    """Take one step per rate; step s sees order[bounds[s]:bounds[s + 1]].

    With averaging the means move by shares[s] of their distance to the new values. Templates and
    bias are kept as they were after the first `ends` steps, of which the last is all of them.
    """
    losses = tf.TensorArray(tf.float32, size=tf.size(rates))
    kept_templates = tf.TensorArray(tf.float32, size=tf.size(ends))
    kept_bias = tf.TensorArray(tf.float32, size=tf.size(ends))
    start = tf.constant(0)
    for end in tf.range(tf.size(ends)):
        for s in tf.range(start, ends[end]):
            batch = order[bounds[s] : bounds[s + 1]]
            pictures, digits = tf.gather(features, batch), tf.gather(labels, batch)
            loss, templates, bias = one_step(templates, bias, pictures, digits, rates[s])
            if averaging:
                mean_templates += shares[s] * (templates - mean_templates)
                mean_bias += shares[s] * (bias - mean_bias)
            losses = losses.write(s, loss)
        start = ends[end]
        kept_templates = kept_templates.write(end, templates)
        kept_bias = kept_bias.write(end, bias)
    kept = kept_templates.stack(), kept_bias.stack()
    return templates, bias, mean_templates, mean_bias, kept, losses.stack()


# No length is fixed, so a process traces the loop once, whatever it trains on. TensorFlow runs
# iterations ahead where it can: the next batches are picked while this step's sums are made.
_FLOATS = tf.TensorSpec([None], tf.float32)
_INTS = tf.TensorSpec([None], tf.int32)
_PICTURES = tf.TensorSpec([None, N_FEATURES], tf.float32)
_TEMPLATES = tf.TensorSpec([N_CLASSES, N_FEATURES], tf.float32)
_BIAS = tf.TensorSpec([N_CLASSES], tf.float32)
_SIGNATURE = [
    *(_PICTURES, _INTS, _INTS, _INTS, _FLOATS, _FLOATS, _INTS),
    *(_TEMPLATES, _BIAS, _TEMPLATES, _BIAS),
]
_descend = tf.function(functools.partial(_steps, False), _SIGNATURE)
_descend_averaging = tf.function(functools.partial(_steps, True), _SIGNATURE)


def descend(averaging: bool, *arguments: Any) -> tuple[Any, ...]:
    """Take a step for each rate; see `_steps`.

    Returns the state; as arrays the kept (k, 10, 784) templates and (k, 10) biases, and the losses.
    """
    *state, kept, losses = (_descend_averaging if averaging else _descend)(*arguments)
    return *state, tuple(each.numpy() for each in kept), losses.numpy()
