"""Is this machine ready for a talk? A line for each thing that has to be there.

    python -m tools.ready [PORT]

The server on that port is asked; where none runs, one is started for as long as that takes. Ends
with code 1 where something is missing.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import re
import shutil
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from model.classifier import checkpoint
from model.classifier.checkpoint import CheckpointError
from model.classifier.prediction import read_parts
from model.config import INPUTS
from model.data import datasets
from model.store.keeper import folder
from tools.addresses import network_address

__all__ = [
    "Line",
    "address",
    "disk",
    "mnist",
    "models",
    "one_step",
    "reading",
    "self_contained",
    "training_process",
]

ROOT = Path(__file__).parents[1]
CHECKPOINTS = ROOT / "assets" / "checkpoints"
START_SECONDS = 40.0
"""How long a server may take until it can train; 5 are usual."""
LEAST_FREE_MB = 500
MOST_READING_MS = 20.0
"""Milliseconds for one drawing; one that takes longer is seen to lag."""
MOST_STEP_SECONDS = 3.0
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
    for name in INPUTS:
        try:
            checkpoint.load(place / f"{name}.safetensors")
        except CheckpointError as error:
            wrong.append(str(error))
    if wrong:
        return Line("models", False, f"{'; '.join(wrong)}. Get assets/checkpoints anew.")
    return Line("models", True, f"{', '.join(reversed(INPUTS))} are whole")


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
    here = network_address()
    if here is None:
        told = "none: this machine is on no network. Join one, or make a hotspot of it."
        return Line("phones", False, told)
    return Line("phones", True, f"http://{here}:{port}, from the same network")


def training_process(health: dict[str, Any]) -> Line:
    """Whether the server's training process is up and warm."""
    state = health["training"]["process"]
    if state not in ("ready", "asleep"):
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


def self_contained(page: bytes) -> Line:
    """Whether the page names no other host, so that it needs no network."""
    others = sorted({name.decode(errors="replace") for name in ANOTHER_HOST.findall(page)})
    if others:
        return Line("no network", False, f"the page asks for {', '.join(others)}.")
    return Line("no network", True, "is needed: the page asks for nothing elsewhere")


@contextlib.contextmanager
def _server(port: int) -> Iterator[str]:
    """Yield the address of the server on this port, which is started where there is none."""
    url = f"http://127.0.0.1:{port}"
    if _health(url) is not None:
        yield url
        return
    command = (
        *(sys.executable, "-m", "streamlit", "run", str(ROOT / "app.py")),
        *(f"--server.port={port}", "--server.address=127.0.0.1", "--server.headless=true"),
    )
    silent = subprocess.DEVNULL
    with subprocess.Popen(command, cwd=ROOT, stdin=silent, stdout=silent, stderr=silent) as process:
        try:
            yield url
        finally:
            process.terminate()


def _health(url: str) -> dict[str, Any] | None:
    try:
        with urllib.request.urlopen(f"{url}/health", timeout=2) as answer:
            found: dict[str, Any] = json.load(answer)
    except urllib.error.HTTPError as error:  # 503 tells the same
        with contextlib.suppress(ValueError):
            told: dict[str, Any] = json.load(error)
            return told
        return None
    except (OSError, ValueError):
        return None
    return found


def _warm(url: str) -> dict[str, Any] | None:
    """Return the server's health once its training process is up, or what it is by then."""
    end = time.monotonic() + START_SECONDS
    while True:
        health = _health(url)
        is_up = health is not None and health["training"]["process"] in ("ready", "asleep")
        if is_up or time.monotonic() > end:
            return health
        time.sleep(0.1)


def _asked(url: str, *, post: bool = False) -> bytes:
    request = urllib.request.Request(
        url, data=b"" if post else None, headers={"Accept": "text/html"}
    )
    with urllib.request.urlopen(request, timeout=40) as answer:
        found: bytes = answer.read()
    return found


def _step(url: str) -> float | None:
    seconds: float | None = json.loads(_asked(f"{url}/one-step", post=True))["seconds"]
    return seconds


def _of_the_server(port: int) -> Iterator[Line]:
    with _server(port) as url:
        yield from (models(), mnist(), reading(), disk(), address(port))
        if (health := _warm(url)) is None:
            told = (
                f"port {port} does not answer. Has another program it? make ready PORT={port + 1}"
            )
            yield Line("server", False, told)
            return
        yield training_process(health)
        _step(url)  # a process that has just started has other things to do first
        yield one_step(_step(url))
        yield self_contained(_asked(url))


def main(port: int = 8501) -> int:
    """Print the lines; return 1 where something is missing, else 0."""
    is_terminal = sys.stdout.isatty()
    all_good = True
    for line in _of_the_server(port):
        mark = "ok " if line.is_good else "NOT"
        if is_terminal:
            mark = f"\033[{'32' if line.is_good else '31'}m{mark}\033[0m"
        print(f"  {mark}  {line.name:<17} {line.told}", flush=True)
        all_good &= line.is_good
    print("  Ready." if all_good else "  Not ready.")
    return 0 if all_good else 1


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:2])))
