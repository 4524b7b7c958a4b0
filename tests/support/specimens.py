"""What several tests look at: the sample drawings, the shipped checkpoints, a made-up one."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

from model.classifier import checkpoint
from model.classifier.base import Classifier, TrainingData
from model.classifier.checkpoint import Checkpoint
from model.classifier.reject import N_PROTOTYPES, NO_REJECTOR, RejectRule
from model.classifier.softmax import SoftmaxRegression
from model.config import Input, TrainingConfig
from model.data import strokes
from model.data.strokes import WrittenDigit
from model.preprocessing.centring import centred
from tests.support.paths import CHECKPOINTS, SAMPLES

__all__ = ["drawn", "fed", "made_up", "sample_digits", "shipped"]


def sample_digits() -> list[WrittenDigit]:
    """Return the drawings that the page offers, one of each digit."""
    return list(strokes.read(SAMPLES))


def drawn(digit: WrittenDigit, longer_side: float = 180) -> NDArray[np.float32]:
    """Draw a digit in the middle of the canvas."""
    return strokes.draw(digit.strokes, longer_side=longer_side, right=0.5, down=0.5)


@functools.cache
def shipped(name: str) -> Checkpoint:
    """Return the checkpoint that comes with the program by this name."""
    return checkpoint.load(CHECKPOINTS / f"{name}.safetensors")


def made_up(input: Input = "pixels", seed: int = 0) -> Checkpoint:
    """Return a checkpoint with random numbers in it, which has learned nothing."""
    rng = np.random.default_rng(seed)
    model = SoftmaxRegression(
        rng.normal(size=(784, 10)).astype(np.float32),
        rng.normal(size=10).astype(np.float32),
        input,
        TrainingData("made up", "ab" * 32),
    )
    prototypes = rng.integers(0, 256, (10, N_PROTOTYPES, 784), np.uint8)
    curve = ((0.1, 1.0, 0.9), (0.8, 0.7, 0.99))
    rule = RejectRule(prototypes, NO_REJECTOR, -5.5, 0.8, curve)
    config = TrainingConfig(input=input, seed=seed)
    return Checkpoint(model, rule, config, {"test_accuracy": 0.125, "n_steps": 7.0})


def fed(model: Classifier, ink: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the (1, n_features) that a model is fed of one drawing."""
    return model.features(centred(ink)[np.newaxis])
