"""A small convolutional network with at most as many numbers as softmax regression has.

Three layers of filters, each followed by max(0, ·), look for ever larger parts of a digit; the mean
over all places says how much of each part there is, and a linear layer weighs these parts:

    28 × 28  →  5 × 5 filters, every 2nd place  →  14 × 14 × 10
             →  3 × 3 filters                   →  14 × 14 × 20  →  largest of 2 × 2  →  7 × 7 × 20
             →  3 × 3 filters                   →  7 × 7 × 30    →  mean              →  30  →  10

Training normalises every filter's response over the batch (Ioffe and Szegedy, "Batch
normalization", ICML 2015); afterwards that is one factor and one shift a filter, which are folded
into its weights and its bias. So what is kept and read with is less than what was learned.
TensorFlow trains it (`model.training.network_steps`); here it reads with NumPy alone.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from model.classifier.base import UNKNOWN, TrainingData, WithInputStep
from model.classifier.softmax import LARGEST, logits
from model.config import N_CLASSES, SIDE, Input

__all__ = ["SHAPES", "Cnn"]

Floats = NDArray[np.float32]

SHAPES: dict[str, tuple[int, ...]] = {
    "filters_1": (5, 5, 1, 10),
    "bias_1": (10,),
    "filters_2": (3, 3, 10, 20),
    "bias_2": (20,),
    "filters_3": (3, 3, 20, 30),
    "bias_3": (30,),
    "weights": (30, N_CLASSES),
    "bias": (N_CLASSES,),
}
"""The arrays by name. Filters are (height, width, maps before, maps after)."""
AT_ONCE = 100
"""Pictures that are read at once: their patches take 7 MB, which fits a processor's cache."""


@dataclasses.dataclass(frozen=True, eq=False)
class Cnn(WithInputStep):
    """A convolutional network on 28 × 28 pictures: 7,820 numbers.

    The arrays are copied and made read-only, so one model can be shared by everybody.

    Parameters
    ----------
    parameters : mapping of str to finite float32 arrays
        With the names and shapes of `SHAPES`.
    input : {"pixels", "moments"}
        The input step, see `model.preprocessing.features`; its features are a picture's pixels.
    training_data : TrainingData

    Raises
    ------
    ValueError
        Where an array is missing, has another shape, is not finite or beyond ±1e30, or where the
        input step makes no picture.
    """

    parameters: Mapping[str, Floats]
    input: Input
    training_data: TrainingData = UNKNOWN

    def __post_init__(self) -> None:
        if self.input == "directions":
            raise ValueError("a network reads pictures: its input is pixels or moments")
        if set(self.parameters) != set(SHAPES):
            raise ValueError(f"a network has the arrays {', '.join(SHAPES)}")
        frozen = {name: _frozen(name, self.parameters[name]) for name in SHAPES}
        object.__setattr__(self, "parameters", MappingProxyType(frozen))

    @property
    def n_parameters(self) -> int:
        """7,820: the filters, the weights and the biases, as they are kept."""
        return sum(array.size for array in self.parameters.values())

    def decision_function(self, features: Floats) -> Floats:
        """Return the scores of features (n, 784), (n, 10); float32 that overflows becomes finite.

        A network from a file may hold any finite numbers, and products of three layers of them need
        not be.
        """
        scores = np.empty((len(features), N_CLASSES), np.float32)
        for first in range(0, len(features), AT_ONCE):
            now = slice(first, first + AT_ONCE)
            with np.errstate(over="ignore", invalid="ignore"):
                scores[now] = self._scores(features[now])
        return np.nan_to_num(scores, copy=False, nan=0.0, posinf=LARGEST, neginf=-LARGEST)

    def _scores(self, features: Floats) -> Floats:
        of = self.parameters
        maps = features.reshape(-1, SIDE, SIDE, 1)
        maps = _filtered(maps, of["filters_1"], of["bias_1"], stride=2)  # (n, 14, 14, 10)
        maps = _filtered(maps, of["filters_2"], of["bias_2"])  # (n, 14, 14, 20)
        maps = _largest_of_four(maps)  # (n, 7, 7, 20)
        maps = _filtered(maps, of["filters_3"], of["bias_3"])  # (n, 7, 7, 30)
        parts = maps.mean(axis=(1, 2))  # (n, 30)
        return logits(parts, of["weights"], of["bias"])


def _filtered(maps: Floats, filters: Floats, bias: Floats, *, stride: int = 1) -> Floats:
    """Return max(0, maps ∗ filters + bias); around the maps (n, h, w, c) there is nothing."""
    size, _, before, after = filters.shape
    edge = size // 2
    padded = np.pad(maps, ((0, 0), (edge, edge), (edge, edge), (0, 0)))
    patches = sliding_window_view(padded, (size, size), axis=(1, 2))[:, ::stride, ::stride]
    n, height, width = patches.shape[:3]  # (n, h, w, c, size, size)
    flat = patches.transpose(0, 1, 2, 4, 5, 3).reshape(-1, size * size * before)
    found: Floats = np.maximum(flat @ filters.reshape(-1, after) + bias, 0)
    return found.reshape(n, height, width, after)


def _largest_of_four(maps: Floats) -> Floats:
    n, height, width, channels = maps.shape
    largest: Floats = maps.reshape(n, height // 2, 2, width // 2, 2, channels).max(axis=(2, 4))
    return largest


def _frozen(name: str, array: NDArray[Any]) -> Floats:
    array = np.array(array, dtype=np.float32, order="C")  # a file holds them row by row
    if array.shape != SHAPES[name]:
        raise ValueError(f"{name} must have shape {SHAPES[name]}, got {array.shape}")
    if not (np.abs(array) <= LARGEST).all():  # false for NaN as well
        raise ValueError(f"{name} must be finite, and within ±{LARGEST:g}, everywhere")
    array.flags.writeable = False
    return array
