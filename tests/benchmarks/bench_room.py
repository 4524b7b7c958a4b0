"""A hall full of phones in one room: joining, drawing, the wall, and the speaker beside them.

    python -m tests.benchmarks.bench_room [--full]

Phones speak HTTP in this process and post recorded strokes; the server is another process. Every
drawing has a number of its own, and is looked for in the store afterwards. As Streamlit sessions,
for comparison: 300 people who draw on Draw.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import json
import multiprocessing
import random
import statistics
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import psutil

from model.room.record import Room
from model.store import rooms
from model.store.store import Store
from tests.benchmarks.rows import Row, print_rows
from tests.benchmarks.sites import OURS
from tests.support.crowd import crowd
from tests.support.drawn import drawings
from tests.support.phones import COOKIE, Connection, Phone, as_sent, opened, written
from tests.support.server import Server, serve
from tests.support.visitor import Visitor

PHONES, QUICK_PHONES = 1_000, 200
EVERY = 5.0
"""Seconds from one drawing of a phone to its next."""
LOAD_SECONDS, QUICK_SECONDS = 60.0, 15.0
JOIN_SECONDS = 30.0
SESSIONS = 300
ACKNOWLEDGED_MS, WALL_SECONDS, STROKE_RATIO, JOIN_P95 = 250, 2.0, 1.5, 5.0
MEMORY_MB = 150
KINDS_OF_DIGITS = 2_000


async def join_room(url: str, code: str, n: int, seconds: float) -> tuple[list[Phone], list[float]]:
    """Let phones load the page and join, spread over so many seconds."""
    phones = [Phone(url, code) for _ in range(n)]

    async def one(phone: Phone, after: float) -> float:
        await asyncio.sleep(after)
        began = time.perf_counter()
        await phone.load()
        return time.perf_counter() - began

    took = await asyncio.gather(*(one(p, seconds * i / n) for i, p in enumerate(phones)))
    return phones, list(took)


async def draw_in_room(
    phones: list[Phone], seconds: float, *, sends_again: bool = False
) -> tuple[list[float], list[str], list[float]]:
    """Let every phone send a drawing each 5 s; return how long each took, their ids, and when.

    What was not stored may be sent again, as the page for phones does.
    """
    recorded = itertools.islice(written(), KINDS_OF_DIGITS)
    digits = [(json.dumps(as_sent(digit)), digit.label) for digit in recorded]
    rng = random.Random(0)
    took: list[float] = []
    sent: list[tuple[str, float]] = []
    end = time.perf_counter() + seconds

    async def one(phone: Phone) -> None:
        await asyncio.sleep(rng.uniform(0, EVERY))
        while (began := time.perf_counter()) < end:
            id = f"{id_of(phone)}-{rng.getrandbits(64):x}"
            drawing = rng.choice(digits)
            while (answer := await phone.post(*drawing, id)).status != 200 and sends_again:
                await asyncio.sleep(0.2)
            assert answer.status == 200, answer.said
            took.append(time.perf_counter() - began)
            sent.append((id, began))
            await asyncio.sleep(max(0.0, EVERY - (time.perf_counter() - began)))

    numbers = {id(phone): f"{i:05d}" for i, phone in enumerate(phones)}

    def id_of(phone: Phone) -> str:
        return numbers[id(phone)]

    await asyncio.gather(*map(one, phones))
    return took, [id for id, _ in sent], sorted(moment for _, moment in sent)


async def _watch(wall: Connection, code: str, seen: list[tuple[float, int]]) -> None:
    """Ask for the wall once a second, as the page does; note how many drawings were there when."""
    after, epoch = 0, ""
    while True:
        said = (await wall.ask(f"/r/{code}/wall?after={after}&epoch={epoch}")).said
        after, epoch = said["after"], said["epoch"]
        seen.append((time.perf_counter(), said["drawings"]))
        await asyncio.sleep(1.0)


def _lags(began: list[float], seen: list[tuple[float, int]]) -> list[float]:
    """Return how long after its start each drawing was on the wall: the first look that has it."""
    lags, looks = [], iter(seen)
    moment, n = next(looks)
    for number, start in enumerate(began, start=1):
        while n < number:
            moment, n = next(looks)
        lags.append(moment - start)
    return lags


def _strokes(url: str, seconds: float) -> list[float]:
    """Let the speaker draw a stroke each half second; return how long each answer took.

    In a process of its own: in the one with the phones it would wait for these.
    """

    async def draw() -> list[float]:
        took = []
        end = time.perf_counter() + seconds
        async with Visitor(url) as speaker:
            for drawing in itertools.cycle(itertools.islice(drawings(), 20)):
                began = time.perf_counter()
                await speaker.draw(drawing.message)
                took.append(time.perf_counter() - began)
                if began > end:
                    break
                await asyncio.sleep(0.5)
        return took[3:]  # the first ones find a cold page

    return asyncio.run(draw())


async def _hall(server: Server, room: Room, n: int, seconds: float) -> dict[str, Any]:
    process = psutil.Process(server.pid)
    wall = Connection(server.url, COOKIE)
    here = asyncio.get_running_loop()
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as elsewhere:
        alone = await here.run_in_executor(elsewhere, _strokes, server.url, 12)
        memory = process.memory_info().rss
        phones, joined = await join_room(server.url, room.code, n, JOIN_SECONDS * n / PHONES)
        seen: list[tuple[float, int]] = []
        looks = asyncio.create_task(_watch(wall, room.code, seen))
        cpu = process.cpu_times()
        drawing = asyncio.create_task(draw_in_room(phones, seconds))
        beside = await here.run_in_executor(elsewhere, _strokes, server.url, seconds - 5)
        took, ids, began = await drawing
        spent = sum(process.cpu_times()[:2]) - sum(cpu[:2])
        await asyncio.sleep(2.5)
        looks.cancel()
        grown = process.memory_info().rss - memory
    for connection in (wall, *(phone.connection for phone in phones)):
        connection.close()
    return {
        "joined_p95": _p95(joined),
        "acknowledged_p50_ms": 1e3 * statistics.median(took),
        "acknowledged_p95_ms": 1e3 * _p95(took),
        "wall_s": max(_lags(began, seen)),
        "drawings": len(ids),
        "ids": ids,
        "stroke_ratio": statistics.median(beside) / statistics.median(alone),
        "stroke_alone_ms": 1e3 * statistics.median(alone),
        "cpu_ms": 1e3 * spent / len(ids),
        "grown_mb": grown / 1e6,
    }


def _p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


def _kept(folder: Path, code: str) -> Counter[str]:
    """Return how often each drawing is in the store."""
    with contextlib.closing(Store(folder)) as store:
        found = store.act(lambda connection: rooms.drawings(connection, code), writes=False)
    return Counter(each.id for each in found)


def measure(n: int, seconds: float) -> dict[str, Any]:
    """Serve a room, let phones into it, and look afterwards for what they sent."""
    with tempfile.TemporaryDirectory(prefix="inkling-bench-") as folder:
        home = Path(folder)
        room = opened(home / "store")
        with serve(home) as server:
            found = asyncio.run(_hall(server, room, n, seconds))
        kept = _kept(home / "store", room.code)
    ids = found.pop("ids")
    found["lost"] = sum(kept[id] == 0 for id in ids)
    found["twice"] = sum(n > 1 for n in kept.values())
    return found


def _as_sessions(seconds: float) -> tuple[float, float]:
    """Return what 300 people on Draw take: milliseconds of processor time a stroke, MB each."""
    with OURS.served() as server:
        idle = psutil.Process(server.pid).memory_info().rss
        coming = crowd(OURS.is_right, server, SESSIONS, 2.0, seconds, idle)
        found = asyncio.run(coming)
    return 1e3 * found.cpu / len(found.seconds), found.memory / 1e6


def main(*, full: bool = False) -> dict[str, Any]:
    """Measure and print the table."""
    n, seconds = (PHONES, LOAD_SECONDS) if full else (QUICK_PHONES, QUICK_SECONDS)
    found = measure(n, seconds)
    print(f"A room with {n:,} phones, a drawing each {EVERY:.0f} s, for {seconds:.0f} s")
    rows: tuple[Row, ...] = (
        ("drawings lost", f"{found['lost']}", "at most 0"),
        ("drawings kept twice", f"{found['twice']}", "at most 0"),
        ("drawings", f"{found['drawings']:,}", ""),
        ("acknowledged, median", f"{found['acknowledged_p50_ms']:.0f} ms", ""),
        (
            "acknowledged, 95 %",
            f"{found['acknowledged_p95_ms']:.0f} ms",
            f"at most {ACKNOWLEDGED_MS}",
        ),
        ("on the wall, the latest", f"{found['wall_s']:.1f} s", f"at most {WALL_SECONDS:.0f}"),
        (
            "the speaker's stroke / alone",
            f"{found['stroke_ratio']:.2f}",
            f"at most {STROKE_RATIO}",
        ),
        ("page loaded and joined, 95 %", f"{found['joined_p95']:.2f} s", f"at most {JOIN_P95:.0f}"),
        ("memory more", f"{found['grown_mb']:.0f} MB", f"at most {MEMORY_MB}"),
        ("processor time a drawing", f"{found['cpu_ms']:.1f} ms", ""),
    )
    if full:
        cpu, memory = _as_sessions(20.0)
        each = found["grown_mb"] / n
        rows += (
            (f"{SESSIONS} on Draw / phones, a stroke", f"{cpu / found['cpu_ms']:.1f}", ""),
            (f"{SESSIONS} on Draw / phones, MB each", f"{memory / each:.0f}", ""),
        )
    print_rows(rows, 33, 10)
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true")
    print(json.dumps(main(full=parser.parse_args().full)))
