"""The pace of a run: how many steps lie between two reports."""

from __future__ import annotations

from model.config import TrainingConfig
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
        pace.reported(stretches[-1] * STEP_SECONDS)
    assert max(stretches) >= 0.5 * FULL_SPEED_SECONDS / STEP_SECONDS  # a film's step may cut one
