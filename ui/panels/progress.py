"""A training's progress, with a Stop button; and the rerun of the page when it ends."""

from __future__ import annotations

import streamlit as st

from model.jobs.job import Job
from ui.elements import wording
from ui.session import training

__all__ = ["POLL_SECONDS", "progress", "watch"]

POLL_SECONDS = 0.1
ELSEWHERE_SECONDS = 0.5


def watch() -> None:
    """Show a training on views that are about something else, until it ends."""
    if training.is_shown():
        st.fragment(progress, run_every=ELSEWHERE_SECONDS)()


def progress() -> None:
    """Show how far the training is, and a Stop button; a fragment's body, to be run often."""
    job = training.find()
    if job is None or job.is_over:
        st.rerun()
    with st.container(horizontal=True, vertical_alignment="center", key="progress_row"):
        st.progress(job.step / job.config.n_steps, _text(job))
        if training.is_own(job):
            st.button(
                "Stop",
                icon=":material/stop_circle:",
                key="stop",
                on_click=training.control,
                args=("stop",),
            )


def _text(job: Job) -> str:
    if job.state == "queued":
        return f"Waiting: {job.position} before you" if job.position else "Waiting for its turn"
    if job.state in ("starting", "loading"):
        return wording.reason(job.reason) if job.reason else "Getting ready"
    if job.state == "paused":
        return f"Paused at step {job.step:,} of {job.config.n_steps:,}"
    pace = f" · {job.steps_per_second:,.0f} steps/s" if job.steps_per_second else ""
    left = "" if job.seconds_left is None else f" · {job.seconds_left:.0f} s left"
    return f"Step {job.step:,} of {job.config.n_steps:,}{pace}{left}"
