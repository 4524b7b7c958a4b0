"""Sample digits to click: strokes that go onto the canvas as if they had been drawn there."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

from ui.components.shared.parts import script, style

__all__ = ["SAMPLES", "sample_strip"]

SAMPLES = Path(__file__).parents[3] / "assets" / "samples.jsonl"
"""A digit a line: its label, a name, and its strokes in canvas pixels."""

WORDS = {"samples": "Sample digits"}

_HERE = Path(__file__).parent
_KEY = "sample_strip"
_mount = st.components.v2.component(
    "inkling_samples",
    html=f'<div class="samples" role="group" aria-label="{WORDS["samples"]}"></div>',
    css=style(_HERE / "samples.css"),
    js=script(_HERE / "samples.js"),
)


def sample_strip(*, on_pick: Callable[[list[Any]], None]) -> None:
    """Show ten little drawings; a click gives `on_pick` the strokes of one, lists of (x, y).

    An index that no button has changes nothing.
    """

    def picked() -> None:
        index = st.session_state.get(_KEY, {}).get("picked")
        if type(index) is int and 0 <= index < len(_samples()):
            on_pick(_samples()[index]["strokes"])

    samples = [
        {"name": sample["name"], "path": " ".join(map(_svg_path, sample["strokes"]))}
        for sample in _samples()
    ]
    _mount(key=_KEY, data={"samples": samples}, on_picked_change=picked)


@functools.cache
def _samples() -> list[dict[str, Any]]:
    return [json.loads(line) for line in SAMPLES.read_text(encoding="utf-8").splitlines()]


def _svg_path(stroke: list[list[int]]) -> str:
    return "M" + " L".join(f"{x} {y}" for x, y in stroke)
