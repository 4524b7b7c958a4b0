"""The answer, the picture that the model sees, and ten bars: one component in the browser.

A second one, which shows nothing, reads the drawing in the browser while the pen is down, and moves
the bars at every frame. It is sent once, with its model; the bars' code and data are sent with
every stroke and stay small. Once the drawing has arrived here, Python's reading is shown.
"""

from __future__ import annotations

import base64
import functools
import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from model.classifier.prediction import Reading
from model.classifier.reject import RejectRule
from model.classifier.softmax import SoftmaxRegression
from model.config import N_CLASSES, SIDE
from model.preprocessing import centring, moments
from ui.components.shared.parts import DIGIT, page, script, style

__all__ = ["READER", "live_bars", "live_model", "model_data"]

WORDS: dict[str, Any] = {
    "draw": (
        "Draw a digit from 0 to 9",
        "with a mouse, a pen or a finger. The answer comes with every stroke.",
    ),
    "upload": (
        "Upload a picture of a digit",
        "A photo will do: one dark digit on light paper.",
    ),
    "unfamiliar": ("Not sure", "This does not look like any digit that the model has seen."),
    "unsure": ("Not sure", "Perhaps {digit}, with {share}; {second} has {second_share}."),
    "answer": ("Looks like {digit}", "{share} sure; {second} has {second_share}."),
    "named": [f"{'an' if digit == 8 else 'a'} {digit}" for digit in range(N_CLASSES)],
    "evidence": "Evidence for {digit}",
    "no_drawing": "no drawing yet",
}
"""What the bars say: in large type and below it, by the reading's verdict."""
LABELS = {
    "reading": "What the model makes of the drawing",
    "pixels": "The 28 × 28 pixels that the model sees",
    "seen": "what it sees",
    "bars": "Probability of each digit",
}

_HERE = Path(__file__).parent
_KEY = "live_model"
_numbers = itertools.count()
_mount_bars = st.components.v2.component(
    "inkling_live_bars",
    html=page(_HERE / "bars.html", LABELS),
    css=style(_HERE / "bars.css"),
    js=script("words.js", _HERE / "bars.js", SIDE=SIDE, WORDS=WORDS, DIGIT=DIGIT),
)
READER = script(
    _HERE / "reader.js",
    SIDE=SIDE,
    N_CLASSES=N_CLASSES,
    BOX=centring.BOX,
    MIDDLE=centring.MIDDLE,
    FAINTEST_INK=centring.FAINTEST_INK,
    SPREAD=moments.SPREAD,
    ASPECT_EXPONENT=moments.ASPECT_EXPONENT,
    STEEPEST_SHEAR=moments.STEEPEST_SHEAR,
    THINNEST=moments.THINNEST,
    WINDOW=moments.WINDOW,
    WINDOW_FLOOR=moments.WINDOW_FLOOR,
)
"""The browser's reader, with the numbers of Python's."""
_mount_model = st.components.v2.component(
    "inkling_live_model", js=READER + script(_HERE / "live.js")
)


def live_bars(reading: Reading | None, *, is_drawn: bool, is_upload: bool) -> None:
    """Show a reading, or the invitation where there is none; the bars move to their new places.

    `is_drawn` says whether there is something on the canvas, for the browser's other components;
    `is_upload` whether the invitation is to upload a picture rather than to draw.
    """
    # Without a new number, an answer that equals the last one would not reach the browser's code.
    told = {"isDrawn": is_drawn, "isUpload": is_upload, "number": next(_numbers)}
    _mount_bars(key="live_bars", data=_as_data(reading) | told)


def live_model(
    model: SoftmaxRegression, rule: RejectRule, *, on_pick: Callable[[int], None]
) -> None:
    """Let the browser read the drawing with this model while the pen is down.

    It shows nothing and sends 220 kB, so call it where a stroke does not call it again. It also
    tells `on_pick` the digit of a bar that was clicked. The bars do not do that themselves: they
    are sent again at every stroke, and a component with a callback costs more.
    """

    def picked() -> None:
        digit = st.session_state.get(_KEY, {}).get("picked")
        if type(digit) is int and 0 <= digit < N_CLASSES:
            on_pick(digit)

    _mount_model(key=_KEY, data=model_data(model, rule), on_picked_change=picked)


@functools.lru_cache(maxsize=4)
def model_data(model: SoftmaxRegression, rule: RejectRule) -> dict[str, Any]:
    """Return a model as the browser gets it; its numbers are little-endian, in base64."""
    return {
        "input": model.input,
        "weights": _encoded(model.weights.astype("<f4")),
        "bias": _encoded(model.bias.astype("<f4")),
        "prototypes": _encoded(rule.prototypes),
        "max_distance": rule.max_distance,
        "min_probability": rule.min_probability,
    }


def _as_data(reading: Reading | None) -> dict[str, Any]:
    """Return a reading as plain strings: Streamlit searches lists for tables, which takes long."""
    if reading is None:
        return {"verdict": "empty", "probabilities": None, "picture": None}
    return {
        "verdict": reading.verdict,
        "probabilities": _encoded(reading.probabilities.astype("<f4")),
        "picture": _encoded(np.rint(reading.picture * 255).astype(np.uint8)),
    }


def _encoded(array: NDArray[Any]) -> str:
    return base64.b64encode(array.tobytes()).decode("ascii")
