"""The memory of the serving process while one visitor draws on and on.

python -m tests.benchmarks.bench_memory [--full]
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
from typing import Any

import psutil

from tests.benchmarks.sites import BARE, OURS, Site
from tests.support.drawn import drawings
from tests.support.visitor import Visitor

QUICK_FIRST, FIRST, ALL = 300, 1_000, 10_000  # strokes
BARE_RATIO = 1.3
GROWTH_MB = 10


async def _sizes(url: str, pid: int, marks: list[int]) -> list[float]:
    """Draw; return the process's memory in bytes at each of these numbers of strokes."""
    process = psutil.Process(pid)
    sizes = []
    own = list(itertools.islice(drawings(), 200))
    async with Visitor(url) as visitor:
        for number, drawing in enumerate(itertools.cycle(own), start=1):
            await visitor.draw(drawing.message)
            if number in marks:
                sizes.append(process.memory_info().rss)
            if number == marks[-1]:
                return sizes
    raise AssertionError("the drawings do not end")


def measure(site: Site, marks: list[int]) -> list[float]:
    """Serve the page and draw; see `_sizes`."""
    with site.served() as server:
        return asyncio.run(_sizes(server.url, server.pid, marks))


def main(*, full: bool = False) -> dict[str, Any]:
    """Measure and print the table."""
    marks = [FIRST, ALL] if full else [QUICK_FIRST]
    ours, bare = measure(OURS, marks), measure(BARE, marks[:1])
    ratio = ours[0] / bare[0]
    found = {"ours_mb": ours[0] / 1e6, "bare_mb": bare[0] / 1e6, "bare_ratio": ratio}
    print(f"Memory of the server after {marks[0]:,} strokes")
    print(f"  ours / only the canvas            {ratio:7.2f}      (aim: at most {BARE_RATIO})")
    print(f"  ours                              {found['ours_mb']:7.1f} MB")
    print(f"  only the canvas                   {found['bare_mb']:7.1f} MB")
    if full:
        growth = found["growth_mb"] = (ours[1] - ours[0]) / 1e6
        print(f"  more after {ALL:,} strokes {growth:16.2f} MB   (aim: at most {GROWTH_MB})")
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true")
    main(full=parser.parse_args().full)
