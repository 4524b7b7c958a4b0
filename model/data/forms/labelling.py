"""Labels as numbers, as text or one-hot → digits."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.config import N_CLASSES
from model.data.array_files import DataError

__all__ = ["digits_of"]

_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def digits_of(labels: NDArray[Any], where: str) -> NDArray[np.uint8]:
    """Return labels as digits.

    Parameters
    ----------
    labels : (n,) or (n, 1) whole numbers or text, or (n, 10) one-hot
    where : str
        What they are called in messages.

    Returns
    -------
    digits : (n,) uint8, 0 to 9

    Raises
    ------
    DataError
        For other labels; the message says where the first one is, and what it is.
    """
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.dtype.kind in "US":
        labels = _from_text(labels, where)
    if labels.dtype.kind not in "biuf" or labels.ndim not in (1, 2):
        raise DataError(
            f"{where}: labels are whole numbers along one axis, "
            f"got {labels.dtype} of shape {labels.shape}"
        )
    if labels.ndim == 2:
        return _from_one_hot(labels, where)
    bad = ~((labels >= 0) & (labels < N_CLASSES)) | (labels != np.floor(labels))
    outside = np.flatnonzero(bad)
    if outside.size:
        first = int(outside[0])
        raise DataError(
            f"{where}: labels are 0 to 9, but the one at {first:,} is {labels[first]:.10g}"
        )
    return labels.astype(np.uint8)


def _from_text(labels: NDArray[Any], where: str) -> NDArray[np.float64]:
    if labels.ndim != 1:
        raise DataError(
            f"{where}: labels are along one axis, got {labels.dtype} of shape {labels.shape}"
        )
    values, places = np.unique(labels, return_inverse=True)
    numbers = np.array([_number(value) for value in values])
    found = numbers[places.reshape(-1)]
    wrong = np.flatnonzero(np.isnan(found))
    if wrong.size:
        first = int(wrong[0])
        text = _text(labels[first])
        raise DataError(f"{where}: labels are 0 to 9, but the one at {first:,} is {text!r:.40}")
    return found


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _number(value: Any) -> float:
    text = _text(value).strip().strip("\"'").lower()
    if text in _WORDS:
        return float(_WORDS.index(text))
    try:
        number = float(text)
    except ValueError:
        return math.nan
    return number if math.isfinite(number) else math.nan


def _from_one_hot(labels: NDArray[Any], where: str) -> NDArray[np.uint8]:
    is_one_hot = (
        labels.shape[1] == N_CLASSES
        and ((labels == 0) | (labels == 1)).all()
        and (labels.sum(axis=1) == 1).all()
    )
    if not is_one_hot:
        raise DataError(
            f"{where}: labels of two axes are one-hot, a single 1 in each row of 10, "
            f"got {labels.dtype} of shape {labels.shape}"
        )
    digits: NDArray[np.uint8] = labels.argmax(axis=1).astype(np.uint8)
    return digits
