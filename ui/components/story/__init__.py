"""The story of a training, told once where the bars are: for four seconds the templates grow.

It is in nobody's way: the new model answers already, the bars below go on, and whatever the visitor
does ends the show. Who asked the system for less motion does not see it.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from model.jobs.job import Job
from ui.components.shared.frames import CONSTANTS, TEMPLATES, frames, kind
from ui.components.shared.parts import DIGIT, page, script, style

__all__ = ["story"]

WORDS = {
    "title": "It learns from zero",
    "step": "Step {step} of {n_steps}",
    "templates": "The ten templates grow",
    "bars": "Your drawing, read on the way",
}

_HERE = Path(__file__).parent
_mount = st.components.v2.component(
    "inkling_story",
    html=page(_HERE / "story.html", WORDS),
    css=style("small_bars.css", "templates.css", _HERE / "story.css"),
    js=script(
        *("words.js", "small_bars.js", *TEMPLATES, _HERE / "story.js"),
        **CONSTANTS,
        WORDS=WORDS,
        DIGIT=DIGIT,
    ),
)


def story(job: Job, features: NDArray[np.float32] | None, *, is_new: bool) -> None:
    """Tell how a run went.

    Parameters
    ----------
    job : Job
        A run that is over, with its film.
    features : (784,) float32, optional
        A drawing in the form that this run's model is fed; it finds its answer on the way.
    is_new : bool
        Whether it is told now. Otherwise nothing is sent, and a show that is on goes on.
    """
    _mount(
        key="story",
        data={
            "run": job.id,
            "n_steps": job.config.n_steps,
            "kind": kind(job.config),
            "frames": frames(job.film, job.config.input, features) if is_new else None,
        },
    )
