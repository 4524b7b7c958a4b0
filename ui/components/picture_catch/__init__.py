"""Pictures that are pasted anywhere on Draw, or dropped onto the canvas: given to the uploader."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from ui.components.shared.parts import script

__all__ = ["picture_catch"]

_mount = st.components.v2.component(
    "inkling_picture_catch", js=script("listeners.js", Path(__file__).with_name("catch.js"))
)


def picture_catch(*, on_catch: Callable[[], None]) -> None:
    """Catch pictures; `on_catch` has to show the uploader, which gets them then.

    The files go by the uploader's own way, and its limits hold. To be called outside what a stroke
    runs.
    """
    _mount(key="picture_catch", on_caught_change=on_catch)
