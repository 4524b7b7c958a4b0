"""Frames of a training for the browser: the ten templates, and the bars of a drawing, at a step."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from model.classifier.base import softmax
from model.classifier.softmax import logits
from model.config import N_CLASSES, SIDE, Input, TrainingConfig
from model.explanation.templates import direction_templates
from model.jobs.job import Snapshot
from ui.components.shared.colours import MAP_COLOURS
from ui.components.shared.strokes import STROKES

__all__ = ["CONSTANTS", "TEMPLATES", "frames", "kind"]

TEMPLATES = ("signed.js", "strokes.js", "templates.js")
"""The files of this folder that paint the templates, …"""
CONSTANTS: dict[str, Any] = {
    **MAP_COLOURS,
    "STROKES": STROKES,
    "SIDE": SIDE,
    "N_CLASSES": N_CLASSES,
}
"""… and what they need."""


def kind(config: TrainingConfig) -> Literal["strokes", "pixels", "none"]:
    """Return how the templates of a model that is trained so are painted; a network has none."""
    if config.kind == "network":
        return "none"
    return _kind(config.input)


def _kind(input: Input) -> Literal["strokes", "pixels"]:
    return "strokes" if input == "directions" else "pixels"


def frames(
    snapshots: Sequence[Snapshot], input: Input, features: NDArray[np.float32] | None
) -> list[dict[str, Any]]:
    """Return what the browser shows of each step.

    Parameters
    ----------
    snapshots : sequence of Snapshot
        One at least; the templates of the last one give the scale of all.
    input : str
        What the model is fed.
    features : (784,) float32, optional
        A drawing in that form, whose bars are shown.

    Returns
    -------
    list of dict
        With `step`, `loss`, `accuracy`, the `templates` as signed bytes in base64, ten `bars`.
    """
    if snapshots[-1].weights.size == 0:  # a network's
        return [_told(snapshot) | {"templates": "", "bars": None} for snapshot in snapshots]
    scale = float(np.quantile(np.abs(_templates(snapshots[-1], input)), 0.995)) or 1.0
    return [_frame(snapshot, input, scale, features) for snapshot in snapshots]


def _templates(snapshot: Snapshot, input: Input) -> NDArray[np.float32]:
    """Return what is drawn of the weights: ten pictures, (10, 784), or strokes, (10, 4, 14, 7)."""
    if _kind(input) == "strokes":
        return direction_templates(snapshot.weights)
    return snapshot.weights.T


def _frame(
    snapshot: Snapshot, input: Input, scale: float, features: NDArray[np.float32] | None
) -> dict[str, Any]:
    bars = None
    if features is not None:
        shares = softmax(logits(features[np.newaxis], snapshot.weights, snapshot.bias))[0]
        bars = [round(float(share), 4) for share in shares]
    signed = np.rint(np.clip(_templates(snapshot, input) / scale, -1, 1) * 127).astype(np.int8)
    return _told(snapshot) | {
        "templates": base64.b64encode(signed.tobytes()).decode("ascii"),
        "bars": bars,
    }


def _told(snapshot: Snapshot) -> dict[str, Any]:
    return {
        "step": snapshot.step,
        "loss": snapshot.train_loss,
        "accuracy": snapshot.validation_accuracy,
    }
