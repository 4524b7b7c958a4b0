"""A 28 × 28 map of what each pixel adds to a score; pointing at a pixel shows its share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from model.config import SIDE
from ui.components.shared.colours import MAP_COLOURS
from ui.components.shared.parts import script, style

__all__ = ["evidence_map"]

WORDS = {
    "map": "Map of the evidence",
    "invitation": "Point at a pixel to see its share.",
    "pixel": "Row {row}, column {column}: ink {ink}, share {share}",
}

_HERE = Path(__file__).parent
_mount = st.components.v2.component(
    "inkling_evidence_map",
    html='<div class="evidence"><canvas width="28" height="28" role="img" tabindex="0"'
    f' aria-label="{WORDS["map"]}"></canvas><output aria-live="polite"></output></div>',
    css=style(_HERE / "map.css"),
    js=script(
        *("words.js", "signed.js", _HERE / "map.js"),
        **MAP_COLOURS,
        SIDE=SIDE,
        WORDS=WORDS,
    ),
)


def evidence_map(
    shares: NDArray[np.floating[Any]], ink: NDArray[np.floating[Any]], label: str
) -> None:
    """Show a map.

    Parameters
    ----------
    shares : (28, 28) floats
        What each pixel adds; the largest absolute value has the full colour.
    ink : (28, 28) floats between 0 and 1
        Shown faintly below.
    label : str
        The map in words.
    """
    _mount(
        key="evidence_map",
        data={
            "shares": np.round(shares.ravel(), 4).tolist(),
            "ink": np.round(ink.ravel(), 3).tolist(),
            "largest": float(np.abs(shares).max()) or 1.0,
            "label": label,
        },
    )
