"""How cost grows with size: steps, reports, pictures, the canvas's pixels.

    python -m tests.benchmarks.bench_growth

All sizes of all tasks are run in turn, round after round, so that a busy spell of the machine does
not fall on one size alone; the shortest run of each counts. A slope is the exponent of a power
law: steps^1.00 is proportional; below 1 something is paid once, above 1 each unit costs more.
"""

from __future__ import annotations

import dataclasses
import io
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from model.classifier import checkpoint
from model.classifier.prediction import read
from model.config import TrainingConfig
from model.data import strokes
from model.evaluation.metrics import evaluate
from model.preprocessing.features import features
from model.preprocessing.ink import ink_from_canvas
from model.training.gradient_descent import train
from tests.benchmarks.bench_training import mnist_or_built_in
from tests.benchmarks.curve import Curve
from tests.support.drawing import DIGITS
from tests.support.paths import CHECKPOINTS

N_STEPS, MORE_STEPS = (100, 300, 1_000, 3_000, 10_000), (30_000, 100_000)
N_REPORTS, MORE_REPORTS = (1, 2, 5, 10, 20, 50, 100, 200), (500, 1_000)
N_PICTURES, MORE_PICTURES = (1_000, 3_000, 10_000, 30_000), (60_000,)
SIDES = (112, 168, 224, 336, 448, 672, 896, 1_344)
ROUNDS = 3
LEAST_SECONDS = 0.05


@dataclasses.dataclass(frozen=True)
class Task:
    """Something to be measured at several sizes: `work(size)`."""

    title: str
    unit: str
    sizes: tuple[int, ...]
    work: Callable[[int], object]


def run(*, full: bool = False) -> list[Curve]:
    """Measure; in full, up to 100,000 steps, 1,000 reports and 60,000 pictures."""
    tasks = _tasks()
    if full:
        more = (MORE_STEPS, MORE_REPORTS, MORE_PICTURES, MORE_PICTURES, ())
        tasks = [
            dataclasses.replace(task, sizes=task.sizes + sizes)
            for task, sizes in zip(tasks, more, strict=True)
        ]
    return measured(tasks)


def measured(tasks: Sequence[Task]) -> list[Curve]:
    """Run the tasks and return a curve of each one's shortest times."""
    shortest: list[dict[int, float]] = [dict.fromkeys(task.sizes, np.inf) for task in tasks]
    for _ in range(ROUNDS):
        for task, best in zip(tasks, shortest, strict=True):
            for size in task.sizes:
                best[size] = min(best[size], _shortest(task.work, size))
    return [
        Curve(task.title, task.unit, tuple(best.items()))
        for task, best in zip(tasks, shortest, strict=True)
    ]


def main(*, full: bool = False) -> dict[str, Any]:
    """Measure and print a line for each curve."""
    curves = run(full=full)
    print(f"{'Growth':58} slope   at the largest")
    for curve in curves:
        print(table_row(curve))
    return {"curves": [curve.as_dict() for curve in curves]}


def table_row(curve: Curve) -> str:
    """Return a curve's line of the table: title, range, slope, cost of a unit at its end."""
    (first, _), (last, _) = curve.points[0], curve.points[-1]
    what = f"{curve.title}, {first:,} to {last:,}"
    return f"  {what:46} {curve.slope:>14}   {curve.unit_cost}"


def _tasks() -> list[Task]:
    data, _ = mnist_or_built_in()
    images, labels = np.resize(data.train.images, (60_000, 28, 28)), data.train.labels
    labels = np.resize(labels, 60_000)
    arrays = (
        *(features(data.train.images, "pixels"), data.train.labels),
        *(features(data.validation.images, "pixels"), data.validation.labels),
    )
    for array in arrays:
        array.setflags(write=False)  # so that they are handed to TensorFlow once
    pixels = checkpoint.load(CHECKPOINTS / "pixels.safetensors").model
    shipped = checkpoint.load(CHECKPOINTS / "directions.safetensors")
    ink = strokes.draw(DIGITS[3], longer_side=180, right=0.5, down=0.5)
    drawings = {side * side: (side, _canvas_png(ink, side)) for side in SIDES}

    def training(n_steps: int, n_reports: int = 1) -> None:
        config = TrainingConfig(n_steps=n_steps)
        for _ in train(*arrays, config, report_every=n_steps // n_reports):
            pass

    def evaluation(n: int) -> None:
        evaluate(labels[:n], pixels.predict(images[:n]))

    def reading(n_pixels: int) -> None:
        side, content = drawings[n_pixels]
        read(shipped, ink_from_canvas(content, side))

    return [
        Task("Training", "step", N_STEPS, training),
        Task("Reporting in 1,000 steps", "report", N_REPORTS, lambda n: training(1_000, n)),
        Task("Normalising", "picture", N_PICTURES, lambda n: features(images[:n], "directions")),
        Task("Evaluating", "picture", N_PICTURES, evaluation),
        Task("Reading a canvas", "pixel", tuple(drawings), reading),
    ]


def _canvas_png(ink: NDArray[np.float32], side: int) -> bytes:
    """Return the drawing as a canvas of this side sends it."""
    grey = Image.fromarray(np.uint8(255 * ink)).resize((side, side), Image.Resampling.BILINEAR)
    file = io.BytesIO()
    grey.convert("RGBA").save(file, "PNG")
    return file.getvalue()


def _shortest(work: Callable[[int], object], size: int) -> float:
    """Return the shortest of as many runs as fit in `LEAST_SECONDS`, one at least."""
    seconds: list[float] = []
    while sum(seconds) < LEAST_SECONDS:
        start = time.perf_counter()
        work(size)
        seconds.append(time.perf_counter() - start)
    return min(seconds)


if __name__ == "__main__":
    main()
