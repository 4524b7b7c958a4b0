"""A browser that comes back: it says what it shows to a session that does not know it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from ui.components.shared.parts import script

__all__ = ["returning"]

WORDS = {
    "waiting": "The server has not answered yet. The bars go on in your browser, and your drawing "
    "waits here",
    "back": "The server is back",
}

_mount = st.components.v2.component(
    "inkling_returning",
    js=script("library.js", Path(__file__).with_name("returning.js"), WORDS=WORDS),
)


def returning(known: Mapping[str, Any], tab: str) -> tuple[Any, Any]:
    """Give the browser what a new session would have to know; return what it says.

    To be called before anything else is put on the page. A browser is anybody's, so what comes back
    may be anything.

    Returns
    -------
    said
        None, unless the browser has just been without a connection or an answer. Then it should be
        what it was given last, and `has_canvas`, whether the canvas is on the page.
    shown_before
        The name of the tab that was here before the page was loaded, where it is another than
        `tab`; else None.
    """

    def heard() -> None:
        """The browser is heard of by what the mount returns, which a new session has as well."""

    said = _mount(
        key="returning",
        data={"known": dict(known), "tab": tab},
        on_known_change=heard,
        on_returned_change=heard,
        on_before_change=heard,
    )
    return said.known if said.returned is None else said.returned, said.before
