"""From the start of the server to the first answer in a browser, of each of the three pages.

    python -m tests.benchmarks.bench_start [--full]

The server is started as `make demo` starts it, on an installed tree; a browser that is open already
waits for it, draws one stroke and waits for Python's answer.
"""

from __future__ import annotations

import argparse
import contextlib
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, TimeoutError

from tests.benchmarks.sites import BARE, OURS, SITES, USUAL, Site
from tests.support.browsers import open_browser
from tests.support.drawing import CANVAS, draw_with_mouse
from tests.support.server import serve

USUAL_RATIO = 0.5
BARE_RATIO = 1.15
STROKE = [(0.5, 0.3), (0.5, 0.7)]  # a short one: drawing it is not the server's time
PATIENCE_MS = 3_000
MOST_STROKES = 20
ANSWERS = {
    OURS.name: ".reading[data-by=server]:not([data-verdict=empty])",
    BARE.name: "p.answer:not(:text-is('0'))",
    USUAL.name: "h2:has-text('Prediction')",
}


def seconds(site: Site, page: Page) -> float:
    """Start the server, draw, and return the time until the answer is there."""
    with tempfile.TemporaryDirectory(prefix="inkling-bench-") as folder:
        home = Path(folder)
        environment = site.environment(home)
        began = time.perf_counter()
        with serve(home, site.script, environment, settings=site.settings(home)) as server:
            page.goto(server.url)
            page.locator(CANVAS).first.wait_for(timeout=60_000)
            answer = page.locator(ANSWERS[site.name])
            for _ in range(MOST_STROKES):  # the canvas may not listen yet to the first one
                draw_with_mouse(page, [STROKE])
                with contextlib.suppress(TimeoutError):
                    answer.wait_for(state="attached", timeout=PATIENCE_MS)
                    return time.perf_counter() - began
    raise AssertionError(f"{site.name}: no answer to {MOST_STROKES} strokes")


def main(*, full: bool = False) -> dict[str, Any]:
    """Measure and print the table."""
    found: dict[str, list[float]] = {site.name: [] for site in SITES}
    with (
        tempfile.TemporaryDirectory(prefix="inkling-bench-") as home,
        open_browser(Path(home)) as browser,
    ):
        for _ in range(5 if full else 1):
            for site in SITES:
                with browser.new_context() as context:
                    found[site.name].append(seconds(site, context.new_page()))
    ours, bare, usual = (statistics.median(found[site.name]) for site in SITES)
    ratio, to_bare = ours / usual, ours / bare
    print("Start of the server → first answer in a browser")
    print(f"  ours / usual pattern              {ratio:7.2f}      (aim: at most {USUAL_RATIO})")
    print(f"  ours / only the canvas            {to_bare:7.2f}      (aim: at most {BARE_RATIO})")
    print(f"  ours                              {ours:7.2f} s")
    print(f"  only the canvas                   {bare:7.2f} s")
    print(f"  usual pattern                     {usual:7.2f} s")
    return {"ours": ours, "bare": bare, "usual": usual, "usual_ratio": ratio, "bare_ratio": to_bare}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true")
    main(full=parser.parse_args().full)
