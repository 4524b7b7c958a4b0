"""Is this machine ready for a talk? A line for each thing that has to be there."""

from __future__ import annotations

import dataclasses
import re
import secrets
import shutil
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from model.classifier import checkpoint
from model.classifier.checkpoint import CheckpointError
from model.classifier.prediction import read_parts
from model.config import INPUTS, SHIPPED, TrainingConfig
from model.data import datasets
from model.jobs.limits import RefusedError
from model.store.store import folder
from ui.server import resources
from ui.server.addresses import usual_address
from ui.server.first_look import page

__all__ = [
    "Line",
    "address",
    "disk",
    "lines",
    "mnist",
    "models",
    "one_step",
    "reading",
    "self_contained",
    "trained_step",
    "training_process",
]

CHECKPOINTS = resources.ASSETS / "checkpoints"
LEAST_FREE_MB = 500
MOST_READING_MS = 20.0
"""Milliseconds for one drawing; one that takes longer is seen to lag."""
MOST_STEP_SECONDS = 3.0
START_SECONDS = 40.0
"""How long the training process may take to start; 5 are usual."""
UP = ("ready", "asleep")
STEP_SECONDS = 30.0
"""How long a training of one step may take; a warm process needs a tenth of a second."""
ANOTHER_HOST = re.compile(
    rb"""<(?:script|link|img)\b[^>]*\s(?:src|href)=["'](?:https?:)?//([^/"']+)"""
)


@dataclasses.dataclass(frozen=True)
class Line:
    """One thing that has to be there: whether it is, and what was found or what to do."""

    name: str
    is_good: bool
    told: str


def models(place: Path = CHECKPOINTS) -> Line:
    """Whether the models that come with the program can be read."""
    wrong = []
    for name in SHIPPED:
        try:
            checkpoint.load(place / f"{name}.safetensors")
        except CheckpointError as error:
            wrong.append(str(error))
    if wrong:
        return Line("models", False, f"{'; '.join(wrong)}. Get assets/checkpoints anew.")
    return Line("models", True, f"{', '.join(SHIPPED)} are whole")


def mnist() -> Line:
    """Whether MNIST is on this machine."""
    if (place := datasets.find_mnist()) is None:
        told = "not on this machine; Retrain would learn from 1,297 digits. Run `make fetch`."
        return Line("MNIST", False, told)
    return Line("MNIST", True, f"in {place}")


def reading() -> Line:
    """How long the best model takes for a drawing."""
    try:
        model = checkpoint.load(CHECKPOINTS / f"{INPUTS[-1]}.safetensors")
    except CheckpointError as error:
        return Line("a drawing", False, f"cannot be read: {error}.")
    ink = np.zeros((336, 336), np.float32)
    ink[60:280, 158:180] = 1  # a one
    took = []
    for _ in range(9):
        began = time.perf_counter()
        read_parts(model, ink)
        took.append(1000 * (time.perf_counter() - began))
    ms = statistics.median(took)
    if ms > MOST_READING_MS:
        return Line("a drawing", False, f"is read in {ms:.0f} ms. Close what else runs here.")
    return Line("a drawing", True, f"is read in {ms:.1f} ms")


def disk(place: Path | None = None) -> Line:
    """Whether there is room for visits and uploads."""
    place = place or folder()
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free // 2**20
    if free < LEAST_FREE_MB:
        told = f"{free:,} MB are free in {place}. Make room for {LEAST_FREE_MB}."
        return Line("disk", False, told)
    return Line("disk", True, f"{free:,} MB are free")


def address(port: int) -> Line:
    """Where phones can open the page."""
    here = usual_address()
    if here is None:
        told = "none: this machine is on no network. Join one, or make a hotspot of it."
        return Line("phones", False, told)
    return Line("phones", True, f"http://{here}:{port}, from the same network")


def training_process(state: str) -> Line:
    """Whether the server's training process is up and warm, by what its health says."""
    if state not in UP:
        told = f"is {state}. Wait a minute and try again; the server's log says what is wrong."
        return Line("training process", False, told)
    return Line("training process", True, f"is {state}")


def one_step(seconds: float | None) -> Line:
    """Whether one step was trained, and how fast."""
    if seconds is None:
        return Line(
            "one step", False, "was not trained. End what trains now, or restart the server."
        )
    if seconds > MOST_STEP_SECONDS:
        return Line("one step", False, f"took {seconds:.1f} s. Close what else runs here.")
    return Line("one step", True, f"trained in {seconds:.2f} s")


def self_contained(html: bytes) -> Line:
    """Whether the page names no other host, so that it needs no network."""
    others = sorted({name.decode(errors="replace") for name in ANOTHER_HOST.findall(html)})
    if others:
        return Line("no network", False, f"the page asks for {', '.join(others)}.")
    return Line("no network", True, "is needed: the page asks for nothing elsewhere")


def trained_step() -> float | None:
    """Train one step, and return how many seconds it took; None where that failed."""
    trainer = resources.trainer()
    began = time.monotonic()
    owner = f"one step {secrets.token_hex(8)}"  # a new one, so that no other's run is in its way
    try:
        job = trainer.submit(TrainingConfig(n_steps=1), "digits", owner)
    except RefusedError:
        return None
    while not job.is_over:
        if time.monotonic() - began > STEP_SECONDS:
            trainer.stop(job.id)
            return None
        time.sleep(0.02)
        job = trainer.find(job.id) or job
    return round(time.monotonic() - began, 3) if job.state == "done" else None


def _warm() -> str:
    """Return how the training process is, once it is up, or what it is by then."""
    end = time.monotonic() + START_SECONDS
    resources.trainer().hurry()
    while (state := resources.trainer().health().process) not in UP and state != "missing":
        if time.monotonic() > end:
            break
        time.sleep(0.1)
    return state


def lines(port: int) -> Iterator[Line]:
    """Yield all lines; with the training of a step, they take a second, more at the start."""
    yield from (models(), mnist(), reading(), disk(), address(port))
    yield training_process(state := _warm())
    if state in UP:
        trained_step()  # a process that has just started has other things to do first
        yield one_step(trained_step())
    else:
        yield one_step(None)
    yield self_contained(page())
