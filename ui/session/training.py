"""This visitor's training: submitted, watched, taken over when it ends."""

from __future__ import annotations

from typing import Literal

import streamlit as st

from model.config import TrainingConfig
from model.jobs.job import Job, Speed
from model.jobs.limits import RefusedError
from ui.elements import wording
from ui.server import resources
from ui.session import models, state

__all__ = [
    "Control",
    "collect",
    "control",
    "find",
    "is_training",
    "submit",
]

RUN = "run"
"""The address parameter by which a reloaded page finds its run again."""


Control = Literal["pause", "resume", "step", "stop", "set_speed"]


def submit(config: TrainingConfig, data: str, *, speed: Speed = "full") -> None:
    """Queue a training; a refusal becomes the notice."""
    owner = state.OWNER.get()
    try:
        job = resources.trainer().submit(config, data, owner, speed=speed)
    except RefusedError as error:
        state.NOTICE.set(wording.reason(error.reason))
        return
    state.JOB.set(job.id)
    state.NOTICE.set(None)
    st.query_params[RUN] = job.id


def is_training() -> bool:
    """Whether this visitor has a training that has not been taken over yet."""
    return state.JOB.get() is not None


def find() -> Job | None:
    """Return this visitor's training as it is now."""
    return resources.trainer().find(state.JOB.get() or "")


def control(method: Control, *arguments: str) -> None:
    """Pause, resume, step, stop this visitor's training, or set its speed."""
    getattr(resources.trainer(), method)(state.JOB.get() or "", *arguments)


def collect() -> None:
    """Take over what a training that has ended brought; to be called before widgets are made."""
    if state.JOB.get() is None:
        state.JOB.set(st.query_params.get(RUN))
    if state.JOB.get() is None:
        return
    job = find()
    if job is not None and not job.is_over:
        return
    state.JOB.set(None)
    st.query_params.pop(RUN, None)
    if job is None:
        state.NOTICE.set("That training is gone. Press Retrain to start another.")
        return
    state.LAST_JOB.set(job.id)
    name = None if job.result is None else models.add_model("yours", job.result)
    if job.state == "done" and name is not None:
        state.BEFORE.set(state.MODEL.get())
        models.use(name)
        return
    ending = "" if job.reason is None else wording.reason(job.reason)
    learned = "" if name is None else f" What it had learned by then is kept as {name}."
    state.NOTICE.set(f"{ending} The model from before still answers.{learned}")
