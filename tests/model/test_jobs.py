"""A job as a value: its film, its curves, the time that is left."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from model.config import TrainingConfig
from model.jobs.job import MOST_POINTS, Job, Snapshot, film_steps


def reported(job: Job, step: int) -> Job:
    """Return the job after a report of this step."""
    shot = Snapshot(step, 1 / (step + 1), 0.5, np.zeros((784, 10), "f4"), np.zeros(10, "f4"))
    return job.at(shot, 100.0)


def a_job(n_steps: int) -> Job:
    """Return a job that has not begun."""
    return Job(id="1", owner="ann", config=TrainingConfig(n_steps=n_steps), data="digits")


@pytest.mark.parametrize("n_steps", [1, 2, 15, 16, 1_000, 2_401, 100_000])
def test_a_film_goes_from_the_first_step_to_the_last_and_is_bounded(n_steps: int) -> None:
    steps = film_steps(n_steps)
    assert (steps[0], steps[-1]) == (0, n_steps)
    assert list(steps) == sorted(set(steps))
    assert len(steps) <= 61


@pytest.mark.parametrize("n_steps", [1_000, 20_000, 100_000])
def test_half_of_a_film_is_the_first_thirty_steps_and_the_gaps_grow_evenly_after_them(
    n_steps: int,
) -> None:
    steps = film_steps(n_steps)
    assert steps[:31] == tuple(range(31))
    assert len(steps) == 61
    factors = np.array(steps[31:]) / steps[30:-1]
    assert np.ptp(factors) < 0.05


def test_curves_are_thinned_and_keep_their_ends() -> None:
    job = a_job(100_000)
    for step in range(0, 100_001, 50):
        job = reported(job, step)
        assert len(job.curve) <= MOST_POINTS
    assert (job.curve[0].step, job.curve[-1].step) == (0, 100_000)
    assert [shot.step for shot in job.film] == [s for s in film_steps(100_000) if s % 50 == 0]


def test_a_stopped_run_keeps_its_last_weights_in_the_film() -> None:
    job = reported(reported(a_job(1_000), 0), 7).ended("stopped")
    assert [shot.step for shot in job.film] == [0, 7]
    assert job.is_over


def test_the_time_left_is_known_only_while_the_run_goes_on() -> None:
    job = reported(a_job(1_000), 400)
    assert job.seconds_left == 6.0
    assert a_job(1_000).seconds_left is None
    assert dataclasses.replace(job, state="paused").seconds_left is None
    assert job.ended("done").seconds_left is None
