"""The convolutional network: NumPy reads as TensorFlow does, trained, kept, refused."""

from __future__ import annotations

import dataclasses
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors.numpy import save as save_tensors

from model.classifier import checkpoint
from model.classifier.checkpoint import Checkpoint, CheckpointError, from_bytes
from model.classifier.cnn import SHAPES, Cnn
from model.classifier.prediction import read_parts
from model.config import TrainingConfig
from model.data import datasets
from model.jobs.trainer import Trainer
from model.preprocessing.features import features
from model.training.engine import NoTensorFlowError
from tests.support.later import Later
from tests.support.specimens import drawn, made_up, sample_digits, shipped
from tests.support.waiting import wait_until

descent = Later("model.training.gradient_descent")
steps = Later("model.training.network_steps")
MOST_MS = 5.0
"""Within which a drawing is read."""


def network(seed: int = 0, size: float = 0.3) -> Cnn:
    rng = np.random.default_rng(seed)
    return Cnn({name: rng.normal(0, size, SHAPES[name]) for name in SHAPES}, "pixels")


def kept(seed: int = 0) -> Checkpoint:
    """Return a checkpoint with a network that has learned nothing."""
    config = TrainingConfig(kind="network", input="pixels", seed=seed)
    return dataclasses.replace(made_up("pixels"), model=network(seed), config=config)


def by_hand(model: Cnn, picture: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return a picture's scores with loops over the places, in float64."""
    of = {name: array.astype(np.float64) for name, array in model.parameters.items()}
    maps = picture.reshape(28, 28, 1).astype(np.float64)
    for layer, stride in (("1", 2), ("2", 1), ("3", 1)):
        filters = of[f"filters_{layer}"]
        edge = len(filters) // 2
        padded = np.pad(maps, ((edge, edge), (edge, edge), (0, 0)))
        places = range(0, len(maps), stride)
        size = len(filters)
        maps = np.array(
            [
                [np.tensordot(padded[y : y + size, x : x + size], filters, 3) for x in places]
                for y in places
            ]
        )
        maps = np.maximum(maps + of[f"bias_{layer}"], 0)
        if layer == "2":
            maps = np.maximum.reduce([maps[y::2, x::2] for y in (0, 1) for x in (0, 1)])
    scores: NDArray[np.float64] = maps.mean(axis=(0, 1)) @ of["weights"] + of["bias"]
    return scores


def test_the_scores_are_those_of_the_sums_written_out() -> None:
    pictures = np.random.default_rng(1).random((150, 784), np.float32)  # more than are read at once
    model = network()
    scores = model.decision_function(pictures)
    for place in (0, 99, 100, 149):
        np.testing.assert_allclose(scores[place], by_hand(model, pictures[place]), atol=1e-3)


def test_it_has_no_more_numbers_than_softmax_regression() -> None:
    assert network().n_parameters == 7_820 <= made_up().model.n_parameters


def test_numbers_that_overflow_give_probabilities_all_the_same() -> None:
    large = Cnn({name: np.full(shape, 1e30) for name, shape in SHAPES.items()}, "pixels")
    probabilities = large.predict_proba(np.ones((2, 784), np.float32))
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)


@pytest.mark.parametrize(
    ("changed", "input", "fault"),
    [
        ({"bias": np.zeros(9)}, "pixels", r"bias must have shape \(10,\), got \(9,\)"),
        ({"bias_1": np.full(10, np.nan)}, "pixels", "bias_1 must be finite"),
        ({"bias_4": np.zeros(10)}, "pixels", "a network has the arrays filters_1, bias_1"),
        ({}, "directions", "its input is pixels or moments"),
    ],
)
def test_what_is_no_network_is_refused(changed: Any, input: Any, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        Cnn({**network().parameters, **changed}, input)


def test_what_is_saved_comes_back(tmp_path: Path) -> None:
    checkpoint.save(kept(), tmp_path / "network.safetensors")
    found = checkpoint.load(tmp_path / "network.safetensors")
    assert isinstance(found.model, Cnn)
    assert found.config == kept().config
    for name, array in kept().model.parameters.items():
        np.testing.assert_array_equal(found.model.parameters[name], array)


def changed_file(metadata: dict[str, str], **tensors: NDArray[Any] | None) -> bytes:
    content = kept().to_bytes()
    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])["__metadata__"]
    arrays = {**network().parameters, "prototypes": kept().reject_rule.prototypes} | tensors
    given = {name: array for name, array in arrays.items() if array is not None}
    return bytes(save_tensors(given, header | metadata))


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (changed_file({}, bias_3=None), "must hold the tensors bias, bias_1, .*; it holds bias"),
        (changed_file({}, filters_2=np.zeros((3, 3, 10, 21), np.float32)), "filters_2 in the file"),
        (changed_file({}, bias_2=np.full(20, np.inf, np.float32)), "bias_2 in .* must be finite"),
        (changed_file({"format": "inkling-softmax"}), "tensors bias, prototypes, weights;"),
        (changed_file({"config": '{"input": "directions"}'}), "a network reads pictures"),
    ],
)
def test_a_damaged_file_is_refused_with_a_reason(content: bytes, fault: str) -> None:
    with pytest.raises(CheckpointError, match=fault):
        from_bytes(content)


@pytest.mark.tensorflow
def test_numpy_reads_as_tensorflow_does() -> None:
    pictures = features(datasets.load("digits").test.images, "moments")
    model = shipped("network").model
    assert isinstance(model, Cnn)
    scores = steps.scores(pictures, *model.parameters.values()).numpy()
    np.testing.assert_allclose(model.decision_function(pictures), scores, atol=1e-4)


@pytest.mark.tensorflow
def test_what_is_kept_of_a_training_reads_as_the_network_that_was_trained() -> None:
    """With the statistics of one batch, which was all there were, both normalise alike."""
    data = datasets.load("digits")
    pictures = features(data.train.images[:100], "pixels")
    labels = data.train.labels[:100].astype(np.int32)
    first = steps.start(3)
    order, bounds = np.arange(100, dtype=np.int32), np.array([0, 100], np.int32)
    rates, shares = np.zeros(1, np.float32), np.zeros(1, np.float32)
    settings = order, bounds, rates, shares, np.array([1], np.int32)
    *state, _, losses = steps.descend(False, pictures, labels, *settings, *first)
    random = np.random.default_rng(0).normal(size=(30, 10)).astype(np.float32)
    state[1 + 9] = first[1 + 9] + random  # the last layer begins at zero
    model = Cnn(steps.parameters(state), "pixels")
    loss, _ = steps.learning(pictures, labels, state[1:12])
    believed = model.predict_proba(pictures)[np.arange(100), labels]
    assert losses == pytest.approx([np.log(10)])
    assert -np.log(believed).mean() == pytest.approx(float(loss), rel=1e-4)


@pytest.mark.tensorflow
def test_a_training_is_the_same_again_whatever_is_reported() -> None:
    data = datasets.load("digits")
    splits = [
        part
        for split in (data.train, data.validation)
        for part in (features(split.images, "pixels"), split.labels)
    ]
    config = TrainingConfig(kind="network", n_steps=60, learning_rate=1, seed=1)
    often = list(descent.train(*splits, config, report_every=7))
    *_, seldom = descent.train(*splits, config, report_every=60)
    assert often[0].train_loss == pytest.approx(np.log(10))
    assert often[-1].train_loss < 2
    for name, array in seldom.parameters.items():
        np.testing.assert_array_equal(array, often[-1].parameters[name])


@pytest.mark.tensorflow
def test_the_worker_trains_one_and_tells_its_curve_without_a_film() -> None:
    trainer = Trainer()
    try:
        config = TrainingConfig(kind="network", input="moments", n_steps=80, learning_rate=1)
        id = trainer.submit(config, "digits", "ann").id
        wait_until(lambda: (job := trainer.find(id)) and job.is_over, 120, "it is not over")
        job = trainer.find(id)
    finally:
        trainer.close()
    assert job is not None
    assert job.state == "done", job.reason
    assert job.result is not None
    assert isinstance(job.result.model, Cnn)
    assert job.result.config == config
    assert job.curve[-1].step == 80
    assert all(snapshot.weights.size == 0 for snapshot in job.film)


def test_without_tensorflow_a_training_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from model.training import gradient_descent

    monkeypatch.setattr(gradient_descent, "engine", lambda: "numpy")
    pictures, labels = np.zeros((10, 784), np.float32), np.arange(10)
    config = TrainingConfig(kind="network")
    with pytest.raises(NoTensorFlowError, match="needs TensorFlow"):
        gradient_descent.train(pictures, labels, pictures, labels, config)


def test_a_drawing_is_read_in_time() -> None:
    inks = [drawn(digit) for digit in sample_digits()]
    took = []
    for ink in inks * 3:
        began = time.perf_counter()
        (found,) = read_parts(shipped("network"), ink)
        took.append(1000 * (time.perf_counter() - began))
        assert found.verdict == "answer"
    assert min(took) <= MOST_MS
