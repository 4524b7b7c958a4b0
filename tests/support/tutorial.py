"""The classic TensorFlow tutorial's own program, which ours is held against."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Parameters", "tutorial_session"]

Parameters = tuple[NDArray[np.float32], NDArray[np.float32]]


def tutorial_session(
    pictures: NDArray[np.float32],
    labels: NDArray[np.integer[Any]],
    drawn: Iterable[NDArray[np.int32]],
    learning_rate: float = 0.5,
) -> Parameters:
    """Train with the classic TensorFlow tutorial's own program, on the batches drawn.

    It is the program of "MNIST For ML Beginners" (TensorFlow 1), run through `tf.compat.v1`.
    """
    import tensorflow as tf

    v1 = tf.compat.v1
    one_hot = np.eye(10, dtype=np.float32)[labels]
    with tf.Graph().as_default():
        x = v1.placeholder(tf.float32, [None, 784])
        W = v1.Variable(tf.zeros([784, 10]), use_resource=False)  # noqa: N806  the tutorial's name
        b = v1.Variable(tf.zeros([10]), use_resource=False)
        y = tf.nn.softmax(tf.matmul(x, W) + b)
        y_ = v1.placeholder(tf.float32, [None, 10])
        cross_entropy = tf.reduce_mean(-tf.reduce_sum(y_ * tf.math.log(y), axis=[1]))
        train_step = v1.train.GradientDescentOptimizer(learning_rate).minimize(cross_entropy)
        with v1.Session() as sess:
            sess.run(v1.global_variables_initializer())
            for batch in drawn:
                sess.run(train_step, feed_dict={x: pictures[batch], y_: one_hot[batch]})
            weights, bias = sess.run([W, b])
    return weights, bias
