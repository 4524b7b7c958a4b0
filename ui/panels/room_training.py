"""Train on the room: MNIST and what its phones drew, judged on phones that it never saw."""

from __future__ import annotations

import hashlib
import html
from collections.abc import Collection

import numpy as np
import streamlit as st

from model.classifier.checkpoint import Checkpoint
from model.config import TrainingConfig
from model.data.array_files import DataError
from model.room.record import Drawing
from ui.elements import notices, wording
from ui.server import kept_runs, resources
from ui.server.own_files import with_mnist
from ui.server.rooms import LiveRoom
from ui.session import models, room, state, training

__all__ = ["room_training"]

JUDGED_SHARE = 0.3
"""Of the phones, about: their drawings are not learned from."""
LEAST = (4, 20)
"""Phones, and drawings of theirs, from which on it can be trained on."""
STEPS = 10_000


def room_training(live: LiveRoom) -> None:
    """Offer to train on the room, and show the receipt of a run."""
    if training.is_training():  # which the page shows on every view
        return
    _note_learned(live)
    if (told := _told(live)) is not None:
        _receipt(live, *told)
        return
    # What has been drawn is looked at when it is pressed: drawings come without a run of the page.
    if st.button(
        "Train on the room", key="train_on_room", help=wording.room_training(*LEAST)
    ) and _begin(live):
        st.rerun()


def _usable(live: LiveRoom) -> list[Drawing]:
    """Return the drawings that can be learned from: one digit each, asked for, and not hidden."""
    return [each for each in live.wall.asked() if each.n_parts == 1]


def _split(phones: Collection[str]) -> tuple[set[str], set[str]]:
    """Return the phones to learn from and those to judge by: by a hash, so that none changes."""
    by_hash = [
        phone for _, phone in sorted((hashlib.sha256(p.encode()).digest(), p) for p in phones)
    ]
    n = max(1, round(JUDGED_SHARE * len(by_hash))) if len(by_hash) > 1 else 0
    return set(by_hash[n:]), set(by_hash[:n])


def _begin(live: LiveRoom) -> bool:
    """Begin a training, or note why there is none; return whether something is to be shown."""
    drawings = _usable(live)
    learned, judged = _split({each.phone for each in drawings})
    if len(learned) + len(judged) < LEAST[0] or len(drawings) < LEAST[1]:
        notices.info(wording.room_too_small(*LEAST))
        return False
    if not resources.has_mnist():
        notices.info(wording.NO_MNIST)
        return False
    mine = [each for each in drawings if each.phone in learned]
    try:
        with st.spinner("Putting MNIST and the room together"):
            path = with_mnist(
                "the room",
                np.stack([each.image for each in mine]),
                np.array([each.asked for each in mine], np.uint8),
            )
    except (DataError, OSError) as error:
        state.ROOM_NOTICE.set(f"That could not be trained on: {error}")
        return True
    before = live.model
    config = TrainingConfig(input=before.model.input, n_steps=STEPS)
    training.submit(config, str(path))
    if (job := state.JOB.get()) is not None:
        trained = {job: (live.room.code, frozenset(learned))}
        state.ROOM_TRAINED.set(state.ROOM_TRAINED.get() | trained)
        state.ROOM_BEFORE.set(before)
    return True


def _learned(live: LiveRoom) -> dict[str, frozenset[str]]:
    """Return the phones of this room that trainings learned from, by the ids of their jobs."""
    trained = state.ROOM_TRAINED.get().items()
    return {job: phones for job, (code, phones) in trained if code == live.room.code}


def _note_learned(live: LiveRoom) -> None:
    """Tell the room which phones were learned from: they are no judges of what learned there."""
    for job, learned in _learned(live).items():
        run = kept_runs.find(job)
        if run is not None and run.result is not None:
            live.note_learned(run.result.model.training_data.sha256, learned)


def _told(live: LiveRoom) -> tuple[Checkpoint, Checkpoint, frozenset[str]] | None:
    """Return the models before and after a training on the room, if it was the last one."""
    job = kept_runs.find(state.LAST_JOB.get())
    learned = _learned(live).get(state.LAST_JOB.get() or "")
    before = state.ROOM_BEFORE.get()
    if job is None or job.result is None or learned is None or before is None:
        return None
    return before, job.result, learned


def _receipt(
    live: LiveRoom, before: Checkpoint, after: Checkpoint, learned: frozenset[str]
) -> None:
    """Show the room before and after, on phones that were not learned from, and MNIST."""
    with st.container(key="room_receipt"):
        st.subheader("Trained on the room")
        st.html(_compared(live, before, after, learned))
        st.html(f"<p class='note'>{html.escape(wording.room_price(len(learned)))}</p>")
        with st.container(horizontal=True):
            if live.model.is_same(after):
                st.html(f"<p class='note'>{wording.ROOM_KEPT}</p>")
                st.button("Close", key="room_aside", on_click=_done)
            else:
                st.button(
                    "Keep", type="primary", key="room_keep", on_click=_keep, args=(live, after)
                )
                st.button("Put aside", key="room_aside", on_click=_put_aside)


def _compared(
    live: LiveRoom, before: Checkpoint, after: Checkpoint, learned: frozenset[str]
) -> str:
    name = resources.test_data()[0]
    rows = []
    for title, model in (("before", before), ("now", after)):
        share = live.wall.figures(model, learned).share
        rows.append(
            f"<tr><th scope='row'>{title}</th><td>{wording.proportion(share)}"
            f"<small>{wording.interval(share)}</small></td>"
            f"<td>{resources.test_accuracy(model.model):.2%}</td></tr>"
        )
    return (
        f"<table class='figures'><thead><tr><td></td><th>{wording.UNSEEN}</th>"
        f"<th>{html.escape(wording.TEST_NAMES[name])}</th></tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table>"
    )


def _keep(live: LiveRoom, after: Checkpoint) -> None:
    room.use(live, after)


def _put_aside() -> None:
    _done()
    models.go_back()


def _done() -> None:
    state.ROOM_BEFORE.set(None)
