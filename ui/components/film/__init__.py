"""A training run to watch: curves and templates live, and a film to scrub through afterwards."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from model.jobs.job import Job, Snapshot
from ui.components.shared.frames import CONSTANTS, TEMPLATES, frames, kind
from ui.components.shared.parts import DIGIT, page, script, style

__all__ = ["film", "on_its_own"]

WORDS = {
    "film": "How the model learns",
    "loss": "Training loss",
    "accuracy": "Right in validation",
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
    "none": "A network has no templates to show: its film needs a linear model. These are its"
    " curves.",
    "bars": "Your drawing, read at this step",
}

_HERE = Path(__file__).parent
_HTML = page(_HERE / "film.html", WORDS)
_CSS = style("small_bars.css", "signed.css", "templates.css", _HERE / "film.css")
_JS = script(
    *("words.js", "small_bars.js", *TEMPLATES, _HERE / "film.js"),
    **CONSTANTS,
    WORDS=WORDS,
    DIGIT=DIGIT,
)
_mount = st.components.v2.component("inkling_film", html=_HTML, css=_CSS, js=_JS)


def film(job: Job, features: NDArray[np.float32] | None) -> None:
    """Show a run.

    Parameters
    ----------
    job : Job
        While it runs its last report is shown; when it is over, all snapshots can be scrubbed.
    features : (784,) float32, optional
        A drawing in the form that this run's model is fed; its bars are shown at each step.
    """
    data = _data(job, features)
    if data["frames"]:
        _mount(key="film", data=data)


def on_its_own(job: Job, features: NDArray[np.float32] | None) -> str:
    """Return the film of a run, given as to `film`, as HTML that needs nothing else.

    Its colours are those that `custom_properties` names.
    """
    data = json.dumps(_data(job, features)).replace("<", "\\u003c")
    shown = f"film({{ data: {data}, parentElement: document }});"
    return f"<style>{_CSS}</style>{_HTML}<script type='module'>{_JS}{shown}</script>"


def _data(job: Job, features: NDArray[np.float32] | None) -> dict[str, Any]:
    last = () if job.latest is None else (job.latest,)
    snapshots: Sequence[Snapshot] = job.film if job.is_over else last
    return {
        "run": job.id,
        "n_steps": job.config.n_steps,
        "kind": kind(job.config),
        "curve": [
            [point.step, round(point.train_loss, 4), round(point.validation_accuracy, 4)]
            for point in job.curve
        ],
        "frames": frames(snapshots, job.config.input, features) if snapshots else [],
    }
