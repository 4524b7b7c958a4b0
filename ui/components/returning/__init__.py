"""A browser that comes back: it says what it shows to a session that does not know it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from ui.components.shared.parts import script

__all__ = ["returning"]

_mount = st.components.v2.component(
    "inkling_returning",
    js=script("library.js", Path(__file__).with_name("returning.js")),
)


def returning(known: Mapping[str, Any]) -> Any:
    """Give the browser what a new session would have to know; return what it says.

    To be called before anything else is put on the page. What comes back is None, unless the
    browser has just been without a connection or an answer. Then it should be what it was given
    last, but it may be anything: a browser is anybody's.
    """

    def heard() -> None:
        """The browser is heard of by what the mount returns, which a new session has as well."""

    said = _mount(
        key="returning", data=dict(known), on_known_change=heard, on_returned_change=heard
    )
    return said.known if said.returned is None else said.returned
