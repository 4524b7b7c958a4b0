"""A first visit over a slow network: bytes and seconds, ours, a room's page, the usual pattern.

    python -m tests.benchmarks.bench_phone [--full]

The network has 1.5 Mbit/s and 100 ms, as Chromium emulates them. A host's name that is not
localhost is used, for which browsers offer no Brotli. Counted is every byte that the server sends,
headers and websocket among them.
"""

from __future__ import annotations

import argparse
import contextlib
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import requests
from playwright.sync_api import Page, TimeoutError, ViewportSize

from tests.benchmarks.bench_start import ANSWERS
from tests.benchmarks.sites import OURS, USUAL, Site
from tests.support.browsers import open_browser
from tests.support.cable import Cable, plugged
from tests.support.drawing import CANVAS
from tests.support.phones import opened
from tests.support.server import serve
from tests.support.waiting import wait_for

NAME = "inkling.test"
BYTES_PER_SECOND = 1.5e6 / 8
LATENCY_MS = 100
AIM_MB, AIM_SECONDS, AIM_SEEN = 1.2, 9.0, 2.0
AIM_ROOM_KB, AIM_ROOM_SECONDS = 150, 2.0
FOLLOWS = "[...document.querySelectorAll('#bars .track')].some((m) => m.ariaValueNow > 0)"
PHONE: ViewportSize = {"width": 390, "height": 844}
PATIENCE_MS = 3_000
MOST_STROKES = 20


def _draw(page: Page) -> None:
    """Draw one line by mouse, without waiting for anything."""
    box = page.locator(CANVAS).first.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 4
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, y + box["height"] / 2, steps=8)
    page.mouse.up()


def visit(site: Site, page: Page, cable: Cable) -> tuple[float, float, float]:
    """Return megabytes, seconds to the first text on the screen, and to the first answer."""
    _slow_down(page)
    began = time.perf_counter()
    page.goto(cable.url.replace("127.0.0.1", NAME), wait_until="commit")
    page.locator("p:visible, h1:visible").first.wait_for(timeout=60_000)
    seen = time.perf_counter() - began
    page.locator(CANVAS).first.wait_for(timeout=60_000)
    if site is OURS:
        page.locator("html[data-can-draw]").wait_for(state="attached")
    answer = page.locator(ANSWERS[site.name])
    for _ in range(MOST_STROKES):
        _draw(page)
        with contextlib.suppress(TimeoutError):
            answer.wait_for(state="attached", timeout=PATIENCE_MS)
            return cable.n_received / 1e6, seen, time.perf_counter() - began
    raise AssertionError(f"{site.name}: no answer to {MOST_STROKES} strokes")


def _slow_down(page: Page) -> None:
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    speed = {"downloadThroughput": BYTES_PER_SECOND, "uploadThroughput": BYTES_PER_SECOND}
    session.send(
        "Network.emulateNetworkConditions", {"offline": False, "latency": LATENCY_MS, **speed}
    )


def join(page: Page, cable: Cable, code: str) -> tuple[float, float]:
    """Open a room's page; return kilobytes, and seconds until the bars show what is drawn."""
    _slow_down(page)
    began = time.perf_counter()
    page.goto(f"{cable.url.replace('127.0.0.1', NAME)}/r/{code}", wait_until="commit")
    canvas = page.locator("#canvas")
    canvas.wait_for()
    box = canvas.bounding_box()
    assert box is not None
    wait_for(page, "document.getElementById('canvas').width === 336")  # it listens
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 4
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, y + box["height"] / 2, steps=8)
    page.mouse.up()
    wait_for(page, FOLLOWS)
    return cable.n_received / 1e3, time.perf_counter() - began


def main(*, full: bool = False) -> dict[str, Any]:
    """Measure and print the table."""
    found: dict[str, list[tuple[float, float, float]]] = {OURS.name: [], USUAL.name: []}
    rules = f"--host-resolver-rules=MAP {NAME} 127.0.0.1"
    with (
        tempfile.TemporaryDirectory(prefix="inkling-bench-") as home,
        open_browser(Path(home), rules, "--no-proxy-server") as browser,
    ):
        for site in (OURS, USUAL):
            with site.served() as server:
                for _ in range(5 if full else 2):
                    with (
                        plugged(server.url) as cable,
                        browser.new_context(viewport=PHONE) as context,
                    ):
                        found[site.name].append(visit(site, context.new_page(), cable))
        joined = []
        with tempfile.TemporaryDirectory(prefix="inkling-bench-") as folder:
            code = opened(Path(folder) / "store").code
            with serve(Path(folder)) as server:
                requests.get(f"{server.url}/r/{code}", timeout=30)  # as the speaker has opened it
                for _ in range(5 if full else 2):
                    with (
                        plugged(server.url) as cable,
                        browser.new_context(viewport=PHONE) as context,
                    ):
                        joined.append(join(context.new_page(), cable, code))
    room = [statistics.median(column) for column in zip(*joined, strict=True)]
    ours, usual = (
        tuple(statistics.median(column) for column in zip(*rows, strict=True))
        for rows in found.values()
    )
    print("First visit at 1.5 Mbit/s and 100 ms")
    print(f"  ours: loaded, MB                  {ours[0]:7.2f}      (aim: at most {AIM_MB})")
    print(f"  ours: first words, s              {ours[1]:7.2f}      (aim: at most {AIM_SEEN})")
    print(f"  ours: first answer, s             {ours[2]:7.2f}      (aim: at most {AIM_SECONDS})")
    print(f"  a room's page: loaded, kB         {room[0]:7.0f}      (aim: at most {AIM_ROOM_KB})")
    print(
        f"  a room's page: bars follow, s     {room[1]:7.2f}      (aim: at most {AIM_ROOM_SECONDS})"
    )
    print(f"  usual pattern: loaded, MB         {usual[0]:7.2f}")
    print(f"  usual pattern: first words, s     {usual[1]:7.2f}")
    print(f"  usual pattern: first answer, s    {usual[2]:7.2f}")
    print(f"  first answer, ours / usual        {ours[2] / usual[2]:7.2f}")
    return {"ours": ours, "room": room, "usual": usual, "ratio": ours[2] / usual[2]}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true")
    main(full=parser.parse_args().full)
