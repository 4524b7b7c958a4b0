"""The training process with a stand-in for TensorFlow: up in half a second, and it can misbehave.

Everything is the real program but `model.training.gradient_descent` and the search for prototypes.
The first argument says what it does besides, a second one is a file that the misdeed makes or
needs.
"""

from __future__ import annotations

import functools
import io
import os
import resource
import sys
import time
import types
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from model.config import TrainingConfig
from model.jobs import protocol, worker
from model.training import training_data

BEHAVIOUR = sys.argv[1]
NOTE = Path(sys.argv[2]) if len(sys.argv) > 2 else None
STEP_SECONDS = 0.001


def train(
    features: Any,
    labels: Any,
    validation_features: Any,
    validation_labels: Any,
    config: TrainingConfig,
    *,
    report_every: int | Callable[[int], int] = 50,
    film: Collection[int] = (),
) -> Iterator[types.SimpleNamespace]:
    """Count the steps in the bias."""
    warming_up = config.n_steps == 2
    step = 0
    yield report(step, config, 0.0)
    while step < config.n_steps:
        if not warming_up:
            misbehave()
        stretch = report_every(step) if callable(report_every) else report_every
        taken = min(stretch, config.n_steps - step)
        time.sleep(taken * STEP_SECONDS)
        before, step = step, step + taken
        for shown in sorted({step, *(frame for frame in film if before < frame < step)}):
            yield report(shown, config, (shown - before) * STEP_SECONDS)
            before = shown


def report(step: int, config: TrainingConfig, seconds: float) -> types.SimpleNamespace:
    """Return what is told of a step."""
    return types.SimpleNamespace(
        step=step,
        n_steps=config.n_steps,
        train_loss=1 / (step + 1),
        validation_accuracy=step / config.n_steps,
        parameters={
            "weights": np.zeros((784, 10), np.float32),
            "bias": np.full(10, step, np.float32),
        },
        seconds=seconds,
    )


def misbehave() -> None:
    """Do what `BEHAVIOUR` says, in the middle of a run."""
    if BEHAVIOUR == "runs out of memory":
        raise MemoryError
    if BEHAVIOUR == "hoards":
        in_use = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (in_use + 2**27, in_use + 2**27))
        hoard = []
        while True:
            hoard.append(bytearray(2**20))
    if BEHAVIOUR == "prints":
        print("noise", flush=True)
        os.write(1, b"\x00\xff" * 100)
    if BEHAVIOUR == "never stops":
        time.sleep(60)


def send_half(write: Callable[..., None], stream: Any, message: protocol.Message) -> None:
    """Write half of the first result, make `NOTE`, and send nothing any more."""
    assert NOTE
    if message.kind != "done" or NOTE.exists():
        write(stream, message)
        return
    whole = io.BytesIO()
    write(whole, message)
    stream.write(whole.getvalue()[: len(whole.getvalue()) // 2])
    stream.flush()
    NOTE.touch()
    time.sleep(60)


if __name__ == "__main__":
    if BEHAVIOUR == "sends half":
        protocol.write = functools.partial(send_half, protocol.write)
    training_data.find_prototypes = lambda *_, **__: np.zeros((10, 16, 784), np.uint8)  # type: ignore
    name = "model.training.gradient_descent"
    training: Any = types.ModuleType(name)
    training.train = train
    training.DivergedError = ZeroDivisionError
    sys.modules[name] = None if BEHAVIOUR == "has no TensorFlow" else training  # type: ignore
    if BEHAVIOUR == "crashes":
        sys.exit(3)
    if BEHAVIOUR == "never starts":
        time.sleep(60)
    worker.main()
