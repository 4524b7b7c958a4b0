"""A page with the drawing canvas and the number of its strokes, and nothing else."""

from __future__ import annotations

import streamlit as st
from streamlit_drawable_canvas import st_canvas


@st.fragment
def _panel() -> None:
    drawn = st_canvas(
        key="canvas",
        width=336,
        height=336,
        stroke_width=22,
        stroke_color="#ffffff",
        background_color="#000000",
        return_image_data=True,
    )
    n_strokes = len(drawn.json_data["objects"]) if drawn.json_data else 0
    st.html(f"<p class='answer'>{n_strokes}</p>")


_panel()
