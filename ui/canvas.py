"""The drawing canvas, with undo, clear and the pen's width."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from streamlit_drawable_canvas import CanvasResult, st_canvas

from model.pictures import PictureError, ink_from_canvas
from model.preprocessing import centred
from ui import state
from ui.canvas_button import canvas_button

__all__ = [
    "SIDE",
    "canvas_controls",
    "canvas_panel",
    "keep_drawing",
    "note_stroke",
    "put_on_canvas",
]

SIDE = 336
"""Of the canvas, in pixels: fits a phone held upright."""
KEPT_DRAWINGS = 11
INK, PAPER = "#ffffff", "#000000"
_KEY, _SLIDER_KEY = "canvas", "pen_slider"


def canvas_panel() -> NDArray[np.float32] | None:
    """Show the canvas; return its (336, 336) ink, None before the first stroke."""
    if _KEY not in st.session_state and st.session_state[state.DRAWN_OBJECTS]:
        put_on_canvas(st.session_state[state.DRAWN_OBJECTS])  # back from another view
    return _canvas(st.session_state[state.PEN_WIDTH])


def canvas_controls() -> None:
    """Show undo, clear and the pen's width."""
    with st.container(horizontal=True, vertical_alignment="center", key="canvas_controls"):
        empty = not st.session_state[state.DRAWN_OBJECTS]
        canvas_button("undo", disabled=empty, on_press=_undo)
        canvas_button("clear", disabled=empty, on_press=_clear)
        st.slider(
            "Pen width",
            *(8, 40, st.session_state[state.PEN_WIDTH]),
            step=2,
            key=_SLIDER_KEY,
            on_change=_take_pen_width,
            label_visibility="collapsed",
        )


def note_stroke(digit: NDArray[np.float32]) -> None:
    """Remember the (28, 28) drawing after this stroke; what was undone or replaced is forgotten."""
    n_strokes = len(st.session_state[state.DRAWN_OBJECTS])
    earlier = [entry for entry in st.session_state[state.STROKES] if entry[0] < n_strokes]
    now = [(n_strokes, digit)] if n_strokes else []
    st.session_state[state.STROKES] = (*earlier, *now)


def keep_drawing() -> None:
    """Remember the drawing on the canvas among this visit's earlier ones."""
    ink = st.session_state[state.INK]
    if ink is not None and ink.any():
        kept = (*st.session_state[state.DRAWINGS], centred(ink))
        st.session_state[state.DRAWINGS] = kept[-KEPT_DRAWINGS:]


def put_on_canvas(objects: list[Any]) -> None:
    """Replace the drawing by these Fabric.js objects.

    The canvas loads a start drawing only when it differs from the last one it was given, so each
    has a number of its own.
    """
    number = st.session_state[state.CANVAS_START]["number"] + 1
    st.session_state[state.CANVAS_START] = {"objects": objects, "number": number}
    st.session_state[state.DRAWN_OBJECTS] = objects


def _take_pen_width() -> None:
    """Keep the slider's value under a key that is no widget's, since those end with their view."""
    st.session_state[state.PEN_WIDTH] = st.session_state[_SLIDER_KEY]


def _undo() -> None:
    put_on_canvas(st.session_state[state.DRAWN_OBJECTS][:-1])


def _clear() -> None:
    keep_drawing()
    put_on_canvas([])


def _canvas(pen_width: int) -> NDArray[np.float32] | None:
    """Mount the canvas and read what it sent; a message that lies is an error on the page."""
    try:
        result = st_canvas(
            key=_KEY,
            width=SIDE,
            height=SIDE,
            stroke_width=pen_width,
            stroke_color=INK,
            background_color=PAPER,
            initial_drawing=st.session_state[state.CANVAS_START],
            return_image_data=True,
        )
        return _received(result)
    except (PictureError, ValueError, TypeError, AttributeError, KeyError) as error:
        st.error(f"The drawing did not arrive as a picture. Press Clear and draw again. ({error})")
        return None


def _received(result: CanvasResult) -> NDArray[np.float32] | None:
    """Return the ink of the drawing sent last.

    After a change of view the canvas shows the kept drawing again without sending it, so its
    picture is kept too.
    """
    ink: NDArray[np.float32] | None
    content = result.image_bytes
    if content is None:
        ink = st.session_state[state.INK]
        return ink
    ink = ink_from_canvas(content, SIDE)
    st.session_state[state.INK] = ink
    st.session_state[state.DRAWN_OBJECTS] = list(result.json_data["objects"])
    return ink
