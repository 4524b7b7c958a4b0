"""The button that gives one zip: the model, one's drawings, the film with its receipt, a notebook.

What is in it is made by the click, in another thread, by a module that is imported then: what it
needs takes a second to import, and Draw does without.
"""

from __future__ import annotations

import dataclasses
import functools
from typing import Literal

import streamlit as st

from model.classifier.checkpoint import Checkpoint
from model.jobs.job import Job
from ui.server import kept_runs
from ui.session import models, state, training

__all__ = ["Things", "take_home"]

HELP = (
    "One zip: the model that answers, your drawings, the film of your last training with its"
    " receipt, and a notebook that works the answer out in a few lines"
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Things:
    """What a visit has to take home.

    Parameters
    ----------
    name : str
    model : Checkpoint, optional
        The one that answers, and what it is called; None where there is none.
    before : (str, Checkpoint), optional
        The model that it is compared with.
    run : Job, optional
        The last training, where it is this browser's.
    at_hand : AtHand
        The drawings.
    """

    name: str
    model: Checkpoint | None
    before: tuple[str, Checkpoint] | None
    run: Job | None
    at_hand: state.AtHand


def take_home(place: Literal["draw", "train", "receipt"]) -> None:
    """Offer the zip; not on the stage, where nobody takes anything home."""
    if not state.STAGE.get():
        st.download_button(
            "Take it home",
            functools.partial(_made, _things()),
            "inkling.zip",
            "application/zip",
            key=f"download_{place}",
            type="tertiary" if place == "draw" else "secondary",
            on_click="ignore",
            help=HELP,
        )


def _things() -> Things:
    known, before = models.choices(), state.BEFORE.get()
    run = kept_runs.find(state.LAST_JOB.get())
    active = models.active_model()
    return Things(
        name=next((name for name, each in known.items() if each is active), ""),
        model=active,
        before=(before, known[before]) if before in known else None,
        run=run if run is not None and training.is_own(run) else None,
        at_hand=state.AT_HAND.get(),
    )


def _made(things: Things) -> bytes:
    from ui.panels.taken import as_zip

    return as_zip(things)
