"""The training process: `python -m model.jobs.worker`, started by `model.jobs.trainer`.

It reads messages from its input and writes messages to its output; it ends when its input ends,
that is, with the process that started it. One thread reads, one writes every half second that the
process is alive, and the main thread trains.
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
from model.data.datasets import DataError, NoMnistError
from model.jobs import protocol
from model.jobs.job import film_steps
from model.jobs.protocol import Message
from model.jobs.reason import Reason
from model.jobs.run_control import Control, Pace
from model.training.engine import NoTensorFlowError
from model.training.result import outcome
from model.training.training_data import prepare

__all__ = ["Output", "descended", "main"]

HEARTBEAT_SECONDS = 0.5
"""Time between two messages that say that the process is alive."""
NICENESS = 10
"""Lower priority than the page's server has."""

Task = Callable[[], None]


class Output:
    """The output, shared by the threads."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()

    def say(self, kind: str, content: bytes = b"", **fields: object) -> None:
        """Write a message; end the process where nobody reads it any more."""
        try:
            with self._lock:
                protocol.write(self._stream, Message(kind, fields, content))
        except OSError:
            os._exit(1)


def main() -> None:
    """Serve until the input ends."""
    source, output = _taken_streams()
    _die_with_parent()
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    tasks: queue.SimpleQueue[Task] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(source, output, tasks), daemon=True).start()
    threading.Thread(target=_beat, args=(output,), daemon=True).start()
    _get_ready(output)
    while True:
        tasks.get()()


def _taken_streams() -> tuple[BinaryIO, Output]:
    """Keep stdin and stdout for messages; whatever is printed from now on goes to stderr."""
    source, target = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return os.fdopen(source, "rb"), Output(os.fdopen(target, "wb"))


def _die_with_parent() -> None:
    """Have Linux kill this process with its parent, even while it is suspended."""
    if sys.platform == "linux":
        set_parent_death_signal = 1
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGKILL, 0, 0, 0)


def _beat(output: Output) -> NoReturn:
    pause = threading.Event()
    while True:
        output.say("alive")
        pause.wait(HEARTBEAT_SECONDS)


def _listen(source: BinaryIO, output: Output, tasks: queue.SimpleQueue[Task]) -> None:
    """Queue tasks, apply control messages to the current run, end the process with the input."""
    control = Control("", "full")
    try:
        while (message := protocol.read(source)) is not None:
            fields = message.fields
            if message.kind == "train":
                control = Control(fields["job"], fields["speed"])
                control.update(fields)
                tasks.put(functools.partial(_train, output, control, fields))
            elif message.kind == "warm":
                tasks.put(functools.partial(_warm, output, fields))
            elif message.kind == "control" and fields["job"] == control.job:
                control.update(fields)
    finally:
        os._exit(0)


def _get_ready(output: Output) -> None:
    """Import what trains and have it build its graph before the first job."""
    try:
        from model.training import gradient_descent

        pictures, labels = np.zeros((10, 784), np.float32), np.arange(10)
        config = TrainingConfig(n_steps=2, batch_size=10)
        for _ in gradient_descent.train(pictures, labels, pictures, labels, config):
            pass
    except Exception as error:
        traceback.print_exc()
        output.say("unable", error=type(error).__name__)
        raise SystemExit(1) from error
    output.say("ready")


def _warm(output: Output, fields: Any) -> None:
    """Compute features ahead of their use; an error is reported by the job that needs them."""
    with contextlib.suppress(Exception):
        prepare(fields["data"], TrainingConfig(input=fields["input"]))
    output.say("warmed")


def _train(output: Output, control: Control, fields: Any) -> None:
    """Run a job and report how it ended."""
    from model.training.gradient_descent import DivergedError

    job = control.job
    try:
        _run(output, control, fields)
    except DivergedError as error:
        output.say("failed", job=job, reason=Reason("diverged", error.fields))
    except NoTensorFlowError:
        output.say("failed", job=job, reason=Reason("no_tensorflow"))
    except NoMnistError as error:
        print(error, file=sys.stderr)  # with the folder, which is no visitor's business
        output.say("failed", job=job, reason=Reason("no_mnist"))
    except DataError as error:
        output.say("failed", job=job, reason=Reason("data", {"error": str(error)}))
    except Exception as error:
        if isinstance(error, MemoryError) or type(error).__name__ == "ResourceExhaustedError":
            output.say("failed", job=job, reason=Reason("out_of_memory"))
            os._exit(1)
        traceback.print_exc()
        text = f"{type(error).__name__}: {error}"
        output.say("failed", job=job, reason=Reason("training_failed", {"error": text}))


def _run(output: Output, control: Control, fields: Any) -> None:
    from model.training import gradient_descent

    config = TrainingConfig.from_dict(fields["config"])
    output.say("loading", job=control.job, reason=Reason("loading"))
    data = prepare(fields["data"], config)
    try:
        last = descended(output, control, config, data)
    except gradient_descent.DivergedError as error:
        if not data.is_dark_on_light:
            raise
        reason = Reason("dark_on_light", {"step": error.fields["step"]})
        output.say("failed", job=control.job, reason=reason)
        return
    result = outcome(last.parameters, config, last.step, data)
    how = "done" if last.step == config.n_steps else "stopped"
    output.say(how, result.to_bytes(), job=control.job)


def descended(output: Output, control: Control, config: TrainingConfig, data: Any) -> Any:
    """Take the steps, tell of them, and return the last `Progress`.

    Of a network no weights are told: its curve is shown, and no film. Of the data only `train` and
    `validation` are used, as `Prepared` has them.
    """
    from model.training import gradient_descent

    pace = Pace(control, config)
    is_network = config.kind == "network"
    for progress in gradient_descent.train(
        *(*data.train, *data.validation, config),
        report_every=pace.stretch,
        film=() if is_network else film_steps(config.n_steps),
    ):
        if progress.step > 0:
            pace.reported(progress.step, progress.seconds)
        output.say(
            "progress",
            b"" if is_network else save_tensors(dict(progress.parameters)),
            job=control.job,
            step=progress.step,
            train_loss=progress.train_loss,
            validation_accuracy=progress.validation_accuracy,
            steps_per_second=pace.steps_per_second,
        )
        if progress.step == config.n_steps or not pace.go_on(progress.step):
            break
    return progress


if __name__ == "__main__":
    main()
