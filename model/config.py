"""The sizes that the whole program shares, and the settings of a training run."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import Any, Literal, Self, get_args

__all__ = [
    "INPUTS",
    "KINDS",
    "MOST_STEPS",
    "N_CLASSES",
    "N_FEATURES",
    "SCHEDULES",
    "SHIPPED",
    "SIDE",
    "Input",
    "Kind",
    "Schedule",
    "TrainingConfig",
]

SIDE = 28
"""Side of a model's picture, in pixels."""
N_FEATURES = SIDE * SIDE
"""How many numbers a model is fed."""
N_CLASSES = 10
"""How many digits there are."""

Input = Literal["pixels", "moments", "directions"]
Kind = Literal["softmax", "network"]
Schedule = Literal["constant", "linear"]
INPUTS: tuple[Input, ...] = get_args(Input)
KINDS: tuple[Kind, ...] = get_args(Kind)
SCHEDULES: tuple[Schedule, ...] = get_args(Schedule)
SHIPPED = (*reversed(INPUTS), "network")
"""The models that come with the program, the one that answers first in front."""
MOST_STEPS = 100_000
"""Most steps of one training run."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class TrainingConfig:
    """Everything that decides what a training run does, apart from its data.

    The defaults are the classic TensorFlow tutorial's: 1,000 batches of 100, learning rate 0.5,
    plain gradient descent, the last weights kept.

    Parameters
    ----------
    kind : {"softmax", "network"}
        What is trained: the one formula, `model.classifier.softmax`, or a small convolutional
        network, `model.classifier.cnn`, which is fed pictures and averages nothing.
    input : {"pixels", "moments", "directions"}
        What the model is fed; see `model.preprocessing.features`.
    n_steps : int
        Gradient steps, 1 to 100,000.
    batch_size : int
        Pictures per step, 1 to 60,000.
    learning_rate : float
        Step length, above 0 and at most 1,000.
    seed : int
        Decides in which order the pictures are drawn, 0 to 2³² − 1.
    schedule : {"constant", "linear"}
        "linear" lets the learning rate fall to 0 in a straight line over the run.
    averaging : float
        The weights kept are the mean over this last fraction of the steps, 0 to below 1
        (Polyak and Juditsky, "Acceleration of stochastic approximation by averaging", 1992);
        0 keeps the last weights.
    pen_habits : float
        Augmentation: the share of some digits, 0 to 1, that are learned a second time in other
        ways of writing; see `model.data.augmentation`.
    elastic : float
        Augmentation: how many pictures are learned a second time, bent smoothly, as a share of
        all, 0 to 1; see `model.data.augmentation`.

    Raises
    ------
    ValueError
        Where a setting is out of its range; the message names it, its limits and what arrived.
    """

    kind: Kind = "softmax"
    input: Input = "pixels"
    n_steps: int = 1_000
    batch_size: int = 100
    learning_rate: float = 0.5
    seed: int = 0
    schedule: Schedule = "constant"
    averaging: float = 0.0
    pen_habits: float = 0.0
    elastic: float = 0.0

    def __post_init__(self) -> None:
        _check_choice("kind", self.kind, KINDS)
        _check_choice("input", self.input, INPUTS)
        _check_choice("schedule", self.schedule, SCHEDULES)
        _check_whole("n_steps", self.n_steps, 1, MOST_STEPS)
        _check_whole("batch_size", self.batch_size, 1, 60_000)
        _check_whole("seed", self.seed, 0, 2**32 - 1)
        if not (_is_number(self.learning_rate) and 0 < self.learning_rate <= 1_000):
            raise ValueError(
                f"learning_rate must be above 0 and at most 1000, got {self.learning_rate!r:.40}"
            )
        if not (_is_number(self.averaging) and 0 <= self.averaging < 1):
            raise ValueError(
                f"averaging must be a fraction from 0 to below 1, got {self.averaging!r:.40}"
            )
        for name, share in (("pen_habits", self.pen_habits), ("elastic", self.elastic)):
            if not (_is_number(share) and 0 <= share <= 1):
                raise ValueError(f"{name} must be a share from 0 to 1, got {share!r:.40}")
        if self.kind == "network" and self.input == "directions":
            raise ValueError("a network reads pictures: its input must be pixels or moments")
        if self.kind == "network" and self.averaging:
            raise ValueError("averaging is for softmax: a network keeps its last weights")

    def as_dict(self) -> dict[str, Any]:
        """Return the settings as a plain dict, ready for JSON."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, settings: Mapping[str, Any]) -> Self:
        """Make a config from what `as_dict` returned.

        Raises
        ------
        ValueError
            For a setting that does not exist or is out of its range.
        """
        unknown = set(settings) - {field.name for field in dataclasses.fields(cls)}
        if unknown:
            raise ValueError(f"no training setting is called {', '.join(sorted(unknown)):.80}")
        return cls(**settings)


def _is_number(value: object) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, int) and not isinstance(value, bool)


def _check_whole(name: str, value: object, low: int, high: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise ValueError(f"{name} must be a whole number from {low} to {high}, got {value!r:.40}")


def _check_choice(name: str, value: object, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(choices)}, got {value!r:.40}")
