"""Limits of the trainings, so that no visitor and no fault blocks them for everybody."""

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
        Most jobs that wait; more are refused.
    jobs_per_minute : int
        Most jobs that one owner may begin within a minute; more are refused.
    silence_seconds : float
        A process that sends nothing for this time hangs, and is killed. (It sends every 0.5 s.)
    start_seconds : float
        A process that is not ready after this time is killed. Importing TensorFlow takes 4 s, but
        from a cold disk far longer.
    stop_seconds : float
        A run that has not ended this time after Stop is killed with its process.
    unwatched_seconds : float
        A job that nobody has looked at for this time is stopped: its visitor has gone.
    turn_seconds : float
        While others wait, a run that has taken this time goes on at full speed.
    longest_turn_seconds : float
        While others wait, a run that has taken this time is stopped.
    jobs_per_process : int
        After this number of jobs the process ends at the next quiet moment, and a fresh one is
        started.
    quiet_seconds : float
        A moment is quiet when no job has been there for this time.
    calm_seconds : float
        How long the first process waits, unless a job does: it would take a processor from the
        server's first page.
    on_demand : bool
        Start the training process at the first job, and end it when nobody needs it: less memory,
        and the first job after a pause waits some seconds longer.
    idle_seconds : float
        With `on_demand`, a process that has had no job for this time ends.
    kept_jobs, kept_films : int
        How many jobs can still be found after their end, and how many of these have their film.
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
    quiet_seconds: float = 5.0
    calm_seconds: float = 0.0
    on_demand: bool = False
    idle_seconds: float = 300.0
    kept_jobs: int = 24
    kept_films: int = 6
