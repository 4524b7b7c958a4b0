"""The drawing canvas, with undo, clear and the pen's width."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from model.preprocessing.ink import PictureError, ink_from_canvas
from ui.components.canvas_button import canvas_button
from ui.components.drawing_canvas import CanvasResult, st_canvas
from ui.components.shared.colours import INK, PAPER
from ui.elements import notices
from ui.server import log
from ui.session import state
from ui.session.drawings import (
    MOST_STROKES,
    are_strokes,
    clear,
    on_canvas,
    receive,
    undo,
)

__all__ = [
    "MOST_STROKES",
    "SIDE",
    "canvas_controls",
    "canvas_panel",
    "drawing_in",
]

SIDE = 336
"""Side of the canvas in pixels; it fits a phone that is held upright."""


def canvas_panel() -> NDArray[np.float32] | None:
    """Show the canvas; return its (336, 336) ink, None before the first stroke."""
    return _canvas(state.PEN_WIDTH.get())


def canvas_controls() -> None:
    """Show undo, clear and the pen's width."""
    is_drawn, is_replaced = bool(state.DRAWN_OBJECTS.get()), bool(state.REPLACED.get())
    begins_empty = not state.CANVAS_START.get()["objects"]
    heard = state.PRESS.get()
    canvas_button(
        "undo",
        is_drawn=is_drawn,
        has_more=is_replaced,
        heard=heard,
        on_press=_once(lambda _: undo()),
    )
    canvas_button(
        "clear",
        is_drawn=is_drawn,
        begins_empty=begins_empty,
        heard=heard,
        on_press=_once(clear),
    )
    st.slider(
        "Pen width",
        *(state.PEN_WIDTHS[0], state.PEN_WIDTHS[-1], state.PEN_WIDTH.first()),
        step=state.PEN_WIDTHS.step,
        key=state.PEN_WIDTH.name,
        persist_state="session",
    )


def _once(act: Callable[[bool], None]) -> Callable[[float, bool], None]:
    def press(press_id: float, by_browser: bool) -> None:
        if press_id != state.PRESS.get():
            state.PRESS.set(press_id)
            act(by_browser)

    return press


def drawing_in(result: CanvasResult) -> tuple[NDArray[np.float32], list[dict[str, Any]]] | None:
    """Return what the canvas has sent: the (336, 336) ink, and the Fabric.js objects.

    None stands for a canvas that has sent nothing yet.

    Raises
    ------
    PictureError
        For a message that no canvas sends: the browser may be anybody's program.
    """
    try:
        content = result.image_bytes
    except (
        AttributeError,
        TypeError,
        ValueError,
    ) as error:  # raised by the library
        raise PictureError("its picture is not in base64") from error
    if content is None:
        return None
    ink = ink_from_canvas(content, SIDE)
    drawing = result.json_data
    objects = drawing.get("objects") if isinstance(drawing, dict) else None
    if isinstance(objects, list) and len(objects) > MOST_STROKES:
        raise PictureError(
            f"it has {len(objects):,} strokes, at most {MOST_STROKES:,} are taken; press Clear"
        )
    if not are_strokes(objects):
        raise PictureError("its strokes are missing")
    return ink, objects


def _canvas(pen_width: int) -> NDArray[np.float32] | None:
    """Mount the canvas and read what it sent; a message that lies is an error on the page."""
    try:
        return _received(_mounted(pen_width))
    except PictureError as error:
        log.refused("drawing", "not as the canvas sends it")
        notices.error(f"The drawing did not arrive: {error}. Please draw again.")
        return None


def _mounted(pen_width: int) -> CanvasResult:
    try:
        return st_canvas(
            key=state.CANVAS.name,
            width=SIDE,
            height=SIDE,
            stroke_width=pen_width,
            stroke_color=INK,
            background_color=PAPER,
            initial_drawing=state.CANVAS_START.get(),
            return_image_data=True,
        )
    except (
        AttributeError,
        TypeError,
        KeyError,
    ) as error:  # raised by the library
        raise PictureError("its message has another form") from error


def _received(result: CanvasResult) -> NDArray[np.float32] | None:
    """Return the ink of the drawing sent last.

    After a change of view the canvas shows the kept drawing again without sending it, so its
    picture is kept too.
    """
    drawing = drawing_in(result)
    if drawing is None:
        return on_canvas()
    receive(*drawing)
    return on_canvas()
