"""The memory that an operator has to plan for: the server's and the training process's.

    python -m tests.benchmarks.bench_footprint

Resident is what both processes hold, shared pages counted in each; proportional counts a shared
page in parts. With a limit on memory (a control group, where this machine allows one), it is tried
how many retrainings go well.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import psutil
from playwright.sync_api import Browser, Page, expect

from tests.benchmarks.bench_retraining import retrain
from tests.support.browsers import open_browser
from tests.support.drawing import DIGITS, canvas_ready, draw
from tests.support.monkey import come_and_go
from tests.support.server import Server, serve
from tests.support.waiting import wait_until

ON_DEMAND = {"INKLING_TRAINING_PROCESS": "on-demand"}
N_STROKES = 20
N_VISITS = 140
"""More than the server remembers of those who left within the last hour: 128."""
N_RETRAININGS = 5
LIMITS_GB = (1.0, 2.0)
GROUPS = Path("/sys/fs/cgroup/memory")
"""Of control groups in their first version; the second has one tree for all controllers."""
SECOND_VERSION = Path("/sys/fs/cgroup")


def main(*, full: bool = False) -> dict[str, Any]:
    """Measure and print the tables; there is no quick way."""
    found: dict[str, Any] = {}
    print("Memory that an operator needs, MB        resident   proportional")
    with tempfile.TemporaryDirectory() as home, open_browser(Path(home)) as browser:
        for name, environment in (("always", {}), ("on demand", ON_DEMAND)):
            for what, sizes in _sizes(browser, environment).items():
                found[f"{name}: {what}"] = sizes
                print(f"  {name + ': ' + what:38} {sizes[0]:8.0f} {sizes[1]:12.0f}")
        for limit in LIMITS_GB:
            for name, environment in (("always", {}), ("on demand", ON_DEMAND)):
                key = f"{limit:g} GB, {name}"
                found[key] = _fits(browser, environment, limit)
                print(f"  within {key:22} {found[key]}")
    return found


def _sizes(browser: Browser, environment: Mapping[str, str]) -> dict[str, tuple[float, float]]:
    sizes = {}
    with _opened(browser, environment) as (server, page):
        if environment:
            sizes["server alone"] = _size(server.pid)
        else:
            worker = _worker(server)
            wait_until(lambda: _is_quiet(worker), 120, "the training process is never warm")
            sizes["server"] = _size(server.pid)
            sizes["training process, warm"] = _size(worker.pid)
        for number in range(N_STROKES):
            draw(page, DIGITS[number % 10])
        sizes["server after strokes"] = _size(server.pid)
        come_and_go(server, N_VISITS)
        sizes[f"server, {N_VISITS} visits remembered"] = _size(server.pid)
        for _ in range(N_RETRAININGS):
            retrain(page)
        sizes["server after retrainings"] = _size(server.pid)
        sizes["training process after retrainings"] = _size(_worker(server).pid)
    return sizes


def _fits(browser: Browser, environment: Mapping[str, str], limit_gb: float) -> str:
    """Retrain under a limit; say how many went well, and the most memory that was in use."""
    with contextlib.ExitStack() as stack:
        try:
            group = stack.enter_context(_control_group(limit_gb))
        except OSError:
            return "not tried: this machine allows no limit"
        _, page = stack.enter_context(_opened(browser, environment, group))
        good = 0
        with contextlib.suppress(AssertionError):
            for _ in range(N_RETRAININGS):
                retrain(page)
                good += 1
        peak = int(_first(group, "memory.max_usage_in_bytes", "memory.peak").read_text()) / 1e6
    return f"{good} of {N_RETRAININGS} retrainings, at most {peak:.0f} MB with the files' cache"


@contextlib.contextmanager
def _opened(
    browser: Browser, environment: Mapping[str, str], group: Path | None = None
) -> Iterator[tuple[Server, Page]]:
    with (
        tempfile.TemporaryDirectory(prefix="inkling-bench-", ignore_cleanup_errors=True) as home,
        _inside(group),
        serve(Path(home), environment=environment) as server,
    ):
        _leave(group)
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        page = context.new_page()
        page.goto(server.url)
        canvas_ready(page)
        expect(page.locator(".st-key-retrain button:visible")).to_be_enabled()
        yield server, page
        context.close()


def _worker(server: Server) -> psutil.Process:
    return wait_until(
        lambda: next(iter(psutil.Process(server.pid).children()), None), 60, "no process trains"
    )


def _is_quiet(process: psutil.Process) -> bool:
    return process.memory_info().rss > 500e6 and process.cpu_percent(1.0) < 20


def _size(pid: int) -> tuple[float, float]:
    """Return the resident and the proportional memory in MB."""
    memory = psutil.Process(pid).memory_full_info()
    return memory.rss / 1e6, memory.pss / 1e6


@contextlib.contextmanager
def _control_group(limit_gb: float) -> Iterator[Path]:
    """Make a group of processes that may use so much memory together."""
    group = (GROUPS if GROUPS.is_dir() else SECOND_VERSION) / f"inkling-bench-{os.getpid()}"
    group.mkdir()
    try:
        _first(group, "memory.limit_in_bytes", "memory.max").write_text(str(int(limit_gb * 2**30)))
        yield group
    finally:
        wait_until(lambda: not (group / "cgroup.procs").read_text(), 30, "processes are left")
        group.rmdir()


@contextlib.contextmanager
def _inside(group: Path | None) -> Iterator[None]:
    """Put this process into the group, so that what it starts is in it from the first."""
    if group is not None:
        (group / "cgroup.procs").write_text(str(os.getpid()))
    try:
        yield
    finally:
        _leave(group)


def _leave(group: Path | None) -> None:
    if group is not None:
        (group.parent / "cgroup.procs").write_text(str(os.getpid()))


def _first(group: Path, *names: str) -> Path:
    return next(group / name for name in names if (group / name).exists())


if __name__ == "__main__":
    main()
