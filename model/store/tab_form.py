"""A tab as bytes: a compressed safetensors file, in which nothing can be run.

Whatever is read is checked, for the database may be a copy with anything in it.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as save_tensors

from model.config import N_CLASSES, SIDE
from model.store.visit import MOST_LESSONS, Lesson, Tab

__all__ = ["LARGEST", "TabError", "from_bytes", "to_bytes"]

LARGEST = 1_000_000
"""Bytes that a tab may have; a larger drawing is left out, and the rest is kept."""
LARGEST_UNPACKED = 12_000_000
"""Bytes that it may have before it is compressed; a browser sends 5 MB at most."""
MOST_PICTURES = 40
"""The most strokes, and the most earlier drawings, that are kept as pictures: the last ones."""
LARGEST_SIDE = 1_024
ROUNDED_UP = 1.001
TEXTS = ("id", "source", "model", "before", "last_job")
LONGEST_TEXT = 200
_KEY = "tab"


class TabError(ValueError):
    """Bytes that are no tab; the message says why."""


def to_bytes(tab: Tab) -> bytes:
    """Return a tab as bytes, at most `LARGEST`: without its drawing, where that is too large."""
    content = _packed(tab, tab.objects)
    if content is None or len(content) > LARGEST:
        content = _packed(tab, [])
    return content or b""


def from_bytes(content: bytes) -> Tab:
    """Read what `to_bytes` returned.

    Raises
    ------
    TabError
        For anything else.
    """
    try:
        tensors, fields = _unpacked(content)
        texts = {name: _text(fields[name]) for name in TEXTS}
        if not isinstance(fields["objects"], list) or type(fields["pen_width"]) is not int:
            raise TabError("a field has another type")
        if texts["id"] is None or texts["source"] is None:
            raise TabError("a name is missing")
        numbers = fields["numbers"]
        strokes = _pictures(tensors["strokes"])
        if len(numbers) != len(strokes) or not all(type(n) is int for n in numbers):
            raise TabError("the strokes have other numbers")
        return Tab(
            id=texts["id"],
            objects=fields["objects"],
            ink=_ink(tensors["ink"]),
            strokes=tuple(zip(numbers, strokes, strict=True)),
            drawings=tuple(_pictures(tensors["drawings"])),
            pen_width=fields["pen_width"],
            source=texts["source"],
            model=texts["model"],
            before=texts["before"],
            last_job=texts["last_job"],
            lessons=tuple(_lessons(fields.get("lessons", []), tensors.get("lessons"))),
        )
    except (KeyError, TypeError, ValueError, RecursionError, SafetensorError) as error:
        raise TabError(f"not a tab: {error!s:.160}") from error


def _packed(tab: Tab, objects: list[Any]) -> bytes | None:
    """Return the bytes; None for a drawing that cannot be written or is too large."""
    strokes = tab.strokes[-MOST_PICTURES:] if objects else ()
    fields = {name: getattr(tab, name) for name in (*TEXTS, "pen_width")}
    fields |= {"objects": objects, "numbers": [n for n, _ in strokes]}
    lessons = tab.lessons[-MOST_LESSONS:]
    fields["lessons"] = [
        [each.label, [np.round(trace.astype(float), 1).tolist() for trace in each.strokes]]
        for each in lessons
    ]
    try:
        text = json.dumps(fields, allow_nan=False)
    except (ValueError, TypeError, RecursionError):
        return None
    ink = tab.ink if objects and tab.ink is not None else np.zeros((0, 0), np.float32)
    tensors = {
        "ink": np.rint(ink * 255).astype(np.uint8),
        "strokes": _stacked([picture for _, picture in strokes]),
        "drawings": _stacked(list(tab.drawings[-MOST_PICTURES:])),
        "lessons": _stacked([each.digit for each in lessons]),
    }
    content: bytes = save_tensors(tensors, metadata={_KEY: text})
    return None if len(content) > LARGEST_UNPACKED else zlib.compress(content, 1)


def _unpacked(content: bytes) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    if len(content) > LARGEST:
        raise TabError(f"it has {len(content):,} bytes")
    reader = zlib.decompressobj()
    try:
        plain = reader.decompress(content, LARGEST_UNPACKED)
    except zlib.error as error:
        raise TabError(str(error)) from error
    if not reader.eof:
        raise TabError("it is cut, or too large")
    tensors = load_tensors(plain)
    length = int.from_bytes(plain[:8], "little")  # the library has checked the header
    fields = json.loads(json.loads(plain[8 : 8 + length])["__metadata__"][_KEY])
    return tensors, fields


def _stacked(pictures: list[NDArray[np.float32]]) -> NDArray[np.float32]:
    return np.array(pictures, np.float32).reshape(-1, SIDE, SIDE)


def _pictures(tensor: NDArray[Any]) -> list[NDArray[np.float32]]:
    if tensor.dtype != np.float32 or tensor.shape[1:] != (SIDE, SIDE):
        raise TabError(f"pictures are {tensor.shape} {tensor.dtype}")
    if len(tensor) > MOST_PICTURES or not (np.abs(tensor) <= ROUNDED_UP).all():  # also NaN
        raise TabError("pictures are too many, or not between 0 and 1")
    return list(tensor)


def _lessons(labelled: Any, tensor: NDArray[Any] | None) -> Iterator[Lesson]:
    """Yield the lessons; a tab that was written before there were any has none."""
    digits = [] if tensor is None else _pictures(tensor)
    for (label, strokes), digit in zip(labelled, digits, strict=True):
        if type(label) is not int or not 0 <= label < N_CLASSES:
            raise TabError("a label is no digit")
        traces = tuple(np.array(each, np.float32).reshape(-1, 2) for each in strokes)
        if not all(np.isfinite(each).all() for each in traces):
            raise TabError("a stroke is not finite")
        yield Lesson(label, digit, traces)


def _ink(tensor: NDArray[Any]) -> NDArray[np.float32] | None:
    if tensor.dtype != np.uint8 or tensor.ndim != 2 or max(tensor.shape) > LARGEST_SIDE:
        raise TabError(f"the ink is {tensor.shape} {tensor.dtype}")
    return tensor.astype(np.float32) * np.float32(1 / 255) if tensor.size else None


def _text(value: Any) -> str | None:
    if value is None or (isinstance(value, str) and len(value) <= LONGEST_TEXT):
        return value
    raise TabError("a text is too long, or none")
