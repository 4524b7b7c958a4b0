"""The How it works view: the tutorial's four steps, each beside the code that really runs here."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import streamlit as st

from model.classifier.checkpoint import Checkpoint
from model.classifier.reject import (
    FAMILIAR_SHARE,
    FAMILIAR_TO_REJECTOR,
    NO_REJECTOR,
    RejectRule,
)
from model.classifier.softmax import SoftmaxRegression
from model.config import INPUTS, Input
from model.evaluation.metrics import evaluate
from model.explanation.pipeline import outline
from ui.components.walk import walk
from ui.elements import charts, pixels, wording
from ui.elements.source import source_of
from ui.panels import on_own_drawing as own
from ui.server import resources
from ui.session import address, state, training
from ui.session.models import DATA_NAMES, active_model

__all__ = ["how_view"]

WIDTHS = (55, 45)
_PIXELS = "A picture is a row of 784 pixels, *x*, each from 0, paper, to 1, ink."
FED: dict[Input, str] = {
    "pixels": _PIXELS,
    "moments": _PIXELS,
    "directions": "A picture is a row of 784 numbers, *x*: how much of an edge there is at each of"
    " 98 places, in each of eight directions.",
}
"""What x is."""


def how_view() -> None:
    """Show the four steps, for the model that answers this visitor."""
    active = active_model()
    if active is None:
        st.info("There is no model yet. Press Retrain in the Draw view to make one.")
        return
    model = active.model
    steps: dict[str, Callable[[], None]] = {}
    if isinstance(model, SoftmaxRegression):
        st.html(
            "<h1>One formula, learned from examples</h1>"
            "<p class='lead'>No layers, no tricks: every answer on this page comes from"
            f" {model.n_parameters:,} numbers."
            " Here is how they are used, and where they come from, in the four steps of"
            " TensorFlow's classic tutorial, <i>MNIST for ML Beginners</i>: formula, loss and"
            " optimizer, training, evaluation.</p>"
        )
        steps = {
            "formula": lambda: _formula(model),
            "product": lambda: own.one_product(model),
            "sum": lambda: own.one_sum(model),
            "softmax": lambda: own.temperature(model),
            "inputs": _three_ways,
            "loss": _loss,
            "losses": lambda: own.losses(model),
            "gradient": lambda: own.gradient(model),
            "training": _training,
            "graph": _graph,
        }
    else:
        st.html(f"<h1>How it is tested</h1><p class='lead'>{wording.HOW_LINEAR}</p>")
    steps |= {
        "evaluation": lambda: _evaluation(active),
        "splits": _splits,
        "reject": lambda: _reject_option(active),
    }
    for name, step in steps.items():
        with st.container(key=f"step_{name}"):  # one a screen on the stage
            step()
    walk("[class*='st-key-step_']")


def _formula(model: SoftmaxRegression) -> None:
    _heading(1, "The model is a formula")
    left, right = st.columns(WIDTHS, gap="large")
    with left:
        st.latex(r"y = \operatorname{softmax}(xW + b)")
        st.markdown(
            f"{FED[model.input]} Each digit has 784 weights of its own, a column of *W*: its"
            " **template**. Multiply number by weight, add everything up, add the digit's bias,"
            " and the digit has its score. Softmax turns the ten scores into probabilities: all"
            " positive, and together 1."
        )
        st.code(source_of("model/classifier/softmax.py", "logits"), wrap_lines=True)
        st.code(source_of("model/classifier/base.py", "softmax"), wrap_lines=True)
    with right:
        templates = own.templates(model)
        what = "A stroke" if model.input == "directions" else "Ink"
        st.html(
            pixels.picture(
                pixels.sheet(templates, 5),
                "The ten weight templates, 0 to 4 above and 5 to 9 below",
            )
            + "<p class='note'>The ten templates of the model that answers you, 0 to 4 above and"
            f" 5 to 9 below. {what} on <b class='for'>orange</b> speaks for the digit, on"
            " <b class='against'>blue</b> against it.</p>"
        )


def _three_ways() -> None:
    """Show the three shipped linear models: one formula, three ways of looking at the ink."""
    digits, whose = own.picture(), own.whose()
    figures = ""
    for input in INPUTS:
        checkpoint = resources.shipped_models().get(input)
        if checkpoint is None:
            continue
        model = checkpoint.model
        seen = model.seen(digits)
        shares = model.predict_proba(model.described(seen))[0]
        accuracy = checkpoint.measured.get("test_accuracy", 0.0)
        shown = outline(seen[0]) if input == "directions" else seen[0]
        answer = wording.answered(int(shares.argmax()), shares)
        says = f"{accuracy:.1%} of the test digits; {whose}: {answer}"
        figures += (
            f"<figure>{pixels.picture(pixels.grey(shown), f'What {input} looks at')}"
            f"<figcaption><b>{input}</b><br>{says}</figcaption></figure>"
        )
    st.html(
        "<h3>The same formula, three ways of looking at the ink</h3>"
        "<p class='note'>The same 7,850 numbers, the same loss, the same steps. What differs is"
        " what the formula is given<span class='long'>: the pixels as they are, in the tutorial;"
        " the digit brought to one size, slant and place; or where that picture's edges are and"
        " which way they run</span>.</p>"
        f"<div class='stages'>{figures}</div>"
    )


def _loss() -> None:
    _heading(2, "The loss says how wrong it is, the optimizer lowers it")
    left, right = st.columns(WIDTHS, gap="large")
    with left:
        st.latex(r"-\frac{1}{n}\sum_{i=1}^{n} \ln y_{i,\text{true digit}}")
        st.markdown(
            "Cross-entropy looks at one number: the probability that the model gave to the digit"
            " that was really there. Certain and right costs nothing; certain and wrong costs"
            " dearly. Gradient descent then moves every weight a little in the direction that"
            " lowers the cost. For this model the gradient is short enough to write out:"
            " *probability − truth*, times the pixel."
        )
        st.code(source_of("model/training/tensorflow_steps.py", "cross_entropy"), wrap_lines=True)
    with right:
        is_stage = state.STAGE.get()
        st.altair_chart(
            charts.loss_chart(is_stage=is_stage), height="stretch" if is_stage else "content"
        )
        st.html("<p class='note'>What one picture costs. A pure guess, 10%, costs 2.30.</p>")


def _training() -> None:
    _heading(3, "It learns from a hundred pictures at a time")
    left, right = st.columns(WIDTHS, gap="large")
    with left:
        st.markdown(
            "All weights and biases begin at zero. A hundred of 55,000 training pictures are drawn"
            " at random, the gradient is averaged over them, and one step of 0.5 times the gradient"
            " is taken. No picture comes again before all others have been there. After 1,000 such"
            " steps, well under a second, the model is done."
        )
        st.code(source_of("model/training/gradient_descent.py", "batches"), wrap_lines=True)
        st.code(source_of("model/training/tensorflow_steps.py", "one_step"), wrap_lines=True)
        if st.button("Train with exactly this", key="train_like_this", on_click=_tutorial):
            address.go_to("Train")
    with right:
        pictures = pixels.grey(own.examples()[:100])
        st.html(
            pixels.picture(pixels.sheet(pictures, 10), "A hundred handwritten digits in a grid")
            + "<p class='note'>One batch: a hundred of the built-in digits.</p>"
        )


def _tutorial() -> None:
    training.set_tutorial()
    state.DATA.set("mnist" if resources.has_mnist() else "digits")


def _graph() -> None:
    st.html("<h3>Why the steps run outside Python</h3>")
    st.markdown(
        "Python would spend more time on asking for each sum than the sums take. So the loop over"
        " all steps is written down once, as a **graph** (`tf.function`), with the pictures inside"
        " it, and TensorFlow runs it from end to end. What a graph says is what you read above:"
        " the same formula, loss and step. Where TensorFlow is missing, NumPy takes the same steps"
        " to the same weights."
    )


def _splits() -> None:
    st.html(
        "<h3>Three piles of digits</h3>"
        "<table class='figures splits'>"
        "<thead><tr><th>pile</th><th>digits</th><th>what for</th></tr></thead><tbody>"
        "<tr><th scope='row'>training</th><td>55,000</td><td>the model learns from them</td></tr>"
        "<tr><th scope='row'>validation</th><td>5,000</td><td>whatever is <i>chosen</i> is"
        " chosen on them: the recipe, and when to say “Not sure”</td></tr>"
        "<tr><th scope='row'>test</th><td>10,000</td><td>looked at last, and only measured:"
        " a figure on digits by which something was chosen would flatter</td></tr>"
        "</tbody></table>"
        "<p class='note'>MNIST's own 60,000 training digits, less the last 5,000, and its test"
        " digits.</p>"
    )


def _evaluation(active: Checkpoint) -> None:
    _heading(4, "It is tested on digits that it has never seen")
    left, right = st.columns(WIDTHS, gap="large")
    with st.spinner("Reading the test digits"):
        data, test = resources.test_data()
        predicted = resources.test_probabilities(active.model).argmax(axis=1)
    measured = evaluate(test.labels, predicted)
    with left:
        st.markdown(
            "What the model says is its largest probability (`argmax`). **Accuracy** is the share"
            " read right: about 92% with the tutorial's pixels. **Recall** asks, of all real 3s,"
            " how many were found; **precision**, of all that were called 3, how many are one;"
            " **F1** is the harmonic mean of the two. Here both are means over the ten digits."
        )
        st.code(source_of("model/evaluation/metrics.py", "evaluate"), wrap_lines=True)
    with right:
        for column, (name, value) in zip(
            st.columns(3),
            [
                ("Accuracy", measured.accuracy),
                ("Recall", measured.macro_recall),
                ("F1", measured.macro_f1),
            ],
            strict=True,
        ):
            column.metric(name, f"{value:.1%}")
        if not state.STAGE.get():  # there it has a screen of its own, on Evaluate
            st.altair_chart(charts.confusion_chart(measured.confusion_matrix), width="stretch")
        st.html(
            f"<p class='note'>The model that answers you on the {measured.n:,} test digits of"
            f" {DATA_NAMES[data]}<span class='long'>: rows are the true digits, columns what it"
            " said</span>.</p>"
        )


def _reject_option(active: Checkpoint) -> None:
    st.html("<h2>And when should it rather not answer?</h2>")
    left, right = st.columns(WIDTHS, gap="large")
    rule = active.reject_rule
    answered, correct = next(
        (point[1:] for point in rule.curve if point[0] == rule.min_probability), (1.0, 1.0)
    )
    with left:
        st.markdown(
            "The formula only weighs ten digits against each other, so it can be sure of a scribble"
            " too. Two thresholds, both chosen on validation digits that it has not learned from,"
            " decide when the page says **Not sure**:\n\n"
            f"1. {_familiar(rule)}\n"
            f"2. The probability must reach **{rule.min_probability:.0%}**: from there on, at"
            " least 99% of the answers on validation digits are right. That is"
            f" {correct:.1%} right, of the {answered:.1%} that are answered."
        )
        st.code(source_of("model/classifier/reject.py", "familiarity"), wrap_lines=True)
        st.code(source_of("model/classifier/reject.py", "RejectRule.verdicts"), wrap_lines=True)
    with right:
        is_stage = state.STAGE.get()
        st.altair_chart(
            charts.coverage_chart(np.array(rule.curve), rule.min_probability, is_stage=is_stage),
            height="stretch" if is_stage else "content",
        )
        st.html(
            "<p class='note'>Asking for more certainty leaves more digits unanswered, and makes"
            " the answers better. The upright line is the threshold in use.</p>"
        )


def _familiar(rule: RejectRule) -> str:
    if rule.rejector is NO_REJECTOR:
        return (
            "The drawing must be about as near to a typical picture of the digit as"
            f" {FAMILIAR_SHARE:.0%} of the validation digits are."
        )
    return (
        f"The drawing must be about as familiar as {FAMILIAR_TO_REJECTOR:.1%} of the validation"
        " digits are: near to a typical picture of the digit, and like it to a second formula that"
        " has learned for each digit alone to tell it from scribbles, halves and mirror images."
    )


def _heading(number: int, text: str) -> None:
    st.html(f"<h2><span class='step'>{number}</span> {text}</h2>")
