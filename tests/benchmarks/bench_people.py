"""Many people who draw at once, on our page, on a bare one and on the usual pattern.

    python -m tests.benchmarks.bench_people [--full]

Each visitor is a session of its own that speaks Streamlit's protocol and sends real pictures, in
this process; the server is another. Every answer is checked: it must be the right one for the
drawing that this visitor sent, and no two visitors draw the same.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import dataclasses
import itertools
import math
import statistics
import time
from typing import Any

import psutil
from websockets.exceptions import WebSocketException

from tests.benchmarks.drawn import Drawing, drawings
from tests.benchmarks.sites import BARE, OURS, USUAL, Site
from tests.benchmarks.visitor import Visitor, VisitorError

__all__ = ["Crowd", "crowd", "main"]

DRAWINGS_EACH = 3
ARRIVING_AT_ONCE = 20
BARE_RATIO = 0.7
USUAL_RATIO = 40
QUICK = [(1, 0.0), (30, 0.0), (300, 2.0)]  # people, seconds between an answer and the next stroke
FULL = [(n, think) for think in (0.0, 2.0) for n in (1, 10, 30, 100, 300)]


@dataclasses.dataclass
class Crowd:
    """What happened to some people on one page.

    Parameters
    ----------
    people : int
    think : float
        Seconds that each waits between an answer and the next stroke.
    seconds : list of float
        Of each stroke, until its answer was there.
    wrong : int
        Answers that were not the right ones.
    errors : list of str
        Of visits that failed.
    duration : float
        Seconds.
    memory : float
        Bytes that the server's process took on, for each person.
    """

    people: int
    think: float
    seconds: list[float] = dataclasses.field(default_factory=list)
    wrong: int = 0
    errors: list[str] = dataclasses.field(default_factory=list)
    duration: float = math.nan
    memory: float = math.nan

    @property
    def rate(self) -> float:
        """Strokes answered a second."""
        return len(self.seconds) / self.duration


async def crowd(
    site: Site, url: str, pid: int, people: int, think: float, duration: float
) -> Crowd:
    """Let people arrive, then draw for a while."""
    found = Crowd(people, think)
    process = psutil.Process(pid)
    before = process.memory_info().rss
    stock = list(itertools.islice(drawings(), DRAWINGS_EACH * people))
    door = asyncio.Semaphore(ARRIVING_AT_ONCE)
    async with contextlib.AsyncExitStack() as stack:

        async def arrive() -> Visitor | None:
            async with door:
                try:
                    return await stack.enter_async_context(Visitor(url, patience=120))
                except (VisitorError, OSError, WebSocketException) as error:
                    found.errors.append(repr(error))
                    return None

        visitors = await asyncio.gather(*(arrive() for _ in range(people)))
        began = time.perf_counter()
        await asyncio.gather(
            *(
                _draw(site, visitor, stock[number::people], think, began, duration, found)
                for number, visitor in enumerate(visitors)
                if visitor is not None
            )
        )
        found.duration = time.perf_counter() - began
        found.memory = (process.memory_info().rss - before) / people
    return found


async def _draw(
    site: Site,
    visitor: Visitor,
    own: list[Drawing],
    think: float,
    began: float,
    duration: float,
    found: Crowd,
) -> None:
    """Draw one's own drawings in turn; the first one is spread over the time to think."""
    await asyncio.sleep(think * (hash(visitor) % 997) / 997)
    for drawing in itertools.cycle(own):
        sent = time.perf_counter()
        if sent - began > duration:
            return
        try:
            shown = await visitor.draw(drawing.message)
        except (VisitorError, OSError, WebSocketException) as error:
            found.errors.append(repr(error))
            return
        found.seconds.append(time.perf_counter() - sent)
        found.wrong += not site.is_right(shown, drawing)
        await asyncio.sleep(think)


def measure(site: Site, people: int, think: float, duration: float) -> Crowd:
    """Serve the page afresh and let a crowd onto it."""
    with site.served() as server:
        asyncio.run(crowd(site, server.url, server.pid, 2, 0, 1))  # warm
        return asyncio.run(crowd(site, server.url, server.pid, people, think, duration))


def main(*, full: bool = False) -> dict[str, Any]:
    """Measure and print the table."""
    print("People who draw at once                  strokes/s  median     95 %  errors  MB each")
    rows: dict[str, Any] = {}
    for people, think in FULL if full else QUICK:
        for site in (OURS, BARE, USUAL):
            if not full and site is USUAL and people != 30:
                continue
            found = measure(site, people, think, duration=20 if full else 6)
            rows[f"{site.name}, {people}, {think:g}"] = row = _summary(found)
            who = (
                f"{people} × {site.name}, {'without pause' if not think else f'every {think:g} s'}"
            )
            print(
                f"  {who:38} {row['rate']:9.1f}  {1000 * row['median']:6.0f}  "
                f"{1000 * row['p95']:7.0f} ms {row['wrong'] + row['errors']:5}  "
                f"{row['memory_mb']:7.2f}"
            )
    ours, bare, usual = (rows[f"{site.name}, 30, 0"]["rate"] for site in (OURS, BARE, USUAL))
    print(f"  30 people, ours / only the canvas {ours / bare:10.2f}   (aim: at least {BARE_RATIO})")
    print(
        f"  30 people, ours / usual pattern   {ours / usual:10.1f}   (aim: at least {USUAL_RATIO})"
    )
    return {"rows": rows, "bare_ratio": ours / bare, "usual_ratio": ours / usual}


def _summary(found: Crowd) -> dict[str, float]:
    return {
        "strokes": len(found.seconds),
        "rate": found.rate,
        "median": statistics.median(found.seconds),
        "p95": statistics.quantiles(found.seconds, n=20)[-1]
        if len(found.seconds) > 1
        else math.nan,
        "wrong": found.wrong,
        "errors": len(found.errors),
        "memory_mb": found.memory / 1e6,
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true")
    main(full=parser.parse_args().full)
