"""A score that is added up pixel by pixel, or all at once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import streamlit as st

from model.config import SIDE
from model.explanation.evidence import Evidence
from ui.components.shared.colours import MAP_COLOURS
from ui.components.shared.parts import page, script, style

__all__ = ["running_sum"]

WORDS = {
    "sum": "The sum, pixel by pixel",
    "slider": "Pixels added",
    "play": "Pixel by pixel",
    "all": "At once",
    "told": "{n} of 784 pixels: score {score}",
}

_HERE = Path(__file__).parent
_mount = st.components.v2.component(
    "inkling_running_sum",
    html=page(_HERE / "sum.html", WORDS),
    css=style("button.css", _HERE / "sum.css"),
    js=script(
        *("words.js", "signed.js", _HERE / "sum.js"),
        **MAP_COLOURS,
        SIDE=SIDE,
        WORDS=WORDS,
    ),
)


def running_sum(found: Evidence) -> None:
    """Show how a score comes about: it begins at the bias, and each pixel adds its share."""
    _mount(
        key="running_sum",
        data={
            "shares": np.round(found.map.ravel(), 5).tolist(),
            "bias": found.bias,
            "largest": float(np.abs(found.map).max()) or 1.0,
        },
    )
