"""The parent's side of a training process: start it, send messages, receive them, end it."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import queue
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from model.jobs import protocol
from model.jobs.protocol import Message
from model.jobs.reason import Reason

__all__ = ["TrainingProcess"]

_log = logging.getLogger(__name__)
_ROOT = Path(__file__).resolve().parents[2]
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}


class TrainingProcess:
    """A running training process.

    It has to be made by a thread that lives at least as long as the process: Linux ends the
    process together with the thread that started it.

    Parameters
    ----------
    command : sequence of str
        The program and its arguments.
    hear : callable
        Called in a thread of the process's own with every message, and with None once it has
        ended.

    Raises
    ------
    OSError
        Where the program cannot be started.
    """

    def __init__(
        self, command: Sequence[str], hear: Callable[[TrainingProcess, Message | None], None]
    ) -> None:
        self._hear = hear
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=_environment(),
            start_new_session=True,
        )
        self._outbox: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
        self.started = self.last_heard = time.monotonic()
        try:
            threading.Thread(target=self._write, name="to training", daemon=True).start()
            threading.Thread(target=self._listen, name="from training", daemon=True).start()
        except RuntimeError as error:  # the system gives no more threads
            self._outbox.put(None)
            self._process.kill()
            self._process.wait()
            raise OSError(errno.EAGAIN, "the system gives no more threads") from error

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    def send(self, kind: str, **fields: object) -> None:
        """Send a message without waiting; nothing happens when the process has ended."""
        self._outbox.put(Message(kind, fields))

    def kill(self) -> None:
        """End the process at once, even when it is stopped or hangs."""
        self._process.kill()

    def close(self, timeout: float = 1.0) -> None:
        """Let the process end by itself, which it does when its input ends; else kill it."""
        self._outbox.put(None)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout)
        self._process.kill()
        self._process.wait()

    def ending(self) -> Reason:
        """Wait for the end of the process and return how it ended."""
        code = self._process.wait()
        if code == -signal.SIGABRT:
            return Reason("process_crashed")
        if code == -9:
            return Reason("process_killed")
        if code < 0:
            return Reason("process_signal", {"number": -code})
        return Reason("process_exit", {"number": code})

    def _write(self) -> None:
        assert self._process.stdin
        with contextlib.suppress(OSError), self._process.stdin as stream:
            while (message := self._outbox.get()) is not None:
                protocol.write(stream, message)

    def _listen(self) -> None:
        """Pass on what the process says; whatever goes wrong with it is the process's end."""
        assert self._process.stdout
        try:
            with self._process.stdout as stream:
                while (message := protocol.read(stream)) is not None:
                    self.last_heard = time.monotonic()
                    self._hear(self, message)
        except (OSError, protocol.MessageError):
            pass  # it has ended, or is not what it should be
        except Exception:
            _log.exception("A message of the training process could not be taken")
        self.close()
        self._hear(self, None)


def _environment() -> dict[str, str]:
    """Make `model` importable from any directory, and keep the process to one core."""
    path = os.pathsep.join(filter(None, [str(_ROOT), os.environ.get("PYTHONPATH")]))
    return {**os.environ, **_ONE_THREAD, "PYTHONPATH": path}
