"""Choices that the page's address carries, as codes.

Streamlit's own binding writes into the address what a control shows, not what it stands for: a word
that may be worded otherwise, or in another language, the next day.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Literal

import streamlit as st

from ui.session import state

__all__ = ["arrive", "go_to", "take", "write"]


def arrive(view: str) -> None:
    """Note which view is open: Streamlit clears the address of the one before."""
    if state.VIEW.get() != view:
        state.VIEW.set(view)
        state.IN_ADDRESS.set({})


def go_to(title: Literal["Draw", "Train"]) -> None:
    """Change to another view at once; on the stage too, which stays in the address."""
    view = st.Page(_elsewhere, title=title, url_path=title.lower(), default=title == "Draw")
    # By default the address is emptied, which Streamlit refuses where a control is bound to it.
    st.switch_page(view, query_params={})


def _elsewhere() -> None:
    """Stand for a view, which the page has under the same path."""


def take(key: state.WidgetKey[Any], codes: Collection[str], *, formerly: Mapping[str, str]) -> None:
    """Give a control that is about to be made for the first time the choice in the address.

    Parameters
    ----------
    key : WidgetKey
        Of the control; its name is the parameter's.
    codes : str
        What can be chosen; anything else in the address is passed over.
    formerly : str → str
        What older addresses say instead of a code.
    """
    if key.is_set():
        return
    said = st.query_params.get(key.name, "")
    code = formerly.get(said, said)
    key.set(code if code in codes else key.first())


def write(key: state.WidgetKey[Any]) -> None:
    """Put the choice into the address where it is a new one; the first choice is left out."""
    code = key.get()
    written = state.IN_ADDRESS.get()
    if key.name in written and written[key.name] == code:
        return  # the browser may have gone back to an older address, which is left alone
    state.IN_ADDRESS.set(written | {key.name: code})
    if code == key.first():
        st.query_params.pop(key.name, None)
    elif st.query_params.get(key.name) != code:
        st.query_params[key.name] = code
