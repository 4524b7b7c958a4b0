"""Why did it say that? A reason takes the place of the bars; only what is open is computed."""

from __future__ import annotations

import html
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from streamlit.delta_generator import DeltaGenerator

from model.classifier.base import Classifier, softmax
from model.classifier.prediction import Reading, read
from model.classifier.softmax import SoftmaxRegression
from model.config import INPUTS, SIDE, Input
from model.explanation.counterfactual import counterfactual
from model.explanation.damage import damaged
from model.explanation.evidence import Evidence, contrast, evidence
from model.explanation.pipeline import STEPS, stages
from model.explanation.pixel_search import pixel_search
from ui.components.break_it import break_it, broken
from ui.components.evidence_map import evidence_map
from ui.elements import pixels, wording
from ui.elements.small_bars import side_by_side, small_bars
from ui.panels.teaching import teach_panel
from ui.server import resources
from ui.session import state
from ui.session.models import DATA_NAMES, active_model

__all__ = ["show_evidence", "why_control", "why_panel"]

BARS: Final = "bars"
ANSWER: Final = "answer"
RUNNER_UP: Final = "runner_up"
WORDS = {ANSWER: "answer", RUNNER_UP: "runner-up"}
DIGITS = tuple(range(10))
_PIXELS = "The pixels are those of the model's input, each from 0 to 1."
EDIT_NOTES: dict[Input, str] = {
    "pixels": _PIXELS,
    "moments": _PIXELS,
    "directions": "The pixels are those of the picture that the model sees. They were searched for,"
    " one by one, and the changed picture was read again after each.",
}
_SUM = "the model adds up weight × pixel, and this is that sum."
SUMS: dict[Input, str] = {
    "pixels": _SUM,
    "moments": _SUM,
    "directions": "the model adds up weight × edge, and each edge's share is shown at the pixels"
    " that make it. This is that sum.",
}


def show_evidence(digit: int) -> None:
    """Open the evidence for this digit; to be called before widgets are made."""
    state.WHY.set("evidence")
    state.WHY_DIGIT.set(digit)


def why_control() -> None:
    """Offer the bars and the reasons; hidden by the style sheet while there is no answer."""
    st.segmented_control(
        "Why?",
        [BARS, *_NAMES],
        format_func=lambda code: "Bars" if code == BARS else _NAMES[code],
        default=state.WHY.first(),
        required=True,
        key=state.WHY.name,
        persist_state="session",
        label_visibility="collapsed",
        help="All of it follows every stroke",
    )


def why_panel(model: Classifier, reading: Reading) -> None:
    """Show the reason that is open, in the place of the bars; nothing where none is."""
    panel = state.WHY.get()
    if panel is None or panel == BARS:
        return
    with st.container(key="reason"):
        if panel in _ANY:
            _ANY[panel](model, reading)
        elif isinstance(model, SoftmaxRegression):
            _LINEAR[panel](model, reading)
        else:
            st.info(wording.LINEAR_ONLY)


def _evidence(model: SoftmaxRegression, reading: Reading) -> None:
    """Show the evidence for the answer, or for any digit."""
    digit = _digit("For", [ANSWER, *DIGITS], state.WHY_DIGIT, _ranking(reading)[0])
    found = evidence(model, reading.picture, digit)
    _explained(model, found, reading, f"the score of {digit}")


def _contrast(model: SoftmaxRegression, reading: Reading) -> None:
    """Show why the answer and not another digit."""
    first, second = _ranking(reading)
    other = _digit("And not", _others(first), state.WHY_OTHER, second)
    found = contrast(model, reading.picture, first, other)
    _explained(model, found, reading, f"<span class='long'>by which </span>{first} leads {other}")


def _edit(model: SoftmaxRegression, reading: Reading) -> None:
    """Show the fewest pixels that would put another digit ahead."""
    first, second = _ranking(reading)
    target = _digit("To make it", _others(first), state.WHY_TARGET, second)
    if model.input == "directions":
        edit = pixel_search(model, reading.picture, target)
    else:
        edit = counterfactual(model, reading.features, target)
    change = np.zeros(SIDE * SIDE)
    change[list(edit.pixels)] = np.asarray(edit.after) - np.asarray(edit.before)
    after = edit.features_after.reshape(SIDE, SIDE)
    pictures = [
        (pixels.grey(reading.picture), "as the model sees it", "before"),
        (
            pixels.diverging(change.reshape(SIDE, SIDE), 1.0),
            "ink added: orange, ink removed: blue",
            "change",
        ),
        (pixels.grey(after), "after the change", "after"),
    ]
    st.html(f"<p class='reason' role='status'>{html.escape(wording.change(edit))}</p>")
    left, right = _beside()
    left.html(_row(pictures))
    right.html(
        small_bars(softmax(edit.logits_after), "The bars after the change")
        + f"<p class='note'>{EDIT_NOTES[model.input]}</p>"
    )


def _stages(model: Classifier, reading: Reading) -> None:
    """Show the drawing on its way to the model, with the answer at each stage."""
    shipped = resources.shipped_models()
    if not set(INPUTS) <= shipped.keys():
        st.info("This needs the three linear models, and one of them is missing or damaged.")
        return
    chosen = st.pills(
        "Steps",
        list(STEPS),
        selection_mode="multi",
        default=list(STEPS),
        key=state.WHY_STEPS.name,
        persist_state="session",
        label_visibility="collapsed",
    )
    steps = tuple(step for step in STEPS if step in chosen)
    models = {name: shipped[name].model for name in INPUTS}
    shown = stages(reading.ink, models, steps=steps)
    st.html(
        _row(
            [
                (
                    pixels.grey(stage.picture),
                    f"{wording.STAGES[stage.name]}: {int(stage.probabilities.argmax())} with"
                    f" {stage.probabilities.max():.0%}",
                    f"{int(stage.probabilities.argmax())} {stage.probabilities.max():.0%}",
                )
                for stage in shown
            ]
        )
    )
    left, right = _beside()
    left.html(small_bars(shown[-1].probabilities, "The bars after the last of these steps"))
    right.html(
        "<p class='note'>The whole canvas shrunk is what most demos feed their model. Switch steps"
        " off to see what each of them repairs. The moments model reads what is behind the moments,"
        " the directions model the edges, the pixels model all else.</p>"
    )


def _through_time(model: Classifier, reading: Reading) -> None:
    """Show the bars after each stroke, and where the answer changed."""
    pictures = [picture for _, picture in state.STROKES.get()]
    if len(pictures) < 2:
        st.html("<p class='reason'>Draw with more than one stroke to see how the answer grew.</p>")
        return
    shares = model.predict_proba(model.features(np.stack(pictures)))
    answers = shares.argmax(axis=1)
    last = len(pictures)
    n = st.slider("After stroke", 1, last, last, key=state.after_stroke(last).name)
    changes = [i + 1 for i in range(1, len(answers)) if answers[i] != answers[i - 1]]
    told = "; ".join(f"with stroke {i} from {answers[i - 2]} to {answers[i - 1]}" for i in changes)
    words = (
        f"It changed its mind {told}."
        if changes
        else f"It never changed its mind: {answers[0]} from the first stroke on."
    )
    st.html(f"<p class='reason'>{html.escape(words)}</p>")
    left, right = _beside()
    left.html(
        _row(
            [
                (
                    pixels.grey(picture),
                    f"{i}: {answer}" + (" (changed)" if i in changes else ""),
                    f"{i}: {answer}",
                )
                for i, (picture, answer) in enumerate(zip(pictures, answers, strict=True), start=1)
            ]
        )
    )
    right.html(small_bars(shares[n - 1], f"The bars after stroke {n}"))


def _teach(model: SoftmaxRegression, reading: Reading) -> None:
    """Let the model learn this drawing."""
    active = active_model()
    if active is not None and active.model is model:
        teach_panel(active, reading)


def _break(model: SoftmaxRegression, reading: Reading) -> None:
    """Show what becomes of the bars where the model is broken."""
    with st.spinner("Reading the test digits"):
        name, test = resources.test_data()
        whole = resources.test_accuracy(model)
    measured = None
    if (now := broken()) is not None:
        hurt = damaged(model, now.damage, now.as_share)
        measured = now, resources.passing_accuracy(hurt)
    tested = f"{len(test):,} test digits of {DATA_NAMES[name]}"
    break_it(model, reading.features, tested, whole, measured)


def _compare(model: Classifier, reading: Reading) -> None:
    """Show the same drawing as each of the shipped models reads it, side by side."""
    readings = {name: read(each, reading.ink) for name, each in resources.shipped_models().items()}
    found = {name: each for name, each in readings.items() if each is not None}
    answers = {
        name: each.digit if each.verdict == "answer" else None for name, each in found.items()
    }
    bars = {
        name: (wording.answered(answers[name], each.probabilities), each.probabilities)
        for name, each in found.items()
    }
    st.html(
        f"<p class='reason' role='status'>{html.escape(wording.compared(answers))}</p>"
        f"{side_by_side(bars)}"
        "<p class='note long'>Four ideas with the same number of numbers, at most 7,850 each:"
        " pixels as they are, one size and slant, the edges, and learned filters. Evaluate"
        " compares them on the test digits.</p>"
    )


_NAMES = {
    "evidence": "Evidence",
    "contrast": "Why not another",
    "counterfactual": "Smallest change",
    "pipeline": "On its way",
    "strokes": "Strokes",
    "compare": "Compare",
    "teach": "Teach it",
    "break": "Break it",
}
_LINEAR: dict[str, Callable[[SoftmaxRegression, Reading], None]] = {
    "evidence": _evidence,
    "contrast": _contrast,
    "counterfactual": _edit,
    "teach": _teach,
    "break": _break,
}
_ANY: dict[str, Callable[[Classifier, Reading], None]] = {
    "pipeline": _stages,
    "strokes": _through_time,
    "compare": _compare,
}
"""What no linear model is needed for."""


def _explained(model: SoftmaxRegression, found: Evidence, reading: Reading, what: str) -> None:
    """Show a map with its sum and its sentence."""
    reason = wording.evidence(found)
    # The sum says the start too, which the stage leaves out.
    start, _, shares = reason.partition(": ")
    total = found.rounded()
    bias, logit = (wording.with_minus(str(number)) for number in (total.bias, total.logit))
    left, right = _beside()
    with left:
        evidence_map(found.map, reading.picture, f"Map of the evidence. {reason}")
    right.html(
        f"<p class='reason' role='status'><span class='long'>{html.escape(start)}: </span>"
        f"{html.escape(shares)}</p>"
        "<table class='sum'>"
        f"<tr><th scope='row'>bias</th><td>{bias}</td></tr>"
        f"<tr><th scope='row'>+ <b class='for'>for</b></th><td>{total.positive}</td></tr>"
        f"<tr><th scope='row'>− <b class='against'>against</b></th>"
        f"<td>{total.negative}</td></tr>"
        f"<tr><th scope='row'>= {what}</th><td>{logit}</td></tr></table>"
        f"<p class='note'>Nothing is estimated here: {SUMS[model.input]}</p>"
    )


def _beside() -> list[DeltaGenerator]:
    """Return two places side by side: for the picture, and for what is said of it."""
    return st.columns([45, 55], gap="medium")


def _digit(label: str, choices: list[int | str], key: state.WidgetKey[Any], otherwise: int) -> int:
    """Let a digit be picked; the first of the choices stands for `otherwise`."""
    chosen = st.segmented_control(
        label,
        choices,
        format_func=_worded,
        default=choices[0],
        key=key.name,
        required=True,
        persist_state="session",
        label_visibility="collapsed",
    )
    return chosen if isinstance(chosen, int) else otherwise


def _others(first: int) -> list[int | str]:
    return [RUNNER_UP, *(digit for digit in DIGITS if digit != first)]


def _worded(choice: int | str) -> str:
    return WORDS[choice] if isinstance(choice, str) else str(choice)


def _ranking(reading: Reading) -> tuple[int, int]:
    order = np.argsort(-reading.probabilities, kind="stable")
    return int(order[0]), int(order[1])


def _row(pictures: list[tuple[NDArray[np.uint8], str, str]]) -> str:
    """Return pictures in a row, each with its caption, and with a short one for the stage."""
    figures = "".join(
        f"<figure>{pixels.picture(colours, caption)}"
        f"<figcaption><span class='long'>{html.escape(caption)}</span>"
        f"<span class='short'>{html.escape(short)}</span></figcaption></figure>"
        for colours, caption, short in pictures
    )
    return f"<div class='stages'>{figures}</div>"
