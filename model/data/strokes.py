"""Recorded pen strokes, drawn on a canvas by a fixed protocol.

The protocol draws a digit as a person would have on the page's canvas, so that every program is
measured on the same pictures: a canvas of 280 × 280 pixels; the digit's longer side a uniform
random 40 to 80 % of it; its bounding box, with half a pen width around it, placed in the free
room on each axis at a uniform random 25 to 75 %; a pen 20 pixels wide with round caps and joins.
"""

from __future__ import annotations

import dataclasses
import gzip
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

__all__ = [
    "CANVAS",
    "PEN",
    "StrokesError",
    "WrittenDigit",
    "canvas_drawings",
    "draw",
    "inked",
    "parsed",
    "read",
]

CANVAS = 280
"""Side of the canvas, in pixels."""
PEN = 20
"""Width of the pen, in pixels."""
LONGEST_LINE = 1_000_000
"""Most characters of one digit's JSON; a longer line is refused before it is parsed."""
MOST_DIGITS = 1_000_000
"""Most digits in one file."""

Stroke = list[tuple[float, float]]


class StrokesError(ValueError):
    """A strokes file that cannot be used; the message names the file, the line and the fault."""


@dataclasses.dataclass(frozen=True)
class WrittenDigit:
    """One digit as it was written: its label and its pen-down traces, in drawing order.

    Coordinates are in any unit, x to the right and y down; a trace may be a single point.
    """

    label: int
    strokes: tuple[Stroke, ...]


def read(path: Path) -> Iterator[WrittenDigit]:
    """Read digits from a JSON-lines file, gzipped where its name ends in .gz.

    Each line is an object with `label`, 0 to 9, and `strokes`, a list of lists of [x, y].

    Raises
    ------
    StrokesError
        Where the file cannot be read or a line is not such an object.
    """
    try:
        with (
            gzip.open(path, "rt", encoding="utf-8")
            if path.suffix == ".gz"
            else path.open(encoding="utf-8") as lines
        ):
            yield from parsed(lines, path.name)
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise StrokesError(f"{path.name} cannot be read as JSON lines: {error}") from error


def parsed(lines: IO[str], name: str) -> Iterator[WrittenDigit]:
    """Do what `read` does with a file that is open; `name` is what it is called in messages."""
    for number, line in enumerate(_bounded_lines(lines, name), start=1):
        if line.strip():
            yield _parse(line, f"{name}, line {number}")


def canvas_drawings(
    digits: Iterable[WrittenDigit], *, seed: int = 0
) -> Iterator[NDArray[np.float32]]:
    """Draw digits on the canvas, each at a random size and place.

    Random numbers come from `numpy.random.default_rng(seed)` in the order size, x, y, digit
    after digit, so the same digits and seed give the same drawings.

    Yields
    ------
    ink : (280, 280) float32, 0 or 1
    """
    rng = np.random.default_rng(seed)
    for digit in digits:
        longer_side = rng.uniform(0.40, 0.80) * CANVAS
        right, down = rng.uniform(0.25, 0.75), rng.uniform(0.25, 0.75)
        yield draw(digit.strokes, longer_side=longer_side, right=right, down=down)


def draw(
    strokes: Iterable[Stroke], *, longer_side: float, right: float, down: float
) -> NDArray[np.float32]:
    """Draw strokes with the pen.

    Parameters
    ----------
    strokes : lists of (x, y)
    longer_side : float
        Longer side of the strokes' bounding box on the canvas, in pixels.
    right, down : float
        Where in the free room the box begins, 0 (left, top) to 1 (right, bottom).

    Returns
    -------
    ink : (280, 280) float32, 0 or 1
    """
    arrays = [np.asarray(stroke, np.float64) for stroke in strokes]
    points = np.concatenate(arrays)
    corner, extent = points.min(axis=0), np.ptp(points, axis=0)
    scale = longer_side / extent.max() if extent.max() > 0 else 0.0
    free_room = CANVAS - (extent * scale + PEN)
    offset = free_room * (right, down) + PEN / 2
    traces = [(array - corner) * scale + offset for array in arrays]
    return inked(traces, side=CANVAS, pen=PEN)


def inked(
    traces: Iterable[NDArray[np.float64] | Sequence[Sequence[float]]],
    *,
    side: int,
    pen: float,
    finer: int = 1,
) -> NDArray[np.float32]:
    """Draw traces with a round pen as they lie.

    Parameters
    ----------
    traces : arrays of shape (n, 2), or sequences of pairs
        (x, y) in pixels; what lies outside is cut off.
    side : int
        Of the canvas, in pixels.
    pen : float
        The pen's width, in pixels.
    finer : int
        By how much larger it is drawn and then averaged, so that edges are soft.

    Returns
    -------
    ink : (side, side) float32 in [0, 1]; 0 or 1 where it is not drawn finer
    """
    canvas = Image.new("L", (finer * side, finer * side))
    brush = ImageDraw.Draw(canvas)
    radius = finer * pen / 2
    for array in traces:
        trace = [(finer * float(x), finer * float(y)) for x, y in array]
        brush.line(trace, fill=255, width=round(finer * pen))
        for x, y in trace:  # round caps and joins
            brush.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    drawn = canvas if finer == 1 else canvas.reduce(finer)
    return np.asarray(drawn, np.float32) / np.float32(255)


def _bounded_lines(lines: IO[str], name: str) -> Iterator[str]:
    for _ in range(MOST_DIGITS):
        line = lines.readline(LONGEST_LINE + 1)
        if not line:
            return
        if len(line) > LONGEST_LINE:
            raise StrokesError(f"{name} holds a line of over {LONGEST_LINE:,} characters")
        yield line
    raise StrokesError(f"{name} holds over {MOST_DIGITS:,} digits")


def _parse(line: str, where: str) -> WrittenDigit:
    try:
        record: Any = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise StrokesError(f"{where}: not JSON ({error})") from error
    if not isinstance(record, dict):
        raise StrokesError(f"{where}: expected an object, got {type(record).__name__}")
    label, strokes = record.get("label"), record.get("strokes")
    if type(label) is not int or not 0 <= label <= 9:
        raise StrokesError(f"{where}: label must be a whole number from 0 to 9, got {label!r:.40}")
    if not isinstance(strokes, list) or not strokes:
        raise StrokesError(f"{where}: strokes must be a list of at least one stroke")
    return WrittenDigit(label, tuple(_parse_stroke(stroke, where) for stroke in strokes))


def _parse_stroke(stroke: Any, where: str) -> Stroke:
    if not isinstance(stroke, list) or not stroke:
        raise StrokesError(f"{where}: a stroke must be a list of at least one [x, y]")
    for point in stroke:
        if not (isinstance(point, list) and len(point) == 2 and all(map(_is_coordinate, point))):
            raise StrokesError(f"{where}: a point must be two numbers [x, y], got {point!r:.40}")
    return [(float(x), float(y)) for x, y in stroke]


def _is_coordinate(value: Any) -> bool:
    return type(value) in (int, float) and abs(value) <= 1e6  # false for NaN as well
