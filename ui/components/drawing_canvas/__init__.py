"""The drawing canvas: the library's, with a script of ours between it and Streamlit."""

from __future__ import annotations

from pathlib import Path

import streamlit as st
import streamlit_drawable_canvas as library
from streamlit_drawable_canvas import CanvasResult, st_canvas

from ui.components.shared.canvas_library import file, place
from ui.components.shared.parts import script

__all__ = ["CanvasResult", "st_canvas"]

# What `st_canvas` mounts.
library.out = st.components.v2.component(
    "inkling_canvas",
    js=script(Path(__file__).with_name("canvas.js"), PLACE=place()),
    css=file("index-*.css").read_text(encoding="utf-8"),
    html='<div class="canvas-root"></div>',
    isolate_styles=True,
)
