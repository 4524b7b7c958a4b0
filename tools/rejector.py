"""Train the rejectors, which tell digits from what is none, one for each input.

python -m tools.rejector    train them on MNIST and write assets/rejectors.safetensors

They learn from MNIST's training digits and from pictures that are no digits (`tools.negatives`); no
outside data. Four families of these, and all of `tools.nonsense`, are held out and only measured,
by `python -m tools.answered held-out`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from model.classifier.reject import Rejector, distances, find_prototypes
from model.classifier.softmax import logits
from model.config import INPUTS, N_CLASSES, TrainingConfig
from model.data import datasets
from model.preprocessing.features import features
from model.training import rejector_file
from model.training.training_data import augmented
from tools.negatives import negatives

__all__ = ["main", "train"]

Floats = NDArray[np.float32]

PEN_HABITS = 0.15
"""Share of digits in other habits, as for the shipped model; see the Makefile."""
N_PICTURES = {
    "halves": 1200,
    "quarter turns": 1200,
    "overlaid": 1500,
    "wandering": 4000,
    "spirals": 1500,
    "glyphs": 7000,
}
"""Of each family that is learned."""
LEARNED = 0.75
"""Share of a family from which the scores are learned; the rest decides the distance's weight."""
N_STEPS, BATCH, RATE = 24_000, 200, 0.25
"""Of the training; the rate falls to 0 in a straight line."""
NEGATIVES = 0.4
"""Share of negatives in every batch."""
FIRST_BIAS = -2.0
"""Most pictures are not this digit."""
N_WEIGHED = 12_000
"""Training digits that decide the distance's weight, beside negatives."""


def train(
    digits: Floats,
    labels: NDArray[np.integer[Any]],
    families: Mapping[str, Floats],
    *,
    seed: int = 0,
) -> Rejector:
    """Learn for each digit alone to tell it from all else, and how much distance counts beside.

    Parameters
    ----------
    digits : (n, 784) float32
        Features of training digits.
    labels : (n,)
    families : mapping of str to (m, 784) float32
        Features of negatives.
    seed : int
    """
    learned, rest = [], []
    for pictures in families.values():
        cut = int(LEARNED * len(pictures))
        learned.append(pictures[:cut])
        rest.append(pictures[cut:])
    with threadpool_limits(1):  # on busy cores, threads wait for each other
        weights, bias = _ten_regressions(digits, labels, np.concatenate(learned), seed)
    chosen = np.random.default_rng(seed).permutation(len(digits))[:N_WEIGHED]
    both = np.concatenate([digits[chosen], *rest])
    is_digit = np.arange(len(both)) < len(chosen)
    scores = logits(both, weights, bias)
    read = scores.argmax(axis=1)
    far = distances(both, read, find_prototypes(digits, labels, seed=0))
    return Rejector(weights, bias, _weight(scores[np.arange(len(both)), read], far, is_digit))


def _ten_regressions(
    digits: Floats, labels: NDArray[np.integer[Any]], others: Floats, seed: int
) -> tuple[Floats, Floats]:
    rng = np.random.default_rng(seed)
    weights = np.zeros((digits.shape[1], N_CLASSES), np.float32)
    bias = np.full(N_CLASSES, FIRST_BIAS, np.float32)
    n_others = round(BATCH * NEGATIVES)
    n_digits = BATCH - n_others
    for step in range(N_STEPS):
        mine = rng.integers(0, len(digits), n_digits)
        theirs = rng.integers(0, len(others), n_others)
        batch = np.concatenate([digits[mine], others[theirs]])  # (200, 784)
        targets = np.zeros((BATCH, N_CLASSES), np.float32)
        targets[np.arange(n_digits), labels[mine]] = 1
        scores = np.clip(logits(batch, weights, bias), -30, 30)  # exp overflows beyond
        errors = 1 / (1 + np.exp(-scores)) - targets
        rate = np.float32(RATE * N_CLASSES * (1 - step / N_STEPS) / BATCH)
        weights -= rate * batch.T @ errors
        bias -= rate * errors.sum(axis=0)
    return weights, bias


def _weight(scores: Floats, far: Floats, is_digit: NDArray[np.bool_]) -> float:
    """Find how the two witnesses are best added up: logistic regression on the two."""
    from sklearn.linear_model import LogisticRegression  # slow to import

    fitted = LogisticRegression(C=10.0, max_iter=2_000).fit(np.stack([scores, far], 1), is_digit)
    of_score, of_distance = fitted.coef_[0]
    return float(-of_distance / of_score)


def main(arguments: Sequence[str] | None = None) -> None:
    """Train and write."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.rejector",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.parse_args(arguments)
    mnist = datasets.load("mnist").train
    images, labels = augmented(mnist.images, mnist.labels, TrainingConfig(pen_habits=PEN_HABITS))
    families = {
        name: negatives(name, n, mnist.images, mnist.labels, seed=0)
        for name, n in tqdm(N_PICTURES.items(), unit="family", disable=not sys.stderr.isatty())
    }
    rejectors = {}
    for input in INPUTS:
        described = {name: features(pictures, input) for name, pictures in families.items()}
        rejectors[input] = train(features(images, input), labels, described)
        print(f"{input}: distance counts {rejectors[input].distance_weight:.3f}", flush=True)
    rejector_file.write(rejectors)


if __name__ == "__main__":
    main()
