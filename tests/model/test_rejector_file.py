"""The rejectors' file: what is shipped, what comes back, and what happens without it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from model.classifier.reject import NO_REJECTOR, Rejector
from model.config import INPUTS, Input, TrainingConfig
from model.training import rejector_file
from model.training.training_data import prepare
from tests.support.specimens import shipped


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A place that takes the part of the shipped file."""
    path = tmp_path / "rejectors.safetensors"
    monkeypatch.setattr(rejector_file, "PATH", path)
    rejector_file.shipped.cache_clear()
    yield path
    rejector_file.shipped.cache_clear()


def some(seed: int) -> Rejector:
    rng = np.random.default_rng(seed)
    weights, bias = rng.normal(size=(784, 10)), rng.normal(size=10)
    return Rejector(weights.astype(np.float32), bias.astype(np.float32), 1.5 + seed)


def test_what_is_written_comes_back(path: Path) -> None:
    written: dict[Input, Rejector] = {input: some(i) for i, input in enumerate(INPUTS)}
    rejector_file.write(written, path)
    for input, expected in written.items():
        found = rejector_file.shipped(input)
        np.testing.assert_array_equal(found.weights, expected.weights)
        np.testing.assert_array_equal(found.bias, expected.bias)
        assert found.distance_weight == expected.distance_weight


@pytest.mark.parametrize("fault", ["missing", "torn", "a tensor short", "not finite", "a shape"])
def test_a_damaged_file_is_told_and_models_are_trained_without(
    path: Path, fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    if fault != "missing":
        rejector_file.write({"directions": some(0)}, path)
        tensors = load_file(path)
        if fault == "torn":
            path.write_bytes(path.read_bytes()[:-100])
        elif fault == "a tensor short":
            save_file({name: each for name, each in tensors.items() if "bias" not in name}, path)
        elif fault == "not finite":
            save_file(tensors | {"directions.bias": np.full(10, np.nan, np.float32)}, path)
        else:
            save_file(tensors | {"directions.bias": np.zeros(9, np.float32)}, path)
    with caplog.at_level(logging.ERROR):
        assert rejector_file.shipped("directions") is NO_REJECTOR
    assert "Models know less well what is no digit" in caplog.text
    config = TrainingConfig(input="directions", pen_habits=0.01, seed=77)  # of no other test
    assert prepare("digits", config).rejector is NO_REJECTOR


@pytest.mark.parametrize("input", INPUTS)
def test_the_shipped_models_have_the_shipped_rejectors(input: Input) -> None:
    rejector_file.shipped.cache_clear()
    found, expected = shipped(input).reject_rule.rejector, rejector_file.shipped(input)
    np.testing.assert_array_equal(found.weights, expected.weights)
    assert found.distance_weight == pytest.approx(expected.distance_weight)
