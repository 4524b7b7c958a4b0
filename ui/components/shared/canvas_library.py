"""Where the script of the drawing canvas's library is; the library is not imported for it."""

from __future__ import annotations

import functools
import importlib.util
from pathlib import Path

__all__ = ["COMPONENT", "place"]

COMPONENT = "streamlit-drawable-canvas.streamlit_drawable_canvas"
"""The name of the library's component."""


@functools.cache
def place() -> str:
    """Return the script's address, below the server's own."""
    spec = importlib.util.find_spec("streamlit_drawable_canvas")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    [folder] = spec.submodule_search_locations
    [script] = Path(folder).rglob("index-*.js")
    return f"_stcore/bidi-components/{COMPONENT}/{script.name}"
