"""What each command of the command line does, and how its result is put into words.

A command takes the parsed options and returns a plain dict, which is the JSON that `--json`
prints; its `describe_…` turns that dict into the text for people.
"""

from __future__ import annotations

import argparse
import errno
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from model.classifier import checkpoint, prediction
from model.classifier.checkpoint import Checkpoint
from model.config import SIDE, TrainingConfig
from model.data import datasets, strokes
from model.data.array_files import read_npz
from model.evaluation import metrics
from model.evaluation.calibration import reliability
from model.evaluation.orientation import Form, another_form, centred_all
from model.preprocessing.centring import centred
from model.preprocessing.ink import LARGEST_FILE, PictureError, ink_from_upload
from model.training.result import outcome
from model.training.training_data import prepare

__all__ = [
    "Result",
    "describe_evaluation",
    "describe_export",
    "describe_fetch",
    "describe_predictions",
    "describe_train",
    "evaluate",
    "export",
    "fetch",
    "predict",
    "print_result",
    "train",
]

Result = dict[str, Any]


def fetch(options: argparse.Namespace) -> Result:
    """Make sure that MNIST is on this machine."""
    with _Bar(options, unit="B") as bar:
        folder = datasets.fetch(progress=bar.downloading)
    return {"folder": str(folder)}


def train(options: argparse.Namespace) -> Result:
    """Train a model and write its checkpoint."""
    config = TrainingConfig(**{name: getattr(options, name) for name in TrainingConfig().as_dict()})
    if not options.out.parent.is_dir():
        raise ValueError(f"there is no folder {options.out.parent} to write {options.out.name} to")
    if options.out.is_dir():
        raise ValueError(f"{options.out} is a folder; --out names the file to write")
    with _Bar(options, unit="B") as bar:
        data = prepare(options.dataset, config, progress=bar.downloading)
    from model.training import gradient_descent  # here: importing TensorFlow takes seconds

    with _Bar(options, unit="step") as bar:
        for progress in gradient_descent.train(*data.train, *data.validation, config):
            bar.at(progress.step, config.n_steps, f"{progress.validation_accuracy:.1%} right")
    trained = outcome(progress.weights, progress.bias, config, progress.step, data)
    checkpoint.save(trained, options.out)
    return {
        "checkpoint": str(options.out),
        "dataset": trained.model.training_data.name,
        **config.as_dict(),
        **trained.measured,
    }


def evaluate(options: argparse.Namespace) -> Result:
    """Measure a checkpoint on a data set, on pen strokes or on pictures."""
    model = checkpoint.load(options.checkpoint).model
    pictures_and_labels: tuple[NDArray[Any], NDArray[Any]]
    if options.strokes is not None:
        name, pictures_and_labels = options.strokes.name, _drawn(options)
    elif options.images is not None:
        name, (raw, labels) = options.images.name, _own_images(options.images)
        pictures_and_labels = centred_all(raw), labels
    else:
        with _Bar(options, unit="B") as bar:
            data = datasets.load(options.dataset, progress=bar.downloading)
        name, pictures_and_labels = data.name, (data.test.images, data.test.labels)
    images, labels = pictures_and_labels
    probabilities = model.predict_proba(model.features(images))
    measured = metrics.evaluate(labels, probabilities.argmax(axis=1))
    calibration = reliability(probabilities, labels)
    found = None if options.images is None else another_form(raw, labels, measured.accuracy, model)
    return {
        "dataset": name,
        "input": model.input,
        **measured.as_dict(),
        "expected_calibration_error": calibration.expected_calibration_error,
        **({} if found is None else {"warning": _warning(*found)}),
    }


def predict(options: argparse.Namespace) -> Result:
    """Read picture files."""
    trained = checkpoint.load(options.checkpoint)
    return {"predictions": [_read_file(trained, path) for path in options.pictures]}


def export(options: argparse.Namespace) -> Result:
    """Write a checkpoint in another program's form."""
    trained = checkpoint.load(options.checkpoint)
    from model.classifier import export as exports  # here: importing TensorFlow takes seconds

    exports.export(trained, options.format, options.out)
    return {"format": options.format, "out": str(options.out)}


def _drawn(options: argparse.Namespace) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Draw the strokes by the protocol; return the centred pictures and their labels."""
    digits = list(strokes.read(options.strokes))
    if not digits:
        raise ValueError(f"{options.strokes.name} holds no digits")
    images = np.empty((len(digits), SIDE, SIDE), np.float32)
    with _Bar(options, unit="digit") as bar:
        for i, ink in enumerate(strokes.canvas_drawings(digits, seed=options.seed)):
            images[i] = centred(ink)
            bar.at(i + 1, len(digits))
    return images, np.array([digit.label for digit in digits])


def _warning(form: Form, accuracy: float) -> str:
    words = {
        "transposed": "rows and columns are exchanged",
        "inverted": "dark and light are exchanged: 0 has to be background",
        "inverted_transposed": "dark and light, and rows and columns, are exchanged",
        "faint": "the ink does not reach 255",
    }
    return (
        f"these pictures look as if {words[form]}; a sample of them, put right, is read with "
        f"accuracy {accuracy:.2f}"
    )


def _own_images(path: Path) -> tuple[NDArray[np.uint8], NDArray[Any]]:
    """Read pictures of any size, and their labels."""
    images, labels = read_npz(path, ["images", "labels"])
    if images.ndim != 3 or images.dtype != np.uint8:
        raise ValueError(
            f"{path.name}: images must be (n, H, W) uint8, got {images.shape} {images.dtype}"
        )
    if labels.shape != (len(images),) or len(images) == 0:
        raise ValueError(
            f"{path.name}: labels must be ({len(images)},), one per image and at least one, "
            f"got {labels.shape}"
        )
    return images, labels


def _read_file(trained: Checkpoint, path: Path) -> Result:
    if path.stat().st_size > LARGEST_FILE:
        raise ValueError(f"{path} has over {LARGEST_FILE // 2**20} MiB")
    try:
        ink = ink_from_upload(path.read_bytes())
    except PictureError as error:
        raise ValueError(f"{path}: {error}") from error
    readings = prediction.read_parts(trained, ink)
    if not readings:
        return {"picture": str(path), "verdict": "empty", "digit": None, "probabilities": None}
    last = readings[-1]
    doubts = [reading.verdict for reading in readings if reading.verdict != "answer"]
    found = {
        "picture": str(path),
        "verdict": doubts[0] if doubts else "answer",
        "digit": last.digit,
        "probabilities": [round(float(share), 6) for share in last.probabilities],
    }
    if len(readings) > 1:
        found["digits"] = [reading.digit for reading in readings]
    return found


class _Bar:
    """A progress bar on a terminal's stderr; none with --json or without a terminal."""

    def __init__(self, options: argparse.Namespace, *, unit: str) -> None:
        hidden = options.json or not sys.stderr.isatty()
        self._bar = tqdm(unit=unit, unit_scale=unit == "B", disable=hidden, leave=False, delay=0.2)

    def __enter__(self) -> _Bar:
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.close()

    def downloading(self, done: int, total: int, name: str) -> None:
        self.at(done, total, name)

    def at(self, done: int, total: int, note: str = "") -> None:
        self._bar.total = total or None
        self._bar.set_postfix_str(note, refresh=False)
        self._bar.update(done - self._bar.n)


def describe_fetch(result: Result) -> str:
    """Say where MNIST is."""
    return f"MNIST is in {result['folder']}"


def describe_train(result: Result) -> str:
    """Say what was trained and how well it reads."""
    return (
        f"{result['checkpoint']}: trained on {result['dataset']}, "
        f"test accuracy {result['test_accuracy']:.4f}, "
        f"validation accuracy {result['validation_accuracy']:.4f}"
    )


def describe_evaluation(result: Result) -> str:
    """Say the measures and the confusion matrix."""
    lines = [f"warning: {result['warning']}", ""] if "warning" in result else []
    lines += [
        f"{result['n']:,} pictures of {result['dataset']}, input {result['input']}",
        f"accuracy {result['accuracy']:.4f}   macro precision {result['macro_precision']:.4f}   "
        f"recall {result['macro_recall']:.4f}   F1 {result['macro_f1']:.4f}",
        f"expected calibration error {result['expected_calibration_error']:.4f}",
        "",
        "digit  precision  recall      F1  pictures",
    ]
    columns = zip(*(result[key] for key in ("precision", "recall", "f1", "support")), strict=True)
    for digit, (precision, recall, f1, support) in enumerate(columns):
        lines.append(f"{digit:5d}  {precision:9.4f}  {recall:6.4f}  {f1:6.4f}  {support:8d}")
    lines += ["", "confusion matrix (rows true, columns predicted)", " " * 5 + _row(range(10))]
    for digit, counts in enumerate(result["confusion_matrix"]):
        lines.append(f"{digit:5d}" + _row(counts))
    return "\n".join(lines)


def _row(numbers: Any) -> str:
    return "".join(f"{number:6d}" for number in numbers)


def describe_predictions(result: Result) -> str:
    """Say one line a picture."""
    return "\n".join(map(_describe_prediction, result["predictions"]))


def _describe_prediction(prediction: Result) -> str:
    if prediction["verdict"] == "empty":
        return f"{prediction['picture']}: no drawing found"
    doubt = "" if prediction["verdict"] == "answer" else f" (not sure: {prediction['verdict']})"
    if "digits" in prediction:
        return f"{prediction['picture']}: {''.join(map(str, prediction['digits']))}{doubt}"
    share = max(prediction["probabilities"])
    sure = ">99.9%" if share > 0.9995 else f"{share:.1%}"
    return f"{prediction['picture']}: {prediction['digit']}, {sure}{doubt}"


def describe_export(result: Result) -> str:
    """Say what was written."""
    return f"{result['format']} written to {result['out']}"


def print_result(text: str) -> None:
    """Print and flush: a buffer that is written at the program's end would fail unnoticed.

    Raises
    ------
    OSError
        Where stdout cannot be written, as on a full disk.
    """
    if sys.stdout is None:  # it was closed before the program began
        raise OSError(errno.EBADF, "the result could not be printed: stdout is closed")
    try:
        print(text, flush=True)
    except OSError as error:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())  # Python writes the rest of the buffer when it ends
        os.close(nowhere)
        reason = f"the result could not be printed: {error.strerror}"
        raise OSError(error.errno, reason) from error
