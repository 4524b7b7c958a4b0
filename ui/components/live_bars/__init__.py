"""The answer, the picture that the model sees, and ten bars: one component in the browser.

A second one, which shows nothing, reads the drawing in the browser while the pen is down, and moves
the bars at every frame. It is sent once, with its model; the bars' code and data are sent with
every stroke and stay small. Once the drawing has arrived here, Python's reading is shown.
"""

from __future__ import annotations

import base64
import functools
import itertools
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from safetensors.numpy import save as save_tensors

from model.classifier.base import Classifier
from model.classifier.prediction import Reading
from model.classifier.reject import NO_REJECTOR, UNSEEN_MARGIN, RejectRule
from model.classifier.softmax import SoftmaxRegression
from model.config import N_CLASSES, SIDE
from model.preprocessing import centring, directions, moments, segmentation
from ui.components.shared.parts import DIGIT, page, script, style

__all__ = ["READER", "live_bars", "live_model", "model_data"]

WORDS: dict[str, Any] = {
    "draw": (
        "Draw a digit from 0 to 9",
        "with a mouse, a pen or a finger. The answer comes with every stroke.",
    ),
    "upload": (
        "Upload a picture of a digit",
        "A photo will do, of one digit or of a number. Or paste a picture.",
    ),
    "unfamiliar": ("Not sure", "This does not look like any digit that the model has seen."),
    "unsure": ("Not sure", "Perhaps {digit}, with {share}; {second} has {second_share}."),
    "answer": ("Looks like {digit}", "{share} sure; {second} has {second_share}."),
    "crowded": (
        "Not sure",
        "There are too many separate marks here: at most"
        f" {segmentation.MOST_PARTS} digits are read.",
    ),
    "number": "Looks like {number}",
    "no_number": "Not sure",
    "shown": {
        "answer": "The bars are of the {first}: {share} sure; {second} has {second_share}.",
        "unsure": (
            "The bars are of digit {place} of {n}: perhaps {digit}, with {share};"
            " {second} has {second_share}."
        ),
        "unfamiliar": (
            "The bars are of digit {place} of {n}, which does not look like any digit that the"
            " model has seen."
        ),
    },
    "part": "Show the bars of the {first}, digit {place} of {n}",
    "unread_part": "Show the bars of digit {place} of {n}, of which the model is not sure",
    "named": [f"{'an' if digit == 8 else 'a'} {digit}" for digit in range(N_CLASSES)],
    "evidence": "Evidence for {digit}",
    "hint": "why?",
    "no_drawing": "no drawing yet",
}
"""What the bars say: in large type and below it, by the reading's verdict. For several digits,
`number` or `no_number` is said in large type and `shown` below it, by the verdict on the digit
whose bars are shown; `part` and `unread_part` name the buttons that show another's. `hint` stands
in the answer's bar, which can be clicked."""
LABELS = {
    "reading": "What the model makes of the drawing",
    "parts": "The digits, from left to right",
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
    js=script(
        "words.js", _HERE / "bars.js", SIDE=SIDE, N_CLASSES=N_CLASSES, WORDS=WORDS, DIGIT=DIGIT
    ),
)
_OF_SEGMENTATION = (
    *("MOST_PARTS", "MOST_PIECES", "MOST_CELLS"),
    *("PIECE_OF_STROKE", "SOLID", "IN_A_ROW"),
    *("BROKEN", "NEARLY_TOUCHING", "DOT_TOUCHING", "TALL", "BESIDE", "DOT"),
    *("OVER", "LOW", "AWAY"),
    *("SMALL", "BALL", "ROUND", "ROUND_SIDE"),
)
READER = script(
    *(_HERE / name for name in ("segmentation.js", "moments.js", "directions.js", "reader.js")),
    SIDE=SIDE,
    N_CLASSES=N_CLASSES,
    BOX=centring.BOX,
    MIDDLE=centring.MIDDLE,
    FAINTEST_INK=centring.FAINTEST_INK,
    SEGMENTATION={name: getattr(segmentation, name) for name in _OF_SEGMENTATION},
    SPREAD=moments.SPREAD,
    ASPECT_EXPONENT=moments.ASPECT_EXPONENT,
    MOST_WIDENING=moments.MOST_WIDENING,
    STEEPEST_SHEAR=moments.STEEPEST_SHEAR,
    THINNEST=moments.THINNEST,
    WINDOW=moments.WINDOW,
    WINDOW_FLOOR=moments.WINDOW_FLOOR,
    DIRECTIONS={
        "N_DIRECTIONS": directions.N_DIRECTIONS,
        "ROWS": directions.ROWS,
        "COLUMNS": directions.COLUMNS,
        "BLUR_DOWN": directions.BLUR_DOWN,
        "BLUR_ACROSS": directions.BLUR_ACROSS,
        "FAINT": float(directions.FAINT),
    },
)
"""The browser's reader, with the numbers of Python's."""
_mount_model = st.components.v2.component(
    "inkling_live_model", js=READER + script(_HERE / "live.js")
)


def live_bars(readings: Sequence[Reading], shown: int, *, is_drawn: bool, is_upload: bool) -> None:
    """Show the readings of a drawing's digits, or the invitation where there are none.

    Parameters
    ----------
    readings : n Reading
        From left to right.
    shown : int
        Which of them has its bars shown, from 0; 0 where there are none. The bars move to their
        new places.
    is_drawn : bool
        Whether there is something on the canvas, for the browser's other components.
    is_upload : bool
        Whether the invitation is to upload a picture rather than to draw.
    """
    # Without a new number, an answer that equals the last one would not reach the browser's code.
    told = {"isDrawn": is_drawn, "isUpload": is_upload, "number": next(_numbers)}
    _mount_bars(key="live_bars", data=_as_data(readings) | {"shown": shown} | told)


def live_model(
    model: Classifier,
    rule: RejectRule,
    *,
    on_pick: Callable[[int], None],
    on_part: Callable[[int], None],
) -> None:
    """Let the browser read the drawing with this model while the pen is down.

    It knows linear models; with another one the bars move when the pen is lifted, by Python's
    answer.

    It shows nothing and sends 220 kB, so call it where a stroke does not call it again. It also
    tells `on_pick` the digit of a bar that was clicked, and `on_part` which of the drawing's digits
    was, from 0. The bars do not do that themselves: they are sent again at every stroke, and a
    component with a callback costs more.
    """

    def picked() -> None:
        digit = _told("picked", N_CLASSES)
        if digit is not None:
            on_pick(digit)

    def part_picked() -> None:
        part = _told("part", segmentation.MOST_PARTS)
        if part is not None:
            on_part(part)

    _mount_model(
        key=_KEY,
        data=model_data(model, rule) if isinstance(model, SoftmaxRegression) else b"",
        on_picked_change=picked,
        on_part_change=part_picked,
    )


def _told(name: str, n: int) -> int | None:
    """Return what the browser sent by this name, where it is a number from 0 to n − 1."""
    value = st.session_state.get(_KEY, {}).get(name)
    return value if type(value) is int and 0 <= value < n else None


@functools.lru_cache(maxsize=4)
def model_data(model: SoftmaxRegression, rule: RejectRule) -> bytes:
    """Return a model as the browser gets it: safetensors, whose metadata has the single values."""
    arrays = {"weights": model.weights, "bias": model.bias, "prototypes": rule.prototypes}
    values: dict[str, Any] = {
        "input": model.input,
        "distance_weight": rule.rejector.distance_weight,
        "min_familiarity": rule.min_familiarity,
        "min_probability": rule.min_probability,
        "unseen": [],
        "unseen_margin": UNSEEN_MARGIN,
    }
    if rule.rejector is not NO_REJECTOR:
        arrays |= {"rejector_weights": rule.rejector.weights, "rejector_bias": rule.rejector.bias}
        values["unseen"] = list(rule.unseen)
    in_rows = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    message: bytes = save_tensors(in_rows, {"values": json.dumps(values)})
    return message


def _as_data(readings: Sequence[Reading]) -> dict[str, Any]:
    """Return readings as plain strings: Streamlit searches lists for tables, which takes long."""
    if not readings:
        return {"verdict": "empty", "probabilities": None, "picture": None}
    probabilities = np.stack([reading.probabilities for reading in readings])  # (n, 10)
    pictures = np.stack([reading.picture for reading in readings])  # (n, 28, 28)
    return {
        "verdict": ",".join(reading.verdict for reading in readings),
        "probabilities": _encoded(probabilities.astype("<f4")),
        "picture": _encoded(np.rint(pictures * 255).astype(np.uint8)),
    }


def _encoded(array: NDArray[Any]) -> str:
    return base64.b64encode(array.tobytes()).decode("ascii")
