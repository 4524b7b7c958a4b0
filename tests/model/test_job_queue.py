"""The queue of jobs: how many trainings one visitor may begin in a minute."""

from __future__ import annotations

import itertools

import pytest

from model.config import TrainingConfig
from model.jobs.job import Job
from model.jobs.job_queue import JobQueue
from model.jobs.limits import Limits, RefusedError
from model.jobs.reason import Reason

_numbers = itertools.count()


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def train(jobs: JobQueue, owner: str) -> None:
    """Submit a job and have it done at once."""
    job = Job(id=str(next(_numbers)), owner=owner, config=TrainingConfig(), data="digits")
    jobs.add(job)
    jobs.take_next()
    jobs.end(job, "done")


def refused(jobs: JobQueue, owner: str) -> Reason:
    """Submit a job that is not taken; return why."""
    with pytest.raises(RefusedError) as refusal:
        train(jobs, owner)
    return refusal.value.reason


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def jobs(clock: Clock) -> JobQueue:
    return JobQueue(Limits(jobs_per_minute=3), clock)


def test_who_presses_too_often_is_told_when_to_try_again(jobs: JobQueue, clock: Clock) -> None:
    for _ in range(3):
        train(jobs, "ann")
        clock.now += 5
    assert refused(jobs, "ann") == Reason("too_many", {"n_begun": 3, "seconds": 45})
    clock.now += 44.5
    assert refused(jobs, "ann") == Reason("too_many", {"n_begun": 3, "seconds": 1})


def test_after_the_time_that_was_told_the_press_is_taken_and_the_next_waits_for_its_own(
    jobs: JobQueue, clock: Clock
) -> None:
    for _ in range(3):
        train(jobs, "ann")
        clock.now += 5
    clock.now += 45
    train(jobs, "ann")
    assert refused(jobs, "ann").fields["seconds"] == 5


def test_others_are_not_held_up(jobs: JobQueue) -> None:
    for _ in range(3):
        train(jobs, "ann")
    train(jobs, "bob")


def test_a_refused_press_does_not_count(jobs: JobQueue, clock: Clock) -> None:
    for _ in range(3):
        train(jobs, "ann")
    for _ in range(10):
        clock.now += 5
        refused(jobs, "ann")
    clock.now += 10
    train(jobs, "ann")


def test_one_press_every_three_seconds_is_never_refused(clock: Clock) -> None:
    jobs = JobQueue(Limits(), clock)
    for _ in range(100):
        train(jobs, "ann")
        clock.now += 3
