"""The server's training process, as the operating system sees it."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil

from tests.support.paths import QUICK_WORKER
from tests.support.server import Server
from tests.support.waiting import wait_until

__all__ = ["holds_tensorflow", "slowed", "training_process"]

RUN_SECONDS, HALT_SECONDS = 0.02, 0.18


def training_process(server: Server) -> psutil.Process:
    """Return the process that trains, as soon as there is one."""

    def find() -> psutil.Process | None:
        for child in psutil.Process(server.pid).children(recursive=True):
            with contextlib.suppress(psutil.Error):
                if not {"model.jobs.worker", str(QUICK_WORKER)}.isdisjoint(child.cmdline()):
                    return child
        return None

    found = wait_until(find, 30, "the server has no training process")
    assert found is not None
    return found


@contextlib.contextmanager
def slowed(process: psutil.Process) -> Iterator[None]:
    """Halt and continue a process in turns, so that a short training can be watched."""
    over = threading.Event()

    def throttle() -> None:
        with contextlib.suppress(psutil.NoSuchProcess):
            while not over.wait(RUN_SECONDS):
                process.send_signal(signal.SIGSTOP)
                over.wait(HALT_SECONDS)
                process.send_signal(signal.SIGCONT)

    thread = threading.Thread(target=throttle)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def holds_tensorflow(pid: int) -> bool:
    """Return whether a file of TensorFlow or Keras is mapped into this process. Linux only."""
    maps = Path(f"/proc/{pid}/maps").read_text().lower()
    return "tensorflow" in maps or "keras" in maps
