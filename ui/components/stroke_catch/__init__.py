"""Strokes on a picture that the page brought, where the canvas would be: they begin a drawing."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeGuard

import streamlit as st

from ui.components.shared.colours import INK, PAPER
from ui.components.shared.parts import script

__all__ = ["MOST_POINTS", "are_points", "stroke_catch"]

MOST_POINTS = 5_000
"""Of all strokes together."""
FARTHEST = 10_000
"""Pixels from the canvas's corner at which a stroke may go on outside."""

_KEY = "stroke_catch"
_mount = st.components.v2.component(
    "inkling_stroke_catch",
    js=script("listeners.js", Path(__file__).with_name("catch.js")),
)


def stroke_catch(
    side: int, pen_width: int, *, on_strokes: Callable[[list[list[list[float]]]], None]
) -> None:
    """Let strokes be drawn on the picture; `on_strokes` gets their points, (x, y).

    It gets them when no other has begun for a while: a four is drawn in two.

    Parameters
    ----------
    side : int
        Of the canvas, in its pixels, in which the points are.
    pen_width : int
        The same.
    on_strokes : callable
        Not called for what no strokes are.
    """

    def drawn() -> None:
        strokes = st.session_state.get(_KEY, {}).get("drawn")
        if are_points(strokes):
            on_strokes(strokes)

    data = {
        "side": side,
        "pen_width": pen_width,
        "most_points": MOST_POINTS,
        "ink": INK,
        "paper": PAPER,
    }
    _mount(key=_KEY, data=data, on_drawn_change=drawn)


def are_points(said: Any) -> TypeGuard[list[list[list[float]]]]:
    """Whether this, which a browser sent, is strokes of finite points, and not too many."""
    if not isinstance(said, list) or not said or not all(isinstance(each, list) for each in said):
        return False
    points = [point for stroke in said[: MOST_POINTS + 1] for point in stroke]
    return (
        all(said)
        and len(points) <= MOST_POINTS
        and all(isinstance(point, list) and len(point) == 2 for point in points)
        and all(
            type(n) in (int, float) and math.isfinite(n) and abs(n) < FARTHEST
            for n in itertools.chain.from_iterable(points)
        )
    )
