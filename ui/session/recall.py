"""What a new session takes over from a browser that was here before it.

After a restart of the server, or an hour without a connection, a browser that comes back gets a
session that knows nothing of it. What was kept of the visit is taken up. The browser still shows
its drawing and its model, perhaps newer ones, and says so. What neither of the two can bring back
is said to be lost, as where the browser keeps no cookies or the disk is full.
"""

from __future__ import annotations

from typing import Any, TypeGuard

import streamlit as st

from ui.components.returning import returning
from ui.session import brought, models, state, training, visit
from ui.session.drawings import are_strokes, put_back

__all__ = ["recall"]

LARGEST_NUMBER = 2**53 - 1
"""That a browser knows exactly."""
LONGEST_ID = 100


def recall() -> None:
    """Take over a training that has ended; in a session's first run, also what was kept of the
    visit, and what the browser says.

    To be called before widgets are made. Where the browser was here before, the run begins anew.
    """
    is_new = not state.BEGUN.get()
    if is_new:
        visit.begin()
    else:
        visit.share()
        training.collect()
    put_back()
    said, shown_before = returning(_known(), state.TAB.get())
    state.BEGUN.set(True)
    if is_new:
        if isinstance(said, dict):
            _take_over(said)
            st.rerun()
        training.collect()
    elif isinstance(shown_before, str) and shown_before != state.SHOWN_BEFORE.get():
        state.SHOWN_BEFORE.set(shown_before)
        visit.copy(shown_before)


def _known() -> dict[str, Any]:
    """Return what the browser is to remember."""
    return {
        "start": state.CANVAS_START.get(),
        "model": state.MODEL.get(),
        "source": brought.kept_source(),
        "n_trained": state.N_TRAINED.get(),
        "n_models": len(state.TRAINED.get()),
        "is_compared": state.BEFORE.get() is not None,
        "last_job": state.LAST_JOB.get(),
        "tab": state.TAB.get(),
    }


def _take_over(said: dict[str, Any]) -> None:
    """Take over what has the right shape; anything else is left as a new session has it."""
    if isinstance(tab := said.get("tab"), str):
        visit.take_up(tab)
    start: Any = said.get("start")
    if _is_start(start):
        state.CANVAS_START.set({"objects": start["objects"], "number": start["number"]})
        if said.get("has_canvas") is True:  # which shows more than was kept, and will say so
            state.DRAWN_OBJECTS.set(start["objects"])
    if said.get("source") in ("draw", "upload"):
        state.SOURCE.set(said["source"])
    if _is_count(n := said.get("n_trained")):  # so that no other model gets the name of a lost one
        state.N_TRAINED.set(max(n, state.N_TRAINED.get()))
    name = said.get("model")
    if isinstance(name, str) and name in models.choices():
        state.MODEL.set(name)
    if isinstance(job := said.get("last_job"), str) and len(job) < LONGEST_ID:
        state.LAST_JOB.set(job)  # whose film may be there still; the Train view says if it is not
    state.NOTICE.set(_lost(said))


def _lost(said: dict[str, Any]) -> str | None:
    """Say what is gone with the session before; None where nothing is."""
    known = said.get("n_models")
    n = known - len(state.TRAINED.get()) if _is_count(known) else 0
    if n <= 0:
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
