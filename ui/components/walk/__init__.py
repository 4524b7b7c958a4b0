"""A walk through a view, one thought after the other: two buttons, which keys press too."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from ui.components.shared.parts import page, script, style

__all__ = ["walk"]

WORDS = {"walk": "Thoughts", "back": "The thought before", "next": "The next thought"}

_HERE = Path(__file__).parent
_mount = st.components.v2.component(
    "inkling_walk",
    html=page(_HERE / "walk.html", WORDS),
    css=style(_HERE / "walk.css"),
    js=script(_HERE / "walk.js"),
)


def walk(places: str) -> None:
    """Show the buttons.

    Parameters
    ----------
    places : str
        A selector of CSS for what is walked through, in the page's order.
    """
    _mount(key="walk", data={"places": places})
