"""This visit's drawings: what is on the canvas, how it came about, and the earlier ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeGuard

import numpy as np
from numpy.typing import NDArray

from model.config import Input
from model.preprocessing.centring import centred
from model.preprocessing.features import features
from model.preprocessing.segmentation import TooManyPartsError, parts
from ui.components.shared.colours import INK
from ui.session import state
from ui.session.traces import of_part, traces

__all__ = [
    "MOST_STROKES",
    "are_strokes",
    "as_features",
    "begin_with",
    "clear",
    "digit_on_canvas",
    "is_drawn",
    "keep_drawing",
    "note_at_hand",
    "note_stroke",
    "on_canvas",
    "own_drawings",
    "parts_of",
    "put_back",
    "put_on_canvas",
    "receive",
    "replace_drawing",
    "shown_part",
    "undo",
]

MOST_STROKES = 2_000
"""The most strokes that may be on the canvas."""
KEPT_DRAWINGS = 11
BROUGHT_BACK = 3
"""How many drawings that were replaced can be brought back."""


def are_strokes(objects: Any) -> TypeGuard[list[dict[str, Any]]]:
    """Whether this, which a browser sent, is a list of Fabric.js objects, and not too long."""
    return (
        isinstance(objects, list)
        and len(objects) <= MOST_STROKES
        and all(isinstance(stroke, dict) for stroke in objects)
    )


def on_canvas() -> NDArray[np.float32] | None:
    """Return the ink on the canvas as it was sent last; None before the first stroke."""
    ink: NDArray[np.float32] | None = state.INK.get()
    return ink


def digit_on_canvas() -> NDArray[np.float32] | None:
    """Return the digit on the canvas whose bars are shown, (28, 28) centred; None without ink."""
    part = _shown_on_canvas()
    return None if part is None else centred(part)


def parts_of(ink: NDArray[np.float32] | None) -> list[NDArray[np.float32]]:
    """Return the ink of each digit on a drawing, from left to right; all of it where too many."""
    if ink is None or not ink.any():
        return []
    try:
        return parts(ink)
    except TooManyPartsError:
        return [ink]


def _shown_on_canvas() -> NDArray[np.float32] | None:
    found = parts_of(on_canvas())
    return found[shown_part(len(found))] if found else None


def as_features(input: Input) -> NDArray[np.float32] | None:
    """Return the digit on the canvas as a model with this input is fed it, (784,); None without."""
    digit = digit_on_canvas()
    if digit is None:
        return None
    fed: NDArray[np.float32] = features(digit[np.newaxis], input)[0]
    return fed


def shown_part(n: int) -> int:
    """Return which of n digits has its bars shown: the one that was picked, or else the last.

    Where there are none, 0.

    What was picked is forgotten when the number of digits changes.
    """
    if state.N_PARTS.get() != n:
        state.N_PARTS.set(n)
        state.PART.set(None)
    part = state.PART.get()
    return max(n - 1, 0) if part is None or part >= n else part


def is_drawn() -> bool:
    """Whether there is ink on the canvas."""
    ink = on_canvas()
    return ink is not None and bool(ink.any())


def note_stroke(digit: NDArray[np.float32]) -> None:
    """Remember the (28, 28) drawing after this stroke; what was undone or replaced is forgotten."""
    n_strokes = len(state.DRAWN_OBJECTS.get())
    earlier = [entry for entry in state.STROKES.get() if entry[0] < n_strokes]
    now = [(n_strokes, digit)] if n_strokes else []
    state.STROKES.set((*earlier, *now))


def keep_drawing() -> None:
    """Remember the drawing on the canvas among this visit's earlier ones."""
    part, ink = _shown_on_canvas(), on_canvas()
    if part is not None and ink is not None:
        strokes = of_part(traces(state.DRAWN_OBJECTS.get()), part, ink)
        state.DRAWINGS.set((*state.DRAWINGS.get(), centred(part))[-KEPT_DRAWINGS:])
        state.TRACES.set((*state.TRACES.get(), strokes)[-KEPT_DRAWINGS:])


def note_at_hand() -> None:
    """Note the drawings as they are now, where a click that no run answers finds them."""
    now = state.AT_HAND.get()
    now.ink, now.objects = on_canvas(), state.DRAWN_OBJECTS.get()
    now.drawings, now.traces = state.DRAWINGS.get(), state.TRACES.get()
    now.lessons = state.LESSONS.get()


def own_drawings() -> list[NDArray[np.float32]]:
    """Return this visit's own drawings, (28, 28) centred, the one on the canvas last."""
    digit = digit_on_canvas()
    return [*state.DRAWINGS.get(), *([] if digit is None else [digit])]


def replace_drawing(objects: list[Any]) -> None:
    """Put these Fabric.js objects on the canvas; `undo` can bring back what was there."""
    _set_aside()
    put_on_canvas(objects)


def begin_with(strokes: Sequence[Sequence[Sequence[float]]], pen_width: int) -> None:
    """Replace the drawing by strokes, each of them (x, y) in pixels of the canvas."""
    replace_drawing([_fabric_path(stroke, pen_width) for stroke in strokes])


def clear(by_browser: bool) -> None:
    """Empty the canvas, unless the browser has; `undo` can bring back what was there."""
    _set_aside()
    if by_browser:
        state.OUTDATED.set(_drawn())
        state.DRAWN_OBJECTS.set([])
        state.INK.set(None)
    else:
        put_on_canvas([])


def receive(ink: NDArray[np.float32], objects: list[Any]) -> None:
    """Take over what the canvas reports, unless it is from before it got another drawing."""
    if objects != state.OUTDATED.get():
        state.OUTDATED.set(None)
        state.INK.set(ink)
        state.DRAWN_OBJECTS.set(objects)


def _drawn() -> list[Any]:
    """Return the objects on the canvas, with those that it has sent since a run looked at it."""
    known = state.DRAWN_OBJECTS.get()
    try:
        sent = state.CANVAS.get()["drawing"]["raw"]["objects"]
    except (KeyError, TypeError):
        return known
    is_more = are_strokes(sent) and sent[: len(known)] == known and sent != state.OUTDATED.get()
    return sent if is_more else known


def _set_aside() -> None:
    keep_drawing()
    state.STROKES.set(())
    if drawn := _drawn():
        state.REPLACED.set((*state.REPLACED.get(), drawn)[-BROUGHT_BACK:])


def undo() -> None:
    """Take away the last stroke; from an empty canvas, bring back the drawing before it."""
    if drawn := _drawn():
        put_on_canvas(drawn[:-1])
    elif replaced := state.REPLACED.get():
        state.REPLACED.set(replaced[:-1])
        put_on_canvas(replaced[-1])


def put_on_canvas(objects: list[Any]) -> None:
    """Replace the drawing by these Fabric.js objects.

    The canvas loads a start drawing only when it differs from the last one it was given, so each
    has a number of its own.
    """
    state.OUTDATED.set(_drawn())
    number = state.CANVAS_START.get()["number"] + 1
    state.CANVAS_START.set({"objects": objects, "number": number})
    state.DRAWN_OBJECTS.set(objects)


def _fabric_path(stroke: Sequence[Sequence[float]], pen_width: int) -> dict[str, Any]:
    """Return the stroke as the canvas keeps one; left and top are the corner of its points."""
    start, *rest = stroke
    if all(point == start for point in rest):  # a dot: the canvas paints no path without a length
        rest = [(start[0] + pen_width / 1000, start[1])]
    xs, ys = zip(*stroke, strict=True)
    return {
        "type": "Path",
        "path": [["M", *start], *(["L", *point] for point in rest)],
        "left": min(xs) - pen_width / 2,
        "top": min(ys) - pen_width / 2,
        "originX": "left",
        "originY": "top",
        "fill": None,
        "stroke": INK,
        "strokeWidth": pen_width,
        "strokeLineCap": "round",
        "strokeLineJoin": "round",
    }


def put_back() -> None:
    """Let a canvas that is not on the page, but on another view, begin with the kept drawing."""
    drawn = state.DRAWN_OBJECTS.get()
    if not state.CANVAS.is_set() and drawn and drawn != state.CANVAS_START.get()["objects"]:
        put_on_canvas(drawn)
