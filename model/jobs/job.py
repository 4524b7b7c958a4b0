"""A training job at one moment: its state, how far it is, its curve and its film."""

from __future__ import annotations

import dataclasses
import functools
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.classifier.checkpoint import Checkpoint
from model.config import TrainingConfig
from model.jobs.reason import Reason

__all__ = ["Job", "Point", "Snapshot", "Speed", "State", "film_steps"]

State = Literal["queued", "starting", "loading", "running", "paused", "stopped", "done", "failed"]
Speed = Literal["full", "watch"]

FIRST_STEPS = 30
"""The steps at a run's beginning of which each has a frame of its own."""
LATER_FRAMES = 30
"""The most frames after them, up to the last step."""

MOST_POINTS = 400
"""Most points of a curve."""


@functools.lru_cache(maxsize=64)
def film_steps(n_steps: int) -> tuple[int, ...]:
    """Return the steps whose weights are kept; the same for every run of so many steps.

    A model learns most in its first steps: each of them has a frame, and as many frames again lie
    behind them, each the same share of its step further on than the one before.

    Returns
    -------
    steps : tuple of int
        From 0 to `n_steps`, ascending; at most 61.
    """
    first = range(min(FIRST_STEPS, n_steps) + 1)
    if n_steps <= FIRST_STEPS:
        return tuple(first)
    later = np.rint(np.geomspace(FIRST_STEPS, n_steps, LATER_FRAMES + 1))
    return tuple(sorted({*first, *map(int, later)}))


class Point(NamedTuple):
    """One point of the curves; the loss, in nats, is the mean since the previous point."""

    step: int
    train_loss: float
    validation_accuracy: float


def _none() -> NDArray[np.float32]:
    return np.empty(0, np.float32)


@dataclasses.dataclass(frozen=True, eq=False)
class Snapshot:
    """The model as it was at one step; see `model.training.gradient_descent.Progress`.

    `weights` (784, 10) and `bias` (10,) are read-only; of a network both are empty.
    """

    step: int
    train_loss: float
    validation_accuracy: float
    weights: NDArray[np.float32] = dataclasses.field(default_factory=_none)
    bias: NDArray[np.float32] = dataclasses.field(default_factory=_none)


@dataclasses.dataclass(frozen=True, eq=False, kw_only=True)
class Job:
    """A training job at one moment; the next moment has a `Job` of its own.

    Parameters
    ----------
    id : str
        Whoever knows it may watch the job.
    owner : str
        Whose it is: one browser. Only its owner may hold or stop it.
    config : TrainingConfig
    data : str
        "mnist", "digits", or the path of a file or folder.
    state : str
        "queued", "starting" (the training process is not up yet), "loading" (the data), "running",
        "paused"; then "done", "stopped" or "failed".
    position : int
        How many jobs come before this one; 0 when it is its turn.
    speed : {"full", "watch"}
    paused : bool
        Whether it has been asked to pause.
    reason : Reason, optional
        Why it failed or stopped, or what is being loaded.
    step : int
        Steps done.
    steps_per_second : float
        The recent speed while running; 0 when it is not known yet.
    latest : Snapshot, optional
        The last weights that were reported; they stay when the job stops or fails, as long as the
        film does.
    film : tuple of Snapshot
        The weights at the steps of `film_steps`, and at the last one of a stopped run. Empty for a
        job that ended long ago.
    curve : tuple of Point
        At most 400 points.
    seconds : float
        From the moment the training process was asked to its last report or its result.
    result : Checkpoint, optional
        The trained model; of a stopped run that had begun, the model that it had reached.
    """

    id: str
    owner: str
    config: TrainingConfig
    data: str
    state: State = "queued"
    position: int = 0
    speed: Speed = "full"
    paused: bool = False
    reason: Reason | None = None
    step: int = 0
    steps_per_second: float = 0.0
    latest: Snapshot | None = dataclasses.field(default=None, repr=False)
    film: tuple[Snapshot, ...] = dataclasses.field(default=(), repr=False)
    curve: tuple[Point, ...] = dataclasses.field(default=(), repr=False)
    seconds: float = 0.0
    result: Checkpoint | None = dataclasses.field(default=None, repr=False)

    @property
    def is_over(self) -> bool:
        """Whether the job has ended."""
        return self.state in ("done", "stopped", "failed")

    @property
    def seconds_left(self) -> float | None:
        """Seconds to the last step at the present pace; None where that cannot be said."""
        if self.state != "running" or not self.steps_per_second:
            return None
        return (self.config.n_steps - self.step) / self.steps_per_second

    def at(self, snapshot: Snapshot, steps_per_second: float) -> Job:
        """Return the job after a report."""
        point = Point(snapshot.step, snapshot.train_loss, snapshot.validation_accuracy)
        in_film = snapshot.step in film_steps(self.config.n_steps)
        return dataclasses.replace(
            self,
            state="paused" if self.paused else "running",
            reason=None,
            step=snapshot.step,
            steps_per_second=steps_per_second,
            latest=snapshot,
            film=(*self.film, snapshot) if in_film else self.film,
            curve=_thinned((*self.curve, point)),
        )

    def ended(
        self,
        state: Literal["stopped", "done", "failed"],
        reason: Reason | None = None,
        result: Checkpoint | None = None,
    ) -> Job:
        """Return the job at its end."""
        film = self.film
        if self.latest is not None and self.latest not in film:
            film = (*film, self.latest)
        return dataclasses.replace(
            self, state=state, paused=False, reason=reason, film=film, result=result
        )


def _thinned(points: tuple[Point, ...]) -> tuple[Point, ...]:
    """Return every second point and the last, where there are too many."""
    if len(points) <= MOST_POINTS:
        return points
    return (*points[:-1:2], points[-1])
