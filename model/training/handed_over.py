"""The data of a training, handed over to what takes the steps, and the formula handed back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.config import N_CLASSES, N_FEATURES

__all__ = ["MOST_MEASURED", "handed_over", "parameters"]

MOST_MEASURED = 1_000
"""Validation pictures on which a report is measured, at most."""


def handed_over(tensor: Callable[[NDArray[Any]], Any], *arrays: Any) -> tuple[Any, Any, Any, Any]:
    """Check features and labels, to learn from and for validation, and copy them for the steps.

    Read-only arrays are remembered for the next run.

    Parameters
    ----------
    tensor : callable
        Copies an array into whatever takes the steps.
    arrays : four ndarrays
        See `model.training.gradient_descent.train`.

    Raises
    ------
    ValueError
        For data that cannot be used.
    """
    key = tuple(map(id, arrays))
    if key not in _kept:
        features, labels, validation_features, validation_labels = arrays
        _check_data("training", features, labels)
        _check_data("validation", validation_features, validation_labels)
        _kept.clear()
        measured = _spread(len(validation_labels))
        tensors = (
            tensor(features),
            tensor(labels.astype(np.int32)),
            tensor(validation_features[measured]),
            validation_labels[measured],
        )
        if any(array.flags.writeable for array in arrays):
            return tensors
        _kept[key] = arrays, tensors
    return _kept[key][1]


def parameters(frame: Sequence[Any]) -> dict[str, NDArray[np.float32]]:
    """Return a model's arrays by name.

    `frame` is a state, of which the first two entries count, or what `descend` kept of one.
    """
    templates, bias = frame[:2]
    return {"weights": np.ascontiguousarray(np.asarray(templates).T), "bias": np.asarray(bias)}


def _spread(n: int) -> NDArray[np.intp]:
    """Return the places of the validation pictures that are measured, evenly spread over n."""
    return np.linspace(0, n - 1, min(n, MOST_MEASURED)).round().astype(np.intp)


# At most one data set; its arrays are kept alive so that no others can get their ids.
_kept: dict[tuple[int, ...], tuple[tuple[Any, ...], tuple[Any, Any, Any, Any]]] = {}


def _check_data(name: str, features: Any, labels: Any) -> None:
    """Raise ValueError for data that the graph cannot use."""
    if not isinstance(features, np.ndarray) or not isinstance(labels, np.ndarray):
        raise ValueError(
            f"{name} features and labels must be NumPy arrays, got"
            f" {type(features).__name__} and {type(labels).__name__}"
        )
    if features.ndim != 2 or features.shape[1] != N_FEATURES or features.dtype != np.float32:
        raise ValueError(
            f"{name} features must be (n, {N_FEATURES}) float32,"
            f" got {features.shape} {features.dtype}"
        )
    if labels.shape != (len(features),) or not np.issubdtype(labels.dtype, np.integer):
        raise ValueError(
            f"{name} labels must be ({len(features)},) whole numbers, one per row of features,"
            f" got {labels.shape} {labels.dtype}"
        )
    if len(features) == 0:
        raise ValueError(f"there are no {name} pictures, got features of shape {features.shape}")
    _check_range(f"{name} features", features, 0, 1)
    _check_range(f"{name} labels", labels, 0, N_CLASSES - 1)


def _check_range(name: str, values: NDArray[Any], low: int, high: int) -> None:
    lowest, highest = values.min(), values.max()
    if not (lowest >= low and highest <= high):  # also where one is NaN
        raise ValueError(f"{name} must lie between {low} and {high}, got {lowest} to {highest}")
