"""Retrain on Draw, and how its story is told: a show in the bars' place, then one line."""

from __future__ import annotations

import secrets

import streamlit as st

from model.config import INPUTS, TrainingConfig
from model.jobs.job import Job
from ui.components.story import story
from ui.elements import wording
from ui.server import kept_runs, resources
from ui.session import address, models, state, training
from ui.session.drawings import as_features

__all__ = ["begin", "show", "told_here", "ways_on", "words"]

SEEDS = 10_000
"""How many seeds Retrain draws from: a seed is short enough to be typed in on Train."""


def begin() -> None:
    """Train a new model from zero, with the input of the one that answers and a seed of its own."""
    active = models.active_model()
    input_step = INPUTS[-1] if active is None else active.model.input
    used = {checkpoint.config.seed for checkpoint in models.choices().values()}
    seed = secrets.choice([seed for seed in range(SEEDS) if seed not in used])
    is_network = active is not None and active.config.kind == "network"
    config = TrainingConfig(
        kind="network" if is_network else "softmax", input=input_step, seed=seed
    )
    training.submit(config, "auto")
    state.STORY.set(state.JOB.get())


def told_here() -> Job | None:
    """Return the run that was begun here, if its model answers and may still be gone back from."""
    job = kept_runs.find(state.STORY.get())
    if job is None or state.BEFORE.get() not in models.choices():
        return None
    return job if job.result is models.active_model() else None


def show() -> None:
    """Tell the story of a run that was begun here, once."""
    job = told_here()
    if job is None or not job.film or job.config.kind == "network":  # which has no templates
        return
    is_new = state.TOLD.get() != job.id
    state.TOLD.set(job.id)
    reads_canvas = is_new and state.SOURCE.get() == "draw"
    story(job, as_features(job.config.input) if reads_canvas else None, is_new=is_new)


def ways_on() -> None:
    """Offer to see what a run changed, or to go back."""
    if st.button("See what changed", key="see_changes", type="tertiary"):
        address.go_to("Train")
    st.button("Go back", key="go_back", type="tertiary", on_click=models.go_back)


def words(job: Job) -> str:
    """Say in one line what a run brought: how many test digits it reads, and from how much."""
    assert job.result is not None
    _, test = resources.test_data()
    before = float((test.labels == 0).mean())  # at zero all scores are equal, and 0 is taken
    after = job.result.measured["test_accuracy"]  # of the same test digits
    n_pictures = models.N_PICTURES[job.result.model.training_data.name]
    return wording.learned(before, after, n_pictures, job.seconds, job.config.seed)
