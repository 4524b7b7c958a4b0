"""The reject option: when a model gives no answer.

A linear model is as sure of a scribble as of a digit, because it only ever weighs ten digits
against each other. So two questions are asked of an answer, each with a threshold that is chosen
on held-out validation pictures:

- Is it *familiar*? The picture's distance to the nearest of the digit's prototypes must not be
  above a limit within which 98 % of the validation digits lie.
- Is it *sure*? The probability must reach a threshold above which 99 % of the answers on
  validation digits are right: this share is the *selective accuracy*, and the share of the digits
  that are answered is the *coverage*.

References
----------
C. K. Chow, "On optimum recognition error and reject tradeoff", IEEE Transactions on Information
Theory 16, 1970.
"""

from __future__ import annotations

import dataclasses
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

__all__ = ["N_PROTOTYPES", "RejectRule", "Verdict", "choose", "find_prototypes"]

Verdict = Literal["answer", "unsure", "unfamiliar"]

N_PROTOTYPES = 16
"""Prototypes of each digit."""
FAMILIAR_SHARE = 0.98
"""Share of the validation digits that must count as familiar."""
SELECTIVE_ACCURACY = 0.99
"""Share of the answers on validation digits that must be right."""
SAMPLE_SIZE = 2_000
"""Training pictures of each digit from which its prototypes are made."""


@dataclasses.dataclass(frozen=True, eq=False)
class RejectRule:
    """A reject rule.

    Parameters
    ----------
    prototypes : (10, k, n_features) uint8
        Typical features of each digit, 0 to 255.
    max_distance : float
        Largest distance to the nearest prototype that still counts as familiar.
    min_probability : float
        Least probability of a digit that is given as an answer, 0 to 1.
    curve : tuple of (float, float, float)
        How `min_probability` was chosen: rising thresholds on the probability, each with its
        coverage and its selective accuracy on the validation digits.
    """

    prototypes: NDArray[np.uint8]
    max_distance: float
    min_probability: float
    curve: tuple[tuple[float, float, float], ...]

    def verdict(
        self, features: NDArray[np.float32], probabilities: NDArray[np.floating[Any]]
    ) -> Verdict:
        """Judge one answer.

        Parameters
        ----------
        features : (n_features,) float32 in [0, 1]
        probabilities : (10,)
        """
        digit = int(probabilities.argmax())
        if (
            distances(features[np.newaxis], np.array([digit]), self.prototypes)[0]
            > self.max_distance
        ):
            return "unfamiliar"
        return "answer" if probabilities[digit] >= self.min_probability else "unsure"


def find_prototypes(
    features: NDArray[np.float32], labels: NDArray[np.integer[Any]], *, seed: int
) -> NDArray[np.uint8]:
    """Find k prototypes of each digit, by k-means.

    Parameters
    ----------
    features : (n, n_features) float32 in [0, 1]
    labels : (n,)
    seed : int

    Returns
    -------
    prototypes : (10, k, n_features) uint8
        A digit without training pictures has all zeros.
    """
    from sklearn.cluster import MiniBatchKMeans  # most of a second; the page never needs it

    rng = np.random.default_rng(seed)
    prototypes = np.zeros((10, N_PROTOTYPES, features.shape[1]), np.uint8)
    for digit in range(10):
        found = np.flatnonzero(labels == digit)
        if len(found) == 0:
            continue
        sample = features[rng.permutation(found)[:SAMPLE_SIZE]]
        k = min(N_PROTOTYPES, len(sample))
        means = MiniBatchKMeans(k, n_init=1, max_iter=8, random_state=seed)
        with threadpool_limits(1):  # on busy cores, threads wait for each other for seconds
            means.fit(sample)
        prototypes[digit] = np.rint(
            255 * np.resize(means.cluster_centers_, prototypes[digit].shape)
        )
    return prototypes


def choose(
    prototypes: NDArray[np.uint8],
    features: NDArray[np.float32],
    labels: NDArray[np.integer[Any]],
    probabilities: NDArray[np.floating[Any]],
) -> RejectRule:
    """Choose both thresholds on validation digits.

    Parameters
    ----------
    prototypes : (10, k, n_features) uint8
    features : (n, n_features) float32 in [0, 1]
    labels : (n,)
    probabilities : (n, 10)
        What the model believes of them.
    """
    predicted = probabilities.argmax(axis=1)
    max_distance = float(np.quantile(distances(features, predicted, prototypes), FAMILIAR_SHARE))
    largest, correct = probabilities.max(axis=1), predicted == labels
    curve = []
    for threshold in np.round(np.arange(0.1, 1.0, 0.02), 2):
        answered = largest >= threshold
        if not answered.any():
            break
        coverage, selective_accuracy = answered.mean(), correct[answered].mean()
        curve.append((float(threshold), float(coverage), float(selective_accuracy)))
    accurate = [point for point in curve if point[2] >= SELECTIVE_ACCURACY]
    return RejectRule(prototypes, max_distance, (accurate or curve[-1:])[0][0], tuple(curve))


def distances(
    features: NDArray[np.float32], digits: NDArray[np.integer[Any]], prototypes: NDArray[np.uint8]
) -> NDArray[np.float32]:
    """Return the distance of each picture's features to its digit's nearest prototype, (n,)."""
    out = np.empty(len(features), np.float32)
    for digit in np.unique(digits):
        mine = digits == digit
        x, centres = features[mine], prototypes[digit] * np.float32(1 / 255)  # (m, n), (k, n)
        squares = (x**2).sum(axis=1)[:, np.newaxis] - 2 * x @ centres.T + (centres**2).sum(axis=1)
        out[mine] = np.sqrt(np.maximum(squares.min(axis=1), 0))
    return out
