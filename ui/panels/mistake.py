"""A mistake on demand: a test digit that the model gets wrong, read on Draw as an upload is."""

from __future__ import annotations

import secrets

import numpy as np
import streamlit as st

from model.classifier.checkpoint import Checkpoint
from model.classifier.prediction import read_parts
from model.classifier.reject import Verdict
from model.evaluation.pictures import mistakes
from ui.server import resources
from ui.session import brought, models, pictures, state
from ui.session.state import Uploaded

__all__ = ["mistake_button"]

SUREST = 200
"""Among how many of the surest mistakes one is chosen."""
TRIED = 40
"""How many are tried at most: read as an upload, some come out right."""


def mistake_button() -> None:
    """Offer a picture that the model which answers gets wrong."""
    st.button("Show me one it gets wrong", type="tertiary", key="show_mistake", on_click=_show)


def _show() -> None:
    active = models.active_model()
    picture = None if active is None else _one(active)
    if picture is None:
        state.NOTICE.set("No test digit was found that this model gets wrong.")
        return
    brought.bring(picture, "contrast")


def _one(active: Checkpoint) -> Uploaded | None:
    """Return one of the surest mistakes that is also one when it is read as an upload.

    One that gets an answer is taken before one of which the model is not sure.
    """
    name, test = resources.test_data()
    believed = resources.test_probabilities(active.model)
    wrong = mistakes(believed, test.labels)[:SUREST]
    shown = pictures.shown()
    doubted = None
    for index in np.random.default_rng(secrets.randbits(32)).permutation(wrong)[:TRIED]:
        picture = brought.of_test(name, test, int(index), int(believed[index].argmax()))
        if shown is not None and shown.id == picture.id:
            continue
        verdict = _misread(active, picture, int(test.labels[index]))
        if verdict == "answer":
            return picture
        if verdict is not None:
            doubted = doubted or picture
    return doubted


def _misread(active: Checkpoint, picture: Uploaded, label: int) -> Verdict | None:
    """Return the verdict on a picture that is taken for another digit; None for any other."""
    inks = pictures.found(picture)
    readings = read_parts(active, inks[0].ink) if len(inks) == 1 else ()
    is_wrong = len(readings) == 1 and readings[0].digit != label
    return readings[0].verdict if is_wrong else None
