"""The keys of a visitor's session, and their first values."""

from __future__ import annotations

import secrets
from typing import Any

import streamlit as st

__all__ = ["prepare"]

CANVAS_START = "canvas_start"
"""The drawing that the canvas begins with: Fabric.js objects and a number of its own."""
DRAWN_OBJECTS = "drawn_objects"
"""The Fabric.js objects on the canvas, as sent last: one per stroke."""
INK = "ink"
"""The ink on the canvas, as sent last; None before the first stroke."""
STROKES = "strokes"
"""What the drawing was after each of its strokes: (number of strokes, (28, 28) centred), rising."""
DRAWINGS = "drawings"
"""This visit's earlier drawings, (28, 28) centred, oldest first."""
PEN_WIDTH = "pen_width"
"""In pixels of the canvas."""
SOURCE = "source"
"""Where the picture comes from: "draw" or "upload"."""
MODEL = "model"
"""The name of the model that answers: a shipped one's, or one of TRAINED."""
TRAINED = "trained"
"""The checkpoints that this visit trained or uploaded, by name, oldest first."""
N_TRAINED = "n_trained"
"""How many there have been, for their names."""
BEFORE = "before"
"""The name of the model that answered before the last training; None when that is settled."""
JOB = "job"
"""The id of this visitor's training job; None when there is none."""
LAST_JOB = "last_job"
"""The id of the job that ended last, whose film can be seen."""
OWN_DATA = "own_data"
"""The visitor's uploaded training data; None without any."""
WHY = "why"
"""The way of explaining the answer that is open; None for none."""
WHY_DIGIT = "why_digit"
"""The digit whose evidence is shown: a number, or "the answer"."""
UPLOAD_PROBLEM = "upload_problem"
"""Why the last uploaded model was not taken; None when it was."""
OWNER = "owner"
"""This visit, as the trainer knows it."""
NOTICE = "notice"
"""One sentence to show beside the model: how the last training ended."""

_DEFAULTS: dict[str, Any] = {
    CANVAS_START: {"objects": [], "number": 0},
    DRAWN_OBJECTS: [],
    INK: None,
    STROKES: (),
    DRAWINGS: (),
    PEN_WIDTH: 22,
    SOURCE: "draw",
    MODEL: "moments",
    TRAINED: {},
    N_TRAINED: 0,
    BEFORE: None,
    JOB: None,
    LAST_JOB: None,
    OWN_DATA: None,
    UPLOAD_PROBLEM: None,
    NOTICE: None,
}


def prepare() -> None:
    """Give every key its first value where the session is new.

    A widget's key that is written back outlives the views that do not show the widget.
    """
    for key, value in _DEFAULTS.items():
        st.session_state[key] = st.session_state.get(key, value)
    st.session_state.setdefault(OWNER, secrets.token_urlsafe(12))
