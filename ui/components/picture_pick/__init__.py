"""Pictures on the page that can be clicked: which of them was, by its place in what is shown."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from ui.components.shared.parts import script

__all__ = ["picture_pick"]

_mount = st.components.v2.component(
    "inkling_picture_pick", js=script("listeners.js", Path(__file__).with_name("pick.js"))
)


def picture_pick(n: int) -> int | None:
    """Listen for clicks on the buttons that `ui.elements.pixels` puts around pictures.

    Parameters
    ----------
    n : int
        How many pictures there are to choose from.

    Returns
    -------
    The place of the one that was clicked, from 0 to n − 1, in the run that a click begins; None in
    every other. A place that no picture has is None too.
    """
    picked = _mount(key="picture_pick", on_picked_change=lambda: None).picked
    return picked if type(picked) is int and 0 <= picked < n else None
