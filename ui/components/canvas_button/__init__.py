"""The buttons Undo and Clear, outside the part of the page that runs again at every stroke."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import streamlit as st

from ui.components.shared.parts import script, style

__all__ = ["canvas_button"]

WORDS = {"undo": "Undo", "clear": "Clear"}

_HERE = Path(__file__).parent
_mount = st.components.v2.component(
    "inkling_canvas_button",
    html='<button type="button"><svg viewBox="0 0 24 24" aria-hidden="true"><path/></svg>'
    "<span></span></button>",
    css=style(_HERE / "canvas_button.css"),
    js=script("library.js", _HERE / "canvas_button.js"),
)


def canvas_button(
    action: Literal["undo", "clear"],
    *,
    is_drawn: bool,
    has_more: bool = False,
    begins_empty: bool = True,
    heard: float | None,
    on_press: Callable[[float, bool], None],
) -> None:
    """Show the button; its action is its key.

    `is_drawn` holds at the start. From then on the browser enables and disables the button itself,
    by the answers that it hears of; one that `has_more` to do can be pressed always. The browser
    takes back every stroke but those that Python has put on the canvas, and clears one that
    `begins_empty`. `on_press` is told the press's id and whether the browser has done it; of an
    Undo that it has, it is told nothing. It may be told a press twice, since the browser tells it
    until the id is the one that is `heard`.
    """

    def pressed() -> None:
        press = st.session_state.get(action, {}).get("pressed")
        if isinstance(press, dict) and isinstance(press.get("id"), float):
            on_press(press["id"], press.get("by") == "browser")

    data = {
        "action": action,
        "label": WORDS[action],
        "is_drawn": is_drawn,
        "has_more": has_more,
        "begins_empty": begins_empty,
        "heard": heard,
    }
    _mount(key=action, data=data, width="content", on_pressed_change=pressed)
