"""How often something may be done: so many at once, and so many a second in the long run."""

from __future__ import annotations

import pytest

from ui.server.pace import Bucket, Buckets


class Clock:
    """Tells the seconds that a test says."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


def taken(bucket: Bucket, n: int) -> int:
    return sum(bucket.take() for _ in range(n))


def test_a_bucket_begins_full(clock: Clock) -> None:
    assert taken(Bucket(2, 5, clock), 20) == 5


def test_an_empty_bucket_fills_at_its_rate(clock: Clock) -> None:
    bucket = Bucket(2, 5, clock)
    taken(bucket, 5)
    clock.seconds += 0.49
    assert not bucket.take()
    clock.seconds += 0.01
    assert bucket.take()
    assert not bucket.take()


def test_being_refused_costs_nothing(clock: Clock) -> None:
    bucket = Bucket(2, 5, clock)
    taken(bucket, 5)
    for _ in range(10):
        clock.seconds += 0.049
        assert not bucket.take()
    clock.seconds += 0.011
    assert bucket.take()


def test_a_long_rest_gives_no_more_than_a_full_bucket(clock: Clock) -> None:
    bucket = Bucket(2, 5, clock)
    clock.seconds += 3600
    assert taken(bucket, 20) == 5


def test_in_the_long_run_no_more_than_the_rate(clock: Clock) -> None:
    bucket, n = Bucket(2, 5, clock), 0
    for _ in range(1_000):
        clock.seconds += 0.1
        n += taken(bucket, 3)
    assert n == 5 + 2 * 100 - 1  # the bucket was full when the first tenth of a second began


def test_each_has_a_bucket_of_its_own(clock: Clock) -> None:
    buckets = Buckets(2, 1, 10, clock)
    assert buckets.take("one")
    assert not buckets.take("one")
    assert buckets.take("other")
    clock.seconds += 0.5
    assert buckets.take("one")


def test_who_came_last_is_remembered_and_who_came_long_ago_is_not(clock: Clock) -> None:
    buckets = Buckets(1, 1, 2, clock)
    for who in ("first", "second"):
        assert buckets.take(who)
    assert not buckets.take("first")  # who now came later than the second
    assert buckets.take("third")
    assert not buckets.take("first")
    assert buckets.take("second"), "a bucket that was forgotten begins full"
