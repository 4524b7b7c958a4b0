"""Boxes for words that a visitor has a part in, such as the name of a file: shown as they are.

What Streamlit's own boxes get is Markdown, in which a name could load a picture from anywhere.
"""

from __future__ import annotations

import html

import streamlit as st

__all__ = ["error", "info"]


def error(text: str) -> None:
    """Say what went wrong."""
    _box(text, "alert")


def info(text: str) -> None:
    """Say what has happened."""
    _box(text, "status")


def _box(text: str, role: str) -> None:
    st.html(f"<p class='box' role='{role}'>{html.escape(text)}</p>")
