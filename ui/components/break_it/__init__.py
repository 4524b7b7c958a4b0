"""The model that answers, to be broken: the drawing's bars follow the slider in the browser."""

from __future__ import annotations

import base64
import dataclasses
import functools
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from model.classifier.softmax import SoftmaxRegression
from model.config import N_CLASSES
from model.explanation.damage import DAMAGES, Damage, bits, spread
from ui.components.shared.parts import DIGIT, page, script, style

__all__ = ["Broken", "break_it", "broken"]

WORDS: dict[str, Any] = {
    "panel": "Break it",
    "kinds": "What to break",
    "bars": "What the broken model believes of your drawing",
    "title": "Whole",
    "whole": "Whole: most likely {digit}, {share}.",
    "broken": "Now: most likely {digit}, {share}.",
    "tested": "Test digits: {accuracy} right, whole {whole}.",
    "tested_whole": "Test digits: {whole} right.",
    "invitation": "Choose what to break. The model that answers stays as it is.",
    "data": "Measured on {name}.",
    "named": [f"{'an' if digit == 8 else 'a'} {digit}" for digit in range(N_CLASSES)],
}
KINDS: dict[Damage, dict[str, Any]] = {
    "noise": {
        "title": "Noise",
        "name": "Noise on every weight, as a share of how much the weights differ",
        "amount": "{amount}%",
        "note": "Hundreds of weights are added up, and their errors cancel.",
        "first": 100,
        "most": 500,
        "step": 10,
    },
    "smallest": {
        "title": "Small to 0",
        "name": "How many of the 7,840 weights are set to 0, the smallest first",
        "amount": "{amount}%",
        "note": "What is left has fewer numbers to store and to multiply.",
        "first": 50,
        "most": 100,
        "step": 1,
    },
    "rounded": {
        "title": "−1, 0, +1",
        "name": "A weight is 0 up to this share of the mean size, else −1 or +1 times one number",
        "amount": "{amount}%",
        "note": f"{bits('rounded'):,} bits are enough for such a model. The whole one has"
        f" {bits(None):,}.",
        "first": 70,
        "most": 400,
        "step": 10,
    },
    "bias": {
        "title": "No bias",
        "name": "How much of every bias is taken away",
        "amount": "{amount}%",
        "note": "The bias is what a digit scores on blank paper.",
        "first": 100,
        "most": 100,
        "step": 1,
    },
    "template": {
        "title": "Erase one",
        "name": "The digit whose 784 weights and bias are set to 0",
        "amount": "{amount}",
        "note": "Its score is always 0 now. It wins where all other digits score less.",
        "first": 4,
        "most": 9,
        "step": 1,
    },
    "shuffled": {
        "title": "Shuffle",
        "name": "How many of the 784 numbers of the drawing change places",
        "amount": "{amount}%",
        "note": "The formula does not know which numbers are neighbours. Had it learned from"
        " pictures shuffled like this, it would read them as well.",
        "first": 20,
        "most": 100,
        "step": 1,
    },
}
"""Each damage: its title, what the slider says, and where the slider begins and ends, in the
amount's own unit: a digit, or hundredths."""
_HERE = Path(__file__).parent


class Broken(NamedTuple):
    """What a visitor has broken: the damage, and its amount as the slider has it."""

    damage: Damage
    amount: int

    @property
    def as_share(self) -> float:
        """The amount as `model.explanation.damage.damaged` takes it."""
        return self.amount if self.damage == "template" else self.amount / 100


_mount = st.components.v2.component(
    "inkling_break_it",
    html=page(_HERE / "break_it.html", WORDS),
    css=style("small_bars.css", "button.css", _HERE / "break_it.css"),
    js=script(
        *("words.js", "small_bars.js", _HERE / "break_it.js"),
        WORDS=WORDS,
        KINDS=KINDS,
        DIGIT=DIGIT,
        N_CLASSES=N_CLASSES,
    ),
)


def broken() -> Broken | None:
    """Return what the visitor has broken now; None where the model is whole."""
    told = st.session_state.get("break_it", {}).get("damage")
    if not isinstance(told, dict):
        return None
    damage, amount = told.get("kind"), told.get("amount")
    if damage not in DAMAGES or type(amount) is not int or not 0 <= amount <= KINDS[damage]["most"]:
        return None
    return Broken(damage, amount)


def break_it(
    model: SoftmaxRegression,
    features: NDArray[np.float32],
    tested: str,
    whole: float,
    now: tuple[Broken, float] | None,
) -> None:
    """Show what can be broken, and what becomes of the drawing.

    Parameters
    ----------
    model : SoftmaxRegression
        The whole model.
    features : (784,) float32
        The drawing, as this model is fed.
    tested : str
        What the test digits are called.
    whole : float
        The share of them that the whole model reads rightly.
    now : (Broken, float), optional
        What is broken, and the share that the broken model reads rightly.
    """
    data = _as_data(model, features, tested, whole, now)
    _mount(key="break_it", data=data, on_damage_change=lambda: None)


def _as_data(
    model: SoftmaxRegression,
    features: NDArray[np.float32],
    tested: str,
    whole: float,
    now: tuple[Broken, float] | None,
) -> dict[str, Any]:
    return {
        **_numbers(model),
        "features": _encoded(features),
        "name": tested,
        "whole": f"{whole:.1%}",
        "measured": {} if now is None else {**now[0]._asdict(), "accuracy": f"{now[1]:.1%}"},
    }


@functools.lru_cache(maxsize=4)
def _numbers(model: SoftmaxRegression) -> dict[str, Any]:
    sizes = dataclasses.asdict(spread(model))
    return {"weights": _encoded(model.weights), "bias": _encoded(model.bias), **sizes}


def _encoded(array: NDArray[np.float32]) -> str:
    return base64.b64encode(np.ascontiguousarray(array, "<f4").tobytes()).decode("ascii")
