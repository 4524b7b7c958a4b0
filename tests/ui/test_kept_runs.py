"""Films of trainings that are over: those looked at last stay, and their number is bounded."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from model.config import TrainingConfig
from model.jobs.job import Job
from ui.server import kept_runs


@pytest.fixture(autouse=True)
def empty() -> Iterator[None]:
    """No runs from other tests."""
    kept_runs._runs.clear()
    yield
    kept_runs._runs.clear()


def run(id: str) -> Job:
    return Job(id=id, owner="ann", config=TrainingConfig(), data="digits").ended("done")


def test_a_kept_run_is_found_again_and_another_is_not() -> None:
    kept_runs.keep(run("mine"))
    found = kept_runs.find("mine")
    assert found is not None
    assert found.id == "mine"
    assert kept_runs.find("another") is None
    assert kept_runs.find(None) is None


def test_the_run_looked_at_longest_ago_goes_first() -> None:
    for number in range(kept_runs.MOST):
        kept_runs.keep(run(str(number)))
    kept_runs.find("0")
    kept_runs.keep(run("one more"))
    assert kept_runs.find("0") is not None
    assert kept_runs.find("1") is None
    assert len(kept_runs._runs) == kept_runs.MOST
