"""What it costs that visits are kept: a stroke of a browser with a cookie, and of one without.

    python -m tests.benchmarks.bench_store [--full]

Nothing is kept of a browser without a cookie. Each has a server of its own, so that the processor
time is also that of the thread which writes. The two draw in turn, slowly enough that each stroke
is written by itself.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import secrets
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil

from model.store.keeper import BETWEEN_WRITES
from tests.support.crowd import is_right
from tests.support.drawn import Drawing, drawings
from tests.support.server import Server, serve
from tests.support.visitor import Visitor
from ui.server.visitors import COOKIE

ROUNDS, FULL_ROUNDS = 12, 60
RATIO = 1.1
WARM_UP = 3
PAUSE = 1.2 * BETWEEN_WRITES


async def _strokes(
    servers: list[Server], cookies: list[str], rounds: int
) -> tuple[list[list[float]], list[float]]:
    """Draw on each page in turn; return, for each, its answers' seconds and its processor time."""
    seconds: list[list[float]] = [[] for _ in servers]
    own = list(itertools.islice(drawings(), rounds + WARM_UP))
    async with contextlib.AsyncExitStack() as stack:
        visitors = [
            await stack.enter_async_context(Visitor(server.url, cookie=cookie))
            for server, cookie in zip(servers, cookies, strict=True)
        ]
        for number, drawing in enumerate(own):
            if number == WARM_UP:
                before = [_cpu(server) for server in servers]
            pairs = list(zip(visitors, seconds, strict=True))
            for visitor, found in pairs if number % 2 else reversed(pairs):
                found.append(await _stroke(visitor, drawing))
            await asyncio.sleep(PAUSE)
        spent = [_cpu(server) - each for server, each in zip(servers, before, strict=True)]
    return [found[WARM_UP:] for found in seconds], spent


async def _stroke(visitor: Visitor, drawing: Drawing) -> float:
    began = time.perf_counter()
    shown = await visitor.draw(drawing.message)
    took = time.perf_counter() - began
    assert is_right(shown, drawing)
    return took


def run(rounds: int = ROUNDS) -> dict[str, Any]:
    """Measure.

    Returns
    -------
    dict
        `kept_ms`, `not_kept_ms`: medians of a stroke's time; `kept_cpu_ms`, `not_kept_cpu_ms`: the
        server's processor time for each stroke; `ratio`, `cpu_ratio`.
    """
    with contextlib.ExitStack() as stack:
        homes = [
            Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="inkling-bench-")))
            for _ in range(2)
        ]
        servers = [stack.enter_context(serve(home)) for home in homes]
        cookies = [f"{COOKIE}={secrets.token_urlsafe(16)}", ""]
        seconds, spent = asyncio.run(_strokes(servers, cookies, rounds))
        assert [(home / "store").exists() for home in homes] == [True, False]
    kept, not_kept = (1000 * statistics.median(each) for each in seconds)
    kept_cpu, not_kept_cpu = (1000 * each / rounds for each in spent)
    return {
        "kept_ms": kept,
        "not_kept_ms": not_kept,
        "kept_cpu_ms": kept_cpu,
        "not_kept_cpu_ms": not_kept_cpu,
        "ratio": kept / not_kept,
        "cpu_ratio": kept_cpu / not_kept_cpu,
    }


def _cpu(server: Server) -> float:
    times = psutil.Process(server.pid).cpu_times()
    return float(times.user + times.system)


def main(*, full: bool = False) -> dict[str, Any]:
    """Measure and print the table."""
    found = run(FULL_ROUNDS if full else ROUNDS)
    print("Visits that are kept: a stroke's time")
    print(f"  kept / not kept                   {found['ratio']:7.2f}      (aim: at most {RATIO})")
    print(f"  kept                              {found['kept_ms']:7.1f} ms")
    print(f"  not kept                          {found['not_kept_ms']:7.1f} ms")
    print(f"  processor time, kept / not kept   {found['cpu_ratio']:7.2f}")
    print(f"  processor time, kept              {found['kept_cpu_ms']:7.1f} ms")
    print(f"  processor time, not kept          {found['not_kept_cpu_ms']:7.1f} ms")
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true")
    main(full=parser.parse_args().full)
