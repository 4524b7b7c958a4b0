"""The rejectors that come with the program, each trained once for all models with one input.

It says how much features are like a digit, whatever a model makes of them, so a model that is
trained on the page needs no pictures of what is no digit; see `model.classifier.reject`.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from model.classifier.reject import NO_REJECTOR, Rejector
from model.config import N_CLASSES, N_FEATURES, Input
from model.files import write_whole

__all__ = ["PATH", "shipped", "write"]

PATH = Path(__file__).parents[2] / "assets" / "rejectors.safetensors"

_SHAPES = {
    "weights": (N_FEATURES, N_CLASSES),
    "bias": (N_CLASSES,),
    "distance_weight": (1,),
}
_log = logging.getLogger(__name__)


@functools.cache
def shipped(input: Input) -> Rejector:
    """Return the rejector for models with this input; none where it is missing or damaged."""
    try:
        file = load_file(PATH)
        tensors = {name: file[f"{input}.{name}"] for name in _SHAPES}
        for name, shape in _SHAPES.items():
            tensor = tensors[name]
            if tensor.shape != shape or tensor.dtype != np.float32 or not np.isfinite(tensor).all():
                raise ValueError(f"{name} must be {shape} finite float32")
    except (OSError, SafetensorError, KeyError, ValueError) as error:
        _log.error("Models know less well what is no digit: %s: %s", PATH.name, error)
        return NO_REJECTOR
    return Rejector(tensors["weights"], tensors["bias"], float(tensors["distance_weight"][0]))


def write(rejectors: Mapping[Input, Rejector], path: Path = PATH) -> None:
    """Write rejectors, whole or not at all.

    Raises
    ------
    OSError
        Where it cannot be written.
    """
    tensors: dict[str, NDArray[np.float32]] = {}
    for input, rejector in rejectors.items():
        weight = np.array([rejector.distance_weight], np.float32)
        parts = {"weights": rejector.weights, "bias": rejector.bias, "distance_weight": weight}
        tensors |= {f"{input}.{name}": tensor for name, tensor in parts.items()}
    write_whole(path, save(tensors))
