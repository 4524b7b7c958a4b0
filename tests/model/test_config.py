"""The settings of a training run: defaults, limits, and the way into JSON and back."""

from __future__ import annotations

import dataclasses
import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.config import INPUTS, SCHEDULES, TrainingConfig


def test_the_defaults_are_the_tutorials() -> None:
    assert TrainingConfig().as_dict() == {
        "kind": "softmax",
        "input": "pixels",
        "n_steps": 1_000,
        "batch_size": 100,
        "learning_rate": 0.5,
        "seed": 0,
        "schedule": "constant",
        "averaging": 0.0,
        "pen_habits": 0.0,
        "elastic": 0.0,
    }


@given(
    st.builds(
        TrainingConfig,
        input=st.sampled_from(INPUTS),
        n_steps=st.integers(1, 100_000),
        batch_size=st.integers(1, 60_000),
        learning_rate=st.floats(0, 1_000, exclude_min=True),
        seed=st.integers(0, 2**32 - 1),
        schedule=st.sampled_from(SCHEDULES),
        averaging=st.floats(0, 1, exclude_max=True),
        pen_habits=st.floats(0, 1),
        elastic=st.floats(0, 1),
    )
)
def test_a_config_comes_back_from_json_as_it_was(config: TrainingConfig) -> None:
    assert TrainingConfig.from_dict(json.loads(json.dumps(config.as_dict()))) == config


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("input", "raw"),
        ("input", ["pixels"]),
        ("schedule", "cosine"),
        ("n_steps", 0),
        ("n_steps", 100_001),
        ("n_steps", 10.0),
        ("n_steps", True),
        ("batch_size", 0),
        ("batch_size", 60_001),
        ("learning_rate", 0),
        ("learning_rate", -0.5),
        ("learning_rate", 1_000.1),
        ("learning_rate", math.nan),
        ("learning_rate", math.inf),
        ("learning_rate", 10**400),
        ("learning_rate", "0.5"),
        ("learning_rate", True),
        ("seed", -1),
        ("seed", 2**32),
        ("averaging", 1),
        ("averaging", -0.1),
        ("averaging", math.nan),
        ("pen_habits", 1.1),
        ("elastic", -0.1),
        ("pen_habits", None),
    ],
)
def test_a_setting_out_of_range_is_named(setting: str, value: Any) -> None:
    with pytest.raises(ValueError, match=f"^{setting} must be"):
        TrainingConfig(**{setting: value})


def test_the_message_says_what_arrived_and_what_may() -> None:
    with pytest.raises(ValueError, match="a whole number from 1 to 100000, got -3"):
        TrainingConfig(n_steps=-3)


def test_an_unknown_setting_is_named() -> None:
    with pytest.raises(ValueError, match="no training setting is called dropout, momentum"):
        TrainingConfig.from_dict({"momentum": 0.9, "seed": 1, "dropout": 0.5})


def test_a_config_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        TrainingConfig().seed = 1  # type: ignore[misc]
