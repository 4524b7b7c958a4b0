"""How long 1,000 steps of 100 take: here, and written in the ways that people write them.

    python -m tests.benchmarks.bench_training

All contenders see the same pictures in the same process, one after another, round after round, so
that a busy machine is busy for all of them; the table shows medians. "ours" is a process that has
trained before, as the page's is: the loop is traced and the pictures are in TensorFlow.

scikit-learn's LogisticRegression has its default settings but for `max_iter`: with 30 it gets as
many test pictures right as ours, so that times can be compared; with 1,000, in the full run, it
converges. It goes through all pictures in every iteration. It is given one thread for its matrix
products, because that is faster: 2.4 s instead of 3.1 s on two idle cores, and up to ten times on
busy ones, where two threads wait for each other.
"""

from __future__ import annotations

import io
import itertools
import statistics
import subprocess
import sys
import time
import types
import warnings
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from model.config import TrainingConfig
from model.data import datasets
from model.jobs import worker
from model.jobs.run_control import Control
from model.preprocessing.features import features
from model.training.gradient_descent import batches, train
from model.training.tensorflow_steps import tf
from tests.support.tutorial import Parameters, tutorial_session

ROUNDS, FULL_ROUNDS = 5, 15
AS_GOOD, ENOUGH = 30, 1_000
"""Iterations of scikit-learn: until it reads as well as ours, and more than it needs."""
AS_GOOD_ROUNDS = 3
SESSION_RATIO = 1 / 3
NUMPY_RATIO = 1.7
FILM_RATIO = 1.5
CONFIG = TrainingConfig()

Contender = Callable[[], Parameters]


def numpy_loop(
    pictures: NDArray[np.float32],
    labels: NDArray[np.integer[Any]],
    drawn: Iterable[NDArray[np.int32]],
    learning_rate: float = 0.5,
) -> Parameters:
    """Train with nothing but NumPy: the least that the arithmetic takes here."""
    weights, bias = np.zeros((784, 10), np.float32), np.zeros(10, np.float32)
    one_hot = np.eye(10, dtype=np.float32)
    for batch in drawn:
        x = pictures[batch]
        logits = x @ weights + bias
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        probabilities = powers / powers.sum(axis=1, keepdims=True)
        error = (probabilities - one_hot[labels[batch]]) / len(batch)
        weights -= learning_rate * (x.T @ error)
        bias -= learning_rate * error.sum(axis=0)
    return weights, bias


def keras_fit(pictures: NDArray[np.float32], labels: NDArray[np.integer[Any]]) -> Parameters:
    """Train with `keras.Model.fit`, as Keras's introduction does, over the first batches."""
    keras = tf.keras
    n = CONFIG.n_steps * CONFIG.batch_size
    epochs = -(-n // len(pictures))
    model = keras.Sequential([keras.Input((784,)), keras.layers.Dense(10)])
    model.compile(
        keras.optimizers.SGD(CONFIG.learning_rate),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    per_epoch = n // epochs
    model.fit(
        pictures[:per_epoch],
        labels[:per_epoch],
        batch_size=CONFIG.batch_size,
        epochs=epochs,
        verbose=0,
    )
    weights, bias = model.get_weights()
    return weights, bias


def logistic_regression(
    pictures: NDArray[np.float32], labels: NDArray[np.integer[Any]], max_iter: int
) -> tuple[Parameters, str]:
    """Train with scikit-learn; return also whether it converged, in words."""
    model = LogisticRegression(max_iter=max_iter)
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the words say it
        model.fit(pictures, labels)
    (n_iterations,) = model.n_iter_
    converged = n_iterations < max_iter
    words = f"converged after {n_iterations}" if converged else "stopped before it converged"
    return (model.coef_.T, model.intercept_), words


def run(rounds: int = ROUNDS, *, converge: bool = False) -> dict[str, Any]:
    """Measure everything; with `converge` also scikit-learn until it converges, once.

    Returns
    -------
    dict
        `data`: what was trained on; `seconds`, `accuracy`: median seconds and accuracy on the test
        pictures by contender; `remarks`: on some contenders; `session_ratio`, `numpy_ratio`,
        `report_ratio`, `film_ratio`: ours to the tutorial's session loop, ours to the NumPy loop,
        ours with a report every 100 steps, and as the page's training process does it, with all
        reports and the film, to ours with one report at the end, medians of each round's own ratio;
        `sklearn_ratio`: ours to scikit-learn's that reads as well, of the medians;
        `import_seconds`: a process that only imports `model.training.gradient_descent`.
    """
    dataset, name = mnist_or_built_in()
    fresh, labels = features(dataset.train.images, "pixels"), dataset.train.labels
    held_out = features(dataset.validation.images, "pixels"), dataset.validation.labels
    pictures = fresh.view()
    for array in (pictures, labels, *held_out):
        array.setflags(write=False)
    test = features(dataset.test.images, "pixels")

    def ours(pictures: NDArray[np.float32], report_every: int = CONFIG.n_steps) -> Parameters:
        *_, last = train(pictures, labels, *held_out, CONFIG, report_every=report_every)
        return last.weights, last.bias

    def with_film() -> Parameters:
        prepared = types.SimpleNamespace(train=(pictures, labels), validation=held_out)
        output, control = worker.Output(io.BytesIO()), Control("", "full")
        last = worker.descended(output, control, CONFIG, prepared)
        return last.weights, last.bias

    def drawn() -> Iterable[NDArray[np.int32]]:
        endless = batches(len(pictures), CONFIG.batch_size, CONFIG.seed)
        return itertools.islice(endless, CONFIG.n_steps)

    contenders: dict[str, Contender] = {
        "ours": lambda: ours(pictures),
        "ours, reporting 10 times": lambda: ours(pictures, report_every=100),
        "ours, with its film": with_film,
        "NumPy loop": lambda: numpy_loop(pictures, labels, drawn()),
        "tutorial's Session.run loop": lambda: tutorial_session(pictures, labels, drawn()),
        "keras.Model.fit": lambda: keras_fit(pictures, labels),
    }
    seconds: dict[str, list[float]] = {}
    accuracy: dict[str, float] = {}
    remarks: dict[str, str] = {}

    def measure(contender: str, work: Contender) -> None:
        start = time.perf_counter()
        weights, bias = work()
        seconds.setdefault(contender, []).append(time.perf_counter() - start)
        answers = (test @ weights + bias).argmax(axis=1)
        accuracy[contender] = float((answers == dataset.test.labels).mean())

    measure("ours, first run of a process", contenders["ours"])
    for _ in range(rounds):
        for contender, work in contenders.items():
            measure(contender, work)
    for _ in range(rounds):
        measure("ours, data not seen before", lambda: ours(fresh))
    for max_iter, times in ((AS_GOOD, AS_GOOD_ROUNDS), (ENOUGH, int(converge))):
        contender = f"LogisticRegression(max_iter={max_iter})"

        def scikit_learn(contender: str = contender, max_iter: int = max_iter) -> Parameters:
            parameters, remarks[contender] = logistic_regression(pictures, labels, max_iter)
            return parameters

        for _ in range(times):
            measure(contender, scikit_learn)

    def ratio(left: str, right: str) -> float:
        return statistics.median(a / b for a, b in zip(seconds[left], seconds[right], strict=True))

    medians = {contender: statistics.median(each) for contender, each in seconds.items()}
    return {
        "data": name,
        "seconds": medians,
        "accuracy": accuracy,
        "remarks": remarks,
        "session_ratio": ratio("ours", "tutorial's Session.run loop"),
        "numpy_ratio": ratio("ours", "NumPy loop"),
        "sklearn_ratio": medians["ours"] / medians[f"LogisticRegression(max_iter={AS_GOOD})"],
        "report_ratio": ratio("ours, reporting 10 times", "ours"),
        "film_ratio": ratio("ours, with its film", "ours"),
        "import_seconds": _import_seconds(),
    }


def main(*, full: bool = False) -> dict[str, Any]:
    """Measure, print the ratios first, then the table."""
    found = run(FULL_ROUNDS if full else ROUNDS, converge=full)
    print(f"Training, 1,000 steps of 100, on {found['data']}")
    for name, ratio, aim in (
        ("ours / tutorial's session loop", found["session_ratio"], SESSION_RATIO),
        ("ours / NumPy loop", found["numpy_ratio"], NUMPY_RATIO),
        ("with its film / without", found["film_ratio"], FILM_RATIO),
    ):
        print(f"  {name:32} {ratio:7.2f}   (aim: at most {aim:.2f})")
    print(f"  {'ours / scikit-learn':32} {found['sklearn_ratio']:7.2f}")
    print(f"  {'reporting 10 times / once':32} {found['report_ratio']:7.2f}")
    print(f"  {'':32} seconds   test accuracy")
    for contender, seconds in found["seconds"].items():
        row = f"  {contender:32} {seconds:7.3f}   {found['accuracy'][contender]:.4f}"
        print(f"{row}   {found['remarks'].get(contender, '')}".rstrip())
    print(f"  {'import of TensorFlow':32} {found['import_seconds']:7.3f}")
    return found


def _import_seconds() -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import model.training.gradient_descent"], check=True)
    return time.perf_counter() - start


def mnist_or_built_in() -> tuple[datasets.Dataset, str]:
    """Return MNIST where it is on this machine, else as many pictures of the built-in digits."""
    dataset = datasets.load("auto")
    if dataset.name == "mnist":
        return dataset, "MNIST"
    times = -(-55_000 // len(dataset.train))
    images = np.tile(dataset.train.images, (times, 1, 1))[:55_000]
    labels = np.tile(dataset.train.labels, times)[:55_000]
    tiled = datasets.Dataset(
        name=dataset.name,
        sha256=dataset.sha256,
        source=dataset.source,
        train=datasets.Split(images, labels),
        validation=dataset.validation,
        test=dataset.test,
    )
    return tiled, "the built-in digits, repeated to MNIST's number (MNIST is not on this machine)"


if __name__ == "__main__":
    main()
