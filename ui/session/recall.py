"""What a new session takes over from a browser that was here before it.

After a restart of the server, or an hour without a connection, a browser that comes back gets a
session that knows nothing of it. It still shows its drawing and its model, and says so; what it
cannot bring back is said to be lost.
"""

from __future__ import annotations

from typing import Any, TypeGuard

import streamlit as st

from ui.components.returning import returning
from ui.session import models, state, training
from ui.session.drawings import are_strokes, put_back

__all__ = ["recall"]

LARGEST_NUMBER = 2**53 - 1
"""That a browser knows exactly."""
LONGEST_ID = 100


def recall() -> None:
    """Take over a training that has ended, and, in a session's first run, what the browser says.

    To be called before widgets are made. Where the browser was here before, the run begins anew.
    """
    is_new = not state.BEGUN.get()
    if not is_new:
        training.collect()
    put_back()
    said = returning(_known())
    state.BEGUN.set(True)
    if is_new:
        if isinstance(said, dict):
            _take_over(said)
            st.rerun()
        training.collect()


def _known() -> dict[str, Any]:
    """Return what the browser is to remember."""
    return {
        "start": state.CANVAS_START.get(),
        "model": state.MODEL.get(),
        "source": state.SOURCE.get(),
        "n_trained": state.N_TRAINED.get(),
        "n_models": len(state.TRAINED.get()),
        "is_compared": state.BEFORE.get() is not None,
        "last_job": state.LAST_JOB.get(),
    }


def _take_over(said: dict[str, Any]) -> None:
    """Take over what has the right shape; anything else is left as a new session has it."""
    start: Any = said.get("start")
    if _is_start(start):
        state.CANVAS_START.set({"objects": start["objects"], "number": start["number"]})
    if said.get("source") == "upload":
        state.SOURCE.set("upload")
    if _is_count(n := said.get("n_trained")):
        state.N_TRAINED.set(n)  # so that no other model gets the name of a lost one
    name = said.get("model")
    if isinstance(name, str) and name in models.choices():
        state.MODEL.set(name)
    if isinstance(job := said.get("last_job"), str) and len(job) < LONGEST_ID:
        state.LAST_JOB.set(job)  # whose film may be there still; the Train view says if it is not
    state.NOTICE.set(_lost(said))


def _lost(said: dict[str, Any]) -> str | None:
    """Say what is gone with the session before; None where nothing is."""
    n = said.get("n_models")
    if not _is_count(n) or n == 0:
        return None
    models_lost = "the model that you added" if n == 1 else f"the {n:,} models that you added"
    comparison = " and the last comparison" if said.get("is_compared") is True else ""
    return (
        f"The server no longer knew this visit: {models_lost}{comparison} cannot be brought back."
        f" {state.MODEL.get()} answers now."
    )


def _is_start(said: Any) -> bool:
    return (
        isinstance(said, dict)
        and are_strokes(said.get("objects"))
        and _is_count(said.get("number"))
    )


def _is_count(said: Any) -> TypeGuard[int]:
    return type(said) is int and 0 <= said <= LARGEST_NUMBER
