"""What keeps one visitor, or one fault, from spoiling the training for everybody."""

from __future__ import annotations

import dataclasses

from model.jobs.reason import Reason

__all__ = ["Limits", "RefusedError"]


class RefusedError(ValueError):
    """A job was not taken; `reason` says why."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclasses.dataclass(frozen=True, kw_only=True)
class Limits:
    """The limits of a `model.jobs.trainer.Trainer`.

    Parameters
    ----------
    waiting_jobs : int
        More are refused.
    jobs_per_minute : int
        Of one owner; more are refused, until a minute has passed since the oldest of them.
    silence_seconds : float
        A process that says nothing for so long hangs, and is killed. (It speaks every 0.5 s.)
    start_seconds : float
        The same until it is ready. Importing TensorFlow takes 4 s, but from a cold disk far longer.
    stop_seconds : float
        A run that has not stopped so long after Stop is killed with its process.
    unwatched_seconds : float
        A job at which nobody has looked for so long is stopped: its visitor has gone.
    turn_seconds : float
        While others wait, a run this old goes on at full speed.
    longest_turn_seconds : float
        While others wait, a run this old is stopped.
    jobs_per_process : int
        After so many a fresh process is started, and takes over once it is warm.
    kept_jobs, kept_films : int
        Jobs that can still be found after their end, and how many of these have their film.
    """

    waiting_jobs: int = 20
    jobs_per_minute: int = 20
    silence_seconds: float = 10.0
    start_seconds: float = 120.0
    stop_seconds: float = 0.8
    unwatched_seconds: float = 50.0
    turn_seconds: float = 60.0
    longest_turn_seconds: float = 300.0
    jobs_per_process: int = 200
    kept_jobs: int = 24
    kept_films: int = 6
