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
import json
import os
import statistics
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
from streamlit.proto.BackMsg_pb2 import BackMsg

from tests.benchmarks.curve import Curve
from tests.benchmarks.pages import pages
from tests.benchmarks.sites import BARE, OURS, SITES, USUAL, Site
from tests.support.crowd import Crowd, crowd
from tests.support.drawing import DIGITS, canvas_ready, draw
from tests.support.server import Server, serve

__all__ = ["main"]

BARE_RATIO = 0.7
USUAL_RATIO = 40
AIMED_AT = (30, 0.0)

# People, and the seconds that each waits between an answer and the next stroke.
FULL = {site: [(n, t) for t in (0.0, 2.0) for n in (1, 10, 30, 100, 300)] for site in SITES}
FULL[USUAL] = [case for case in FULL[USUAL] if case[0] <= 100]  # the rest would take half an hour
QUICK = {
    OURS: [(1, 0.0), (10, 0.0), (30, 0.0), (300, 2.0)],
    BARE: [(10, 0.0), (30, 0.0)],
    USUAL: [(30, 0.0)],
}


def measure(
    cases: dict[Site, list[tuple[int, float]]], duration: float, rounds: int
) -> dict[Site, list[Crowd]]:
    """Serve all pages and let one crowd after the other onto each, those who pause onto fresh ones.

    The pages take turns, so that a busy machine is busy for all; what is aimed at is measured in
    several rounds, of which the median one counts.
    """
    found: dict[Site, list[Crowd]] = {site: [] for site in cases}
    for think in sorted({think for series in cases.values() for _, think in series}):
        paced = {site: [case for case in cases[site] if case[1] == think] for site in cases}
        _let_in({site: series for site, series in paced.items() if series}, duration, rounds, found)
    return found


def _let_in(
    cases: dict[Site, list[tuple[int, float]]],
    duration: float,
    rounds: int,
    found: dict[Site, list[Crowd]],
) -> None:
    """Serve the pages anew, and note what happens to these crowds."""
    with contextlib.ExitStack() as stack:
        servers = {site: stack.enter_context(site.served()) for site in cases}
        idle = {site: _idle(site, server) for site, server in servers.items()}
        for case in max(cases.values(), key=len):
            tries: dict[Site, list[Crowd]] = {site: [] for site in cases if case in cases[site]}
            for _ in range(rounds if case == AIMED_AT else 1):
                for site, crowds in tries.items():
                    coming = crowd(site.is_right, servers[site], *case, duration, idle[site])
                    crowds.append(asyncio.run(coming))
            for site, crowds in tries.items():
                found[site].append(sorted(crowds, key=lambda each: each.rate)[len(crowds) // 2])


def _idle(site: Site, server: Server) -> int:
    """Let two people warm a server up; return the bytes that its process has then."""
    asyncio.run(crowd(site.is_right, server, 2, 0, 1))
    return int(psutil.Process(server.pid).memory_info().rss)


def full_runs(people: int, duration: float) -> tuple[int, int]:
    """Let a browser draw among people who all draw at once.

    Returns
    -------
    n_strokes, n_full_runs : int
        What the browser asked the server for while the others drew: answers to its strokes, and
        runs of the whole page, which are only for a server that has gone deaf.
    """
    strokes = full = 0

    def sent(payload: str | bytes) -> None:
        nonlocal strokes, full
        message = BackMsg.FromString(payload if isinstance(payload, bytes) else payload.encode())
        if message.WhichOneof("type") == "rerun_script":
            is_full = not message.rerun_script.fragment_id
            full, strokes = full + is_full, strokes + (not is_full)

    with pages(OURS.script) as (page,), ThreadPoolExecutor(1) as pool:
        page.on("websocket", lambda socket: socket.on("framesent", sent))
        page.reload()
        canvas_ready(page)
        strokes = full = 0
        server = Server(page.url.rstrip("/"), os.getpid(), Path(os.devnull))
        coming = crowd(OURS.is_right, server, people, 0, duration)
        arrived = pool.submit(asyncio.run, coming)
        number = 0
        while not arrived.done():
            draw(page, DIGITS[number % 10])  # one upon the other: Clear is a run of the whole page
            number += 1
        assert arrived.result().errors == []
    return strokes, full


def profile(people: int, duration: float) -> dict[str, float]:
    """Return what a stroke costs on our server, by part: seconds of processor time."""
    with tempfile.TemporaryDirectory(prefix="inkling-bench-") as folder:
        file = Path(folder) / "profile.json"
        script = Path(__file__).with_name("profiled_server.py")
        with serve(Path(folder), script, {"PROFILE": str(file)}) as server:
            asyncio.run(crowd(OURS.is_right, server, people, 0, duration))
        spent = json.loads(file.read_text(encoding="utf-8"))
    return {part: seconds / times for part, (seconds, times) in spent.items()}


def main(*, full: bool = False) -> dict[str, Any]:
    """Measure and print the table."""
    found = measure(FULL if full else QUICK, duration=10 if full else 4, rounds=3 if full else 1)
    rates = {
        (site.name, each.people, each.think): each.rate
        for site, crowds in found.items()
        for each in crowds
    }
    ours, bare, usual = (rates[site.name, *AIMED_AT] for site in SITES)
    faults = sum(len(each.errors) + each.wrong for each in found[OURS])
    n_others = 300 if full else 30
    n_strokes, n_full_runs = full_runs(n_others, 20 if full else 5)
    print("People who draw at once")
    for what, value, aim in (
        ("30 people, ours / only the canvas", f"{ours / bare:7.2f}", f"at least {BARE_RATIO}"),
        ("30 people, ours / usual pattern", f"{ours / usual:7.1f}", f"at least {USUAL_RATIO}"),
        ("errors and wrong answers, ours", f"{faults:7}", "at most 0"),
    ):
        print(f"  {what:33} {value}      (aim: {aim})")
    what = f"whole page asked for, {n_strokes} strokes among {n_others}"
    print(f"  {what:45}{n_full_runs}      (aim: at most 0)")
    print(f"{'':36} strokes/s   median     95 %   CPU each  faults  MB each")
    for site, crowds in found.items():
        for each in crowds:
            print(_row(site, each))
    parts = profile(AIMED_AT[0], 4) if full else {}
    if parts:
        print("  The script's part of ours, 30 people")
    for part, seconds in parts.items():
        print(f"    {part:58} {1000 * seconds:7.1f} ms")
    alone = [each for each in found[OURS] if not each.think]
    curve = Curve(
        "A stroke from each session",
        "session",
        tuple((each.people, each.people / each.rate) for each in alone),
    )
    return {
        "rows": [_summary(site, each) for site, crowds in found.items() for each in crowds],
        "profile": parts,
        "bare_ratio": ours / bare,
        "usual_ratio": ours / usual,
        "faults": faults,
        "full_runs": n_full_runs,
        "curves": [curve.as_dict()],
    }


def _row(site: Site, crowd: Crowd) -> str:
    found = _summary(site, crowd)
    pause = f"every {crowd.think:g} s" if crowd.think else "no pause"
    memory = f"{found['memory_mb']:8.2f}" if crowd.people >= 30 else ""
    strokes = (
        f"{found['rate']:9.1f} {1000 * found['median']:8.0f} {1000 * found['p95']:8.0f}"
        f" {found['cpu_ms']:7.1f} ms"
        if crowd.seconds
        else f"{'nobody was answered':>36}"
    )
    faults = found["errors"] + found["wrong"]
    return f"  {f'{crowd.people:3} {site.name}, {pause}':34} {strokes} {faults:7} {memory}".rstrip()


def _summary(site: Site, crowd: Crowd) -> dict[str, Any]:
    """Return a crowd for JSON, which knows no NaN: None where nobody was answered."""
    seconds = sorted(crowd.seconds)
    return {
        "site": site.name,
        "people": crowd.people,
        "think": crowd.think,
        "strokes": len(seconds),
        "rate": crowd.rate if seconds else None,
        "median": statistics.median(seconds) if seconds else None,
        "p95": seconds[int(0.95 * len(seconds))] if seconds else None,
        "cpu_ms": 1000 * crowd.cpu / len(seconds) if seconds else None,
        "wrong": crowd.wrong,
        "errors": len(crowd.errors),
        "memory_mb": crowd.memory / 1e6,
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true")
    main(full=parser.parse_args().full)
