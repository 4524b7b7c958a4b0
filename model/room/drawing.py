"""What a phone sends: a drawing as strokes, checked before it is believed; and as a picture."""

from __future__ import annotations

import dataclasses
import json
import math
import re
from typing import Any, Literal, NoReturn

import numpy as np
from numpy.typing import NDArray

from model.config import N_CLASSES
from model.data.strokes import inked
from model.preprocessing.centring import centred
from model.preprocessing.segmentation import TooManyPartsError, parts

__all__ = [
    "MOST_BYTES",
    "MOST_POINTS",
    "PEN",
    "SIDE",
    "Fault",
    "FaultyError",
    "Sent",
    "as_text",
    "loaded",
    "parsed",
    "pictured",
]

SIDE, PEN = 336, 22
"""Of the phone's canvas and its pen, in pixels of the canvas: as on Draw."""
WIDER = 0.25
"""By so many pixels Pillow's discs are wider than they are told to be."""
MOST_BYTES = 64_000
"""Of a message."""
MOST_POINTS = 2_000
"""Of a drawing."""

Fault = Literal[
    "not_json", "not_an_object", "bad_id", "bad_digit", "bad_strokes", "too_many_points"
]
"""What is wrong with a message."""
Strokes = tuple[tuple[tuple[float, float], ...], ...]

_ID = re.compile(r"[\w-]{8,36}", re.ASCII)


class FaultyError(ValueError):
    """A message that cannot be used; `fault` says why."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault)
        self.fault: Fault = fault


@dataclasses.dataclass(frozen=True)
class Sent:
    """A drawing as it was sent.

    Parameters
    ----------
    token : object
        Whatever the phone says that it is; see `model.room.names`.
    id : str
        The drawing's own, by which one that is sent twice is known.
    asked : int or None
        Which digit was to be drawn; None for a free drawing.
    strokes : tuple of tuples of (x, y)
        On the canvas, x to the right and y down, from 0 to `SIDE`, to a tenth.
    """

    token: object
    id: str
    asked: int | None
    strokes: Strokes


def loaded(body: bytes) -> dict[str, Any]:
    """Return the object in a message.

    Raises
    ------
    FaultyError
        For what is no JSON, or no object; numbers that are none, such as NaN, are no JSON.
    """
    try:
        message = json.loads(body.decode("utf-8"), parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise FaultyError("not_json") from error
    if not isinstance(message, dict):
        raise FaultyError("not_an_object")
    return message


def parsed(body: bytes) -> Sent:
    """Return the drawing in a message.

    Raises
    ------
    FaultyError
    """
    message = loaded(body)
    id, asked = message.get("id"), message.get("asked")
    if not (isinstance(id, str) and _ID.fullmatch(id)):
        raise FaultyError("bad_id")
    if not (asked is None or (type(asked) is int and 0 <= asked < N_CLASSES)):
        raise FaultyError("bad_digit")
    return Sent(message.get("token"), id, asked, _strokes(message.get("strokes")))


def as_text(strokes: Strokes) -> str:
    """Return strokes as they are kept: JSON, without spaces."""
    return json.dumps(strokes, separators=(",", ":"))


def pictured(strokes: Strokes) -> tuple[bytes, int]:
    """Return the digit in strokes, and how many there are.

    Returns
    -------
    picture : bytes
        28 × 28, row by row, 0 to 255: in MNIST's form. Of all ink, where there is not one digit.
    n_parts : int
        0 where there are too many marks to tell.
    """
    ink, box = _inked(strokes)
    try:
        found = parts(ink)
    except TooManyPartsError:
        found = []
    one = found[0] if len(found) == 1 else ink
    if one.shape == ink.shape:
        one = one[box]  # what is empty around it changes nothing, and takes time
    return np.rint(255 * centred(one)).astype(np.uint8).tobytes(), len(found)


def _inked(strokes: Strokes) -> tuple[NDArray[np.float32], tuple[slice, slice]]:
    """Draw strokes as a phone's canvas does, whose edges are soft; return also where ink can be.

    Of 1,000 recorded digits 997 have the same probabilities to 0.02 as on the phone; drawn with
    hard edges, as `model.data.strokes` does for its protocol, 984.
    """
    points = np.array([point for stroke in strokes for point in stroke])
    left, top = (max(0, int(low - PEN)) for low in points.min(axis=0))
    right, bottom = (min(SIDE, int(high + PEN) + 1) for high in points.max(axis=0))
    side = max(right - left, bottom - top)
    moved = [[(x - left, y - top) for x, y in stroke] for stroke in strokes]
    drawn = inked(moved, side=side, pen=PEN - WIDER, finer=2)
    ink, box = np.zeros((SIDE, SIDE), np.float32), np.s_[top:bottom, left:right]
    ink[box] = drawn[: bottom - top, : right - left]
    return ink, box


def _strokes(given: Any) -> Strokes:
    if not (isinstance(given, list) and given):
        raise FaultyError("bad_strokes")
    strokes, n_points = [], 0
    for stroke in given:
        if not (isinstance(stroke, list) and stroke):
            raise FaultyError("bad_strokes")
        n_points += len(stroke)
        if n_points > MOST_POINTS:
            raise FaultyError("too_many_points")
        strokes.append(tuple(_point(point) for point in stroke))
    return tuple(strokes)


def _point(given: Any) -> tuple[float, float]:
    if not (isinstance(given, list) and len(given) == 2):
        raise FaultyError("bad_strokes")
    x, y = (_coordinate(value) for value in given)
    return x, y


def _coordinate(value: Any) -> float:
    # A comparison is false for what is no number; a bool is an int to Python.
    if type(value) not in (int, float) or not (0 <= value <= SIDE) or math.isnan(value):
        raise FaultyError("bad_strokes")
    return round(float(value), 1)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")
