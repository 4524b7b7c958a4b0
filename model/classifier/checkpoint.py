"""Checkpoints: a trained model in one safetensors file, with its reject rule and metadata."""

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

from model.classifier import cnn
from model.classifier.base import Classifier, TrainingData
from model.classifier.cnn import Cnn
from model.classifier.reject import N_PROTOTYPES, NO_REJECTOR, Rejector, RejectRule
from model.classifier.softmax import LARGEST, SoftmaxRegression
from model.config import MOST_STEPS, Kind, TrainingConfig
from model.files import write_whole

__all__ = ["LARGEST_FILE", "Checkpoint", "CheckpointError", "from_bytes", "load", "save"]

FORMATS: dict[Kind, str] = {"softmax": "inkling-softmax", "network": "inkling-network"}
VERSION = 3
VERSION_1_NAMES = {
    "typical": "prototypes",
    "doubt": "reject_rule",
    "farthest": "max_distance",
    "least_probability": "min_probability",
}
"""Names in version 1 of the format, which is read too, and the present ones.

Version 2 has no rejector; both say how far a familiar picture may lie, not how familiar it must be.
"""
LARGEST_FILE = 262_144
"""Largest checkpoint, in bytes: one has about 190,000, and a larger file is not even read."""

LARGEST_WEIGHT = 1e6
"""Largest weight of a distance: in float32 it overflows nowhere."""

_Expected = dict[str, tuple[tuple[int, ...], type[np.generic]]]
PROTOTYPES: _Expected = {"prototypes": ((10, N_PROTOTYPES, 784), np.uint8)}
TENSORS: dict[Kind, _Expected] = {
    "softmax": {"weights": ((784, 10), np.float32), "bias": ((10,), np.float32)} | PROTOTYPES,
    "network": {name: (shape, np.float32) for name, shape in cnn.SHAPES.items()} | PROTOTYPES,
}
REJECTOR: _Expected = {
    "rejector_weights": ((784, 10), np.float32),
    "rejector_bias": ((10,), np.float32),
}
"""Tensors of a reject rule that has a rejector."""

METADATA = ("config", "data", "reject_rule", "measured")


class CheckpointError(ValueError):
    """A file that is no usable checkpoint; the message says what was wrong with it."""


@dataclasses.dataclass(frozen=True, eq=False)
class Checkpoint:
    """A model, when it answers, and how it was trained and measured.

    Parameters
    ----------
    model : Classifier
        Its input step and the name of its training data are saved with it.
    reject_rule : RejectRule
        When it gives no answer.
    config : TrainingConfig
        How it was trained.
    measured : mapping of str to float
        What was measured after training: `test_accuracy`, `validation_accuracy`, …; finite.
    """

    model: Classifier
    reject_rule: RejectRule
    config: TrainingConfig
    measured: Mapping[str, float]

    @property
    def n_steps(self) -> int:
        """How many steps were taken: of a run that was stopped, fewer than its config says."""
        return int(self.measured.get("n_steps", self.config.n_steps))

    @property
    def has_file(self) -> bool:
        """Whether a model of this kind can be kept in a file."""
        return isinstance(self.model, SoftmaxRegression | Cnn)

    def is_same(self, other: Checkpoint) -> bool:
        """Whether two models have the same weights: one may have been to a file and back."""
        if self is other:
            return True
        kinds = SoftmaxRegression | Cnn
        if not isinstance(self.model, kinds) or not isinstance(other.model, kinds):
            return False
        mine, others = self.model.parameters, other.model.parameters
        return mine.keys() == others.keys() and all(
            np.array_equal(mine[name], others[name]) for name in mine
        )

    def to_bytes(self) -> bytes:
        """Return the file's content.

        Raises
        ------
        CheckpointError
            For a kind of model that has no file format yet.
        """
        if not isinstance(self.model, SoftmaxRegression | Cnn):
            raise CheckpointError(f"a {type(self.model).__name__} cannot be kept in a file")
        kind: Kind = "network" if isinstance(self.model, Cnn) else "softmax"
        settings = self.config.as_dict()
        del settings["kind"]  # which the format says
        tensors = {**self.model.parameters, "prototypes": self.reject_rule.prototypes}
        rejector = self.reject_rule.rejector
        if rejector is not NO_REJECTOR:
            tensors |= {"rejector_weights": rejector.weights, "rejector_bias": rejector.bias}
        rule = {
            "distance_weight": rejector.distance_weight,
            "min_familiarity": self.reject_rule.min_familiarity,
            "min_probability": self.reject_rule.min_probability,
            "curve": self.reject_rule.curve,
        }
        metadata = {
            "format": FORMATS[kind],
            "version": str(VERSION),
            "reject_rule": json.dumps(rule, allow_nan=False),
            "config": json.dumps(settings),
            "data": json.dumps(self.model.training_data._asdict()),
            "measured": json.dumps(dict(self.measured), allow_nan=False),
        }
        content: bytes = save_tensors(tensors, metadata=metadata)
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
        shape, dtype or version, numbers that are not finite, or metadata that does not parse.
    """
    if len(content) > LARGEST_FILE:
        raise CheckpointError(_too_large(name, len(content)))
    try:
        tensors = load_tensors(content)
    except (SafetensorError, KeyError, ValueError, TypeError, OverflowError) as error:
        raise CheckpointError(f"{name} is not a safetensors file: {error!s:.160}") from error
    tensors = _renamed(tensors)
    kind = _kind(content)
    expected = TENSORS[kind] | (REJECTOR if set(tensors) & set(REJECTOR) else {})
    if set(tensors) != set(expected):
        found = ", ".join(sorted(tensors)) or "none"
        raise CheckpointError(
            f"{name} must hold the tensors {', '.join(sorted(expected))}; it holds {found:.80}"
        )
    for key, (shape, dtype) in expected.items():
        _check_tensor(f"{key} in {name}", tensors[key], shape, dtype)
    metadata = _metadata(content, name)
    try:
        config = TrainingConfig.from_dict(metadata["config"] | {"kind": kind})
        data = metadata["data"]
        learned_from = TrainingData(_text(data["name"]), _text(data["sha256"]))
        return Checkpoint(
            _model(tensors, config, learned_from),
            _reject_rule(tensors, metadata["reject_rule"]),
            config,
            _measured(metadata["measured"]),
        )
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise CheckpointError(f"{name} has metadata that cannot be used: {error}") from error


def _model(
    tensors: Mapping[str, NDArray[Any]], config: TrainingConfig, learned_from: TrainingData
) -> Classifier:
    if config.kind == "network":
        parameters = {name: tensors[name] for name in cnn.SHAPES}
        return Cnn(parameters, config.input, learned_from)
    return SoftmaxRegression(tensors["weights"], tensors["bias"], config.input, learned_from)


def _too_large(name: str, size: int) -> str:
    return f"{name} has {size:,} bytes; a checkpoint has at most {LARGEST_FILE:,}"


def _check_tensor(
    what: str, tensor: NDArray[Any], shape: tuple[int, ...], dtype: type[np.generic]
) -> None:
    if tensor.dtype != dtype or tensor.shape != shape:
        raise CheckpointError(
            f"{what} must be {shape} {dtype.__name__}, got {tensor.shape} {tensor.dtype}"
        )
    if not (np.abs(tensor) <= LARGEST).all():  # false for NaN as well
        raise CheckpointError(f"{what} must be finite, and within ±{LARGEST:g}, everywhere")


def _header(content: bytes) -> dict[str, Any]:
    """Return the metadata in the header, which the library has checked but does not return."""
    header_length = int.from_bytes(content[:8], "little")
    return json.loads(content[8 : 8 + header_length]).get("__metadata__") or {}


def _kind(content: bytes) -> Kind:
    """Return what a file says that it holds; of one that does not say, softmax is expected."""
    return "network" if _header(content).get("format") == FORMATS["network"] else "softmax"


def _metadata(content: bytes, name: str) -> dict[str, Any]:
    metadata = _header(content)
    if metadata.get("format") not in FORMATS.values():
        raise CheckpointError(f"{name} is a safetensors file, but not one of Inkling's checkpoints")
    if metadata.get("version") not in [str(version) for version in range(1, VERSION + 1)]:
        raise CheckpointError(
            f"{name} has checkpoint version {metadata.get('version')!r:.20}, "
            f"this program reads 1 to {VERSION}"
        )
    metadata = _renamed(metadata)
    try:
        read = {key: json.loads(metadata[key]) for key in METADATA}
    except (KeyError, ValueError, RecursionError) as error:
        raise CheckpointError(f"{name} has metadata that cannot be used: {error}") from error
    if isinstance(read["reject_rule"], dict):
        read["reject_rule"] = _renamed(read["reject_rule"])
    return read


def _renamed(named: Mapping[str, Any]) -> dict[str, Any]:
    """Replace the names of version 1 by the present ones."""
    return {VERSION_1_NAMES.get(name, name): value for name, value in named.items()}


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > 200:
        raise ValueError(f"expected a short text, got {value!r:.40}")
    return value


def _reject_rule(tensors: Mapping[str, NDArray[Any]], rule: Any) -> RejectRule:
    curve = tuple((_share(t), _share(a), _share(r)) for t, a, r in rule["curve"])
    if not curve:
        raise ValueError("the curve has no points")
    if "max_distance" in rule:  # up to version 2
        rule = rule | {"distance_weight": 1.0, "min_familiarity": -_number(rule["max_distance"])}
    distance_weight = _number(rule["distance_weight"])
    if "rejector_weights" in tensors:
        weights, bias = tensors["rejector_weights"], tensors["rejector_bias"]
        rejector = Rejector(weights, bias, _within(LARGEST_WEIGHT, distance_weight))
    elif distance_weight == NO_REJECTOR.distance_weight:
        rejector = NO_REJECTOR
    else:
        raise ValueError("a distance is weighted against a rejector, and there is none")
    return RejectRule(
        tensors["prototypes"],
        rejector,
        _number(rule["min_familiarity"]),
        _share(rule["min_probability"]),
        curve,
    )


def _number(value: Any) -> float:
    if type(value) not in (int, float) or not abs(value) <= sys.float_info.max:  # also NaN
        raise ValueError(f"expected a finite number, got {value!r:.40}")
    return float(value)


def _within(largest: float, number: float) -> float:
    if abs(number) > largest:
        raise ValueError(f"expected a number within ±{largest:g}, got {number:g}")
    return number


def _share(value: Any) -> float:
    number = _number(value)
    if not 0 <= number <= 1:
        raise ValueError(f"expected a share from 0 to 1, got {number:g}")
    return number


def _measured(values: Any) -> dict[str, float]:
    return {_text(key): _measure(key, value) for key, value in values.items()}


def _measure(key: str, value: Any) -> float:
    """Return a measured number; those that the page shows must lie within their range."""
    if key.endswith("accuracy"):
        return _share(value)
    number = _number(value)
    if key == "n_steps" and not 0 <= number <= MOST_STEPS:
        raise ValueError(f"n_steps must be from 0 to {MOST_STEPS}, got {number:g}")
    return number
