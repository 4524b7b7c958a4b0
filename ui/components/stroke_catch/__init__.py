"""A stroke on a picture that the page brought, where the canvas would be: it begins a drawing."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeGuard

import streamlit as st

from ui.components.shared.colours import INK, PAPER
from ui.components.shared.parts import script

__all__ = ["MOST_POINTS", "is_stroke", "stroke_catch"]

MOST_POINTS = 5_000
FARTHEST = 10_000
"""Pixels from the canvas's corner at which a stroke may go on outside."""

_KEY = "stroke_catch"
_mount = st.components.v2.component(
    "inkling_stroke_catch",
    js=script("listeners.js", Path(__file__).with_name("catch.js")),
)


def stroke_catch(
    side: int, pen_width: int, *, on_stroke: Callable[[list[list[float]]], None]
) -> None:
    """Let a stroke be drawn on the picture; `on_stroke` gets its points, (x, y), when it ends.

    Parameters
    ----------
    side : int
        Of the canvas, in its pixels, in which the points are.
    pen_width : int
        The same.
    on_stroke : callable
        Not called for what no stroke is.
    """

    def drawn() -> None:
        points = st.session_state.get(_KEY, {}).get("drawn")
        if is_stroke(points):
            on_stroke(points)

    data = {
        "side": side,
        "pen_width": pen_width,
        "most_points": MOST_POINTS,
        "ink": INK,
        "paper": PAPER,
    }
    _mount(key=_KEY, data=data, on_drawn_change=drawn)


def is_stroke(points: Any) -> TypeGuard[list[list[float]]]:
    """Whether this, which a browser sent, is a list of finite points, and not too long."""
    if not isinstance(points, list) or not 0 < len(points) <= MOST_POINTS:
        return False
    if not all(isinstance(point, list) and len(point) == 2 for point in points):
        return False
    numbers = itertools.chain.from_iterable(points)
    return all(type(n) in (int, float) and math.isfinite(n) and abs(n) < FARTHEST for n in numbers)
