"""The page's own style sheet."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

__all__ = ["apply"]

_STYLE = Path(__file__).parent.parent / "assets" / "style.css"


def apply() -> None:
    """Put the style sheet on the page."""
    st.html(_STYLE)
