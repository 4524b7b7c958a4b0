"""A trained model on disk: one safetensors file with everything needed to trust it."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as save_tensors

from model.config import MOST_STEPS, TrainingConfig
from model.doubt import N_TYPICAL, Doubt
from model.output import write_whole
from model.softmax import SoftmaxRegression

__all__ = ["LARGEST_FILE", "Checkpoint", "CheckpointError", "from_bytes", "load", "save"]

FORMAT = "inkling-softmax"
VERSION = 1
LARGEST_FILE = 262_144
"""Bytes. A checkpoint has about 160,000; anything larger is refused before it is read."""

TENSORS: dict[str, tuple[tuple[int, ...], type[np.generic]]] = {
    "weights": ((784, 10), np.float32),
    "bias": ((10,), np.float32),
    "typical": ((10, N_TYPICAL, 784), np.uint8),
}


class CheckpointError(ValueError):
    """A file that is no usable checkpoint; the message says what was wrong with it."""


@dataclasses.dataclass(frozen=True, eq=False)
class Checkpoint:
    """A model with its papers.

    Parameters
    ----------
    model : SoftmaxRegression
        Its config, with the seed and the input step, is saved with it.
    doubt : Doubt
        When it should rather not answer.
    data_name, data_sha256 : str
        The data set it was trained on; see `model.data.datasets.Dataset`.
    measured : mapping of str to float
        What was measured after training: `test_accuracy`, `validation_accuracy`, …; finite.
    """

    model: SoftmaxRegression
    doubt: Doubt
    data_name: str
    data_sha256: str
    measured: Mapping[str, float]

    def to_bytes(self) -> bytes:
        """Return the file's content."""
        tensors = {
            "weights": self.model.weights,
            "bias": self.model.bias,
            "typical": self.doubt.typical,
        }
        rule = {
            "farthest": self.doubt.farthest,
            "least_probability": self.doubt.least_probability,
            "curve": self.doubt.curve,
        }
        papers = {
            "format": FORMAT,
            "version": str(VERSION),
            "doubt": json.dumps(rule, allow_nan=False),
            "config": json.dumps(self.model.config.as_dict()),
            "data": json.dumps({"name": self.data_name, "sha256": self.data_sha256}),
            "measured": json.dumps(dict(self.measured), allow_nan=False),
        }
        content: bytes = save_tensors(tensors, metadata=papers)
        return content


def save(checkpoint: Checkpoint, path: Path) -> None:
    """Write a checkpoint so that `path` holds the old file or the new one, never a torn one.

    Raises
    ------
    CheckpointError
        Where it cannot be written (no such folder, read-only, disk full). The old file stays.
    """
    content = checkpoint.to_bytes()
    try:
        write_whole(path, content)
    except OSError as error:
        raise CheckpointError(
            f"{path.name} could not be written to {path.parent}: {error.strerror}; "
            "what was there before is unchanged"
        ) from error


def load(path: Path) -> Checkpoint:
    """Read a checkpoint that `save` wrote.

    Raises
    ------
    CheckpointError
        Where the file cannot be read or is not a checkpoint; see `from_bytes`.
    """
    try:
        size = path.stat().st_size
        if size > LARGEST_FILE:
            raise CheckpointError(_too_large(path.name, size))
        content = path.read_bytes()
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read: {error.strerror}") from error
    return from_bytes(content, name=path.name)


def from_bytes(content: bytes, *, name: str = "the file") -> Checkpoint:
    """Read a checkpoint from a file's content; nothing in it is executed.

    Raises
    ------
    CheckpointError
        For content that is too large or no safetensors, for missing or foreign tensors, another
        shape, dtype or version, numbers that are not finite, or papers that do not parse.
    """
    if len(content) > LARGEST_FILE:
        raise CheckpointError(_too_large(name, len(content)))
    try:
        tensors = load_tensors(content)
    except (SafetensorError, KeyError, ValueError, TypeError, OverflowError) as error:
        raise CheckpointError(f"{name} is not a safetensors file: {error!s:.160}") from error
    if set(tensors) != set(TENSORS):
        found = ", ".join(sorted(tensors)) or "none"
        raise CheckpointError(
            f"{name} must hold the tensors {', '.join(sorted(TENSORS))}; it holds {found:.80}"
        )
    for key, (shape, dtype) in TENSORS.items():
        _check_tensor(f"{key} in {name}", tensors[key], shape, dtype)
    papers = _papers(content, name)
    try:
        model = SoftmaxRegression(
            tensors["weights"], tensors["bias"], TrainingConfig.from_dict(papers["config"])
        )
        data = papers["data"]
        return Checkpoint(
            model,
            _doubt(tensors["typical"], papers["doubt"]),
            _text(data["name"]),
            _text(data["sha256"]),
            _measured(papers["measured"]),
        )
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise CheckpointError(f"{name} has papers that cannot be used: {error}") from error


def _too_large(name: str, size: int) -> str:
    return f"{name} has {size:,} bytes; a checkpoint has at most {LARGEST_FILE:,}"


def _check_tensor(
    what: str, tensor: NDArray[Any], shape: tuple[int, ...], dtype: type[np.generic]
) -> None:
    if tensor.dtype != dtype or tensor.shape != shape:
        raise CheckpointError(
            f"{what} must be {shape} {dtype.__name__}, got {tensor.shape} {tensor.dtype}"
        )
    if not np.isfinite(tensor).all():
        raise CheckpointError(f"{what} must be finite everywhere")


def _papers(content: bytes, name: str) -> dict[str, Any]:
    """Read the metadata from the header, which the library has checked but does not return."""
    header_length = int.from_bytes(content[:8], "little")
    papers = json.loads(content[8 : 8 + header_length]).get("__metadata__") or {}
    if papers.get("format") != FORMAT:
        raise CheckpointError(f"{name} is a safetensors file, but not one of Inkling's checkpoints")
    if papers.get("version") != str(VERSION):
        raise CheckpointError(
            f"{name} has checkpoint version {papers.get('version')!r:.20}, this program reads "
            f"version {VERSION}"
        )
    try:
        return {key: json.loads(papers[key]) for key in ("config", "data", "doubt", "measured")}
    except (KeyError, ValueError, RecursionError) as error:
        raise CheckpointError(f"{name} has papers that cannot be used: {error}") from error


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > 200:
        raise ValueError(f"expected a short text, got {value!r:.40}")
    return value


def _doubt(typical: NDArray[np.uint8], rule: Any) -> Doubt:
    curve = tuple((_share(t), _share(a), _share(r)) for t, a, r in rule["curve"])
    if not curve:
        raise ValueError("the curve has no points")
    return Doubt(typical, _number(rule["farthest"]), _share(rule["least_probability"]), curve)


def _number(value: Any) -> float:
    if type(value) not in (int, float) or not abs(value) <= sys.float_info.max:  # also NaN
        raise ValueError(f"expected a finite number, got {value!r:.40}")
    return float(value)


def _share(value: Any) -> float:
    number = _number(value)
    if not 0 <= number <= 1:
        raise ValueError(f"expected a share from 0 to 1, got {number:g}")
    return number


def _measured(values: Any) -> dict[str, float]:
    return {_text(key): _measure(key, value) for key, value in values.items()}


def _measure(key: str, value: Any) -> float:
    """Return a number that was measured; what the page shows of them is in its range."""
    if key.endswith("accuracy"):
        return _share(value)
    number = _number(value)
    if key == "n_steps" and not 0 <= number <= MOST_STEPS:
        raise ValueError(f"n_steps must be from 0 to {MOST_STEPS}, got {number:g}")
    return number
