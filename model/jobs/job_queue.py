"""The job queue: the job whose turn it is, those that wait, and those that are over."""

from __future__ import annotations

import dataclasses
import math
import time
from collections import deque
from collections.abc import Callable
from typing import Literal

from model.classifier.checkpoint import Checkpoint
from model.jobs import job_log
from model.jobs.job import Job
from model.jobs.limits import Limits, RefusedError
from model.jobs.reason import Reason

__all__ = ["JobQueue"]


class JobQueue:
    """Jobs by their id, and the order of those that wait; for one thread at a time.

    Parameters
    ----------
    limits : Limits
    clock : callable
        Returns the seconds since a fixed moment.
    """

    def __init__(self, limits: Limits, clock: Callable[[], float] = time.monotonic) -> None:
        self._limits = limits
        self._clock = clock
        self._submitted: deque[tuple[float, str]] = deque()  # when and by whom, in the last minute
        self._jobs: dict[str, Job] = {}  # the oldest first
        self._seen_at: dict[str, float] = {}
        self._waiting: deque[str] = deque()
        self._current: str | None = None

    @property
    def current(self) -> Job | None:
        """The job whose turn it is."""
        return self._jobs[self._current] if self._current else None

    @property
    def n_waiting(self) -> int:
        """Jobs that wait behind the current one."""
        return len(self._waiting)

    def add(self, job: Job) -> None:
        """Put a job at the end of the queue.

        Raises
        ------
        RefusedError
            Where its owner has a job that is not over, or has had many in the last minute, and
            where too many wait.
        """
        if any(other.owner == job.owner for other in self.unfinished()):
            raise RefusedError(Reason("not_over"))
        self._check_rate(job.owner)
        if len(self._waiting) >= self._limits.waiting_jobs:
            raise RefusedError(Reason("queue_full", {"n_waiting": len(self._waiting)}))
        self._jobs[job.id] = job
        self._waiting.append(job.id)
        self._seen_at[job.id] = self._clock()
        self._submitted.append((self._clock(), job.owner))

    def take_next(self) -> None:
        """Let the first job that waits be the current one, if there is one."""
        if self._waiting:
            self._current = self._waiting.popleft()
            self.update(dataclasses.replace(self._jobs[self._current], state="starting"))

    def find(self, id: str) -> Job | None:
        """Return a job with its place in the queue, or None if it is not known (any more)."""
        job = self._jobs.get(id)
        if job is None:
            return None
        self._seen_at[id] = self._clock()
        ahead = self._waiting.index(id) + 1 if id in self._waiting else 0
        return dataclasses.replace(job, position=ahead)

    def unfinished(self) -> list[Job]:
        """Return the current job and those that wait, in the order of their turns."""
        ids = [self._current, *self._waiting] if self._current else self._waiting
        return [self._jobs[id] for id in ids]

    def unwatched(self) -> list[Job]:
        """Return the unfinished jobs that nobody has looked at lately."""
        long_ago = self._clock() - self._limits.unwatched_seconds
        return [job for job in self.unfinished() if self._seen_at[job.id] < long_ago]

    def update(self, job: Job) -> None:
        """Replace a job by its new state."""
        self._jobs[job.id] = job

    def end(
        self,
        job: Job,
        state: Literal["stopped", "done", "failed"],
        reason: Reason | None = None,
        result: Checkpoint | None = None,
    ) -> None:
        """End an unfinished job, and forget jobs that ended long ago."""
        if job.id == self._current:
            self._current = None
        else:
            self._waiting.remove(job.id)
        self._jobs[job.id] = self._jobs.pop(job.id).ended(state, reason, result)
        job_log.ended(self._jobs[job.id])
        over = [job for job in self._jobs.values() if job.is_over]
        for job in over[: -self._limits.kept_films]:
            self._jobs[job.id] = dataclasses.replace(job, film=(), latest=None)
        for job in over[: -self._limits.kept_jobs]:
            del self._jobs[job.id], self._seen_at[job.id]

    def _check_rate(self, owner: str) -> None:
        now = self._clock()
        while self._submitted and self._submitted[0][0] <= now - 60:
            self._submitted.popleft()
        own = [at for at, other in self._submitted if other == owner]
        if len(own) >= self._limits.jobs_per_minute:
            seconds = math.ceil(own[-self._limits.jobs_per_minute] + 60 - now)
            raise RefusedError(Reason("too_many", {"n_begun": len(own), "seconds": seconds}))
