"""The training process that serves, kept alive; and now and then a fresh one to succeed it."""

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
LONGEST_DELAY = 60.0


class Loss(NamedTuple):
    """The end of the serving process: why, and whether it had been ready."""

    reason: Reason
    was_ready: bool


@dataclasses.dataclass(eq=False)
class _Member:
    """One process and how far it is."""

    process: TrainingProcess
    ready: bool = False
    n_warming: int = 0
    n_jobs: int = 0
    fault: Reason | None = None


class Supervisor:
    """Starts, watches and replaces the training process; not for more than one thread at a time.

    Parameters
    ----------
    command : sequence of str
        The program and its arguments.
    limits : Limits
    hear : callable
        Called in another thread with what a process says; it has to pass it on to `heard`.
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
        self._serving: _Member | None = None
        self._successor: _Member | None = None
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
        """Count a job that has come to its end; its features may be wanted again."""
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
        for member in filter(None, (self._serving, self._successor)):
            self._kill_if_silent(member)
        if self._serving is None and (needed or time.monotonic() >= self._start_at):
            try:
                self._serving = self._started()
            except OSError as error:
                self._start_at = float("inf")
                return Reason("process_not_started", {"error": error.strerror})
        return None

    def renew(self) -> None:
        """Between two jobs: have a process that has served for long succeeded by a fresh one."""
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
        for member in filter(None, (self._serving, self._successor)):
            member.process.close()
        self._serving = self._successor = None

    def heard(self, process: TrainingProcess, message: Message | None) -> Loss | None:
        """Note what a process says of itself; None says that it has ended.

        Returns
        -------
        loss : Loss, optional
            Where the serving process has ended.
        """
        member = self._member(process)
        if member is None:
            return None
        if message is None:
            return self._lost(member)
        if message.kind == "ready":
            member.ready = True
            for data, input in self._warm:
                self._ask_to_warm(member, data, input)
        elif message.kind == "warmed":
            member.n_warming -= 1
        elif message.kind == "unable":
            member.fault = Reason("process_unable", {"error": message.fields["error"]})
        return None

    def _started(self) -> _Member:
        return _Member(TrainingProcess(self._command, self._hear))

    def _member(self, process: TrainingProcess) -> _Member | None:
        members = (self._serving, self._successor)
        return next((m for m in members if m and m.process is process), None)

    def _use(self, data: str, input: Input) -> None:
        """Remember which features are wanted, for the processes that are still to come."""
        self._warm.pop((data, input), None)
        self._warm[data, input] = None
        while len(self._warm) > KEPT_WARM:
            del self._warm[next(iter(self._warm))]

    def _ask_to_warm(self, member: _Member, data: str, input: Input) -> None:
        member.n_warming += 1
        member.process.send("warm", data=data, input=input)

    def _kill_if_silent(self, member: _Member) -> None:
        limits = self._limits
        silence = time.monotonic() - member.process.last_heard
        if member.ready:
            too_long = silence > limits.silence_seconds
        else:
            too_long = time.monotonic() - member.process.started > limits.start_seconds
        if too_long and not member.fault:
            member.fault = Reason("process_silent", {"seconds": silence})
            member.process.kill()

    def _lost(self, member: _Member) -> Loss | None:
        if member is self._successor:
            self._successor = None
            return None
        self._serving, self._successor = self._successor, None
        if member.n_warming:  # perhaps for lack of memory: the next one shall not die of it too
            self._warm.clear()
        delay = min(2.0**self._n_losses - 1, LONGEST_DELAY) if member.ready else float("inf")
        self._start_at = time.monotonic() + delay
        self._n_losses += 1
        return Loss(member.fault or member.process.ending(), member.ready)
