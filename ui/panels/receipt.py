"""The receipt of a training: the old model and the new one, side by side."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Sequence

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from model.classifier.checkpoint import Checkpoint
from model.evaluation.comparison import Comparison, compare
from model.training.engine import engine
from ui.components.picture_pick import picture_pick
from ui.elements import pixels, wording
from ui.server import resources
from ui.session import brought, lessons, models, state
from ui.session.drawings import own_drawings

__all__ = ["changes", "in_html", "receipt"]

SHOWN = 12
"""The most fixed digits that are shown as pictures, and the most broken ones."""
WHICH_IS_TRUE = "Where the two differ, only you know which is right: the page was not told."


def receipt() -> None:
    """Compare the model that answers with the one before, and offer to keep it or go back."""
    compared = _both()
    if compared is None:
        return
    names, before, after = compared
    tested = resources.test_data()[0]
    drawings = own_drawings()
    _on_draw(after, drawings)
    st.subheader(f"{names[1]} is ready, and answers now")
    _drawings(names, before, after, drawings)
    change = 0.0
    with st.container(horizontal=True, vertical_alignment="center"):
        if is_fair := _is_fair(before, after, tested):
            comparison = _compared(before, after, tested)
            change = comparison.after.accuracy - comparison.before.accuracy
            _figures(names, comparison, change)
        st.button("Keep", type="primary", key="keep", icon=":material/check:", on_click=_keep)
        st.button("Go back", key="go_back", icon=":material/undo:", on_click=models.go_back)
    told = _recipes(names, before, after)
    if is_fair:
        told.append(wording.apart(before, after, change))
    told.append(_facts(names, before, after, tested))
    st.html(f"<p class='note'>{'<br>'.join(wording.in_html(each) for each in told)}</p>")


def changes() -> None:
    """Show which test digits the new model fixed and broke, and the measures digit by digit."""
    compared = _both()
    tested = resources.test_data()[0]
    if compared is None or not _is_fair(*compared[1:], tested):
        return
    comparison = _compared(*compared[1:], tested)
    left, right = st.columns(2)
    with left:
        st.html(_changed("Fixed", comparison.fixed, comparison))
    with right:
        st.html(_changed("Broken", comparison.broken, comparison))
    with st.expander("Digit by digit"):
        st.html(_per_digit(comparison))


def in_html(
    names: Sequence[str],
    before: Checkpoint,
    after: Checkpoint,
    drawings: Sequence[NDArray[np.float32]],
) -> str:
    """Return a receipt as HTML that asks for nothing, for a page that is taken home.

    Parameters
    ----------
    names : two str
    before, after : Checkpoint
        The model before, and the new one.
    drawings : sequence of (28, 28) float32
    """
    tested = resources.test_data()[0]
    told, figures, by_digit = _recipes(names, before, after), "", ""
    if _is_fair(before, after, tested):
        comparison = _compared(before, after, tested)
        change = comparison.after.accuracy - comparison.before.accuracy
        both = zip(names, (comparison.before, comparison.after), strict=True)
        rows = (f"<tr><th scope='row'>{n}</th><td>{e.accuracy:.2%}</td></tr>" for n, e in both)
        head = "<th>model</th><th>right of the test digits</th>"
        figures = (
            f"<table class='figures'><thead><tr>{head}</tr></thead>"
            f"<tbody>{''.join(rows)}</tbody></table>"
        )
        by_digit = (
            f"<h3>Digit by digit</h3><div class='wide' tabindex='0'>{_per_digit(comparison)}</div>"
        )
        told.append(wording.apart(before, after, change))
    told.append(_facts(names, before, after, tested))
    note = "<br>".join(wording.in_html(each) for each in told)
    read = _read_by_both(names, before, after, drawings)
    return f"{figures}<p class='note'>{note}</p>{read}{by_digit}"


def _read_by_both(
    names: Sequence[str],
    before: Checkpoint,
    after: Checkpoint,
    drawings: Sequence[NDArray[np.float32]],
) -> str:
    if not drawings:
        return ""
    pictures = np.stack(drawings)
    old, new = (model.predict(pictures) for model in (before.model, after.model))
    captions = [f"{one} → {other}" for one, other in zip(old, new, strict=True)]
    shown = pixels.contact_sheet(pixels.grey(pictures), ["your drawing"] * len(old), captions)
    return f"<h3>Your drawings: {names[0]} → {names[1]}</h3>{shown}"


def _both() -> tuple[tuple[str, str], Checkpoint, Checkpoint] | None:
    """Return names and models, the one before and the one that answers; None where one is gone."""
    names = state.BEFORE.get() or "", state.MODEL.get() or ""
    known = models.choices()
    if names[0] not in known or names[1] not in known:
        return None
    return names, known[names[0]], known[names[1]]


def _figures(names: Sequence[str], comparison: Comparison, change: float) -> None:
    """Show both accuracies. A smaller one is no alarm: it is grey, and the recipes say why."""
    st.metric(f"{names[0]}, before", f"{comparison.before.accuracy:.2%}")
    st.metric(
        f"{names[1]}, now",
        f"{comparison.after.accuracy:.2%}",
        wording.points(change),
        delta_color="normal" if change > 0 else "off",
        delta_arrow="off",
    )


def _recipes(names: Sequence[str], *checkpoints: Checkpoint) -> list[str]:
    """Say how each model was made."""
    made = [
        wording.recipe(each, models.trained_on(each, own="data of your own"))
        for each in checkpoints
    ]
    return [f"{name}: {recipe}." for name, recipe in zip(names, made, strict=True)]


def _is_fair(before: Checkpoint, after: Checkpoint, tested: str) -> bool:
    """Whether a difference says which of the two reads better.

    Not where they learned from different data and only the built-in digits are there to test them:
    whoever learned from the like of these is ahead on them, and behind on handwriting.
    """
    return tested == "mnist" or before.model.training_data == after.model.training_data


def _facts(names: Sequence[str], before: Checkpoint, after: Checkpoint, tested: str) -> str:
    """Say on what the two were measured, or why not, and what trained the new one."""
    facts = []
    if _is_fair(before, after, tested):
        n = len(resources.test_data()[1])
        facts.append(f"Measured on {n:,} test digits of {models.DATA_NAMES[tested]}.")
    else:
        facts.append(f"Only MNIST could compare the two fairly. {wording.NO_MNIST}")
    if names[1].startswith(lessons.KIND):
        facts.append(f"NumPy taught {names[1]} one drawing.")
    elif engine() == "tensorflow":
        facts.append(f"TensorFlow trained {names[1]}.")
    else:
        facts.append(f"NumPy trained {names[1]}, as TensorFlow is not installed here.")
    return " ".join(facts)


@functools.lru_cache(maxsize=16)
def _compared(before: Checkpoint, after: Checkpoint, tested: str) -> Comparison:
    _, test = resources.test_data()
    predicted = (resources.test_probabilities(c.model).argmax(axis=1) for c in (before, after))
    return compare(test.labels, *predicted)


def _keep() -> None:
    state.BEFORE.set(None)


def _changed(word: str, found: NDArray[np.intp], comparison: Comparison) -> str:
    _, test = resources.test_data()
    shown = [
        f"<figure>{pixels.button(pixels.picture(test.images[i], f'a {test.labels[i]}'), i)}"
        f"<figcaption>{comparison.predicted_before[i]} → {comparison.predicted_after[i]}"
        f"<br>is {test.labels[i]}</figcaption></figure>"
        for i in found[:SHOWN]
    ]
    return f"<h3>{word}: {len(found):,}</h3><div class='strip'>{''.join(shown)}</div>"


def _on_draw(after: Checkpoint, drawings: Sequence[NDArray[np.float32]]) -> None:
    """Go to Draw with a picture that was clicked: a test digit, or one of the drawings."""
    name, test = resources.test_data()
    place = picture_pick(len(test) + len(drawings))
    if place is None:
        return
    if place >= len(test):
        number = place - len(test)
        brought.show_drawing(number + 1, drawings[number])
    else:
        read_as = int(resources.test_probabilities(after.model)[place].argmax())
        brought.show_test(name, test, place, read_as)


def _drawings(
    names: Sequence[str],
    before: Checkpoint,
    after: Checkpoint,
    drawings: Sequence[NDArray[np.float32]],
) -> None:
    """Show this visit's own drawings under both models."""
    if not drawings:
        return
    first = len(resources.test_data()[1])
    pictures = np.stack(drawings)
    old, new = (model.predict(pictures) for model in (before.model, after.model))
    shown = [
        f"<figure>{pixels.button(pixels.picture(pixels.grey(picture), 'your drawing'), place)}"
        f"<figcaption>{one} → {other}</figcaption></figure>"
        for place, picture, one, other in zip(itertools.count(first), pictures, old, new)
    ]
    unknown = "" if (old == new).all() else f"<p class='note'>{WHICH_IS_TRUE}</p>"
    st.html(
        f"<h3>Your drawings: {names[0]} → {names[1]}</h3>"
        f"<div class='strip'>{''.join(shown)}</div>{unknown}"
    )


def _per_digit(comparison: Comparison) -> str:
    before, after = comparison.before, comparison.after
    rows = "".join(
        f"<tr><th scope='row'>{digit}</th>"
        f"<td>{before.recall[digit]:.1%}</td><td>{after.recall[digit]:.1%}</td>"
        f"<td>{wording.signed(100 * (after.recall[digit] - before.recall[digit]), 1)}</td>"
        f"<td>{before.f1[digit]:.1%}</td><td>{after.f1[digit]:.1%}</td>"
        f"<td>{wording.signed(100 * (after.f1[digit] - before.f1[digit]), 1)}</td></tr>"
        for digit in range(10)
    )
    return (
        "<table class='figures'><thead><tr><th>digit</th><th>recall before</th><th>now</th>"
        "<th>change</th><th>F1 before</th><th>now</th><th>change</th></tr></thead>"
        f"<tbody>{rows}</tbody></table>"
    )
