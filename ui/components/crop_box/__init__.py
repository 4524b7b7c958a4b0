"""A picture with a box on it, drawn by mouse, finger or keys: the part that is to be read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

from model.preprocessing.kept_picture import Box
from ui.components.shared.parts import script, style

__all__ = ["crop_box"]

WORDS = {"picture": "The picture: drag a box around the digit, or move its edges by arrow keys"}

_HERE = Path(__file__).parent
_KEY = "crop_box"
_mount = st.components.v2.component(
    "inkling_crop_box",
    html=f'<div class="crop" role="application" tabindex="0" aria-label="{WORDS["picture"]}">'
    '<img alt="" draggable="false"><div class="part"></div></div>',
    css=style(_HERE / "crop_box.css"),
    js=script(_HERE / "crop_box.js"),
)


def crop_box(picture: str, box: Box | None, *, on_crop: Callable[[Box], None]) -> None:
    """Show a picture and its box; `on_crop` gets a new one.

    Parameters
    ----------
    picture : str
        The address of an image, such as "data:image/jpeg;base64,…".
    box : (left, top, right, bottom) or None
        Shares of its width and height, from 0 to 1; None for all of it.
    on_crop : callable
        Gets a box with 0 ≤ left < right ≤ 1 and 0 ≤ top < bottom ≤ 1; what is none changes nothing.
    """

    def cropped() -> None:
        told = st.session_state.get(_KEY, {}).get("cropped")
        if (wanted := _box(told)) is not None:
            on_crop(wanted)

    whole = (0.0, 0.0, 1.0, 1.0)
    _mount(key=_KEY, data={"picture": picture, "box": box or whole}, on_cropped_change=cropped)


def _box(told: Any) -> Box | None:
    """Return what the browser sent as a box, if it is one."""
    if not isinstance(told, list) or len(told) != 4:
        return None
    if not all(type(value) in (int, float) and 0 <= value <= 1 for value in told):
        return None
    left, top, right, bottom = map(float, told)
    return (left, top, right, bottom) if left < right and top < bottom else None
