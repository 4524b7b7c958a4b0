"""What is said of a retraining, and what it is made with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from model.config import TrainingConfig
from model.data import datasets
from ui.elements import wording
from ui.panels import retraining
from ui.server import resources
from ui.session import models, state, training


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """A visitor's session without a page."""
    held: dict[str, Any] = {}
    monkeypatch.setattr(state.st, "session_state", held)
    return held


def test_the_line_says_what_was_learned_from_how_much_how_fast_and_how_to_repeat_it() -> None:
    assert wording.learned(0.098, 0.98608, 55_000, 0.83, 4711) == (
        "9.8% → 98.6% of the test digits, learned from 55,000 pictures in 0.8 s · seed 4711"
    )


@pytest.mark.parametrize("name", ["digits", "mnist"])
def test_the_numbers_of_pictures_that_are_told_are_those_of_the_data(
    name: str, request: pytest.FixtureRequest
) -> None:
    if name == "mnist":
        request.getfixturevalue("mnist")
    assert models.N_PICTURES[name] == len(datasets.load(name).train)


def test_no_press_takes_a_seed_that_a_model_of_the_visit_has(
    session: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    submitted: list[TrainingConfig] = []
    monkeypatch.setattr(training, "submit", lambda config, data: submitted.append(config))
    monkeypatch.setattr(retraining, "SEEDS", 2)
    for _ in range(20):  # the shipped models have seed 0
        retraining.begin()
    assert {config.seed for config in submitted} == {1}
    assert {config.input for config in submitted} == {"directions"}
    assert resources.shipped_models()["directions"].config.seed == 0
