"""What How it works shows on one's own drawing, or an example: its sum, its loss, a step on it."""

from __future__ import annotations

import dataclasses

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from model.classifier.base import softmax
from model.classifier.softmax import SoftmaxRegression
from model.config import N_CLASSES, SIDE
from model.explanation.evidence import evidence
from model.explanation.templates import direction_templates
from model.training.teaching import step_on
from ui.components.running_sum import running_sum
from ui.elements import pixels, wording
from ui.elements.small_bars import small_bars
from ui.server import resources
from ui.session import state
from ui.session.drawings import digit_on_canvas

__all__ = [
    "examples",
    "gradient",
    "losses",
    "one_product",
    "one_sum",
    "picture",
    "temperature",
    "templates",
    "whose",
]

WIDTHS = (55, 45)
TEMPERATURES = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
RATES = (0.5, 5.0, 50.0)


def templates(model: SoftmaxRegression) -> NDArray[np.uint8]:
    """Draw the ten templates on one scale, (10, H, W, 3)."""
    if model.input == "directions":
        strokes = direction_templates(model.weights)
        largest = float(np.percentile(np.abs(strokes), 99.5))
        return np.stack([pixels.strokes_picture(each, largest) for each in strokes])
    weights = model.weights.T.reshape(N_CLASSES, SIDE, SIDE)
    return pixels.diverging(weights, float(np.percentile(np.abs(weights), 99.5)))


def examples() -> NDArray[np.float32]:
    """Return pictures of the built-in test digits, (300, 28, 28)."""
    return resources.builtin_test()[0] * np.float32(1 / 255)


def picture() -> NDArray[np.float32]:
    """Return the digit on the canvas, or an example, (1, 28, 28)."""
    picture = digit_on_canvas()
    return examples()[:1] if picture is None else picture[np.newaxis]


def whose() -> str:
    return "a picture" if digit_on_canvas() is None else "your drawing"


def one_product(model: SoftmaxRegression) -> None:
    """Show one picture times one template."""
    seen, digit = _seen(model)
    found = evidence(model, seen, digit)
    strongest = float(np.abs(found.map).max())
    score = wording.with_minus(f"{found.logit:.2f}")
    parts = [
        (pixels.grey(seen), f"{whose().capitalize()}, as the model sees it", "×"),
        (templates(model)[digit], f"the template of {digit}", "="),
        (
            pixels.diverging(found.map, strongest),
            f"sum {wording.signed(found.map.sum())}, with bias {wording.signed(found.bias)}:"
            f" score {score}",
            "",
        ),
    ]
    figures = "".join(
        f"<figure>{pixels.picture(colours, text)}<figcaption>{text}</figcaption></figure>"
        f"<span aria-hidden='true'>{sign}</span>"
        for colours, text, sign in parts
    )
    st.html(f"<div class='product'>{figures}</div>")


def one_sum(model: SoftmaxRegression) -> None:
    """Let the score be added up, pixel by pixel or at once."""
    seen, digit = _seen(model)
    st.html(f"<h3>The score of {digit} is a sum, and each pixel's share is known</h3>")
    running_sum(evidence(model, seen, digit))


@st.fragment
def temperature(model: SoftmaxRegression) -> None:
    """Show the drawing's ten scores and probabilities, at a temperature that can be changed."""
    scores = model.decision_function(_fed(model))[0]
    left, right = st.columns(WIDTHS, gap="large")
    with left:
        st.html("<h3>Softmax turns scores into probabilities</h3>")
        st.latex(r"y = \frac{\exp(z / T)}{\text{sum of all ten } \exp(z / T)}")
        st.markdown(
            "Each score, *z*, becomes a power of *e*, and is divided by the sum of all ten: what is"
            " larger by 1 becomes 2.7 times as likely. *T*, the **temperature**, is 1 in the model."
            " Above 1 the same scores make a careful answer, below 1 a bold one. The order stays."
        )
    with right:
        temperature = st.select_slider(
            "Temperature",
            TEMPERATURES,
            value=state.TEMPERATURE.first(),
            key=state.TEMPERATURE.name,
            persist_state="session",
        )
        shares = softmax(scores / np.float32(temperature))
        st.html(
            small_bars(shares, f"Probabilities of {whose()} at temperature {temperature:g}")
            + f"<p class='note'>The scores of {whose()}: "
            + ", ".join(wording.with_minus(f"{score:.1f}") for score in scores)
            + ".</p>"
        )


def losses(model: SoftmaxRegression) -> None:
    """Show what the drawing would cost with each of the ten labels."""
    probabilities = model.predict_proba(_fed(model).astype(np.float32))[0].astype(np.float64)
    losses = -np.log(np.maximum(probabilities, 1e-30))
    least = int(losses.argmin())
    items = "".join(
        f"<tr{' class=least' if digit == least else ''}><th scope='row'>{digit}</th>"
        f"<td>{_one_hot(digit)}</td><td>{probabilities[digit]:.1%}</td><td>{loss:.2f}</td></tr>"
        for digit, loss in enumerate(losses)
    )
    st.html(
        f"<h3>What {whose()} costs, label by label</h3>"
        "<div class='losses'><p>A label is told to the model as ten numbers, <b>one-hot</b>: a 1 at"
        " the true digit, nine times 0. So of the ten logarithms the loss keeps one.</p>"
        "<table class='figures'><thead><tr><th>if it is a</th><th>one-hot</th>"
        f"<th>probability</th><th>loss</th></tr></thead><tbody>{items}</tbody></table></div>"
    )


def _one_hot(digit: int) -> str:
    return "".join("1" if digit == each else "0" for each in range(N_CLASSES))


@st.fragment
def gradient(model: SoftmaxRegression) -> None:
    """Let one step of gradient descent be taken on the drawing, and show what it changes."""
    fed = _fed(model)
    before = model.predict_proba(fed)[0]
    left, right = st.columns(WIDTHS, gap="large")
    with left:
        st.html("<h3>One step on one drawing</h3>")
        st.latex(r"W \leftarrow W - r \, x^{\top} (y - \text{label})")
        label = st.segmented_control(
            "It is a",
            range(N_CLASSES),
            default=int(before.argmax()),
            required=True,
            key=state.GRADIENT_LABEL.name,
            persist_state="session",
        )
        rate = st.segmented_control(
            "Learning rate *r*",
            RATES,
            default=state.GRADIENT_RATE.first(),
            required=True,
            format_func="{:g}".format,
            key=state.GRADIENT_RATE.name,
            persist_state="session",
        )
        after = step_on(model, fed[0], label, rate)
        now = after.predict_proba(fed)[0]
        st.html(
            f"<p class='reason' role='status'>{wording.one_step(before[label], now[label])}</p>"
            + small_bars(now, f"Probabilities of {whose()} after the step")
        )
    with right:
        changed = dataclasses.replace(
            model, weights=after.weights - model.weights, bias=after.bias - model.bias
        )
        with st.spinner("Reading the test digits"):
            accuracies = resources.test_accuracy(model), resources.passing_accuracy(after)
        st.html(
            pixels.picture(
                pixels.sheet(templates(changed), 5),
                "What the step adds to the ten templates, 0 to 4 above and 5 to 9 below",
            )
            + "<p class='note'>What the step adds to the ten templates, on a scale of its own.</p>"
            f"<p class='reason'>{wording.price(*accuracies)}<span class='long'> A large step on one"
            " drawing forgets the others: the tutorial averages over a hundred.</span></p>"
        )


def _seen(model: SoftmaxRegression) -> tuple[NDArray[np.float32], int]:
    """Return the digit on the canvas, or an example, as the model sees it, and what it reads."""
    seen = model.seen(picture())
    return seen[0], int(model.decision_function(model.described(seen))[0].argmax())


def _fed(model: SoftmaxRegression) -> NDArray[np.float32]:
    """Return the same as the model is fed it, (1, 784)."""
    return model.features(picture())
