"""The supervisor: keeps the training process running, and replaces it after many jobs."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

from model.config import Input
from model.jobs.limits import Limits
from model.jobs.process import TrainingProcess
from model.jobs.protocol import Message
from model.jobs.reason import Reason

__all__ = ["Loss", "ProcessState", "Supervisor"]

KEPT_WARM = 2
"""How many sets of features a new process computes ahead of their use."""
LONGEST_DELAY = 60.0
"""Longest wait, in seconds, before a process that keeps dying is started again."""


ProcessState = Literal["ready", "starting", "asleep", "missing"]
"""How far a training process is; "missing": it cannot be started, or dies before it is ready."""


class Loss(NamedTuple):
    """The end of the serving process: why, and whether it had been ready."""

    reason: Reason
    was_ready: bool


@dataclasses.dataclass(eq=False)
class _Worker:
    """A training process and its state."""

    process: TrainingProcess
    ready: bool = False
    n_warming: int = 0
    n_jobs: int = 0
    fault: Reason | None = None


class Supervisor:
    """Starts, watches and replaces the training process; for one thread at a time.

    Parameters
    ----------
    command : sequence of str
        The program and its arguments.
    limits : Limits
    hear : callable
        Called in another thread with each message; it has to pass it on to `heard`.
    """

    def __init__(
        self,
        command: Sequence[str],
        limits: Limits,
        hear: Callable[[TrainingProcess, Message | None], None],
    ) -> None:
        self._command = command
        self._limits = limits
        self._hear = hear
        self._serving: _Worker | None = None
        self._n_losses = 0
        self._start_at = time.monotonic() + limits.calm_seconds
        self._is_missing = False
        self._used_at = time.monotonic()
        self._warm: dict[tuple[str, Input], None] = {}  # the least recently used first

    @property
    def ready(self) -> bool:
        """Whether a job can be given to the serving process."""
        return self._serving is not None and self._serving.ready

    @property
    def state(self) -> ProcessState:
        """How far the serving process is."""
        if self._serving is not None:
            return "ready" if self._serving.ready else "starting"
        if self._is_missing:
            return "missing"
        return "asleep" if self._limits.on_demand else "starting"

    @property
    def pid(self) -> int | None:
        """The serving process's number."""
        return self._serving.process.pid if self._serving else None

    def is_serving(self, process: TrainingProcess) -> bool:
        """Whether it is this process that runs the jobs."""
        return self._serving is not None and self._serving.process is process

    def send(self, kind: str, **fields: object) -> None:
        """Send a message to the serving process, if there is one."""
        if self._serving:
            self._serving.process.send(kind, **fields)

    def warm(self, data: str, input: Input) -> None:
        """Have the serving process compute features ahead of their use."""
        self._use(data, input)
        if self._serving and self._serving.ready:
            self._ask_to_warm(self._serving, data, input)

    def job_done(self, data: str, input: Input) -> None:
        """Count a job that has ended; its features may be wanted again."""
        self._use(data, input)
        self._n_losses = 0
        if self._serving:
            self._serving.n_jobs += 1

    def keep_up(self, *, needed: bool) -> Reason | None:
        """End what hangs and start what is missing; return why a process could not be started.

        Parameters
        ----------
        needed : bool
            Whether a job waits; otherwise a process that keeps dying is started ever less often.
        """
        now = time.monotonic()
        if needed:
            self._used_at = now
        if self._serving is not None:
            self._kill_if_silent(self._serving)
        elif needed or (now >= self._start_at and not self._limits.on_demand):
            try:
                self._serving = _Worker(TrainingProcess(self._command, self._hear))
            except OSError as error:
                self._start_at = now + LONGEST_DELAY
                self._is_missing = True
                return Reason("process_not_started", {"error": error.strerror})
        return None

    def hurry(self) -> None:
        """Start the first process at the next `keep_up`, however calm it shall be."""
        if self._n_losses == 0 and not self._is_missing:
            self._start_at = 0.0

    def rest(self) -> None:
        """Between two jobs: end a process that has run many jobs, or that nobody needs.

        It ends before a fresh one is started, because two of them hold 3 GB.
        """
        if self._serving is None:
            return
        idle = time.monotonic() - self._used_at
        is_old = self._serving.n_jobs >= self._limits.jobs_per_process
        if (is_old and idle >= self._limits.quiet_seconds) or (
            self._limits.on_demand and self._serving.ready and idle >= self._limits.idle_seconds
        ):
            self._serving.process.kill()
            self._serving = None  # not a loss: what it says at its end is not heard

    def kill(self) -> None:
        """End the serving process at once."""
        if self._serving:
            self._serving.process.kill()

    def close(self) -> None:
        """End the process."""
        if self._serving:
            self._serving.process.close()
        self._serving = None

    def forget(self, process: TrainingProcess) -> None:
        """Give up a process whose end could not be dealt with."""
        if self.is_serving(process):
            self._serving = None

    def heard(self, process: TrainingProcess, message: Message | None) -> Loss | None:
        """Note what a message says of its process; None means that the process has ended.

        Returns
        -------
        loss : Loss, optional
            Where the serving process has ended.
        """
        worker = self._serving
        if worker is None or worker.process is not process:
            return None
        if message is None:
            return self._lost(worker)
        if message.kind == "ready":
            worker.ready = True
            self._is_missing = False
            self._used_at = time.monotonic()
            for data, input in self._warm:
                self._ask_to_warm(worker, data, input)
        elif message.kind == "warmed":
            worker.n_warming -= 1
        elif message.kind == "unable":
            worker.fault = Reason("process_unable", {"error": message.fields["error"]})
        return None

    def _use(self, data: str, input: Input) -> None:
        """Remember which features are wanted, for later processes."""
        self._warm.pop((data, input), None)
        self._warm[data, input] = None
        while len(self._warm) > KEPT_WARM:
            del self._warm[next(iter(self._warm))]

    def _ask_to_warm(self, worker: _Worker, data: str, input: Input) -> None:
        worker.n_warming += 1
        worker.process.send("warm", data=data, input=input)

    def _kill_if_silent(self, worker: _Worker) -> None:
        limits = self._limits
        now, process = time.monotonic(), worker.process
        if worker.ready:
            seconds, most = now - process.last_heard, limits.silence_seconds
        else:
            seconds, most = now - process.started, limits.start_seconds
        if seconds > most and not worker.fault:
            worker.fault = Reason("process_silent", {"seconds": seconds})
            worker.process.kill()

    def _lost(self, worker: _Worker) -> Loss:
        self._serving = None
        if worker.n_warming:  # perhaps it lacked memory: the next one must not die of the same
            self._warm.clear()
        self._is_missing = not worker.ready
        delay = _delay(self._n_losses) if worker.ready else float("inf")
        self._start_at = time.monotonic() + delay
        self._n_losses += 1
        return Loss(worker.fault or worker.process.ending(), worker.ready)


def _delay(n_losses: int) -> float:
    """Return the seconds until the next start: 0, 1, 3, 7, … up to `LONGEST_DELAY`."""
    return min(2.0 ** min(n_losses, 10) - 1, LONGEST_DELAY)
