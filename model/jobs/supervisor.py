"""The supervisor: keeps one training process running, and replaces it after many jobs."""

from __future__ import annotations

import contextlib
import dataclasses
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from model.config import Input
from model.jobs.limits import Limits
from model.jobs.process import TrainingProcess
from model.jobs.protocol import Message
from model.jobs.reason import Reason

__all__ = ["Loss", "Supervisor"]

KEPT_WARM = 2
"""How many sets of features a new process computes ahead of their use."""
LONGEST_DELAY = 60.0
"""Longest wait, in seconds, before a process that keeps dying is started again."""


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
        self._successor: _Worker | None = None
        self._n_losses = 0
        self._start_at = 0.0
        self._warm: dict[tuple[str, Input], None] = {}  # the least recently used first

    @property
    def ready(self) -> bool:
        """Whether a job can be given to the serving process."""
        return self._serving is not None and self._serving.ready

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
        for worker in filter(None, (self._serving, self._successor)):
            self._kill_if_silent(worker)
        if self._serving is None and (needed or time.monotonic() >= self._start_at):
            try:
                self._serving = self._started()
            except OSError as error:
                self._start_at = float("inf")
                return Reason("process_not_started", {"error": error.strerror})
        return None

    def renew(self) -> None:
        """Between two jobs: let a fresh process take over from one that has run many jobs."""
        old, new = self._serving, self._successor
        if old is None or old.n_jobs < self._limits.jobs_per_process:
            return
        if new is None:
            with contextlib.suppress(OSError):
                self._successor = self._started()
        elif new.ready and not new.n_warming:
            self._serving, self._successor = new, None
            old.process.kill()

    def kill(self) -> None:
        """End the serving process at once."""
        if self._serving:
            self._serving.process.kill()

    def close(self) -> None:
        """End all processes."""
        for worker in filter(None, (self._serving, self._successor)):
            worker.process.close()
        self._serving = self._successor = None

    def heard(self, process: TrainingProcess, message: Message | None) -> Loss | None:
        """Note what a message says of its process; None means that the process has ended.

        Returns
        -------
        loss : Loss, optional
            Where the serving process has ended.
        """
        worker = self._worker(process)
        if worker is None:
            return None
        if message is None:
            return self._lost(worker)
        if message.kind == "ready":
            worker.ready = True
            for data, input in self._warm:
                self._ask_to_warm(worker, data, input)
        elif message.kind == "warmed":
            worker.n_warming -= 1
        elif message.kind == "unable":
            worker.fault = Reason("process_unable", {"error": message.fields["error"]})
        return None

    def _started(self) -> _Worker:
        return _Worker(TrainingProcess(self._command, self._hear))

    def _worker(self, process: TrainingProcess) -> _Worker | None:
        workers = (self._serving, self._successor)
        return next((m for m in workers if m and m.process is process), None)

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
        silence = time.monotonic() - worker.process.last_heard
        if worker.ready:
            too_long = silence > limits.silence_seconds
        else:
            too_long = time.monotonic() - worker.process.started > limits.start_seconds
        if too_long and not worker.fault:
            worker.fault = Reason("process_silent", {"seconds": silence})
            worker.process.kill()

    def _lost(self, worker: _Worker) -> Loss | None:
        if worker is self._successor:
            self._successor = None
            return None
        self._serving, self._successor = self._successor, None
        if worker.n_warming:  # perhaps it lacked memory: the next one must not die of the same
            self._warm.clear()
        delay = min(2.0**self._n_losses - 1, LONGEST_DELAY) if worker.ready else float("inf")
        self._start_at = time.monotonic() + delay
        self._n_losses += 1
        return Loss(worker.fault or worker.process.ending(), worker.ready)
