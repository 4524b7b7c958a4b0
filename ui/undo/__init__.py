"""The Undo button: in the browser where a stroke may not have arrived yet, else in Python."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import streamlit as st

__all__ = ["undo_button"]

_HERE = Path(__file__).parent
_mount = st.components.v2.component(
    "inkling_undo",
    html='<button type="button"><svg viewBox="0 0 24 24" aria-hidden="true">'
    '<path d="M8 5 4 9l4 4M4 9h10a5 5 0 0 1 0 10H9"/></svg>Undo</button>',
    css=(_HERE / "undo.css").read_text(encoding="utf-8"),
    js=(_HERE / "undo.js").read_text(encoding="utf-8"),
)


def undo_button(*, disabled: bool, on_undo: Callable[[], None]) -> None:
    """Show the button; `on_undo` is called for strokes that Python has put on the canvas."""
    _mount(key="undo", data={"disabled": disabled}, width="content", on_pressed_change=on_undo)
