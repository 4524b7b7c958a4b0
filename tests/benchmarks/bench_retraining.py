"""What a retraining costs: the one who presses, those who draw meanwhile, and the server.

    python -m tests.benchmarks.bench_retraining

The strokes with and without a training beside them are drawn on the same page, in turn.
"""

from __future__ import annotations

import secrets
import statistics
import time
from typing import Any

import psutil
from playwright.sync_api import Page, expect

from model.config import TrainingConfig
from model.jobs.trainer import Trainer
from tests.benchmarks.bench_live import RECORD, WATCH_PAGE, stroke_times
from tests.benchmarks.pages import pages
from tests.support.drawing import canvas_ready
from tests.support.paths import ROOT
from tests.support.waiting import wait_until

ROUNDS, FULL_ROUNDS = 3, 9  # a visit keeps so many models that each press adds one to the list
N_RETRAININGS, FULL_N_RETRAININGS = 25, 100
PRESS_SECONDS = 3
STROKE_RATIO = 1.5
GROWTH_MB = 20
LONG = TrainingConfig(n_steps=100_000, batch_size=1_000)
START_SECONDS = 120


def run(rounds: int = ROUNDS, n_retrainings: int = N_RETRAININGS) -> dict[str, Any]:
    """Measure.

    Returns
    -------
    dict
        `press_seconds`: from the press on Retrain to the new model answering, a median;
        `stroke_ratio`: the median answer to a stroke while a training runs at full speed to that
        without one; `growth_mb`: what the memory of the process that holds the trainer's client
        grows by in so many retrainings, after a first one.
    """
    with pages(ROOT / "app.py", record=RECORD) as (page,):
        canvas_ready(page)
        retrain(page)  # from here on the training process is warm
        press = [retrain(page) for _ in range(rounds)]
        alone, beside = _strokes(page, rounds)
    return {
        "press_seconds": statistics.median(press),
        "stroke_ratio": statistics.median(beside) / statistics.median(alone),
        "growth_mb": _growth(n_retrainings),
    }


def main(*, full: bool = False) -> dict[str, Any]:
    """Measure and print the table."""
    n_more = FULL_N_RETRAININGS if full else N_RETRAININGS
    found = run(FULL_ROUNDS if full else ROUNDS, n_more)
    print("Retraining")
    for key, title, unit, aim in (
        ("press_seconds", "Retrain pressed → it answers", "s", PRESS_SECONDS),
        ("stroke_ratio", "a stroke beside it / alone", "", STROKE_RATIO),
        ("growth_mb", f"memory after {n_more} more", "MB", GROWTH_MB),
    ):
        print(f"  {title:34} {found[key]:7.2f} {unit:2}   (aim: at most {aim:g})")
    return found


def retrain(page: Page) -> float:
    """Press Retrain and wait until the new model is chosen; return the seconds."""
    models = page.get_by_role("radiogroup", name="Model").get_by_role("radio")
    n_before = models.count()
    start = time.perf_counter()
    page.locator(".st-key-retrain button:visible").click()
    expect(models).to_have_count(n_before + 1, timeout=START_SECONDS * 1000)
    expect(models.last).to_be_checked()
    seconds = time.perf_counter() - start
    expect(page.locator(".st-key-retrain button:visible")).to_be_enabled()
    return seconds


def _strokes(page: Page, rounds: int) -> tuple[list[float], list[float]]:
    """Return the milliseconds of answers without a training, and with one beside them."""
    alone: list[float] = []
    beside: list[float] = []
    trainer = Trainer()
    try:
        trainer.start()
        wait_until(lambda: trainer.ready, START_SECONDS, "the training process does not start")
        for _ in range(rounds):
            alone += stroke_times(page, WATCH_PAGE)["answer"]
            job = trainer.submit(LONG, "digits", "benchmark").id
            wait_until(lambda job=job: _state(trainer, job) == "running", 30, "it does not begin")
            beside += stroke_times(page, WATCH_PAGE)["answer"]
            assert _state(trainer, job) == "running", "the training was over before the strokes"
            trainer.stop(job)
            wait_until(lambda job=job: _state(trainer, job) == "stopped", 30, "it does not stop")
    finally:
        trainer.close()
    return alone, beside


def _growth(n_retrainings: int) -> float:
    trainer = Trainer()
    try:
        _train(trainer)
        before = psutil.Process().memory_info().rss
        for _ in range(n_retrainings):
            _train(trainer)
        return (psutil.Process().memory_info().rss - before) / 1e6
    finally:
        trainer.close()


def _train(trainer: Trainer) -> None:
    visitor = secrets.token_hex(4)  # of whom there are many: one may not begin so many in a minute
    job = trainer.submit(TrainingConfig(), "digits", visitor).id
    wait_until(lambda: _state(trainer, job) == "done", START_SECONDS, "the training does not end")


def _state(trainer: Trainer, job: str) -> str:
    found = trainer.find(job)
    assert found is not None
    return found.state


if __name__ == "__main__":
    main()
