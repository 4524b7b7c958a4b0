"""Two servers behind nginx with PostgreSQL, compared with one: people, a killed server, phones.

    python -m tests.benchmarks.bench_servers [--full]

nginx, PostgreSQL, both servers and those who draw share the machine; what each uses is printed.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import json
import secrets
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import psutil
from websockets.exceptions import WebSocketException

from model.store import rooms
from model.store.store import Store
from tests.benchmarks.bench_room import draw_in_room, join_room
from tests.benchmarks.rows import Row, print_rows
from tests.support.answers import expect_digit
from tests.support.browsers import open_browser
from tests.support.cable import plugged
from tests.support.crowd import Crowd, crowd, is_right
from tests.support.drawing import DIGITS, draw
from tests.support.drawn import drawings
from tests.support.hosting import Hosting, hosted
from tests.support.paths import ROOT
from tests.support.phones import opened
from tests.support.server import Server
from tests.support.visitor import Visitor, VisitorError

PEOPLE, QUICK_PEOPLE = 30, 10
SECONDS, QUICK_SECONDS = 15.0, 5.0
THINK = 2.0
STEPS = (60, 80, 100, 120, 140, 160, 200, 240)
MANY = 300
LATE_SECONDS = 0.4
PHONES, QUICK_PHONES = 1_000, 100
PHONE_SECONDS = 30.0
KILLED = 20
"""Visitors of the server that is killed."""
VISIT_MB = 1.2
RATE_RATIO, PEOPLE_RATIO, BACK_SECONDS, ACKNOWLEDGED_MS = 1.15, 1.2, 5, 250


class _Used(NamedTuple):
    """Seconds of processor time."""

    servers: float
    nginx: float
    database: float
    drawing: float

    def until(self, later: _Used) -> _Used:
        """Return what was used between this moment and a later one."""
        return _Used(*(after - before for before, after in zip(self, later, strict=True)))


def _used(hosting: Hosting) -> _Used:
    def of(*pids: int) -> float:
        seconds = 0.0
        for pid in pids:
            with contextlib.suppress(psutil.NoSuchProcess):
                parent = psutil.Process(pid)
                for process in (parent, *parent.children(recursive=True)):
                    seconds += sum(process.cpu_times()[:2])
        return seconds

    database = [p.pid for p in psutil.process_iter() if p.name() == "postgres"]
    return _Used(
        of(*(machine.server.pid for machine in hosting.machines)),
        of(hosting.proxy_pid),
        sum(sum(psutil.Process(pid).cpu_times()[:2]) for pid in database if psutil.pid_exists(pid)),
        sum(psutil.Process().cpu_times()[:2]),
    )


def _crowd(hosting: Hosting, people: int, think: float, seconds: float) -> Crowd:
    """Let people draw through nginx."""
    pid = hosting.machines[0].server.pid
    return asyncio.run(crowd(is_right, Server(hosting.url, pid, Path()), people, think, seconds))


def _p95(seconds: list[float]) -> float:
    return statistics.quantiles(seconds, n=20)[-1]


def _most(hosting: Hosting, seconds: float) -> int:
    """Return the largest of `STEPS` people whose strokes are answered in time."""
    most = 0
    for people in STEPS:
        found = _crowd(hosting, people, THINK, seconds)
        if found.errors or found.wrong or _p95(found.seconds) > LATE_SECONDS:
            break
        most = people
    return most


@contextlib.contextmanager
def _without_the_second(hosting: Hosting) -> Iterator[None]:
    machine = hosting.machines[1]
    machine.kill()
    yield
    machine.start()


async def _killed(hosting: Hosting) -> list[float]:
    """Kill a server with visitors; return after how many seconds each of them is answered again."""
    (drawing,) = itertools.islice(drawings(), 1)
    cookies = [f"inkling_browser={secrets.token_urlsafe(16)}" for _ in range(KILLED)]

    async def come(cookie: str) -> Visitor:
        visitor = Visitor(hosting.url, 60, f"{cookie}; inkling_server=one")
        await visitor.__aenter__()
        await visitor.draw(drawing.message)
        return visitor

    visitors = [await come(cookie) for cookie in cookies]
    began = time.perf_counter()
    hosting.machines[0].kill()

    async def again(cookie: str) -> float:
        while True:
            try:
                visitor = await come(cookie)
            except (OSError, WebSocketException, VisitorError):
                await asyncio.sleep(0.05)
            else:
                took = time.perf_counter() - began
                await visitor.__aexit__()
                return took

    took = await asyncio.gather(*map(again, cookies))
    for visitor in visitors:
        with contextlib.suppress(OSError, WebSocketException):
            await visitor.__aexit__()
    return took


def _first_visit(hosting: Hosting) -> float:
    """Return how many megabytes come through nginx until a new visitor can draw, and has drawn."""
    with (
        tempfile.TemporaryDirectory(prefix="inkling-bench-", ignore_cleanup_errors=True) as folder,
        plugged(hosting.url) as cable,
        open_browser(Path(folder)) as browser,
    ):
        page = browser.new_page()
        page.goto(cable.url)
        draw(page, DIGITS[4])
        expect_digit(page, 4)
        return cable.n_received / 1e6


async def _phones(hosting: Hosting, code: str, n: int, *, is_killed: bool) -> dict[str, Any]:
    before = _used(hosting)
    phones, joined = await join_room(hosting.url, code, n, 30 * n / PHONES)
    used = _used(hosting)
    drawing = asyncio.create_task(draw_in_room(phones, PHONE_SECONDS, sends_again=is_killed))
    if is_killed:
        await asyncio.sleep(PHONE_SECONDS / 2)
        hosting.machines[0].kill()
    took, ids, _ = await drawing
    for phone in phones:
        phone.connection.close()
    with contextlib.closing(Store(hosting.database)) as store:
        found = store.act(lambda c: rooms.drawings(c, code), writes=False)
    kept = Counter(each.id for each in found)
    return {
        "p50_ms": 1e3 * statistics.median(took),
        "p95_ms": 1e3 * _p95(took),
        "joined_p95": _p95(joined),
        "drawings": len(ids),
        "lost": sum(kept[id] == 0 for id in ids),
        "twice": sum(n > 1 for n in kept.values()),
        "used": used.until(_used(hosting)),
        "used_joining": before.until(used),
    }


def measure(*, full: bool) -> dict[str, Any]:
    """Let people and phones come to two servers and to one, and kill one of two."""
    people, seconds = (PEOPLE, SECONDS) if full else (QUICK_PEOPLE, QUICK_SECONDS)
    n = PHONES if full else QUICK_PHONES
    found: dict[str, Any] = {"people": people, "phones": n}
    with (
        tempfile.TemporaryDirectory(prefix="inkling-bench-", ignore_cleanup_errors=True) as folder,
        hosted(Path(folder), ROOT / "app.py", path="") as hosting,
    ):
        found["first_visit_mb"] = _first_visit(hosting)
        _crowd(hosting, people, 0.0, 3.0)  # both are warm
        used = _used(hosting)
        two = _crowd(hosting, people, 0.0, seconds)
        found["used"] = used.until(_used(hosting))
        if full:
            found["most_on_two"] = _most(hosting, seconds)
            many = _crowd(hosting, MANY, THINK, seconds)
            found |= {"many_lost": len(many.errors), "many_p95": _p95(many.seconds)}
        with _without_the_second(hosting):
            _crowd(hosting, people, 0.0, 3.0)
            one = _crowd(hosting, people, 0.0, seconds)
            if full:
                found["most_on_one"] = _most(hosting, seconds)
        found |= {"two": two.rate, "one": one.rate}
        found["faults"] = sum(len(each.errors) + each.wrong for each in (one, two))
        code = opened(hosting.database).code
        found["room"] = asyncio.run(_phones(hosting, code, n, is_killed=False))
        found["back"] = max(asyncio.run(_killed(hosting)))
        hosting.machines[0].start()
        code = opened(hosting.database).code
        found["killed_room"] = asyncio.run(_phones(hosting, code, n // 10, is_killed=True))
        hosting.machines[0].start()
    return found


def _of_people(found: dict[str, Any]) -> Iterator[Row]:
    people, two, one = found["people"], found["two"], found["one"]
    yield f"{people} people, two servers / one", f"{two / one:.2f}", f"at least {RATE_RATIO}"
    yield "strokes a second, two, one", f"{two:.1f}, {one:.1f}", ""
    yield "errors and wrong answers", f"{found['faults']}", "at most 0"
    yield "used: servers/nginx/database/people", _shares(found["used"]), ""
    if "most_on_one" in found:
        most = found["most_on_two"], found["most_on_one"]
        ratio = f"{most[0] / most[1]:.2f}" if most[1] else "none"
        what = f"people answered in {1000 * LATE_SECONDS:.0f} ms, two / one"
        yield what, ratio, f"at least {PEOPLE_RATIO}"
        yield f"these people (tried: to {STEPS[-1]})", f"{most[0]}, {most[1]}", ""
        lost = f"{found['many_lost']}, {found['many_p95']:.2f} s"
        yield f"{MANY} on two: lost, 95 %", lost, ""


def _of_phones(found: dict[str, Any]) -> Iterator[Row]:
    room, killed = found["room"], found["killed_room"]
    back = f"{found['back']:.2f} s"
    yield "killed → its visitors are answered", back, f"at most {BACK_SECONDS}"
    yield f"killed: of {killed['drawings']:,} drawings lost or twice", _faults(killed), "at most 0"
    acknowledged = f"{room['p95_ms']:.0f} ms"
    what = f"{found['phones']:,} phones: acknowledged, 95 %"
    yield what, acknowledged, f"at most {ACKNOWLEDGED_MS}"
    yield "acknowledged, median", f"{room['p50_ms']:.0f} ms", ""
    yield f"of {room['drawings']:,} drawings lost or twice", _faults(room), "at most 0"
    yield "used: servers/nginx/database/phones", _shares(room["used"]), ""
    yield f"the same for {found['phones']:,} who join", _shares(room["used_joining"]), ""
    visit = f"{found['first_visit_mb']:.2f}"
    yield "first visit through nginx, MB", visit, f"at most {VISIT_MB}"


def _shares(used: _Used) -> str:
    return f"{' / '.join(f'{seconds:.1f}' for seconds in used)} s"


def _faults(room: dict[str, Any]) -> str:
    return f"{room['lost'] + room['twice']}"


def main(*, full: bool = False) -> dict[str, Any]:
    """Measure and print the table."""
    found = measure(full=full)
    print("Two servers behind nginx, with PostgreSQL, on one machine with those who draw")
    print_rows([*_of_people(found), *_of_phones(found)], 38, 24)
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true")
    print(json.dumps(main(full=parser.parse_args().full)))
