"""The answer, the picture that the model sees, and ten bars: one component in the browser."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from model.reading import Reading

__all__ = ["live_bars"]

_HERE = Path(__file__).parent
_mount = st.components.v2.component(
    "inkling_live_bars",
    html=(_HERE / "bars.html").read_text(encoding="utf-8"),
    css=(_HERE / "bars.css").read_text(encoding="utf-8"),
    js=(_HERE / "bars.js").read_text(encoding="utf-8"),
)


def live_bars(reading: Reading | None) -> None:
    """Show a reading, or the invitation where there is none; the bars move to their new places."""
    _mount(key="live_bars", data=_as_data(reading))


def _as_data(reading: Reading | None) -> dict[str, Any]:
    if reading is None:
        return {"verdict": "empty", "probabilities": None, "picture": None}
    return {
        "verdict": reading.verdict,
        "probabilities": [round(float(share), 5) for share in reading.probabilities],
        "picture": _encoded(reading.picture),
    }


def _encoded(picture: NDArray[np.float32]) -> str:
    return base64.b64encode(np.rint(picture * 255).astype(np.uint8).tobytes()).decode("ascii")
