"""The models that a visitor can choose from, and the one that answers."""

from __future__ import annotations

import streamlit as st

from model.classifier.checkpoint import Checkpoint
from ui.server import resources
from ui.session import state

__all__ = ["DATA_NAMES", "active_model", "add_model", "choices", "describe", "use"]

MOST_TRAINED = 12
"""Models kept in a visit, 160 kB each; the oldest goes first."""
DATA_NAMES = {"mnist": "MNIST", "digits": "the built-in digits"}


def choices() -> dict[str, Checkpoint]:
    """Return all models that this visitor can use, by name: the shipped ones, then their own."""
    own: dict[str, Checkpoint] = st.session_state[state.TRAINED]
    return resources.shipped_models() | own


def active_model() -> Checkpoint | None:
    """Return the checkpoint that answers this visitor; None where there is none at all."""
    models = choices()
    return models.get(st.session_state[state.MODEL]) or next(iter(models.values()), None)


def use(name: str) -> None:
    """Let this model answer from now on; to be called before widgets are made."""
    st.session_state[state.MODEL] = name
    st.session_state[state.NOTICE] = None


def add_model(kind: str, checkpoint: Checkpoint) -> str:
    """Add a model to this visit's; return its name, which is `kind` and a number."""
    st.session_state[state.N_TRAINED] += 1
    name = f"{kind} {st.session_state[state.N_TRAINED]}"
    trained = st.session_state[state.TRAINED] | {name: checkpoint}
    for oldest in list(trained)[: max(0, len(trained) - MOST_TRAINED)]:
        del trained[oldest]
    st.session_state[state.TRAINED] = trained
    return name


def describe(checkpoint: Checkpoint) -> str:
    """Say in a sentence what a model is fed and how well it reads."""
    fed = {
        "moments": "fed the digit at one size, slant and place",
        "pixels": "the classic tutorial's, fed the centred pixels as they are",
    }[checkpoint.model.input]
    accuracy = checkpoint.measured.get("test_accuracy")
    data = DATA_NAMES.get(checkpoint.model.training_data.name, "its own data")
    tested = (
        "" if accuracy is None else f"; reads {accuracy:.1%} of the test digits of {data} right"
    )
    return f"Softmax regression with 7,850 numbers, {fed}{tested}."
