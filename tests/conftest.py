"""What all tests share: a home of their own, a server, and the real data where it is there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from model.data import datasets
from tests.support import schedule
from tests.support.paths import ROOT
from tests.support.server import OUTSIDE, QUICK_SERVER, Server, isolated, serve

NO_MNIST = "want of MNIST: run `make fetch`"
NO_PEN_STROKES = "want of pen strokes: there is no pen/ where INKLING_DATA_DIR points"
MNIST = datasets.find_mnist()
"""Where it was before the tests got a home of their own."""


@pytest.fixture(scope="session", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An empty home directory, and no network, for this process and all that it starts."""
    directory = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in isolated(directory).items():
            patch.setenv(name, value)
        if MNIST is not None:
            patch.setenv("INKLING_DATA_DIR", str(MNIST))
        yield directory


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The page's server, its training process a quick stand-in; one for all tests of a worker."""
    with serve(tmp_path_factory.mktemp("server-home"), QUICK_SERVER) as running:
        yield running


@pytest.fixture(scope="session")
def training_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The page's server as `make demo` runs it, which trains with TensorFlow."""
    with serve(tmp_path_factory.mktemp("training-server-home")) as running:
        yield running


@pytest.fixture(scope="session")
def mnist() -> datasets.Dataset:
    """The real MNIST; the test is skipped where it is not there. Nothing is downloaded."""
    if MNIST is None:
        pytest.skip(NO_MNIST)
    return datasets.load("mnist")


@pytest.fixture(scope="session")
def pen_strokes_path() -> Path:
    """The file of real pen strokes; the test is skipped where it is not there."""
    for folder in (Path(OUTSIDE.get("INKLING_DATA_DIR", "nowhere")), ROOT.parent / "shared"):
        if (path := folder / "pen" / "digits-dev.jsonl.gz").is_file():
            return path
    pytest.skip(NO_PEN_STROKES)


MARKED_BY_FIXTURE = {
    "mnist": "mnist",
    "browser": "browser",
    "server": "server",
    "training_server": "tensorflow",
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests by the fixtures that they use, and put those first that take long."""
    for item in items:
        for fixture, mark in MARKED_BY_FIXTURE.items():
            if fixture in getattr(item, "fixturenames", ()):
                item.add_marker(mark)
    items.sort(key=lambda item: schedule.rank(item.nodeid))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> schedule.InGroups:
    """Give each worker whole files."""
    return schedule.InGroups(config, log)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how much was left out for lack of data."""
    skipped = [str(report.longrepr) for report in terminalreporter.getreports("skipped")]
    for reason in (NO_MNIST, NO_PEN_STROKES):
        if n := sum(reason in text for text in skipped):
            terminalreporter.write_line(f"skipped: {n} for {reason}", yellow=True)
