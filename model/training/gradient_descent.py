"""Gradient descent: batches, learning rates and reports.

The steps themselves are TensorFlow's (`tensorflow_steps`), or NumPy's (`numpy_steps`) on a machine
for which there is no TensorFlow; `engine` chooses. Those of the convolutional network
(`network_steps`) are TensorFlow's alone.
"""

from __future__ import annotations

import dataclasses
import functools
import itertools
import math
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.config import N_CLASSES, TrainingConfig
from model.training.engine import NoTensorFlowError, engine
from model.training.handed_over import handed_over

__all__ = ["DivergedError", "Progress", "batches", "train"]

if engine() == "tensorflow":
    from model.training import tensorflow_steps

    steps: Any = tensorflow_steps
else:
    from model.training import numpy_steps

    steps = numpy_steps

# A run has diverged once the loss, over this many steps, is on average this many times that of
# guessing. (Softmax regression in float32 never reaches infinity by itself: with too long a step
# it swings from one confident mistake to the next.)
_PATIENCE = 50
_GUESSING = math.log(N_CLASSES)
_DIVERGED = 10 * _GUESSING

# Most indices passed on in one call: 16 MB.
_MAX_INDICES = 2**22


class DivergedError(ValueError):
    """The loss grew instead of falling; the message says what to change.

    `fields` holds the `step` at which it was noticed, the mean `loss` of the steps before it, the
    loss of `guessing`, the `learning_rate` and the `batch_size`.
    """

    def __init__(self, step: int, loss: float, config: TrainingConfig) -> None:
        super().__init__(
            f"training diverged: by step {step} the loss had risen to {loss:.3g}, where"
            f" guessing gives {_GUESSING:.3g}; the learning rate {config.learning_rate:g} is too"
            f" high for this data and a batch size of {config.batch_size}: try a tenth of it"
        )
        self.fields = {
            "step": step,
            "loss": loss,
            "guessing": _GUESSING,
            "learning_rate": config.learning_rate,
            "batch_size": config.batch_size,
        }


@dataclasses.dataclass(frozen=True, eq=False)
class Progress:
    """The state of a training run at one step.

    Parameters
    ----------
    step : int
        Steps done, 0 to `n_steps`.
    n_steps : int
        Steps of the whole run.
    train_loss : float
        Cross-entropy in nats, mean over the batches since the last report; ln 10 at step 0, where
        every class has one tenth.
    validation_accuracy : float
        Share of the validation pictures that `weights` and `bias` get right, 0 to 1; of at most
        1,000 of them, evenly spread, so that a film of 61 frames costs less than half the run.
    parameters : mapping of str to ndarray of float32
        The model's arrays after this step, by name; in the last report, their mean over the last
        `config.averaging` of the steps, which is the run's result.
    seconds : float
        What the steps since the last report took, without the reports; where several reports come
        at once, its share by the number of steps.
    """

    step: int
    n_steps: int
    train_loss: float
    validation_accuracy: float
    parameters: Mapping[str, NDArray[np.float32]]
    seconds: float

    @property
    def weights(self) -> NDArray[np.float32]:
        """The weights, (784, 10); of a network those of its last layer, (30, 10)."""
        return self.parameters["weights"]

    @property
    def bias(self) -> NDArray[np.float32]:
        """The bias, (10,)."""
        return self.parameters["bias"]


def train(
    features: NDArray[np.float32],
    labels: NDArray[np.integer[Any]],
    validation_features: NDArray[np.float32],
    validation_labels: NDArray[np.integer[Any]],
    config: TrainingConfig,
    *,
    report_every: int | Callable[[int], int] = 50,
    film: Collection[int] = (),
) -> Iterator[Progress]:
    """Train from zero weights, a network from filters at random, and report on the way.

    The same data, config and machine give the same weights, bit for bit, whatever `report_every`
    and `film`. Closing the iterator ends the run.

    Parameters
    ----------
    features : (n, 784) ndarray of float32
        Inputs between 0 and 1. Read-only arrays are checked and copied into TensorFlow once, and
        stay there until other data comes, which saves a third of a short run's time.
    labels : (n,) ndarray of int
        Classes 0 to 9.
    validation_features, validation_labels : ndarrays
        The same for the pictures on which every report is measured.
    config : TrainingConfig
        Steps, batch size, learning rate and its schedule, averaging, seed. A batch size above n
        means that every step sees all pictures.
    report_every : int or callable
        Steps from one report to the next, at least 1; a callable is told the step of the last
        report and returns how many follow it.
    film : collection of int
        Steps that are reported besides. Those between two reports come together, before the
        second: so they are measured together, which takes a tenth of the time.

    Returns
    -------
    iterator of Progress
        At step 0, after every `report_every` steps, at those of `film`, and at the last step.

    Raises
    ------
    ValueError
        At once, for data or a `report_every` that cannot be used; the message says what arrived.
    NoTensorFlowError
        At once, for a network on a machine without TensorFlow.
    DivergedError
        While iterating, when the loss has grown to ten times that of guessing.

    References
    ----------
    .. [1] B. Polyak and A. Juditsky, "Acceleration of stochastic approximation by averaging",
       SIAM Journal on Control and Optimization 30, 1992.
    """
    arrays = features, labels, validation_features, validation_labels
    takes = _network_steps() if config.kind == "network" else steps
    data = handed_over(takes.tensor, *arrays)
    if callable(report_every):
        stretch = report_every
    elif type(report_every) is int and report_every >= 1:
        stretch = functools.partial(_always, report_every)
    else:
        raise ValueError(f"report_every must be a whole number from 1, got {report_every!r}")
    return _run(takes, data, config, stretch, film)


def _network_steps() -> Any:
    if engine() != "tensorflow":
        raise NoTensorFlowError
    from model.training import network_steps  # here: most trainings do without

    return network_steps


def _always(n_steps: int, step: int) -> int:
    return n_steps


def batches(n: int, batch_size: int, seed: int) -> Iterator[NDArray[np.int32]]:
    """Draw batches without end; within an epoch every picture comes exactly once.

    Parameters
    ----------
    n : int
        Pictures to draw from.
    batch_size : int
        Pictures per batch; the last batch of an epoch takes what is left.
    seed : int
        Decides the order; every epoch has another.

    Yields
    ------
    (at most batch_size,) ndarray of int32
        Positions between 0 and n − 1.
    """
    rng = np.random.default_rng(seed)
    while True:
        order = rng.permutation(n).astype(np.int32)
        for start in range(0, n, batch_size):
            yield order[start : start + batch_size]


def _run(
    steps: Any,
    data: tuple[Any, Any, Any, Any],
    config: TrainingConfig,
    stretch: Callable[[int], int],
    film: Collection[int],
) -> Iterator[Progress]:
    seen, held_out = data[:2], data[2:]
    n_steps = config.n_steps
    state: list[Any] = list(steps.start(config.seed))
    yield _at_zero(steps.parameters(state), held_out[1], n_steps)

    draws = batches(len(seen[0]), config.batch_size, config.seed)
    losses = np.empty(n_steps, np.float32)
    stop = 0
    while stop < n_steps:
        start, stop = stop, min(stop + stretch(stop), n_steps)
        told = sorted({stop, *(step for step in film if start < step < stop)})
        began = time.perf_counter()
        state, frames, losses[start:stop] = _descended(
            steps, seen, draws, config, start, told, state
        )
        seconds = time.perf_counter() - began
        _check_descent(losses, start, stop, config)
        if config.averaging and stop == n_steps:
            frames[-1] = state[2:]
        accuracies = _accuracies(steps, frames, *held_out)
        for before, step, frame, accuracy in zip(
            (start, *told), told, frames, accuracies, strict=False
        ):
            loss = float(losses[before:step].mean())
            share = seconds * (step - before) / (stop - start)
            yield Progress(step, n_steps, loss, accuracy, steps.parameters(frame), share)


def _descended(
    steps: Any,
    seen: tuple[Any, ...],
    draws: Iterator[NDArray[np.int32]],
    config: TrainingConfig,
    start: int,
    told: Sequence[int],
    state: list[Any],
) -> tuple[list[Any], list[list[Any]], NDArray[np.float32]]:
    """Go on from `start` to the last of `told`; return the state there, each of them, losses."""
    rates, shares = _rates(config), _shares(config)
    at_once = max(1, _MAX_INDICES // min(config.batch_size, len(seen[0])))
    frames: list[list[Any]] = []
    losses: list[NDArray[np.float32]] = []
    for first in range(start, told[-1], at_once):
        now = slice(first, min(first + at_once, told[-1]))
        drawn = list(itertools.islice(draws, now.stop - first))
        order = np.concatenate(drawn)
        bounds = np.cumsum([0, *map(len, drawn)], dtype=np.int32)
        ends = sorted({now.stop, *(step for step in told if first < step < now.stop)})
        *state, kept, some_losses = steps.descend(
            config.averaging > 0,
            *(*seen, order, bounds, rates[now], shares[now], np.array(ends, np.int32) - first),
            *state,
        )
        losses.append(some_losses)
        frames += [frame for end, *frame in zip(ends, *kept, strict=True) if end in told]
    return state, frames, np.concatenate(losses)


def _at_zero(
    parameters: Mapping[str, NDArray[np.float32]], labels: NDArray[Any], n_steps: int
) -> Progress:
    """Report the model before its first step: all scores are 0, so the first digit is taken."""
    accuracy = float((labels == 0).mean())
    return Progress(0, n_steps, _GUESSING, accuracy, parameters, 0.0)


def _accuracies(
    steps: Any, frames: Sequence[list[Any]], features: Any, labels: NDArray[Any]
) -> list[float]:
    """Return the share of the validation pictures that each model gets right."""
    models = (np.stack(each) for each in zip(*frames, strict=True))
    shares = (steps.predicted(*models, features) == labels).mean(axis=1)
    return [float(share) for share in shares]


def _rates(config: TrainingConfig) -> NDArray[np.float32]:
    """Return every step's learning rate, (n_steps,)."""
    left = 1 - np.arange(config.n_steps) / config.n_steps
    falling = left if config.schedule == "linear" else np.ones(config.n_steps)
    return (config.learning_rate * falling).astype(np.float32)


def _shares(config: TrainingConfig) -> NDArray[np.float32]:
    """Return the share of every step's weights in the mean so far, (n_steps,).

    0 before the mean begins, then 1, 1/2, 1/3, …: a running mean.
    """
    n_averaged = max(1, round(config.averaging * config.n_steps))
    shares = np.zeros(config.n_steps, np.float32)
    shares[-n_averaged:] = 1 / np.arange(1, n_averaged + 1)
    return shares


def _check_descent(
    losses: NDArray[np.float32], start: int, stop: int, config: TrainingConfig
) -> None:
    """Judge the run at every multiple of `_PATIENCE` in (start, stop], and at its end."""
    due = [step for step in range(start + 1, stop + 1) if step % _PATIENCE == 0]
    for step in [*due, stop] if stop == config.n_steps else due:
        loss = float(losses[max(0, step - _PATIENCE) : step].mean())
        if not loss <= _DIVERGED:
            raise DivergedError(step, loss, config)
