"""Recorded strokes, drawn on the canvas by the protocol and then brought into MNIST's form."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from typing import IO, cast

import numpy as np
from numpy.typing import NDArray

from model.config import SIDE
from model.data import strokes
from model.data.array_files import DataError
from model.data.forms.entries import Entry, plain, reading
from model.data.forms.parts import Limits, Part, Parts, Role, concatenated, joined, role_of
from model.data.strokes import StrokesError, WrittenDigit
from model.preprocessing.centring import centred

__all__ = ["matches", "read"]

SEED = 0
"""Decides the sizes and places of the drawings."""
_ENDING = re.compile(r"\.(jsonl|ndjson)(\.gz)?$")


def matches(entries: Sequence[Entry]) -> bool:
    """Whether there is a file of JSON lines, gzipped or not."""
    return any(_is_jsonl(entry.name) for entry in entries)


def read(entries: Sequence[Entry], limits: Limits) -> Parts:
    """Draw the digits of all files; see `table.FORMS`."""
    parts: dict[Role, list[Part]] = {}
    for entry in filter(lambda entry: _is_jsonl(entry.name), entries):
        parts.setdefault(role_of(entry.name) or "train", []).append(_part(entry, limits))
    drawn = {role: concatenated(pieces) for role, pieces in parts.items()}
    return joined(drawn, (strokes.CANVAS, strokes.CANVAS))


def _is_jsonl(name: str) -> bool:
    return bool(_ENDING.search(plain(name)))


def _part(entry: Entry, limits: Limits) -> Part:
    images: list[NDArray[np.uint8]] = []
    labels: list[int] = []
    with reading(entry) as stream:
        try:
            digits = strokes.parsed(io.TextIOWrapper(cast(IO[bytes], stream), "utf-8"), entry.where)
            kept = _bounded(digits, labels, entry.where, limits)
            for ink in strokes.canvas_drawings(kept, seed=SEED):
                images.append(np.rint(255 * centred(ink)).astype(np.uint8))
        except StrokesError as error:
            raise DataError(str(error)) from error
    if not images:
        raise DataError(f"{entry.where}: holds no digits")
    return Part(np.stack(images).reshape(-1, SIDE, SIDE), np.array(labels, np.uint8))


def _bounded(
    digits: Iterator[WrittenDigit], labels: list[int], where: str, limits: Limits
) -> Iterator[WrittenDigit]:
    n_points = 0
    for digit in digits:
        n_points += sum(map(len, digit.strokes))
        if n_points > limits.most_points:
            raise DataError(
                f"{where}: has over {limits.most_points:,} points; keep a part of its lines"
            )
        labels.append(digit.label)
        limits.check_number(len(labels), where)
        yield digit
