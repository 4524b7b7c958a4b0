"""Teach it one digit: what the drawing is, a few steps on it at once, and what they cost."""

from __future__ import annotations

import html

import numpy as np
import streamlit as st

from model.classifier.checkpoint import Checkpoint
from model.classifier.prediction import Reading
from model.config import TrainingConfig
from model.data.array_files import DataError
from model.store.visit import MOST_LESSONS
from model.training.teaching import MOST_STEPS
from ui.elements import notices, wording
from ui.elements.small_bars import side_by_side
from ui.server import resources
from ui.session import lessons, models, state, training
from ui.session.drawings import own_drawings, shown_part
from ui.session.state import Learned

__all__ = ["teach_panel"]

DIGITS = tuple(range(10))
REPLAY_HELP = (
    f"There are at most {MOST_STEPS} steps, and each of them also sees a hundred training pictures."
    " Without these the model forgets what it knew"
)
STEPS = 10_000
"""Of a training on MNIST and the labelled drawings."""


def teach_panel(checkpoint: Checkpoint, reading: Reading) -> None:
    """Ask which digit a drawing is, offer to learn it, and show what the last lesson brought."""
    number, known = lessons.number(reading.centred), lessons.find(reading.centred)
    n_parts = state.N_PARTS.get()
    label = st.segmented_control(
        wording.label_of(shown_part(n_parts), n_parts),
        DIGITS,
        default=None if known is None else known.label,
        key=state.label_of(number).name,
        format_func=str,
    )
    lesson = None if label is None else lessons.keep(reading, label)
    preparing = st.empty()  # so that nothing below changes its place
    with st.container(horizontal=True, vertical_alignment="center", key="lesson"):
        learns = st.button("Learn it", type="primary", key="learn", disabled=lesson is None)
        st.toggle(
            "With replay",
            value=state.REPLAY.first(),
            key=state.REPLAY.name,
            persist_state="session",
            help=REPLAY_HELP,
        )
        undone = lessons.can_undo() and st.button("Unlearn", key="lesson_undo")
    if undone:
        lessons.undo()
        st.rerun()  # the model that answers is chosen outside this panel
    if lesson is not None:
        with preparing, st.spinner("Reading the training pictures"):
            resources.lesson_pictures(checkpoint.model)
            resources.test_accuracy(checkpoint.model)
        if learns:
            lessons.learn(checkpoint, lesson)
            st.rerun()
    learned = state.LEARNED.get()
    if learned is not None and lessons.is_of(learned, reading, checkpoint):
        _receipt(learned)
    elif lesson is None:
        st.html(f"<p class='reason'>{wording.TEACH}</p>")
    _labelled()


def _receipt(learned: Learned) -> None:
    """Show what a lesson brought: its drawing before and after, the others, and the price."""
    known = models.choices()
    both = {name: known[name] for name in (learned.before, learned.after)}
    digit, label = learned.lesson.digit, learned.lesson.label
    bars = {}
    for name, each in both.items():
        shares = each.model.predict_proba(each.model.features(digit[np.newaxis]))[0]
        bars[name] = wording.answered(int(shares.argmax()), shares), shares
    sure = [float(shares[label]) for _, shares in bars.values()]
    prices = [resources.test_accuracy(each.model) for each in both.values()]
    more = [wording.took(learned.seconds)]
    others = [each for each in own_drawings() if not lessons.is_same(each, digit)]
    if others:
        read = [each.model.predict(np.stack(others)).tolist() for each in both.values()]
        more.append(wording.other_drawings(*read))
    with st.container(key="lesson_receipt"):
        st.html(
            "<p class='reason' role='status'>"
            f"{html.escape(wording.lesson(label, learned.n_steps, *sure))}</p>"
            f"{side_by_side(bars)}<p class='reason'>{html.escape(wording.price(*prices))}"
            f"<span class='long'> {html.escape(' '.join(more))}</span></p>"
        )


def _labelled() -> None:
    """Offer what can be done with the labelled drawings: to take them along, to train on them."""
    kept = state.LESSONS.get()
    if not kept:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="labelled"):
        n = len(kept)
        st.html(f"<p class='note'>{wording.labelled(n, MOST_LESSONS)}</p>")
        if any(each.strokes for each in kept):
            st.download_button(
                "Download",
                lessons.jsonl(),
                file_name="my-digits.jsonl",
                mime="application/jsonl",
                key="download_lessons",
                type="tertiary",
                on_click="ignore",
                help="As strokes: upload them on Train later, or on another machine",
            )
        trains = st.button(
            "Train on MNIST and them",
            key="train_on_lessons",
            type="tertiary",
            disabled=training.is_training(),
        )
    if trains and _train():
        st.rerun()
    if (notice := state.LESSON_NOTICE.get()) is not None:
        notices.info(notice)


def _train() -> bool:
    """Begin a training on MNIST and the labelled drawings, or note why there is none."""
    active = models.active_model()
    if active is None or not resources.has_mnist():
        state.LESSON_NOTICE.set(wording.NO_MNIST)
        return False
    try:
        with st.spinner("Putting MNIST and your drawings together"):
            path = lessons.written_with_mnist()
    except (DataError, OSError) as error:
        state.LESSON_NOTICE.set(f"That could not be trained on: {error}")
        return False
    state.LESSON_NOTICE.set(None)
    training.submit(TrainingConfig(input=active.model.input, n_steps=STEPS), str(path))
    return True
