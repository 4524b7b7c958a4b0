"""The book of jobs: how many trainings one visitor may begin in a minute."""

from __future__ import annotations

import itertools

import pytest

from model.config import TrainingConfig
from model.jobs.job import Job
from model.jobs.job_queue import JobQueue
from model.jobs.limits import Limits, RefusedError

_numbers = itertools.count()


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def train(book: JobQueue, owner: str) -> None:
    """Submit a job and have it done at once."""
    job = Job(id=str(next(_numbers)), owner=owner, config=TrainingConfig(), data="digits")
    book.add(job)
    book.take_next()
    book.end(job, "done")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def book(clock: Clock) -> JobQueue:
    return JobQueue(Limits(jobs_per_minute=3), clock)


def test_who_presses_too_often_is_told_when_to_try_again(book: JobQueue, clock: Clock) -> None:
    for _ in range(3):
        train(book, "ann")
        clock.now += 5
    with pytest.raises(RefusedError, match=r"^You have begun 3 trainings .* try again in 45 s\.$"):
        train(book, "ann")
    clock.now += 44.5
    with pytest.raises(RefusedError, match=r"try again in 1 s\.$"):
        train(book, "ann")


def test_after_the_time_that_was_told_the_press_is_taken_and_the_next_waits_for_its_own(
    book: JobQueue, clock: Clock
) -> None:
    for _ in range(3):
        train(book, "ann")
        clock.now += 5
    clock.now += 45
    train(book, "ann")
    with pytest.raises(RefusedError, match=r"try again in 5 s\.$"):
        train(book, "ann")


def test_others_are_not_held_up(book: JobQueue) -> None:
    for _ in range(3):
        train(book, "ann")
    train(book, "bob")


def test_a_refused_press_does_not_count(book: JobQueue, clock: Clock) -> None:
    for _ in range(3):
        train(book, "ann")
    for _ in range(10):
        clock.now += 5
        with pytest.raises(RefusedError):
            train(book, "ann")
    clock.now += 10
    train(book, "ann")


def test_one_press_every_three_seconds_is_never_refused(clock: Clock) -> None:
    book = JobQueue(Limits(), clock)
    for _ in range(100):
        train(book, "ann")
        clock.now += 3
