"""The pace of a run: how many steps lie between two reports, and how long each is shown."""

from __future__ import annotations

import pytest

from model.config import TrainingConfig
from model.jobs import run_control
from model.jobs.job import film_steps
from model.jobs.run_control import FULL_SPEED_SECONDS, Control, Pace

STEP_SECONDS = 0.0002


def test_slow_reports_do_not_make_a_run_all_reports() -> None:
    """The steps are quick; whatever time passes besides is the reports'."""
    pace = Pace(Control("1", "full"), TrainingConfig(n_steps=100_000, batch_size=60_000))
    stretches = [0]
    for _ in range(20):
        step = sum(stretches)
        assert pace.go_on(step)
        stretches.append(pace.stretch(step))
        pace.reported(step + stretches[-1], stretches[-1] * STEP_SECONDS)
    assert max(stretches) >= 0.5 * FULL_SPEED_SECONDS / STEP_SECONDS


class Clock:
    """A clock that only waiting moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now


class Waited:
    """The condition of a `Control`, on such a clock."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        pass

    def wait(self, seconds: float) -> None:
        self.clock.now += seconds


def test_a_watched_run_shows_each_frame_of_its_film_and_the_first_steps_longest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock, control = Clock(), Control("1", "watch")
    monkeypatch.setattr(run_control, "time", clock)
    monkeypatch.setattr(control, "changed", Waited(clock))
    pace, step, left_at = Pace(control, TrainingConfig(n_steps=1000)), 0, {}
    while step < 1000:
        assert pace.go_on(step)
        left_at[step] = clock.now
        step += pace.stretch(step)
        pace.reported(step, 0.001)
    assert (*left_at, 1000) == film_steps(1000)
    assert left_at[0] == pytest.approx(1.0)
    assert left_at[30] == pytest.approx(1.0 + 30 * 0.3)
    assert clock.now == pytest.approx(10.0 + 29 * 0.2)


def test_at_full_speed_the_frames_between_two_reports_hold_nothing_up() -> None:
    control = Control("1", "full")
    pace = Pace(control, TrainingConfig(n_steps=1000))
    assert pace.go_on(0)
    assert (goal := pace.stretch(0)) > 30
    control.paused = True
    assert all(pace.go_on(step) for step in range(1, goal))
    control.stopped = True
    assert not pace.go_on(goal)
