"""What the canvas's library gets wrong with hands, in the browser: shows nothing, tells nothing."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from ui.components.shared.parts import script

__all__ = ["canvas_guard"]

WORDS = {"canvas": "The canvas: draw a digit here, or choose a sample with the keys 0 to 9"}

_mount = st.components.v2.component(
    "inkling_canvas_guard",
    js=script("library.js", "listeners.js", Path(__file__).with_name("guard.js"), WORDS=WORDS),
)


def canvas_guard(*, has_canvas: bool) -> None:
    """Stand between hands and the drawing canvas; to be called outside what a stroke runs.

    The browser looks for a new canvas where `has_canvas` changes.
    """
    _mount(key="canvas_guard", data={"has_canvas": has_canvas})
