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
from model.jobs.job import Job, Snapshot

__all__ = ["film"]

_HERE = Path(__file__).parent
_mount = st.components.v2.component(
    "inkling_film",
    html=(_HERE / "film.html").read_text(encoding="utf-8"),
    css=(_HERE / "film.css").read_text(encoding="utf-8"),
    js=(_HERE / "film.js").read_text(encoding="utf-8"),
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
    scale = float(np.quantile(np.abs(snapshots[-1].weights), 0.995)) or 1.0
    _mount(
        key="film",
        data={
            "run": job.id,
            "n_steps": job.config.n_steps,
            "scale": scale,
            "curve": [
                [point.step, round(point.train_loss, 4), round(point.validation_accuracy, 4)]
                for point in job.curve
            ],
            "frames": [_frame(snapshot, scale, features) for snapshot in snapshots],
        },
    )


def _frame(
    snapshot: Snapshot, scale: float, features: NDArray[np.float32] | None
) -> dict[str, Any]:
    bars = None
    if features is not None:
        shares = softmax(logits(features[np.newaxis], snapshot.weights, snapshot.bias))[0]
        bars = [round(float(share), 4) for share in shares]
    signed = np.rint(np.clip(snapshot.weights.T / scale, -1, 1) * 127).astype(np.int8)
    return {
        "step": snapshot.step,
        "loss": snapshot.train_loss,
        "accuracy": snapshot.validation_accuracy,
        "templates": base64.b64encode(signed.tobytes()).decode("ascii"),
        "bars": bars,
    }
