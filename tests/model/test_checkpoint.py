"""A model on disk: it comes back as it was, and nothing else is taken for one."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import pickle
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as save_tensors

from model.classifier import checkpoint
from model.classifier.checkpoint import LARGEST_FILE, Checkpoint, CheckpointError, from_bytes
from model.classifier.reject import N_PROTOTYPES, NO_REJECTOR, Rejector
from model.classifier.softmax import SoftmaxRegression
from model.config import TrainingConfig
from tests.support.paths import CHECKPOINTS, ROOT
from tests.support.specimens import made_up

GOOD = made_up().to_bytes()


def header() -> dict[str, Any]:
    length = int.from_bytes(GOOD[:8], "little")
    found: dict[str, Any] = json.loads(GOOD[8 : 8 + length])
    return found


def tensors() -> dict[str, NDArray[Any]]:
    made = made_up()
    return {
        "weights": made.model.weights,
        "bias": made.model.bias,
        "prototypes": made.reject_rule.prototypes,
    }


def with_metadata(**changed: str | None) -> bytes:
    """Return a checkpoint's bytes with some of its metadata replaced, or left out."""
    metadata = header()["__metadata__"] | changed
    return bytes(
        save_tensors(tensors(), {key: text for key, text in metadata.items() if text is not None})
    )


def with_tensors(**changed: NDArray[Any] | None) -> bytes:
    """Return a checkpoint's bytes with some of its tensors replaced, added or left out."""
    kept = {name: array for name, array in (tensors() | changed).items() if array is not None}
    return bytes(save_tensors(kept, header()["__metadata__"]))


def changed_metadata(field: str, **changes: Any) -> bytes:
    content = json.loads(header()["__metadata__"][field]) | changes
    return with_metadata(**{field: json.dumps(content)})


def assert_same(one: Checkpoint, other: Checkpoint) -> None:
    for name, array in one.model.parameters.items():
        np.testing.assert_array_equal(array, other.model.parameters[name])
    assert one.config == other.config
    np.testing.assert_array_equal(one.reject_rule.prototypes, other.reject_rule.prototypes)
    np.testing.assert_array_equal(one.reject_rule.rejector[0], other.reject_rule.rejector[0])
    np.testing.assert_array_equal(one.reject_rule.rejector[1], other.reject_rule.rejector[1])
    assert one.reject_rule.rejector.distance_weight == other.reject_rule.rejector.distance_weight
    for field in ("min_familiarity", "min_probability", "curve"):
        assert getattr(one.reject_rule, field) == getattr(other.reject_rule, field)
    assert one.model.training_data == other.model.training_data
    assert dict(one.measured) == dict(other.measured)


def test_what_is_saved_comes_back(tmp_path: Path) -> None:
    made = made_up("moments", seed=12)
    checkpoint.save(made, tmp_path / "digits.safetensors")
    assert_same(checkpoint.load(tmp_path / "digits.safetensors"), made)


def test_weights_in_the_order_of_columns_come_back() -> None:
    made = made_up()
    assert isinstance(made.model, SoftmaxRegression)
    turned = dataclasses.replace(made.model, weights=np.asfortranarray(made.model.weights))
    again = from_bytes(dataclasses.replace(made, model=turned).to_bytes()).model
    assert isinstance(again, SoftmaxRegression)
    np.testing.assert_array_equal(again.weights, made.model.weights)


def test_all_settings_come_back() -> None:
    config = TrainingConfig(
        input="moments",
        n_steps=5,
        batch_size=6,
        learning_rate=0.7,
        seed=8,
        schedule="linear",
        averaging=0.9,
        pen_habits=0.1,
        elastic=0.2,
    )
    made = made_up()
    back = from_bytes(dataclasses.replace(made, config=config).to_bytes())
    assert back.config == config
    assert back.model.input == "moments"


def with_rejector(seed: int = 5) -> Checkpoint:
    rng = np.random.default_rng(seed)
    weights, bias = rng.normal(size=(784, 10)), rng.normal(size=10)
    rejector = Rejector(weights.astype(np.float32), bias.astype(np.float32), 1.5)
    made = made_up("directions")
    return dataclasses.replace(
        made, reject_rule=dataclasses.replace(made.reject_rule, rejector=rejector)
    )


def test_a_rejector_comes_back() -> None:
    made = with_rejector()
    content = made.to_bytes()
    assert len(content) <= LARGEST_FILE
    assert_same(from_bytes(content), made)
    assert from_bytes(made_up().to_bytes()).reject_rule.rejector is NO_REJECTOR


@pytest.mark.parametrize("missing", ["rejector_weights", "rejector_bias"])
def test_half_a_rejector_is_refused(missing: str) -> None:
    content = with_rejector().to_bytes()
    arrays = load_tensors(content)
    del arrays[missing]
    length = int.from_bytes(content[:8], "little")
    metadata = json.loads(content[8 : 8 + length])["__metadata__"]
    with pytest.raises(CheckpointError, match="must hold the tensors bias, prototypes, rejector"):
        from_bytes(bytes(save_tensors(arrays, metadata)))


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"distance_weight": 2.0}, "there is none"),
        ({"distance_weight": 1e30}, "there is none"),
        ({"min_familiarity": "near"}, "expected a finite number"),
    ],
)
def test_a_rule_that_nothing_can_follow_is_refused(changes: dict[str, Any], fault: str) -> None:
    with pytest.raises(CheckpointError, match=fault):
        from_bytes(changed_metadata("reject_rule", **changes))


def test_a_file_of_the_second_version_is_read() -> None:
    rule = json.loads(header()["__metadata__"]["reject_rule"])
    second = {
        "max_distance": -rule["min_familiarity"],
        "min_probability": rule["min_probability"],
        "curve": rule["curve"],
    }
    assert_same(from_bytes(with_metadata(version="2", reject_rule=json.dumps(second))), made_up())


def test_a_file_of_the_first_version_is_read() -> None:
    made = made_up()
    metadata = header()["__metadata__"]
    rule = json.loads(metadata.pop("reject_rule"))
    first = {
        "farthest": -rule["min_familiarity"],
        "least_probability": rule["min_probability"],
        "curve": rule["curve"],
    }
    metadata |= {"version": "1", "doubt": json.dumps(first)}
    arrays = tensors()
    arrays["typical"] = arrays.pop("prototypes")
    assert_same(from_bytes(bytes(save_tensors(arrays, metadata))), made)


def test_a_new_file_replaces_the_old_one_and_nothing_else_is_left(tmp_path: Path) -> None:
    path = tmp_path / "digits.safetensors"
    checkpoint.save(made_up(seed=1), path)
    checkpoint.save(made_up(seed=2), path)
    assert_same(checkpoint.load(path), made_up(seed=2))
    assert list(tmp_path.iterdir()) == [path]
    assert path.stat().st_mode & 0o777 == 0o644


def test_numbers_that_are_not_finite_are_not_saved() -> None:
    made = dataclasses.replace(made_up(), measured={"test_accuracy": float("nan")})
    with pytest.raises(ValueError, match="not JSON compliant"):
        made.to_bytes()


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"digits.safetensors could not be written to .*none"):
        checkpoint.save(made_up(), tmp_path / "none" / "digits.safetensors")


def test_a_folder_in_the_files_place_stays(tmp_path: Path) -> None:
    path = tmp_path / "digits.safetensors"
    path.mkdir()
    with pytest.raises(CheckpointError, match="what was there before is unchanged"):
        checkpoint.save(made_up(), path)
    assert list(tmp_path.iterdir()) == [path]


def test_the_old_file_stays_when_the_disk_takes_no_more(tmp_path: Path) -> None:
    path = tmp_path / "digits.safetensors"
    checkpoint.save(made_up(seed=1), path)
    program = """
import resource, sys
from pathlib import Path
from model.classifier import checkpoint
from tests.support.specimens import made_up
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, resource.RLIM_INFINITY))
try:
    checkpoint.save(made_up(seed=2), Path(sys.argv[1]))
except checkpoint.CheckpointError as error:
    print(error)
"""
    result = subprocess.run(
        [sys.executable, "-B", "-c", program, str(path)], cwd=ROOT, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr
    assert "could not be written" in result.stdout
    assert "File too large" in result.stdout
    assert_same(checkpoint.load(path), made_up(seed=1))
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="cannot be read: No such file"):
        checkpoint.load(tmp_path / "digits.safetensors")


def test_a_folder_is_no_checkpoint(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="cannot be read: Is a directory"):
        checkpoint.load(tmp_path)


def test_a_large_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "large.safetensors"
    with path.open("wb") as file:
        file.truncate(10**12)  # takes no room on the disk
    with pytest.raises(CheckpointError, match="has 1,000,000,000,000 bytes"):
        checkpoint.load(path)


def test_large_content_is_refused() -> None:
    with pytest.raises(CheckpointError, match="at most 262,144"):
        from_bytes(bytes(LARGEST_FILE + 1))


@pytest.mark.parametrize("length", [0, 4, 8, 100, 700, 1_000, 100_000, len(GOOD) - 1])
def test_a_truncated_file_is_refused(tmp_path: Path, length: int) -> None:
    path = tmp_path / "cut.safetensors"
    path.write_bytes(GOOD[:length])
    with pytest.raises(CheckpointError, match=r"^cut.safetensors is not a safetensors file"):
        checkpoint.load(path)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(GOOD + b"more", id="bytes behind the end"),
        pytest.param(struct.pack("<Q", 2**63) + GOOD[8:], id="huge header"),
        pytest.param(struct.pack("<Q", 200_000) + b" " * 200_000, id="header of blanks"),
        pytest.param(struct.pack("<Q", 100_000) + b"[" * 100_000, id="deep header"),
        pytest.param(struct.pack("<Q", 2) + b"[]", id="header that is a list"),
        pytest.param(struct.pack("<Q", 2) + b"\xff\xfe", id="header that is no text"),
        pytest.param(pickle.dumps({"weights": [0.0]}), id="pickle"),
        pytest.param(b"\x89HDF\r\n\x1a\n" + bytes(100), id="HDF5"),
        pytest.param(b"PK\x03\x04" + bytes(100), id="zip"),
        pytest.param(bytes(10_000), id="zeros"),
    ],
)
def test_what_is_no_safetensors_file_is_refused(content: bytes) -> None:
    with pytest.raises(CheckpointError, match="is not a safetensors file"):
        from_bytes(content)


def test_a_pickle_under_another_name_is_not_executed(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[Any, ...]:
            return Path.touch, (tmp_path / "executed",)

    path = tmp_path / "digits.safetensors"
    path.write_bytes(pickle.dumps(Trap()))
    with pytest.raises(CheckpointError, match="is not a safetensors file"):
        checkpoint.load(path)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (
            with_tensors(bias=None),
            "must hold the tensors bias, prototypes, weights; it holds prototypes",
        ),
        (with_tensors(extra=np.zeros(1)), "it holds bias, extra, prototypes, weights"),
        (bytes(save_tensors({})), "it holds none"),
        (
            with_tensors(weights=np.zeros((10, 784), np.float32)),
            r"weights in the file must be \(784, 10\) float32, got \(10, 784\) float32",
        ),
        (with_tensors(weights=np.zeros((784, 10))), r"got \(784, 10\) float64"),
        (with_tensors(weights=np.zeros((784, 10), np.int32)), r"got \(784, 10\) int32"),
        (with_tensors(bias=np.zeros((1, 10), np.float32)), r"bias .* got \(1, 10\)"),
        (with_tensors(bias=np.zeros((0,), np.float32)), r"bias .* got \(0,\)"),
        (
            with_tensors(prototypes=np.zeros((10, N_PROTOTYPES - 1, 784), np.uint8)),
            r"prototypes .* got \(10, 15, 784\)",
        ),
        (with_tensors(prototypes=np.zeros((10, N_PROTOTYPES, 784), np.int8)), "uint8, got .* int8"),
        (
            with_tensors(weights=np.full((784, 10), np.nan, np.float32)),
            "weights in the file must be finite, and within",
        ),
        (with_tensors(bias=np.full(10, np.inf, np.float32)), "bias in the file must be finite"),
        (
            with_tensors(bias=np.full(10, 3e38, np.float32)),
            r"bias in the file must be .* within ±1e.30",
        ),
    ],
)
def test_foreign_tensors_are_named(content: bytes, fault: str) -> None:
    with pytest.raises(CheckpointError, match=fault):
        from_bytes(content)


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (bytes(save_tensors(tensors())), "not one of Inkling's checkpoints"),
        (with_metadata(format="another"), "not one of Inkling's checkpoints"),
        (with_metadata(format=None), "not one of Inkling's checkpoints"),
        (with_metadata(version="4"), "has checkpoint version '4', this program reads 1 to 3"),
        (with_metadata(version=None), "has checkpoint version None"),
        (with_metadata(config=None), "metadata that cannot be used: 'config'"),
        (with_metadata(config=""), "metadata that cannot be used"),
        (with_metadata(config="[" * 50_000), "metadata that cannot be used"),
        (with_metadata(measured='{"a":' * 10_000), "metadata that cannot be used"),
        (with_metadata(config="[]"), "metadata that cannot be used"),
        (with_metadata(config="null"), "metadata that cannot be used"),
        (with_metadata(config='["seed"]'), "metadata that cannot be used"),
        (with_metadata(data="7"), "metadata that cannot be used"),
        (with_metadata(data="{}"), "metadata that cannot be used: 'name'"),
        (with_metadata(reject_rule="[[1]]"), "metadata that cannot be used"),
        (with_metadata(measured="[1]"), "metadata that cannot be used"),
        (with_metadata(measured="1" * 5_000), "metadata that cannot be used"),
        (changed_metadata("config", momentum=0.9), "no training setting is called momentum"),
        (
            changed_metadata("config", input="raw"),
            "input must be one of pixels, moments, directions, got 'raw'",
        ),
        (changed_metadata("config", input=["pixels"]), "input must be one of"),
        (changed_metadata("config", n_steps="1000"), "n_steps must be a whole number"),
        (changed_metadata("config", n_steps=10**9), "n_steps must be a whole number"),
        (changed_metadata("config", learning_rate=10**400), "learning_rate must be"),
        (changed_metadata("config", averaging=None), "averaging must be"),
        (changed_metadata("data", name=None), "expected a short text, got None"),
        (changed_metadata("data", sha256="0" * 201), "expected a short text"),
        (changed_metadata("data", name={"a": 1}), "expected a short text"),
        (
            changed_metadata("measured", test_accuracy="high"),
            "expected a finite number, got 'high'",
        ),
        (changed_metadata("measured", test_accuracy=True), "expected a finite number, got True"),
        (changed_metadata("measured", test_accuracy=[0.9]), "expected a finite number"),
        (changed_metadata("measured", test_accuracy=float("nan")), "expected a finite number"),
        (changed_metadata("measured", test_accuracy=float("inf")), "expected a finite number"),
        (changed_metadata("measured", test_accuracy=10**400), "expected a finite number"),
        (changed_metadata("measured", **{"a" * 201: 0.9}), "expected a short text"),
        (changed_metadata("reject_rule", min_familiarity=None), "expected a finite number"),
        (changed_metadata("reject_rule", min_probability="0.5"), "expected a finite number"),
        (changed_metadata("reject_rule", curve=[[0.1, 0.2]]), "metadata that cannot be used"),
        (changed_metadata("reject_rule", curve=5), "metadata that cannot be used"),
        (changed_metadata("reject_rule", curve=[[0.1, 0.2, "x"]]), "expected a finite number"),
    ],
)
def test_metadata_that_cannot_be_used_are_named(content: bytes, fault: str) -> None:
    with pytest.raises(CheckpointError, match=fault) as caught:
        from_bytes(content)
    assert len(str(caught.value)) < 300


@settings(deadline=None, max_examples=200)
@given(st.integers(0, 2_500), st.integers(0, 255))
def test_a_changed_byte_in_the_header_does_no_more_than_be_refused(place: int, byte: int) -> None:
    content = bytearray(GOOD)
    content[place] = byte
    with contextlib.suppress(CheckpointError):
        from_bytes(bytes(content))


@settings(deadline=None, max_examples=100)
@given(st.binary(max_size=2_000))
def test_any_bytes_are_refused(content: bytes) -> None:
    with pytest.raises(CheckpointError):
        from_bytes(content)


@pytest.mark.parametrize("path", sorted(CHECKPOINTS.iterdir()), ids=lambda path: path.name)
def test_a_shipped_file_is_as_small_as_one_that_is_saved(path: Path) -> None:
    shipped = checkpoint.load(path)
    content = shipped.to_bytes()
    assert len(content) == path.stat().st_size < LARGEST_FILE
    assert_same(from_bytes(content), shipped)
