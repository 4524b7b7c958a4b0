"""Control of a run: full speed, slowed to be watched, paused, single steps, stopped."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Mapping
from typing import Any

from model.config import Kind, TrainingConfig
from model.jobs.job import FIRST_STEPS, Speed, film_steps

__all__ = ["Control", "Pace"]

WATCH_FIRST_SECONDS, WATCH_LATER_SECONDS = 0.3, 0.2
"""How long a run that is watched shows a frame of its film: each of the first steps, and, later,
ever more steps at once."""
WATCH_ZERO_SECONDS = 1.0
"""How long it shows the model before its first step."""
FULL_SPEED_SECONDS = 0.06
"""Approximate time between two reports, so that there are over ten a second and Stop acts soon."""
FIRST_GUESS: Mapping[Kind, float] = {"softmax": 300_000.0, "network": 1_000.0}
"""Assumed speed in pictures per second, until it is measured."""
LONGER = 8
"""So much longer is a network's stretch, whose reports take as much longer."""


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
    """Decides when a run goes on, and how many steps it takes until the next report.

    At full speed the frames of the film come with the next report; a run that is watched stops at
    each of them.
    """

    def __init__(self, control: Control, config: TrainingConfig) -> None:
        self._control = control
        self._film = film_steps(config.n_steps)
        # Of the last two the faster counts: the first stretch also includes loading the data.
        self._rates = deque([FIRST_GUESS[config.kind] / config.batch_size], maxlen=2)
        self._full_speed = FULL_SPEED_SECONDS * (LONGER if config.kind == "network" else 1)
        self._stretch = 1
        self._goal = 0
        self._seconds = 0.0
        self._left_at = 0.0
        self._smoothed = 0.0

    def stretch(self, step: int) -> int:
        """Return how many steps follow `step` before the next report."""
        return self._stretch

    def reported(self, step: int, seconds: float) -> None:
        """Measure the stretch when it has ended; its steps since the last report took `seconds`.

        The length of the next one goes by the steps alone: on a busy machine a report may take
        longer than a hundred steps, and ever shorter stretches would be all reports.
        """
        self._seconds += seconds
        if step < self._goal:
            return
        self._rates.append(self._stretch / max(self._seconds, 1e-6))
        rate = self._stretch / max(time.monotonic() - self._left_at, 1e-6)
        self._smoothed = (self._smoothed or rate) * 0.5 + rate * 0.5

    @property
    def steps_per_second(self) -> float:
        """Steps per second; 0 for a run that is watched, whose pace grows all the time."""
        return self._smoothed if self._control.speed == "full" else 0.0

    def go_on(self, step: int) -> bool:
        """Wait until the run may leave `step`; False when it has to stop there."""
        if step < self._goal:  # on the way to the end of a stretch, which is done already
            return True
        control, arrived = self._control, time.monotonic()
        with control.changed:
            while not control.stopped:
                if control.single_steps > 0:
                    control.single_steps -= 1
                    self._leave(step, 1)
                    return True
                if control.paused:
                    control.changed.wait()
                elif control.speed == "full":
                    self._leave(step, int(max(self._rates) * self._full_speed))
                    return True
                elif (wait := arrived + _shown_for(step) - time.monotonic()) <= 0:
                    self._leave(step, next(frame for frame in self._film if frame > step) - step)
                    return True
                else:
                    control.changed.wait(wait)
        return False

    def _leave(self, step: int, n_steps: int) -> None:
        """Begin a stretch of `n_steps`, but not past the last step."""
        self._stretch = max(1, min(n_steps, self._film[-1] - step))
        self._goal = step + self._stretch
        self._seconds = 0.0
        self._left_at = time.monotonic()


def _shown_for(step: int) -> float:
    """Return for how many seconds a run that is watched shows a step."""
    if step == 0:
        return WATCH_ZERO_SECONDS
    return WATCH_FIRST_SECONDS if step <= FIRST_STEPS else WATCH_LATER_SECONDS
