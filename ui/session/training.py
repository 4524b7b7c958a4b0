"""This visitor's training: submitted, watched, taken over when it ends.

A training belongs to the browser that began it. Whoever has its address may watch it; only its own
browser can hold or stop it, and gets the model.
"""

from __future__ import annotations

from typing import Literal

import streamlit as st

from model.config import TrainingConfig
from model.jobs.job import Job, Speed
from model.jobs.limits import RefusedError
from ui.elements import wording
from ui.server import kept_runs, log, resources
from ui.session import models, state

__all__ = [
    "Control",
    "collect",
    "control",
    "find",
    "is_own",
    "is_shown",
    "is_training",
    "one_step",
    "set_tutorial",
    "submit",
]

RUN = "run"
"""The address parameter by which a page finds a run to watch; it is no secret."""


Control = Literal["pause", "resume", "step", "stop", "set_speed"]


def set_tutorial() -> None:
    """Set the settings to the tutorial's recipe; to be called before the controls are made."""
    tutorial = TrainingConfig()
    state.KIND.set(tutorial.kind)
    state.INPUT.set(tutorial.input)
    state.STEPS.set(tutorial.n_steps)
    state.BATCH.set(tutorial.batch_size)
    state.RATE.set(tutorial.learning_rate)
    state.SEED.set(tutorial.seed)


def submit(
    config: TrainingConfig, data: str, *, speed: Speed = "full", paused: bool = False
) -> None:
    """Queue a training; a refusal becomes the notice."""
    owner = state.OWNER.get()
    try:
        job = resources.trainer().submit(config, data, owner, speed=speed, paused=paused)
    except RefusedError as error:
        log.refused("training", error.reason.code)
        state.NOTICE.set(wording.reason(error.reason))
        return
    state.JOB.set(job.id)
    state.NOTICE.set(None)
    st.query_params[RUN] = job.id


def is_shown() -> bool:
    """Whether a training is shown that is not over: this browser's, or another's to watch."""
    return state.JOB.get() is not None


def is_training() -> bool:
    """Whether this browser has a training that has not been taken over yet."""
    job = find() if is_shown() else None
    return job is not None and is_own(job)


def is_own(job: Job) -> bool:
    """Whether this browser began the training."""
    return job.owner == state.OWNER.get()


def find() -> Job | None:
    """Return the training that is shown, as it is now."""
    return resources.trainer().find(state.JOB.get() or "")


def control(method: Control, *arguments: str) -> None:
    """Pause, resume, step, stop this browser's training, or set its speed."""
    job = find()
    if job is not None and is_own(job):
        getattr(resources.trainer(), method)(job.id, *arguments)


def one_step(shown: int) -> None:
    """Let this browser's training take the step after the one that is shown, and no second one.

    Streamlit may report one click twice, where it begins a run anew that the click had begun.
    """
    job = find()
    if job is not None and state.STEPPED.get() != (asked := (job.id, shown)):
        state.STEPPED.set(asked)
        control("step")


def collect() -> None:
    """Take over what a training that has ended brought; to be called before widgets are made."""
    if state.JOB.get() is None:
        state.JOB.set(st.query_params.get(RUN) or _begun_in_another_tab())
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
    kept_runs.keep(job)
    if is_own(job):
        _take_over(job)
    else:
        state.NOTICE.set("The training that you watched is over.")


def _begun_in_another_tab() -> str | None:
    job = resources.trainer().of_owner(state.OWNER.get())
    return None if job is None else job.id


def _take_over(job: Job) -> None:
    """Let the new model answer; of a training without one, say how it ended."""
    name = None if job.result is None else models.add_model("yours", job.result)
    if job.state == "done" and name is not None:
        state.BEFORE.set(state.MODEL.get())
        models.use(name)
        return
    ending = "" if job.reason is None else wording.reason(job.reason)
    learned = "" if name is None else f" What it had learned by then is kept as {name}."
    state.NOTICE.set(f"{ending} The model from before still answers.{learned}")
