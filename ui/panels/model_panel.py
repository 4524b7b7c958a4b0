"""The panel below the bars: the choice of the model that answers, and the Retrain button."""

from __future__ import annotations

import streamlit as st

from ui.elements import wording
from ui.panels import retraining
from ui.panels.keeping import not_kept
from ui.panels.progress import POLL_SECONDS, progress
from ui.server import resources
from ui.session import models, state, training

__all__ = ["model_panel"]

WITHOUT_MNIST = (
    "MNIST is not on this machine, so Retrain learns from the 1,297 built-in digits, and will read"
    " handwriting less well. Run `make fetch` to get it."
)


def model_panel() -> None:
    """Show which model answers, the choice, and the Retrain button or a training's progress."""
    names = _offered()
    with st.container(horizontal=True, vertical_alignment="center", key="model_row"):
        if len(names) > 1:
            st.segmented_control(
                "Model",
                names,
                format_func=models.label,
                default=active if (active := state.MODEL.get()) in names else names[0],
                key=state.MODEL.widget,
                persist_state="session",
                label_visibility="collapsed",
                required=True,
                on_change=_drop_notice,
            )
        st.button(
            "Retrain",
            key="retrain",
            help="Train a new model from zero with the tutorial's values, 1,000 steps of 100; each"
            " press has another order of the pictures",
            on_click=retraining.begin,
            disabled=training.is_training(),
        )
        if not training.is_shown() and retraining.told_here() is not None:
            retraining.ways_on()
    if training.is_shown():
        st.fragment(progress, run_every=POLL_SECONDS)()
    else:
        if (told := _told()) is not None:
            st.html(f"<p class='note told'>{wording.in_html(told)}</p>")
        st.html(f"<p class='note'>{wording.in_html(_description())}</p>")
    not_kept()


def _offered() -> list[str]:
    """Return the models to choose from. The stage has room for one of the visit: the one that
    answers, else the newest; Train has them all."""
    names, own = list(models.choices()), list(state.TRAINED.get())
    if not state.STAGE.get() or not own:
        return names
    shown = active if (active := state.MODEL.get()) in own else own[-1]
    return [name for name in names if name not in own or name == shown]


def _told() -> str | None:
    """Return what there is to tell of the last training; None for nothing."""
    if (notice := state.NOTICE.get()) is not None:
        return notice
    job = retraining.told_here()
    return None if job is None else retraining.words(job)


def _description() -> str:
    active = models.active_model()
    if active is None:
        return "The shipped models are missing or damaged. Press Retrain to make one."
    if not resources.has_mnist():
        return f"{models.describe(active)} {WITHOUT_MNIST}"
    return models.describe(active)


def _drop_notice() -> None:
    state.NOTICE.set(None)
