"""The shipped models side by side: four ideas with the same number of numbers, on test digits."""

from __future__ import annotations

import functools
import html

import streamlit as st

from model.classifier.base import Classifier
from model.data.datasets import Split
from model.evaluation.robustness import CHANGES, SHIFT, TURN, Alone, Change, alone, robustness
from ui.elements import pixels, wording
from ui.server import resources
from ui.session import state

__all__ = ["four_ideas"]

MOST_CHANGED = 2_000
"""Test digits that are changed and read again."""
SHOWN = 8
"""The most pictures that are shown of what a model alone gets right, and wrong."""
NAMES: dict[Change, str] = {
    "none": "as they are",
    "shifted": f"shifted by {SHIFT} pixels",
    "turned": f"turned by {TURN}°",
    "thick": "thicker",
    "thin": "thinner",
    "noisy": "noisy",
}


@st.fragment
def four_ideas(*, are_pictures_usual: bool) -> None:
    """Compare the shipped models, once that is asked for.

    Parameters
    ----------
    are_pictures_usual : bool
        Whether the view shows the usual test digits: then a click on one brings it to Draw.
    """
    st.html("<h2>Four ideas, one size</h2>")
    if not st.toggle(
        "Compare the shipped models",
        key=state.COMPARED.name,
        persist_state="session",
        help="Each has at most 7,850 numbers. They read all test digits, and changed ones",
    ):
        return
    models = {name: each.model for name, each in resources.shipped_models().items()}
    if len(models) < 2:
        st.info("There is nothing to compare: the shipped models are missing or damaged.")
        return
    name, test = resources.test_data()
    with st.spinner("The models read the test digits"):
        found, shares = _alone(name, len(test))
    progress = st.empty()
    changed: dict[Change, dict[str, float]] = {}
    for i, change in enumerate(CHANGES):
        progress.progress(i / len(CHANGES), f"They read digits {NAMES[change]}")
        changed[change] = _robustness(name, len(test), change)
    progress.empty()
    with st.container(key="four_ideas"):
        st.html(_table(models, found, shares, len(test)))
        _pictures(found, test, are_pictures_usual=are_pictures_usual)
        st.html(_changes(models, changed, min(len(test), MOST_CHANGED)))


def _table(
    models: dict[str, Classifier], found: dict[str, Alone], shares: dict[str, float], n: int
) -> str:
    rows = "".join(
        f"<tr><th scope='row'>{name}</th><td>{model.n_parameters:,}</td><td>{shares[name]:.2%}</td>"
        f"<td>{len(found[name].right):,}</td><td>{len(found[name].wrong):,}</td></tr>"
        for name, model in models.items()
    )
    heads = ("Model", "Numbers", "Right", "It alone is right", "It alone is wrong")
    return (
        f"<p class='note'>Of {n:,} test digits. The first three are the same formula, fed in three"
        " ways; the network is fed what moments is fed.</p>"
        f"<table class='scores'>{_head(heads)}<tbody>{rows}</tbody></table>"
    )


def _changes(models: dict[str, Classifier], changed: dict[Change, dict[str, float]], n: int) -> str:
    rows = "".join(
        f"<tr><th scope='row'>{NAMES[change]}</th>"
        + "".join(f"<td>{shares[name]:.1%}</td>" for name in models)
        + "</tr>"
        for change, shares in changed.items()
    )
    return (
        f"<h3>Changed pictures</h3><p class='note'>{n:,} of the test digits, read right when they"
        " are changed. Nothing is put right before: on Draw a digit is centred and cleaned first."
        f"</p><table class='scores'>{_head(('Digits', *models))}<tbody>{rows}</tbody></table>"
    )


def _head(names: tuple[str, ...]) -> str:
    return f"<thead><tr>{''.join(f'<th scope=col>{name}</th>' for name in names)}</tr></thead>"


def _pictures(found: dict[str, Alone], test: Split, *, are_pictures_usual: bool) -> None:
    """Show some of what each model alone gets right; a click brings one to Draw."""
    for name, (right, _) in found.items():
        if len(right) == 0:
            continue
        some = right[:SHOWN]
        told = [f"{test.labels[i]}, read rightly by {name} alone" for i in some]
        st.html(
            f"<h3>{html.escape(name)} alone is right: {wording.count(len(right))}</h3>"
            + pixels.contact_sheet(
                test.images[some],
                told,
                [f"{test.labels[i]}" for i in some],
                some.tolist() if are_pictures_usual else (),
            )
        )


@functools.lru_cache(maxsize=2)
def _alone(name: str, n: int) -> tuple[dict[str, Alone], dict[str, float]]:
    """Return what each shipped model alone gets right and wrong of a data set, and its accuracy."""
    _, test = resources.test_data()
    predicted = {
        name: resources.test_probabilities(each.model).argmax(axis=1)
        for name, each in resources.shipped_models().items()
    }
    shares = {name: float((digits == test.labels).mean()) for name, digits in predicted.items()}
    return alone(predicted, test.labels), shares


@functools.lru_cache(maxsize=2 * len(CHANGES))
def _robustness(name: str, n: int, change: Change) -> dict[str, float]:
    """Return the accuracy of the shipped models on changed digits, evenly spread over the test."""
    _, test = resources.test_data()
    step = max(1, n // MOST_CHANGED)
    models = {name: each.model for name, each in resources.shipped_models().items()}
    images, labels = test.images[::step][:MOST_CHANGED], test.labels[::step][:MOST_CHANGED]
    return robustness(models, images, labels, change)
