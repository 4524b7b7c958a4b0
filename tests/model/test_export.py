"""Exported models, loaded back as other programs load them and held against the model itself."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from model.classifier.checkpoint import Checkpoint
from model.classifier.export import FORMATS, ExportError, Format, export, keras, tf
from model.classifier.reject import N_PROTOTYPES, RejectRule
from model.classifier.softmax import SoftmaxRegression
from model.config import INPUTS, TrainingConfig
from model.data import datasets
from model.preprocessing.features import features
from model.training.gradient_descent import train

Images = NDArray[np.uint8]
Probabilities = NDArray[np.float32]
NAMES = {"saved_model": "digits", "keras": "digits.keras", "tflite": "digits.tflite"}


@pytest.fixture(scope="module")
def images() -> Images:
    """Handwritten digits, and the pictures at the edge: nothing, a dot, a line, ink everywhere."""
    edge = np.zeros((4, 28, 28), np.uint8)
    edge[1, 5, 20] = 255
    edge[2, 14, 3:25] = 200
    edge[3] = 255
    return np.concatenate([datasets.load("digits").test.images, edge])


@pytest.fixture(scope="module", params=INPUTS)
def checkpoint(request: pytest.FixtureRequest) -> Checkpoint:
    """A model of each input, trained on the built-in digits until its weights are large."""
    dataset = datasets.load("digits")
    config = TrainingConfig(input=request.param, n_steps=300)
    seen, held_out = dataset.train, dataset.validation
    *_, last = train(
        features(seen.images, config.input),
        seen.labels,
        features(held_out.images, config.input),
        held_out.labels,
        config,
    )
    model = SoftmaxRegression(last.weights, last.bias, config.input)
    rule = RejectRule(np.zeros((10, N_PROTOTYPES, 784), np.uint8), 0.0, 0.0, ())
    return Checkpoint(model, rule, config, {})


def believed(checkpoint: Checkpoint, images: Images) -> NDArray[np.floating[Any]]:
    return checkpoint.model.predict_proba(checkpoint.model.features(images))


def _ask_saved_model(path: Path, images: Images) -> Probabilities:
    answer = tf.saved_model.load(path).signatures["serving_default"]
    probabilities: Probabilities = answer(images=tf.constant(images))["probabilities"].numpy()
    return probabilities


def _ask_keras(path: Path, images: Images) -> Probabilities:
    probabilities: Probabilities = keras.saving.load_model(path).predict(images, verbose=0)
    return probabilities


def _ask_litert(path: Path, images: Images) -> Probabilities:
    runner = Interpreter(str(path)).get_signature_runner("serving_default")
    (probabilities,) = runner(images=images).values()
    return np.asarray(probabilities)


ASK: dict[Format, Callable[[Path, Images], Probabilities]] = {
    "saved_model": _ask_saved_model,
    "keras": _ask_keras,
    "tflite": _ask_litert,
}


@pytest.mark.parametrize("format", FORMATS)
def test_an_export_believes_what_the_model_believes(
    format: Format, checkpoint: Checkpoint, images: Images, tmp_path: Path
) -> None:
    out = tmp_path / NAMES[format]
    export(checkpoint, format, out)
    assert list(tmp_path.iterdir()) == [out]
    expected = believed(checkpoint, images)
    assert expected.max() > 0.99
    for some in (slice(None), slice(0, 1), slice(0, 28)):  # 1 and 28 could pass for other axes
        np.testing.assert_allclose(ASK[format](out, images[some]), expected[some], atol=1e-5)


def test_keras_loads_the_export_in_a_process_without_this_project(
    checkpoint: Checkpoint, images: Images, tmp_path: Path
) -> None:
    export(checkpoint, "keras", tmp_path / "digits.keras")
    np.save(tmp_path / "images.npy", images[:20])
    program = (
        "import keras, numpy\n"
        "network = keras.saving.load_model('digits.keras')\n"
        "numpy.save('answers.npy', network.predict(numpy.load('images.npy'), verbose=0))\n"
    )
    subprocess.run([sys.executable, "-I", "-c", program], cwd=tmp_path, check=True)
    expected = believed(checkpoint, images[:20])
    np.testing.assert_allclose(np.load(tmp_path / "answers.npy"), expected, atol=1e-5)


def test_nothing_is_printed(
    checkpoint: Checkpoint, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    for format in FORMATS:
        export(checkpoint, format, tmp_path / NAMES[format])
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("format", FORMATS)
def test_what_stands_there_is_not_overwritten(
    format: Format, checkpoint: Checkpoint, tmp_path: Path
) -> None:
    out = tmp_path / NAMES[format]
    if format == "saved_model":
        out.mkdir()
        (out / "letter.txt").write_text("mine")
    else:
        out.write_text("mine")
    with pytest.raises(ExportError, match=r"exists already: .* another name"):
        export(checkpoint, format, out)
    kept = out / "letter.txt" if out.is_dir() else out
    assert kept.read_text() == "mine"
    assert list(tmp_path.iterdir()) == [out]


@pytest.mark.parametrize("format", FORMATS)
def test_an_empty_folder_may_be_used(
    format: Format, checkpoint: Checkpoint, images: Images, tmp_path: Path
) -> None:
    out = tmp_path / NAMES[format]
    out.mkdir()
    export(checkpoint, format, out)
    assert ASK[format](out, images).shape == (len(images), 10)


@pytest.mark.parametrize(
    "fault",
    [
        OSError(28, "No space left on device"),
        tf.errors.ResourceExhaustedError(None, None, "No space left on device"),
    ],
    ids=["Python", "TensorFlow"],
)
def test_a_failed_export_leaves_nothing_behind(
    fault: Exception, checkpoint: Checkpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise fault

    monkeypatch.setattr("model.classifier.export._WRITERS", dict.fromkeys(FORMATS, full))
    with pytest.raises(ExportError, match=r"digits could not be written .*: No space left"):
        export(checkpoint, "saved_model", tmp_path / "digits")
    assert not any(tmp_path.iterdir())


def test_a_missing_folder_is_named(checkpoint: Checkpoint, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=r"there is no folder .*nowhere"):
        export(checkpoint, "tflite", tmp_path / "nowhere" / "digits.tflite")


def test_a_keras_file_must_be_called_one(checkpoint: Checkpoint, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=r"ends in \.keras, got digits\.h5"):
        export(checkpoint, "keras", tmp_path / "digits.h5")


def test_an_unknown_format_is_refused_with_those_there_are(
    checkpoint: Checkpoint, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match="saved_model, keras, tflite, got 'onnx'"):
        export(checkpoint, "onnx", tmp_path / "digits.onnx")  # type: ignore[arg-type]
