"""The training process: `python -m model.jobs.worker`.

It is started by `model.jobs.trainer`, reads messages from its input and writes messages to its
output; it ends when its input ends, that is, with the process that started it. One thread listens,
one says every half second that the process is alive, and the main thread trains.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import os
import queue
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from typing import Any, BinaryIO, NoReturn

import numpy as np
from safetensors.numpy import save as save_tensors

from model.config import TrainingConfig
from model.data.datasets import DataError
from model.jobs import protocol
from model.jobs.protocol import Message
from model.jobs.reason import Reason
from model.jobs.run_control import Control, Pace
from model.training.result import outcome
from model.training.training_data import prepare

__all__ = ["main"]

HEARTBEAT_SECONDS = 0.5
NICENESS = 10

Task = Callable[[], None]


class _StoppedError(Exception):
    """Stop was pressed before training began."""


class Outlet:
    """The way out, shared by the threads."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()

    def say(self, kind: str, content: bytes = b"", **fields: object) -> None:
        """Write a message, whole; where nobody listens any more, the process ends."""
        try:
            with self._lock:
                protocol.write(self._stream, Message(kind, fields, content))
        except OSError:
            os._exit(1)


def main() -> None:
    """Serve until the input ends."""
    source, outlet = _taken_streams()
    _die_with_parent()
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    tasks: queue.SimpleQueue[Task] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(source, outlet, tasks), daemon=True).start()
    threading.Thread(target=_beat, args=(outlet,), daemon=True).start()
    _get_ready(outlet)
    while True:
        tasks.get()()


def _taken_streams() -> tuple[BinaryIO, Outlet]:
    """Take stdin and stdout for messages; what anybody prints from now on goes to stderr."""
    source, target = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return os.fdopen(source, "rb"), Outlet(os.fdopen(target, "wb"))


def _die_with_parent() -> None:
    """Have Linux kill this process with its parent, even when it is stopped and reads nothing."""
    if sys.platform == "linux":
        set_parent_death_signal = 1
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGKILL, 0, 0, 0)


def _beat(outlet: Outlet) -> NoReturn:
    pause = threading.Event()
    while True:
        outlet.say("alive")
        pause.wait(HEARTBEAT_SECONDS)


def _listen(source: BinaryIO, outlet: Outlet, tasks: queue.SimpleQueue[Task]) -> None:
    """Queue what has to be done, pass on what concerns the run at hand, end with the input."""
    control = Control("", "full")
    try:
        while (message := protocol.read(source)) is not None:
            fields = message.fields
            if message.kind == "train":
                control = Control(fields["job"], fields["speed"])
                control.update(fields)
                tasks.put(functools.partial(_train, outlet, control, fields))
            elif message.kind == "warm":
                tasks.put(functools.partial(_warm, outlet, fields))
            elif message.kind == "control" and fields["job"] == control.job:
                control.update(fields)
    finally:
        os._exit(0)


def _get_ready(outlet: Outlet) -> None:
    """Import TensorFlow and have it build its graph, before anybody waits for it."""
    try:
        from model.training import gradient_descent

        pictures, labels = np.zeros((10, 784), np.float32), np.arange(10)
        config = TrainingConfig(n_steps=2, batch_size=10)
        for _ in gradient_descent.train(pictures, labels, pictures, labels, config):
            pass
    except Exception as error:
        traceback.print_exc()
        outlet.say("unable", error=type(error).__name__)
        raise SystemExit(1) from error
    outlet.say("ready")


def _warm(outlet: Outlet, fields: Any) -> None:
    """Have the features at hand for the next press; what goes wrong is told to who presses."""
    with contextlib.suppress(Exception):
        prepare(fields["data"], TrainingConfig(input=fields["input"]), download=False)
    outlet.say("warmed")


def _train(outlet: Outlet, control: Control, fields: Any) -> None:
    """Run a job to its end, and say which end it was."""
    from model.training.gradient_descent import DivergedError

    job = control.job
    try:
        _run(outlet, control, fields)
    except _StoppedError:
        outlet.say("stopped", job=job)
    except DivergedError as error:
        outlet.say("failed", job=job, reason=Reason("diverged", error.fields))
    except DataError as error:
        outlet.say("failed", job=job, reason=Reason("data", {"error": str(error)}))
    except Exception as error:
        if isinstance(error, MemoryError) or type(error).__name__ == "ResourceExhaustedError":
            outlet.say("failed", job=job, reason=Reason("out_of_memory"))
            os._exit(1)
        traceback.print_exc()
        text = f"{type(error).__name__}: {error}"
        outlet.say("failed", job=job, reason=Reason("training_failed", {"error": text}))


def _run(outlet: Outlet, control: Control, fields: Any) -> None:
    from model.training import gradient_descent

    job = control.job

    def downloading(done: int, total: int, name: str) -> None:
        if control.stopped:
            raise _StoppedError
        reason = Reason("downloading", {"name": name, "done": done, "total": total})
        outlet.say("loading", job=job, reason=reason)

    config = TrainingConfig.from_dict(fields["config"])
    outlet.say("loading", job=job, reason=Reason("loading"))
    data = prepare(fields["data"], config, progress=downloading)
    pace = Pace(control, config)
    for progress in gradient_descent.train(
        *data.train, *data.validation, config, report_every=pace.stretch
    ):
        step = progress.step
        if step > 0:
            pace.reported()
        outlet.say(
            "progress",
            save_tensors({"weights": progress.weights, "bias": progress.bias}),
            job=job,
            step=step,
            train_loss=progress.train_loss,
            validation_accuracy=progress.validation_accuracy,
            steps_per_second=pace.steps_per_second,
        )
        if step == config.n_steps or not pace.go_on(step):
            break
    result = outcome(progress.weights, progress.bias, config, step, data)
    outlet.say("done" if step == config.n_steps else "stopped", result.to_bytes(), job=job)


if __name__ == "__main__":
    main()
