"""The drawing canvas: the library's, with a script of ours between it and Streamlit."""

from __future__ import annotations

from pathlib import Path

import streamlit as st
from streamlit_drawable_canvas import CanvasResult, st_canvas

from ui.components.shared.canvas_library import COMPONENT, place
from ui.components.shared.parts import script

__all__ = ["CanvasResult", "st_canvas"]

# Under the library's own name, so that `st_canvas` mounts this one.
st.components.v2.component(
    COMPONENT,
    js=script(Path(__file__).with_name("canvas.js"), PLACE=place()),
    css="index-*.css",
    html='<div class="canvas-root"></div>',
    isolate_styles=True,
)
