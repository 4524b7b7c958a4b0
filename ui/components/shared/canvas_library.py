"""The files of the drawing canvas's library; it is not imported for them."""

from __future__ import annotations

import functools
import importlib.util
from pathlib import Path

__all__ = ["file", "place"]

COMPONENT = "streamlit-drawable-canvas.streamlit_drawable_canvas"
"""The name under which Streamlit serves them."""


@functools.cache
def file(pattern: str) -> Path:
    """Return the one file of the library's page whose name is like this."""
    spec = importlib.util.find_spec("streamlit_drawable_canvas")
    assert spec is not None
    assert spec.origin is not None
    [found] = Path(spec.origin).parent.rglob(pattern)
    return found


def place() -> str:
    """Return the script's address, below the server's own."""
    return f"_stcore/bidi-components/{COMPONENT}/{file('index-*.js').name}"
