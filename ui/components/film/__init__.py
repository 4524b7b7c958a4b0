"""A training run to watch: curves and templates live, and a film to scrub through afterwards."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from model.classifier.base import softmax
from model.classifier.softmax import logits
from model.config import N_CLASSES, SIDE, Input
from model.explanation.templates import direction_templates
from model.jobs.job import Job, Snapshot
from ui.components.shared.colours import MAP_COLOURS
from ui.components.shared.parts import DIGIT, page, script, style
from ui.components.shared.strokes import STROKES

__all__ = ["film"]

WORDS = {
    "film": "How the model learns",
    "loss": "Training loss",
    "accuracy": "Right on validation digits",
    "play": "Play the film",
    "pause": "Pause the film",
    "slider": "Step",
    "step": "Step {step}",
    "at_step": "Step {step}, {accuracy} right",
    "loss_at_step": "Training loss, {loss} at step {step}",
    "accuracy_at_step": "{accuracy} of the validation digits right at step {step}",
    "templates_at_step": "The ten weight templates at step {step}",
    "templates": "The ten templates, 0 to 4 above and 5 to 9 below, on one scale:"
    ' <b class="for">orange</b> for the digit, <b class="against">blue</b> against it.',
    "strokes": "The ten templates, 0 to 4 above and 5 to 9 below, on one scale, as short strokes in"
    ' four directions: <b class="for">orange</b> for the digit,'
    ' <b class="against">blue</b> against it.',
    "bars": "Your drawing, read at this step",
}

_HERE = Path(__file__).parent
_mount = st.components.v2.component(
    "inkling_film",
    html=page(_HERE / "film.html", WORDS),
    css=style("small_bars.css", "signed.css", _HERE / "film.css"),
    js=script(
        *("words.js", "small_bars.js", "signed.js", "strokes.js", _HERE / "film.js"),
        **MAP_COLOURS,
        STROKES=STROKES,
        SIDE=SIDE,
        N_CLASSES=N_CLASSES,
        WORDS=WORDS,
        DIGIT=DIGIT,
    ),
)


def film(job: Job, features: NDArray[np.float32] | None) -> None:
    """Show a run.

    Parameters
    ----------
    job : Job
        While it runs its last report is shown; when it is over, all snapshots can be scrubbed.
    features : (784,) float32, optional
        A drawing in the form that this run's model is fed; its bars are shown at each step.
    """
    last = () if job.latest is None else (job.latest,)
    snapshots: Sequence[Snapshot] = job.film if job.is_over else last
    if not snapshots:
        return
    input = job.config.input
    scale = float(np.quantile(np.abs(_templates(snapshots[-1], input)), 0.995)) or 1.0
    _mount(
        key="film",
        data={
            "run": job.id,
            "n_steps": job.config.n_steps,
            "kind": "strokes" if input == "directions" else "pixels",
            "curve": [
                [point.step, round(point.train_loss, 4), round(point.validation_accuracy, 4)]
                for point in job.curve
            ],
            "frames": [_frame(snapshot, input, scale, features) for snapshot in snapshots],
        },
    )


def _templates(snapshot: Snapshot, input: Input) -> NDArray[np.float32]:
    """Return what is drawn of the weights: ten pictures, (10, 784), or strokes, (10, 4, 14, 7)."""
    if input == "directions":
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
    return {
        "step": snapshot.step,
        "loss": snapshot.train_loss,
        "accuracy": snapshot.validation_accuracy,
        "templates": base64.b64encode(signed.tobytes()).decode("ascii"),
        "bars": bars,
    }
