"""Where this server's own routes are."""

from __future__ import annotations

import streamlit as st

__all__ = ["PHONES", "prefix"]

PHONES = "/r/"
"""Before a room's code, for the audience's phones."""


def prefix() -> str:
    """Return what stands before our routes: Streamlit puts it before its own alone."""
    path = str(st.get_option("server.baseUrlPath")).strip("/")
    return f"/{path}" if path else ""
