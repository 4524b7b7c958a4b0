"""Control of a run: full speed, slowed to be watched, paused, single steps, stopped."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import Any

from model.config import TrainingConfig
from model.jobs.job import Speed, film_steps

__all__ = ["Control", "Pace"]

WATCH_STEPS_PER_SECOND = 50.0
"""Speed of a run that is watched."""
WATCH_STEPS = 5
"""Steps from one report to the next of a run that is watched."""
FULL_SPEED_SECONDS = 0.06
"""Approximate time between two reports, so that there are over ten a second and Stop acts soon."""
FIRST_GUESS = 300_000.0
"""Assumed speed in pictures per second, until it is measured."""


class Control:
    """What the page wants of a run: one thread writes it, the training thread reads it."""

    def __init__(self, job: str, speed: Speed) -> None:
        self.job = job
        self.changed = threading.Condition()
        self.speed = speed
        self.paused = False
        self.stopped = False
        self.single_steps = 0

    def update(self, fields: Any) -> None:
        """Apply the fields of a "control" message."""
        with self.changed:
            self.speed = fields["speed"]
            self.paused = fields["paused"]
            self.stopped = fields["stopped"]
            self.single_steps += fields["single_steps"]
            self.changed.notify_all()


class Pace:
    """Decides when a run goes on, and how many steps it takes until the next report."""

    def __init__(self, control: Control, config: TrainingConfig) -> None:
        self._control = control
        self._film = film_steps(config.n_steps)
        # Of the last two the faster counts: the first stretch also includes loading the data.
        self._rates = deque([FIRST_GUESS / config.batch_size], maxlen=2)
        self._stretch = 1
        self._left_at = 0.0
        self._due = 0.0
        self._smoothed = 0.0

    def stretch(self, step: int) -> int:
        """Return how many steps follow `step` before the next report."""
        return self._stretch

    def reported(self, seconds: float) -> None:
        """Measure the stretch that has just ended; its steps alone took `seconds`.

        The length of the next one goes by the steps alone: on a busy machine a report may take
        longer than a hundred steps, and ever shorter stretches would be all reports.
        """
        self._rates.append(self._stretch / max(seconds, 1e-6))
        rate = self._stretch / max(time.monotonic() - self._left_at, 1e-6)
        self._smoothed = (self._smoothed or rate) * 0.5 + rate * 0.5

    @property
    def steps_per_second(self) -> float:
        """Steps per second, including the pauses of a run that is watched."""
        slowed = self._control.speed == "watch"
        return min(self._smoothed, WATCH_STEPS_PER_SECOND) if slowed else self._smoothed

    def go_on(self, step: int) -> bool:
        """Wait until the run may leave `step`; False when it has to stop there."""
        control = self._control
        with control.changed:
            while not control.stopped:
                if control.single_steps > 0:
                    control.single_steps -= 1
                    self._leave(step, 1)
                    return True
                if control.paused:
                    control.changed.wait()
                elif control.speed == "full":
                    self._leave(step, int(max(self._rates) * FULL_SPEED_SECONDS))
                    return True
                elif (wait := self._due - time.monotonic()) <= 0:
                    self._leave(step, WATCH_STEPS)
                    late = min(-wait, WATCH_STEPS / WATCH_STEPS_PER_SECOND)
                    self._due = self._left_at - late + self._stretch / WATCH_STEPS_PER_SECOND
                    return True
                else:
                    control.changed.wait(wait)
        return False

    def _leave(self, step: int, n_steps: int) -> None:
        """Begin a stretch of `n_steps`, but not past a step that belongs to the film."""
        to_film = next(frame for frame in self._film if frame > step) - step
        self._stretch = max(1, min(n_steps, to_film))
        self._left_at = time.monotonic()
