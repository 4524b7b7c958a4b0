"""Exported models, loaded back as other programs load them and held against the model itself."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np
import pytest
from numpy.typing import NDArray

from model.classifier.checkpoint import Checkpoint
from model.classifier.reject import N_PROTOTYPES, NO_REJECTOR, RejectRule
from model.classifier.softmax import SoftmaxRegression
from model.config import INPUTS, TrainingConfig
from model.data import datasets
from model.preprocessing.features import features
from tests.support.later import Later

if TYPE_CHECKING:
    from model.classifier.export import Format

pytestmark = pytest.mark.tensorflow
program, descent = Later("model.classifier.export"), Later("model.training.gradient_descent")
keras, tf = Later("keras"), Later("tensorflow")

Images = NDArray[np.uint8]
Probabilities = NDArray[np.float32]
NAMES: dict[Format, str] = {
    "saved_model": "digits",
    "keras": "digits.keras",
    "tflite": "digits.tflite",
}
Export = Callable[["Format"], "Exported"]


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
    *_, last = descent.train(
        features(seen.images, config.input),
        seen.labels,
        features(held_out.images, config.input),
        held_out.labels,
        config,
    )
    model = SoftmaxRegression(last.weights, last.bias, config.input)
    rule = RejectRule(np.zeros((10, N_PROTOTYPES, 784), np.uint8), NO_REJECTOR, 0.0, 0.0, ())
    return Checkpoint(model, rule, config, {})


@dataclasses.dataclass(frozen=True)
class Exported:
    """A model in a format: where it is, and what was printed while it was written."""

    path: Path
    said: str


@pytest.fixture(scope="module")
def exported(checkpoint: Checkpoint, tmp_path_factory: pytest.TempPathFactory) -> Export:
    """Exports the model to a format, once."""

    @functools.cache
    def export_to(format: Format) -> Exported:
        out = tmp_path_factory.mktemp(format) / NAMES[format]
        with tempfile.TemporaryFile("w+") as said:
            with printed_into(said):
                program.export(checkpoint, format, out)
            said.seek(0)
            return Exported(out, said.read())

    return export_to


@contextlib.contextmanager
def printed_into(file: IO[str]) -> Iterator[None]:
    """Catch what is printed in this block, by Python or by a library written in C."""
    with contextlib.ExitStack() as stack:
        stack.enter_context(contextlib.redirect_stdout(file))
        stack.enter_context(contextlib.redirect_stderr(file))
        for descriptor in (1, 2):
            kept = os.dup(descriptor)
            stack.callback(os.close, kept)
            stack.callback(os.dup2, kept, descriptor)
            os.dup2(file.fileno(), descriptor)
        yield


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
    from ai_edge_litert.interpreter import Interpreter

    runner = Interpreter(str(path)).get_signature_runner("serving_default")
    (probabilities,) = runner(images=images).values()
    return np.asarray(probabilities)


ASK: dict[Format, Callable[[Path, Images], Probabilities]] = {
    "saved_model": _ask_saved_model,
    "keras": _ask_keras,
    "tflite": _ask_litert,
}


def test_there_is_a_test_for_every_format() -> None:
    assert set(program.FORMATS) == NAMES.keys() == ASK.keys()


@pytest.mark.parametrize("format", NAMES)
def test_an_export_believes_what_the_model_believes(
    format: Format, checkpoint: Checkpoint, exported: Export, images: Images
) -> None:
    out = exported(format).path
    assert list(out.parent.iterdir()) == [out]
    expected = believed(checkpoint, images)
    assert expected.max() > 0.99
    for some in (slice(None), slice(0, 1), slice(0, 28)):  # 1 and 28 could pass for other axes
        np.testing.assert_allclose(ASK[format](out, images[some]), expected[some], atol=1e-5)


def test_keras_loads_the_export_in_a_process_without_this_project(
    checkpoint: Checkpoint, exported: Export, images: Images, tmp_path: Path
) -> None:
    np.save(tmp_path / "images.npy", images[:20])
    asking = (
        "import keras, numpy\n"
        f"network = keras.saving.load_model({str(exported('keras').path)!r})\n"
        "numpy.save('answers.npy', network.predict(numpy.load('images.npy'), verbose=0))\n"
    )
    subprocess.run([sys.executable, "-I", "-c", asking], cwd=tmp_path, check=True)
    expected = believed(checkpoint, images[:20])
    np.testing.assert_allclose(np.load(tmp_path / "answers.npy"), expected, atol=1e-5)


@pytest.mark.parametrize("format", NAMES)
def test_nothing_is_printed(exported: Export, format: Format) -> None:
    assert exported(format).said == ""


@pytest.mark.parametrize("format", NAMES)
def test_what_stands_there_is_not_overwritten(
    format: Format, checkpoint: Checkpoint, tmp_path: Path
) -> None:
    out = tmp_path / NAMES[format]
    if format == "saved_model":
        out.mkdir()
        (out / "letter.txt").write_text("mine")
    else:
        out.write_text("mine")
    with pytest.raises(program.ExportError, match=r"exists already: .* another name"):
        program.export(checkpoint, format, out)
    kept = out / "letter.txt" if out.is_dir() else out
    assert kept.read_text() == "mine"
    assert list(tmp_path.iterdir()) == [out]


@pytest.mark.parametrize("checkpoint", ["pixels"], indirect=True)
@pytest.mark.parametrize("format", NAMES)
def test_an_empty_folder_may_be_used(
    format: Format, checkpoint: Checkpoint, images: Images, tmp_path: Path
) -> None:
    out = tmp_path / NAMES[format]
    out.mkdir()
    program.export(checkpoint, format, out)
    assert ASK[format](out, images).shape == (len(images), 10)


@pytest.mark.parametrize(
    "fault",
    [
        lambda: OSError(28, "No space left on device"),
        lambda: tf.errors.ResourceExhaustedError(None, None, "No space left on device"),
    ],
    ids=["Python", "TensorFlow"],
)
def test_a_failed_export_leaves_nothing_behind(
    fault: Callable[[], Exception],
    checkpoint: Checkpoint,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def full(*_: Any) -> None:
        raise fault()

    monkeypatch.setattr("model.classifier.export._WRITERS", dict.fromkeys(NAMES, full))
    with pytest.raises(program.ExportError, match=r"digits could not be written .*: No space left"):
        program.export(checkpoint, "saved_model", tmp_path / "digits")
    assert not any(tmp_path.iterdir())


def test_a_missing_folder_is_named(checkpoint: Checkpoint, tmp_path: Path) -> None:
    with pytest.raises(program.ExportError, match=r"there is no folder .*nowhere"):
        program.export(checkpoint, "tflite", tmp_path / "nowhere" / "digits.tflite")


def test_a_keras_file_must_be_called_one(checkpoint: Checkpoint, tmp_path: Path) -> None:
    with pytest.raises(program.ExportError, match=r"ends in \.keras, got digits\.h5"):
        program.export(checkpoint, "keras", tmp_path / "digits.h5")


def test_an_unknown_format_is_refused_with_those_there_are(
    checkpoint: Checkpoint, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match="saved_model, keras, tflite, got 'onnx'"):
        program.export(checkpoint, "onnx", tmp_path / "digits.onnx")  # type: ignore[arg-type]
