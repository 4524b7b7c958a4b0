"""The trainer: the page's server submits jobs to it and looks at them; another process trains.

There is one queue for all visitors, one training process, one job at a time. `Trainer.find` returns
a job as an immutable value, as often as the page asks. Neither TensorFlow nor Keras is imported
here.
"""

from __future__ import annotations

import atexit
import dataclasses
import logging
import secrets
import sys
import threading
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

from safetensors.numpy import load as load_tensors

from model.classifier import checkpoint
from model.classifier.checkpoint import Checkpoint
from model.config import Input, TrainingConfig
from model.jobs import job_log
from model.jobs.job import Job, Snapshot, Speed
from model.jobs.job_queue import JobQueue
from model.jobs.limits import Limits, RefusedError
from model.jobs.process import TrainingProcess
from model.jobs.protocol import Message
from model.jobs.reason import Reason
from model.jobs.supervisor import Loss, ProcessState, Supervisor

__all__ = ["Health", "Job", "Limits", "RefusedError", "Trainer"]

TICK_SECONDS = 0.1
"""How often limits are checked."""
FAULT_SECONDS = 1.0
"""Wait after a fault in the server's own code, so that it does not fill the log."""

_log = logging.getLogger(__name__)


@dataclasses.dataclass(eq=False)
class _Turn:
    """What is noted of the current job's run, besides the job."""

    sent_at: float | None = None
    begun: bool = False
    stop_by: float | None = None
    stop_reason: Reason | None = None
    n_attempts: int = 0


class Health(NamedTuple):
    """How the trainings are: for operators, and for whoever looks before a talk."""

    process: ProcessState
    is_running: bool
    n_waiting: int
    is_up: bool


class Trainer:
    """Trains what visitors submit in another process; any thread may call any method.

    An owner has at most one job that is not over. When the process dies, the running job fails, and
    the next process runs those that wait.

    Parameters
    ----------
    python : str
        The interpreter of the training process.
    command : sequence of str, optional
        The whole command instead.
    limits : Limits, optional
    """

    def __init__(
        self,
        *,
        python: str = sys.executable,
        command: Sequence[str] | None = None,
        limits: Limits | None = None,
    ) -> None:
        self._limits = limits or Limits()
        self._changed = threading.Condition()
        self._queue = JobQueue(self._limits)
        command = command or [python, "-P", "-m", "model.jobs.worker"]
        self._supervisor = Supervisor(command, self._limits, self._hear)
        self._turn = _Turn()
        self._thread: threading.Thread | None = None
        self._closed = False

    def start(self) -> None:
        """Start the training process in the background; a second call does nothing."""
        with self._changed:
            if self._thread is None and not self._closed:
                thread = threading.Thread(target=self._manage, name="trainer", daemon=True)
                try:
                    thread.start()
                except RuntimeError as error:  # the system gives no more threads
                    raise RefusedError(Reason("no_thread")) from error
                self._thread = thread
                atexit.register(self.close)

    def close(self) -> None:
        """End the training process and all jobs; no others are taken afterwards."""
        with self._changed:
            if self._closed:
                return
            self._closed = True
            for job in self._queue.unfinished():
                self._queue.end(job, "stopped", Reason("server_stopped"))
            self._changed.notify()
        if self._thread:
            self._thread.join()
        atexit.unregister(self.close)

    @property
    def ready(self) -> bool:
        """Whether a training process is up and warm."""
        with self._changed:
            return self._supervisor.ready

    @property
    def pid(self) -> int | None:
        """The training process's number, if there is one."""
        with self._changed:
            return self._supervisor.pid

    def health(self) -> Health:
        """Return how the trainings are; up is all but a process that cannot be started."""
        with self._changed:
            process = self._supervisor.state
            manages = self._thread is not None and self._thread.is_alive()
            return Health(
                process,
                self._queue.current is not None,
                self._queue.n_waiting,
                manages and process != "missing",
            )

    def hurry(self) -> None:
        """Start the first process now, if it waits for a calm moment."""
        with self._changed:
            self._supervisor.hurry()
            self._changed.notify()

    def warm(self, data: str, input: Input) -> None:
        """Have a data set's features computed ahead of their use, now and in later processes."""
        with self._changed:
            self._supervisor.warm(data, input)

    def submit(
        self,
        config: TrainingConfig,
        data: str,
        owner: str,
        *,
        speed: Speed = "full",
        paused: bool = False,
    ) -> Job:
        """Queue a training run.

        Parameters
        ----------
        config : TrainingConfig
        data : str
            "mnist", "digits", or the absolute path of a file or folder.
        owner : str
            Who trains: one browser.
        speed : {"full", "watch"}
        paused : bool
            Whether it waits before its first step until it is resumed.

        Raises
        ------
        RefusedError
            Where the owner has a job that is not over or has begun many lately, where too many
            wait, or the trainer is closed.
        """
        id = secrets.token_urlsafe(12)
        job = Job(id=id, owner=owner, config=config, data=data, speed=speed, paused=paused)
        self.start()
        with self._changed:
            if self._closed:
                raise RefusedError(Reason("server_stopping"))
            self._queue.add(job)
            self._changed.notify()
        return self.find(job.id) or job

    def find(self, id: str) -> Job | None:
        """Return a job as it is now, or None if there is none of this id (any more).

        A job that nobody looks at for a while (`Limits.unwatched_seconds`) is stopped.
        """
        with self._changed:
            return self._queue.find(id)

    def of_owner(self, owner: str) -> Job | None:
        """Return the owner's job that is not over; None where there is none."""
        with self._changed:
            return next((job for job in self._queue.unfinished() if job.owner == owner), None)

    def stop(self, id: str) -> None:
        """End a job within a second; the model that it has reached is kept."""
        with self._changed:
            if job := self._unfinished(id):
                self._stop(job, Reason("stopped"))

    def pause(self, id: str) -> None:
        """Hold a run until `resume`."""
        self._control(id, paused=True)

    def resume(self, id: str) -> None:
        """Let a paused run go on."""
        self._control(id, paused=False)

    def step(self, id: str) -> None:
        """Pause a run and let it take one step."""
        self._control(id, paused=True, single_steps=1)

    def set_speed(self, id: str, speed: Speed) -> None:
        """Go on at full speed, or slowed so that any run takes about 16 s."""
        self._control(id, speed=speed)

    def _unfinished(self, id: str) -> Job | None:
        return next((job for job in self._queue.unfinished() if job.id == id), None)

    def _is_running(self, job: Job) -> bool:
        current = self._queue.current
        return current is not None and current.id == job.id and self._turn.sent_at is not None

    # What the page asks of a job.

    def _control(self, id: str, *, single_steps: int = 0, **wishes: Any) -> None:
        with self._changed:
            if job := self._unfinished(id):
                self._wish(job, single_steps, **wishes)

    def _wish(self, job: Job, single_steps: int = 0, **wishes: Any) -> None:
        job = dataclasses.replace(job, **wishes)
        if job.state in ("running", "paused"):
            job = dataclasses.replace(job, state="paused" if job.paused else "running")
        self._queue.update(job)
        if self._is_running(job):
            self._supervisor.send("control", **_control_fields(job, single_steps))

    def _stop(self, job: Job, reason: Reason) -> None:
        if not self._is_running(job):
            self._queue.end(job, "stopped", reason)
            self._changed.notify()
        elif self._turn.stop_by is None:
            self._turn.stop_by = time.monotonic() + self._limits.stop_seconds
            self._turn.stop_reason = reason
            self._supervisor.send("control", **_control_fields(job, stopped=True))

    # The managing thread, which also starts the processes, because they end with it.

    def _manage(self) -> None:
        with self._changed:
            while not self._closed:
                try:
                    self._take_turns()
                    self._keep_limits()
                    self._keep_process()
                    self._changed.wait(TICK_SECONDS)
                except Exception:  # a fault here must not end all trainings for good
                    _log.exception("The training process is given up for a fault of the server")
                    self._supervisor.kill()
                    self._changed.wait(FAULT_SECONDS)
        self._supervisor.close()

    def _take_turns(self) -> None:
        if self._queue.current is None:
            self._supervisor.rest()
            self._turn = _Turn()
            self._queue.take_next()
        if self._queue.current and self._turn.sent_at is None and self._supervisor.ready:
            self._send(self._queue.current)

    def _send(self, job: Job) -> None:
        job_log.begun(job)
        self._turn.sent_at = time.monotonic()
        settings = {"config": job.config.as_dict(), "data": job.data}
        self._supervisor.send("train", **settings, **_control_fields(job))

    def _keep_limits(self) -> None:
        for job in self._queue.unwatched():
            self._stop(job, Reason("unwatched"))
        turn, now = self._turn, time.monotonic()
        if (current := self._queue.current) is None or turn.sent_at is None:
            return
        if turn.stop_by is not None and now > turn.stop_by:
            self._queue.end(current, "stopped", turn.stop_reason)
            self._supervisor.kill()
        elif self._queue.n_waiting and now - turn.sent_at > self._limits.longest_turn_seconds:
            self._stop(current, Reason("took_too_long"))
        elif self._queue.n_waiting and now - turn.sent_at > self._limits.turn_seconds:
            self._hurry(current)

    def _hurry(self, job: Job) -> None:
        if job.paused or job.speed != "full":
            self._wish(job, paused=False, speed="full")

    def _keep_process(self) -> None:
        job = self._queue.current
        fault = self._supervisor.keep_up(needed=job is not None)
        if fault and job is not None:
            self._queue.end(job, "failed", fault)
            self._changed.notify()

    # Messages of the process, in the thread that reads them.

    def _hear(self, process: TrainingProcess, message: Message | None) -> None:
        with self._changed:
            try:
                self._take_in(process, message)
            except Exception:  # counts as the loss of the process
                _log.exception("What the training process said could not be dealt with")
                process.kill()
                if message is None:
                    self._supervisor.forget(process)
            if message is None or message.kind not in ("alive", "progress", "loading"):
                self._changed.notify()

    def _take_in(self, process: TrainingProcess, message: Message | None) -> None:
        serving = self._supervisor.is_serving(process)
        loss = self._supervisor.heard(process, message)
        if loss:
            self._lose(loss)
        elif message and serving:
            job = self._queue.current
            if job is not None and message.fields.get("job") == job.id:
                self._report(job, message)

    def _report(self, job: Job, message: Message) -> None:
        fields = message.fields
        self._turn.begun = True
        job = dataclasses.replace(job, seconds=time.monotonic() - (self._turn.sent_at or 0.0))
        self._queue.update(job)
        if message.kind == "loading":
            reason = Reason(*fields["reason"])
            self._queue.update(dataclasses.replace(job, state="loading", reason=reason))
        elif message.kind == "progress":
            self._queue.update(job.at(_snapshot(message), fields["steps_per_second"]))
        elif message.kind == "failed":
            self._supervisor.job_done(job.data, job.config.input)
            self._queue.end(job, "failed", Reason(*fields["reason"]))
        elif message.kind == "stopped":
            self._supervisor.job_done(job.data, job.config.input)
            self._queue.end(job, "stopped", self._turn.stop_reason, _result(job, message))
        elif message.kind == "done":
            self._supervisor.job_done(job.data, job.config.input)
            self._queue.end(job, "done", result=_result(job, message))

    def _lose(self, loss: Loss) -> None:
        """End the current job; one that had not begun when a warm process died is sent again."""
        job, turn = self._queue.current, self._turn
        if job is None:
            return
        if turn.stop_by is not None:
            self._queue.end(job, "stopped", turn.stop_reason)
        elif loss.was_ready and not turn.begun and turn.n_attempts == 0:
            self._turn = _Turn(n_attempts=1)
        else:
            self._queue.end(job, "failed", loss.reason)


def _control_fields(job: Job, single_steps: int = 0, *, stopped: bool = False) -> dict[str, object]:
    return {
        "job": job.id,
        "speed": job.speed,
        "paused": job.paused,
        "single_steps": single_steps,
        "stopped": stopped,
    }


def _snapshot(message: Message) -> Snapshot:
    fields = message.fields
    arrays = load_tensors(message.content) if message.content else {}
    for array in arrays.values():
        array.flags.writeable = False
    return Snapshot(fields["step"], fields["train_loss"], fields["validation_accuracy"], **arrays)


def _result(job: Job, message: Message) -> Checkpoint | None:
    """Return what the training process made; None where no step was taken."""
    return None if job.step == 0 else checkpoint.from_bytes(message.content)
