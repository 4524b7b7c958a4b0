"""How long a drawing takes from ink to probabilities, and a data set to normalise.

    python -m tests.benchmarks.bench_reading

The yardstick of the same run is one plain matrix product of 60,000 pictures with the weights,
which no reader can do without.
"""

from __future__ import annotations

import itertools
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.classifier import checkpoint, prediction
from model.data.strokes import WrittenDigit, canvas_drawings
from model.preprocessing.centring import centred
from model.preprocessing.directions import directions
from model.preprocessing.features import features
from model.preprocessing.ink import ink_from_canvas
from model.preprocessing.moments import moments
from model.preprocessing.segmentation import parts
from tests.support import drawn
from tests.support.paths import ASSETS

N_PICTURES = 60_000
ROUNDS, FULL_ROUNDS = 3, 15


def run(rounds: int = ROUNDS) -> dict[str, Any]:
    """Measure.

    Returns
    -------
    dict
        `milliseconds`: of one drawing (280 × 280) by step; `seconds`: of 60,000 pictures by step;
        `normalise_ratio`: features of directions to the matrix product. All are medians.
    """
    model = checkpoint.load(ASSETS / "checkpoints" / "directions.safetensors")
    drawings = list(_drawings(100))
    pictures = np.stack([centred(ink) for ink in drawings])
    many = np.resize(pictures, (N_PICTURES, 28, 28))
    flat = many.reshape(N_PICTURES, 784)
    canvases = [drawing.png for drawing in itertools.islice(drawn.drawings(), 100)]
    each: dict[str, Callable[[int], Any]] = {
        "the canvas's PNG to ink": lambda i: ink_from_canvas(canvases[i], drawn.SIDE),
        "centred": lambda i: centred(drawings[i]),
        "parts": lambda i: parts(drawings[i]),
        "moments": lambda i: moments(pictures[i]),
        "directions": lambda i: directions(pictures[i]),
        "ink to probabilities": lambda i: prediction.read_parts(model, drawings[i]),
    }
    milliseconds = {
        name: 1000 * statistics.median(_timed(lambda i=i, work=work: work(i)) for i in range(100))
        for name, work in each.items()
    }
    rounds_of = [
        (_timed(lambda: features(many, "directions")), _timed(lambda: flat @ model.model.weights))
        for _ in range(rounds)
    ]
    normalise, product = (statistics.median(column) for column in zip(*rounds_of, strict=True))
    return {
        "milliseconds": milliseconds,
        "seconds": {"features": normalise, "matrix product": product},
        "normalise_ratio": statistics.median(a / b for a, b in rounds_of),
    }


def main(*, full: bool = False) -> dict[str, Any]:
    """Measure and print the table."""
    found = run(FULL_ROUNDS if full else ROUNDS)
    print("Reading")
    print(f"  features / matrix product, 60,000 pictures  {found['normalise_ratio']:7.1f}")
    for name, seconds in found["seconds"].items():
        print(f"  {name + ', 60,000 pictures':42} {seconds:7.2f} s")
    for name, milliseconds in found["milliseconds"].items():
        print(f"  {name + ', one drawing':42} {milliseconds:7.2f} ms")
    return found


def _drawings(n: int) -> Iterator[NDArray[np.float32]]:
    """Yield wandering strokes on the canvas: what they show makes no difference to the time."""
    rng = np.random.default_rng(0)
    walks = (np.cumsum(rng.normal(0, 1, (40, 2)), axis=0).tolist() for _ in itertools.count())
    digits = (WrittenDigit(0, ([(x, y) for x, y in walk],)) for walk in itertools.islice(walks, n))
    return canvas_drawings(digits)


def _timed(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
