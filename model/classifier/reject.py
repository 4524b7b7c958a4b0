"""The reject option: when a model gives no answer.

A linear model is as sure of a scribble as of a digit, because it only ever weighs ten digits
against each other. So three questions are asked of an answer, the first and the last with a
threshold that is chosen on held-out validation pictures:

- Is it *familiar*? Two witnesses are heard. The distance of the features to the nearest of the
  digit's prototypes knows what is far from everything. A second linear model, the *rejector*, has
  learned for each digit alone to tell it from all else, from the other nine and from pictures that
  are no digits, and knows what is near but wrong. Their sum, score less weighted distance, is the
  *familiarity*; it must not be below a limit that nearly all validation digits reach.
- May it be a digit that was *never seen*? A model that has learned without some digit takes it for
  another one. The rejector knows all ten: where it scores a digit without prototypes nearly as high
  as the answer, the picture counts as unfamiliar.
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
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from model.classifier.softmax import logits
from model.config import N_CLASSES, N_FEATURES

__all__ = [
    "NO_REJECTOR",
    "N_PROTOTYPES",
    "UNSEEN_MARGIN",
    "RejectRule",
    "Rejector",
    "Verdict",
    "choose",
    "distances",
    "familiarity",
    "find_prototypes",
    "rethought",
]

Verdict = Literal["answer", "unsure", "unfamiliar", "crowded"]
"""Of one part of a drawing; "crowded" says that a drawing has too many of them."""

N_PROTOTYPES = 16
"""Prototypes of each digit."""
FAMILIAR_SHARE = 0.98
"""Share of the validation digits that must count as familiar, without a rejector."""
FAMILIAR_TO_REJECTOR = 0.965
"""The same with one."""
SELECTIVE_ACCURACY = 0.99
"""Share of the answers on validation digits that must be right."""
LEAST_PROBABILITY = 0.8
"""With a rejector, `min_probability` is at least this: what it lets pass is digits, and some of
these are written so that two readings are possible."""
UNSEEN_MARGIN = 1.0
"""By how much the rejector's score for the answer must be above those for digits never seen. Of
digits that models with 1,000 steps had never seen, 1.3 to 2.5 % are answered with it where it
matters most (`moments` and `pixels` without 4 or without 9), and 7 to 14 % without it; of the other
digits at most 0.9 % are lost."""
SAMPLE_SIZE = 2_000
"""Training pictures of each digit from which its prototypes are made."""


class Rejector(NamedTuple):
    """The second linear model: how much features are like each digit, each asked for alone.

    Parameters
    ----------
    weights, bias : (n_features, 10) and (10,) float32
    distance_weight : float
        How much of the score one unit of distance to the nearest prototype takes away.
    """

    weights: NDArray[np.float32]
    bias: NDArray[np.float32]
    distance_weight: float


NO_REJECTOR = Rejector(
    np.zeros((N_FEATURES, N_CLASSES), np.float32), np.zeros(N_CLASSES, np.float32), 1.0
)
"""Leaves the distance alone to say what is familiar."""


@dataclasses.dataclass(frozen=True, eq=False)
class RejectRule:
    """A reject rule.

    Parameters
    ----------
    prototypes : (10, k, n_features) uint8
        Typical features of each digit, 0 to 255; all zeros for a digit that was never seen.
    rejector : Rejector
    min_familiarity : float
        Least familiarity of a picture that is read: the rejector's score for the digit less the
        weighted distance to its nearest prototype.
    min_probability : float
        Least probability of a digit that is given as an answer, 0 to 1.
    curve : tuple of (float, float, float)
        What each threshold on the probability would do: rising thresholds, each with its coverage
        and its selective accuracy on the validation digits.
    """

    prototypes: NDArray[np.uint8]
    rejector: Rejector
    min_familiarity: float
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
        return self.verdicts(features[np.newaxis], probabilities[np.newaxis])[0]

    def verdicts(
        self, features: NDArray[np.float32], probabilities: NDArray[np.floating[Any]]
    ) -> list[Verdict]:
        """Judge answers: features (n, n_features), probabilities (n, 10)."""
        digits = probabilities.argmax(axis=1)
        familiar = familiarity(features, digits, self.prototypes, self.rejector)
        never_seen = self._may_be_unseen(features, digits)
        return [
            "unfamiliar"
            if how_familiar < self.min_familiarity or is_unseen
            else "answer"
            if share >= self.min_probability
            else "unsure"
            for how_familiar, is_unseen, share in zip(
                familiar, never_seen, probabilities.max(axis=1), strict=True
            )
        ]

    @property
    def unseen(self) -> tuple[int, ...]:
        """The digits that were not among the training pictures."""
        seen = self.prototypes.any(axis=(1, 2))
        return tuple(np.flatnonzero(~seen).tolist())

    def _may_be_unseen(
        self, features: NDArray[np.float32], digits: NDArray[np.integer[Any]]
    ) -> NDArray[np.bool_]:
        unseen = list(self.unseen)
        if not unseen or self.rejector is NO_REJECTOR:
            return np.zeros(len(features), bool)
        scores = logits(features, self.rejector.weights, self.rejector.bias)  # (n, 10)
        own = scores[np.arange(len(digits)), digits]
        others: NDArray[np.bool_] = scores[:, unseen].max(axis=1) > own - UNSEEN_MARGIN
        return others


def familiarity(
    features: NDArray[np.float32],
    digits: NDArray[np.integer[Any]],
    prototypes: NDArray[np.uint8],
    rejector: Rejector,
) -> NDArray[np.float32]:
    """Return how much features (n, n_features) are like the digits (n,) they are read as, (n,)."""
    far = distances(features, digits, prototypes)
    own = np.float32(-rejector.distance_weight) * far
    if rejector is NO_REJECTOR:
        return own
    scores = logits(features, rejector.weights, rejector.bias)  # (n, 10)
    familiar: NDArray[np.float32] = own + scores[np.arange(len(digits)), digits]
    return familiar


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
    rejector: Rejector = NO_REJECTOR,
) -> RejectRule:
    """Choose both thresholds on validation digits.

    Parameters
    ----------
    prototypes : (10, k, n_features) uint8
    features : (n, n_features) float32 in [0, 1]
    labels : (n,)
    probabilities : (n, 10)
        What the model believes of them.
    rejector : Rejector
        Trained beforehand, on these very features; without one the distance decides.
    """
    predicted = probabilities.argmax(axis=1)
    familiar = familiarity(features, predicted, prototypes, rejector)
    share = FAMILIAR_SHARE if rejector is NO_REJECTOR else FAMILIAR_TO_REJECTOR
    min_familiarity = float(np.quantile(familiar, 1 - share))
    rule = RejectRule(prototypes, rejector, min_familiarity, 0.0, ())
    return rethought(rule, probabilities, labels)


def rethought(
    rule: RejectRule,
    probabilities: NDArray[np.floating[Any]],
    labels: NDArray[np.integer[Any]],
) -> RejectRule:
    """Return a rule whose least probability is chosen for a model that has changed a little.

    Parameters
    ----------
    rule : RejectRule
        What is familiar to it stays.
    probabilities : (n, 10)
        What the model believes of validation digits.
    labels : (n,)
    """
    largest, correct = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    curve = []
    for threshold in np.round(np.arange(0.1, 1.0, 0.02), 2):
        answered = largest >= threshold
        if not answered.any():
            break
        coverage, selective_accuracy = answered.mean(), correct[answered].mean()
        curve.append((float(threshold), float(coverage), float(selective_accuracy)))
    accurate = [point for point in curve if point[2] >= SELECTIVE_ACCURACY]
    min_probability = (accurate or curve[-1:])[0][0]
    if rule.rejector is not NO_REJECTOR:
        min_probability = max(min_probability, LEAST_PROBABILITY)
    return dataclasses.replace(rule, min_probability=min_probability, curve=tuple(curve))


def distances(
    features: NDArray[np.float32], digits: NDArray[np.integer[Any]], prototypes: NDArray[np.uint8]
) -> NDArray[np.float32]:
    """Return the distance of each picture's features to its digit's nearest prototype, (n,)."""
    out = np.empty(len(features), np.float32)
    for digit in set(digits.tolist()):
        mine = digits == digit
        x, centres = features[mine], prototypes[digit] * np.float32(1 / 255)  # (m, n), (k, n)
        squares = (x**2).sum(axis=1)[:, np.newaxis] - 2 * x @ centres.T + (centres**2).sum(axis=1)
        out[mine] = np.sqrt(np.maximum(squares.min(axis=1), 0))
    return out
