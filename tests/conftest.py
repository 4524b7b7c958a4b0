"""What all tests share: a home of their own, a server, and the real data where it is there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support import schedule
from tests.support.server import QUICK_SERVER, Server, isolated, serve

if TYPE_CHECKING:
    from model.data.datasets import Dataset

NO_MNIST = "want of MNIST: INKLING_DATA_DIR does not point to a folder with mnist/"
NO_PEN_STROKES = "want of pen strokes: INKLING_DATA_DIR does not point to a folder with pen/"


@pytest.fixture(scope="session", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An empty home directory, and no network, for this process and all that it starts."""
    directory = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in isolated(directory).items():
            patch.setenv(name, value)
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
def mnist() -> Dataset:
    """The real MNIST; the test is skipped where it is not there. Nothing is downloaded."""
    directory = _data_file("mnist")
    if directory is None:
        pytest.skip(NO_MNIST)
    from model.data import datasets

    return datasets.load("mnist", download=False)


@pytest.fixture(scope="session")
def pen_strokes_path() -> Path:
    """The file of real pen strokes; the test is skipped where it is not there."""
    path = _data_file("pen/digits-dev.jsonl.gz")
    if path is None:
        pytest.skip(NO_PEN_STROKES)
    return path


def _data_file(name: str) -> Path | None:
    directory = os.environ.get("INKLING_DATA_DIR")
    path = Path(directory or "", name)
    return path if directory and path.exists() else None


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
