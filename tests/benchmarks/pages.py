"""Real servers and a real Chromium for benchmarks, and the spread of what they measure."""

from __future__ import annotations

import contextlib
import statistics
import tempfile
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Page

from tests.support.browsers import open_browser
from tests.support.server import serve

__all__ = ["pages", "spread"]


@contextlib.contextmanager
def pages(*scripts: Path, record: str = "") -> Iterator[list[Page]]:
    """Serve each script and open each in a browser context of its own; `record` runs in all."""
    with contextlib.ExitStack() as stack:
        servers = [
            stack.enter_context(serve(Path(stack.enter_context(_empty_home())), script))
            for script in scripts
        ]
        browser = stack.enter_context(open_browser(Path(stack.enter_context(_empty_home()))))
        opened = []
        for server in servers:
            page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
            page.add_init_script(record)
            page.goto(server.url)
            opened.append(page)
        yield opened


def spread(values: list[float]) -> dict[str, float]:
    """Return the median and the 95th percentile."""
    return {"median": statistics.median(values), "p95": statistics.quantiles(values, n=20)[-1]}


def _empty_home() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="inkling-bench-", ignore_cleanup_errors=True)
