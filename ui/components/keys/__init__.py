"""Keys for what the page can do: one table, which presses the controls and fills the card."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import streamlit as st

from ui.components.shared.parts import page, script, style

__all__ = ["KEYS", "Shortcut", "keys"]


@dataclasses.dataclass(frozen=True)
class Shortcut:
    """A key, what it does in words, and the controls that it presses: the first that is there.

    A control is a place, the key of a Streamlit element or component, and a selector of CSS within
    it; a step moves a slider by that much, and no place is the page.
    """

    key: str
    words: str
    controls: tuple[tuple[str, str], ...]
    step: int = 0
    is_shown: bool = True
    """Whether the card has a line of its own for it."""


def _radio(place: str, n: int) -> tuple[str, str]:
    return place, f'[role="radiogroup"] button:nth-child({n + 1})'


def _view(path: str) -> tuple[str, str]:
    # In the page's top bar, or in the menu that a narrow screen has instead.
    return "", f'a[data-testid$="NavLink"][href$="/{path}"]'


REASONS = {
    "b": "The bars",
    "e": "Evidence",
    "n": "Why not another",
    "s": "Smallest change",
    "w": "On its way",
    "k": "Strokes",
    "p": "Compare",
    "l": "Teach it",
    "x": "Break it",
}
KEYS: dict[str, tuple[Shortcut, ...]] = {
    "Draw": (
        *(
            Shortcut(
                f"{digit}",
                "A sample digit",
                (("sample_strip", f"button:nth-child({digit + 1})"),),
                is_shown=False,
            )
            for digit in range(10)
        ),
        Shortcut("0 … 9", "A sample digit", ()),
        Shortcut("Ctrl+z", "Undo", (("undo", "button"),)),
        Shortcut("c", "Clear", (("clear", "button"),)),
        Shortcut("m", "A digit that it gets wrong", (("show_mistake", "button"),)),
        Shortcut("r", "Retrain, or Train", (("retrain", "button"), ("train", "button"))),
    ),
    "Why?": tuple(
        Shortcut(key, words, (_radio("why", n),)) for n, (key, words) in enumerate(REASONS.items())
    ),
    "The film, How it works": (
        Shortcut(
            "Space",
            "Play or pause",
            (("run_pause", "button"), ("run_resume", "button"), ("film", ".play")),
        ),
        Shortcut(
            "→",
            "A step on",
            (("run_step", "button"), ("film", ".slider"), ("walk", ".next")),
            step=1,
        ),
        Shortcut("←", "A step back", (("film", ".slider"), ("walk", ".back")), step=-1),
    ),
    "The page": (
        Shortcut("d", "Draw", (_view(""),)),
        Shortcut("t", "Train", (_view("train"),)),
        Shortcut("v", "Evaluate", (_view("evaluate"),)),
        Shortcut("o", "Room", (_view("room"),)),
        Shortcut("h", "How it works", (_view("how"),)),
        Shortcut("f", "Stage, on or off", (("stage", "input"),)),
        Shortcut("Esc", "Back", (("to_canvas", "button"), _radio("why", 0))),
        Shortcut("?", "These keys", (("keys", ".open"),)),
    ),
}
"""All keys, by the part of the page that they are for."""

WORDS = {"keys": "Keys", "close": "Close", "open": "Which keys do what"}

_HERE = Path(__file__).parent
_mount = st.components.v2.component(
    "inkling_keys",
    html=page(_HERE / "keys.html", WORDS),
    css=style(_HERE / "keys.css"),
    js=script("listeners.js", _HERE / "keys.js"),
)


def keys() -> None:
    """Listen to the keys, and show the button for the card that lists them."""
    _mount(key="keys", data={"groups": [_as_data(name) for name in KEYS]}, width="content")


def _as_data(group: str) -> dict[str, Any]:
    return {"name": group, "keys": [dataclasses.asdict(each) for each in KEYS[group]]}
