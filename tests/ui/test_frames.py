"""What the browser gets of a training: of a network its curve, and no templates."""

from __future__ import annotations

from model.config import TrainingConfig
from model.jobs.job import Snapshot
from ui.components.shared.frames import frames, kind


def test_a_network_has_no_templates_and_its_steps_are_told() -> None:
    assert kind(TrainingConfig(kind="network", input="moments")) == "none"
    (frame,) = frames([Snapshot(7, 0.5, 0.9)], "moments", None)
    told = {"step": 7, "loss": 0.5, "accuracy": 0.9, "templates": "", "bars": None}
    assert frame == told


def test_a_linear_model_has_those_of_its_input() -> None:
    assert kind(TrainingConfig(input="directions")) == "strokes"
    assert kind(TrainingConfig(input="moments")) == "pixels"
