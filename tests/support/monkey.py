"""Visitors who do anything in any order: draw, lie, train, stop, leave and come back."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import random
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psutil
from websockets.exceptions import ConnectionClosed

from tests.support.canvas_message import message, png_of
from tests.support.liar import Liar
from tests.support.server import Server
from tests.support.waiting import wait_until

__all__ = ["Held", "come_and_go", "held", "let_them_play"]

PRESSED = (
    "retrain",
    "stop",
    "undo",
    "clear",
    "keep",
    "go_back",
    "to_upload",
    "to_canvas",
    "show_mistake",
)
NONSENSE: tuple[tuple[str, Any], ...] = (
    ("string_value", "x" * 10_000),
    ("int_value", 2**60),
    ("double_value", float("nan")),
    ("string_array_value", ["<script>", "/etc"]),
    ("bytes_value", b"\xff" * 1000),
    ("json_value", '{"drawing": [1]}'),
)
VIEWS = ("", "train", "evaluate", "how")
PATIENCE = 5.0
"""Seconds after which the page asks for a whole run."""
ANSWER_SECONDS = 60.0
QUIET_SECONDS = 120
MOST_SECONDS = 300
REMEMBERED = 140
"""Visits after which the server remembers as many that have left as it ever will."""


@dataclasses.dataclass(frozen=True)
class Held:
    """What a server holds: its process and those that it started."""

    files: int
    threads: int
    processes: int
    memory_mb: float
    waiting: int

    def __str__(self) -> str:
        return (
            f"{self.files} files, {self.threads} threads, {self.processes} processes, "
            f"{self.memory_mb:.0f} MB, {self.waiting} waiting"
        )


def held(server: Server) -> Held:
    """Wait until nobody is there and nothing is trained; return what the server holds then."""
    process = psutil.Process(server.pid)

    def told() -> dict[str, Any]:
        with urllib.request.urlopen(f"{server.url}/health", timeout=30) as answer:
            found: dict[str, Any] = json.load(answer)
        return found

    def is_quiet() -> bool:
        health = told()
        training = health["training"]
        return not (training["running"] or training["waiting"] or health["visitors"]["now"])

    wait_until(is_quiet, QUIET_SECONDS, "the server is never quiet")
    return Held(
        process.num_fds(),
        process.num_threads(),
        len(process.children()),
        process.memory_info().rss / 1e6,
        told()["training"]["waiting"],
    )


def let_them_play(
    server: Server, n: int, seconds: float, seed: int = 0, *, least: int = 0
) -> tuple[Counter[str], list[str]]:
    """Let n visitors play for a while; return how often each thing was done, and what failed.

    They go on until at least this many things were done, in five minutes at most.

    What fails is a visit that gets no answer although it has asked for the whole page, as the page
    does where Streamlit drops what was asked of a part that is gone. A visit that the server ends,
    as it does with one who sends what is no message, is no failure.
    """
    begin = time.monotonic()
    done: Counter[str] = Counter()
    failed: list[str] = []
    lock = threading.Lock()

    def is_over() -> bool:
        with lock:
            n_done = done.total()
        passed = time.monotonic() - begin
        return passed > (seconds if n_done >= least else MOST_SECONDS)

    def play(number: int) -> None:
        rng = random.Random(seed * 1_000 + number)
        while not is_over():
            own: Counter[str] = Counter()
            try:
                _visit(server, rng, is_over, own)
            except (TimeoutError, OSError) as error:
                failed.append(f"visitor {number}, after {dict(own)}: {error!r}")
            with lock:
                done.update(own)

    with ThreadPoolExecutor(n) as pool:
        list(pool.map(play, range(n)))
    return done, failed


def come_and_go(server: Server, times: int = REMEMBERED) -> None:
    """Open and close the page, so that what is remembered of the last visits is full."""
    for _ in range(times):
        with Liar(server) as visitor:
            visitor.open()


def _visit(
    server: Server, rng: random.Random, is_over: Callable[[], bool], done: Counter[str]
) -> None:
    """Open a view and do some things; leave in the middle of one."""
    with Liar(server, view=rng.choice(VIEWS)) as visitor, contextlib.suppress(ConnectionClosed):
        visitor.open()
        done["opened"] += 1
        for _ in range(rng.randint(1, 15)):
            if is_over():
                return
            try:
                visitor.patience = PATIENCE
                done[_do_something(visitor, rng)] += 1
            except TimeoutError:
                visitor.patience = ANSWER_SECONDS
                visitor.open()
                done["asked again"] += 1
        if rng.random() < 0.3:
            visitor.send(rng.randbytes(rng.randint(0, 200)))
            done["left with nonsense"] += 1


def _do_something(visitor: Liar, rng: random.Random) -> str:
    keys = {id.rsplit("-", 1)[-1] for id in visitor.widgets}
    kind = rng.choices(("drawn", "pressed", "nonsense", "opened again"), (5, 4, 2, 1))[0]
    if kind == "drawn" and "canvas" in keys:
        visitor.canvas(message(png_of(rng.randrange(10)), [{}] * rng.randint(1, 30)))
    elif kind == "pressed" and (pressed := sorted(keys & {*PRESSED, "train", "tutorial"})):
        visitor.set(rng.choice(pressed), "trigger_value", True)
    elif kind == "nonsense" and visitor.widgets:
        visitor.set(rng.choice(sorted(visitor.widgets)), *rng.choice(NONSENSE))
    else:
        visitor.open()
        return "opened again"
    return kind
