"""What each command of the command line does.

A command takes the parsed options and returns a plain dict, which is the JSON that `--json`
prints; `model.command_words` turns that dict into the text for people.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model import command_words as words
from model.classifier import checkpoint, prediction
from model.classifier.base import Classifier
from model.classifier.checkpoint import Checkpoint, CheckpointError
from model.command_words import Result
from model.config import INPUTS, N_CLASSES, TrainingConfig
from model.data import datasets
from model.data.datasets import Dataset
from model.data.turning import AS_THEY_CAME, parse_turn
from model.evaluation import metrics, picture_files
from model.evaluation.calibration import reliability
from model.evaluation.orientation import Suggestion, another_form, suggested_turn
from model.evaluation.picture_files import Piece, Sample
from model.preprocessing.ink import LARGEST_FILE, PictureError, inks_from_upload
from model.terminal import Bar
from model.training.engine import engine
from model.training.result import outcome
from model.training.training_data import prepare

__all__ = ["ERRORS", "SHIPPED", "evaluate", "export", "fetch", "predict", "train"]

SHIPPED = Path(__file__).parent.parent / "assets" / "checkpoints" / f"{INPUTS[-1]}.safetensors"
"""The model that answers where no other is named."""
ERRORS = "errors"
"""Where a result holds what could not be read, one sentence each; the exit code is 2 then."""
AUTO = "auto"
"""As --turn: pictures are turned as is offered."""
AT_ONCE = 5_000
"""Pictures of a data set that are described at once."""


def fetch(options: argparse.Namespace) -> Result:
    """Make sure that MNIST is on this machine."""
    with Bar(options, unit="B") as bar:
        folder = datasets.fetch(progress=bar.downloading)
    return {"folder": str(folder)}


def _get_mnist(options: argparse.Namespace) -> None:
    """Download MNIST where it is named and not at hand."""
    if options.dataset == "mnist" and datasets.find_mnist() is None:
        fetch(options)


def train(options: argparse.Namespace) -> Result:
    """Train a model and write its checkpoint."""
    config = TrainingConfig(**{name: getattr(options, name) for name in TrainingConfig().as_dict()})
    if not options.out.parent.is_dir():
        raise ValueError(f"there is no folder {options.out.parent} to write {options.out.name} to")
    if options.out.is_dir():
        raise ValueError(f"{options.out} is a folder; --out names the file to write")
    dataset, offer = _loaded(options, _shipped_model())
    data = prepare(dataset, config)
    from model.training import gradient_descent  # here: importing TensorFlow takes seconds

    try:
        with Bar(options, unit="step") as bar:
            for progress in gradient_descent.train(*data.train, *data.validation, config):
                bar.at(progress.step, config.n_steps, f"{progress.validation_accuracy:.1%} right")
    except gradient_descent.DivergedError as error:
        if not data.is_dark_on_light:
            raise
        raise ValueError(
            "training diverged, since these pictures are black on white, and ink has to be light: "
            "--turn invert turns them"
        ) from error
    trained = outcome(progress.parameters, config, progress.step, data)
    checkpoint.save(trained, options.out)
    return {
        "checkpoint": str(options.out),
        "dataset": trained.model.training_data.name,
        "trained_by": engine(),
        **config.as_dict(),
        **trained.measured,
        **_told(dataset, offer),
    }


def evaluate(options: argparse.Namespace) -> Result:
    """Measure a checkpoint on a data set's test part, on pen strokes or on pictures."""
    model = checkpoint.load(options.checkpoint).model
    unread: list[str] = []
    sample = Sample()
    told: Result = {}
    if options.strokes is not None:
        name = options.strokes.name
        pieces = picture_files.from_strokes(options.strokes, seed=options.seed)
    elif options.images is not None and _is_folder(options.images):
        name = options.images.name
        pieces = picture_files.from_folder(options.images, unread)
    elif options.images is not None:
        name, pieces = options.images.name, picture_files.from_npz(options.images, sample)
    else:
        data, offer = _loaded(options, model)
        name, pieces, told = data.name, _in_pieces(data), _told(data, offer)
    with Bar(options, unit="picture") as bar:
        labels, probabilities = _believed(model, pieces, bar)
    if len(labels) == 0:
        raise ValueError(unread[0] if unread else f"{name} holds no digits")
    measured = metrics.evaluate(labels, probabilities.argmax(axis=1))
    calibration = reliability(probabilities, labels)
    found = (
        another_form(np.stack(sample.images), np.array(sample.labels), measured.accuracy, model)
        if sample.images
        else None
    )
    return {
        "dataset": name,
        "input": model.input,
        **measured.as_dict(),
        "expected_calibration_error": calibration.expected_calibration_error,
        **told,
        **({} if found is None else {"warning": words.another_form(found)}),
        **({ERRORS: unread} if unread else {}),
    }


def predict(options: argparse.Namespace) -> Result:
    """Read picture files and folders of them; one that cannot be read loses no other."""
    trained = checkpoint.load(options.checkpoint)
    given = [
        path
        for named in options.pictures
        for path in (picture_files.pictures_in(named) if named.is_dir() else [named])
    ]
    if len(given) == 1:
        return {"predictions": [_read_file(trained, given[0])]}
    predictions, errors = [], []
    for path in given:
        try:
            predictions.append(_read_file(trained, path))
        except (ValueError, OSError) as error:
            reason = _reason(error)
            errors.append(f"{path}: {reason}")
            nothing = {"digit": None, "probabilities": None, "error": reason}
            predictions.append({"picture": str(path), "verdict": "unreadable", **nothing})
    return {"predictions": predictions, **({ERRORS: errors} if errors else {})}


def export(options: argparse.Namespace) -> Result:
    """Write a checkpoint in another program's form."""
    trained = checkpoint.load(options.checkpoint)
    if engine() != "tensorflow":
        raise ValueError("export needs TensorFlow, which is not installed on this machine")
    from model.classifier import export as exports  # here: importing TensorFlow takes seconds

    exports.export(trained, options.format, options.out)
    return {"format": options.format, "out": str(options.out)}


def _loaded(
    options: argparse.Namespace, model: Classifier | None
) -> tuple[Dataset, Suggestion | None]:
    """Load the data set that is asked for; say what was understood of own data, on stderr."""
    _get_mnist(options)
    turn = AS_THEY_CAME if options.turn == AUTO else parse_turn(options.turn)
    data = datasets.load(options.dataset, turn=turn)
    offer = None
    if data.own is not None and model is not None:
        offer = suggested_turn(data.train.images, data.train.labels, model)
    if offer is not None and options.turn == AUTO:
        data, offer = datasets.load(options.dataset, turn=offer.turn), None
    if data.own is not None and not options.json and sys.stderr is not None:
        with contextlib.suppress(OSError):
            print(f"{data.name}: {words.own_data(data.own)}", file=sys.stderr)
            if offer is not None:
                print(f"note: {words.turn_offer(offer)}", file=sys.stderr, flush=True)
    return data, offer


def _told(data: Dataset, offer: Suggestion | None) -> Result:
    """Return what was understood of own data, ready for JSON."""
    own = data.own
    if own is None:
        return {}
    return {
        "data": {
            "form": own.form,
            "n": own.n,
            "size": own.size and list(own.size),
            "dark_on_light": own.dark_on_light,
            "digits": list(own.digits),
            "absent": list(own.absent),
            "turn": own.turn.code,
            "offered_turn": None if offer is None else offer.turn.code,
            "has_test": own.has_test,
            "n_left_out": own.n_left_out,
            "left_out": [list(file) for file in own.left_out],
        }
    }


def _shipped_model() -> Classifier | None:
    try:
        return checkpoint.load(SHIPPED).model
    except CheckpointError:  # then nothing is said of how pictures lie
        return None


def _is_folder(path: Path) -> bool:
    return path.is_dir() or path.suffix.lower() == ".zip"


def _in_pieces(data: Dataset) -> Iterator[Piece]:
    test = data.test
    for first in range(0, len(test), AT_ONCE):
        images = test.images[first : first + AT_ONCE] * np.float32(1 / 255)
        yield Piece(images, test.labels[first : first + AT_ONCE])


def _believed(
    model: Classifier, pieces: Iterable[Piece], bar: Bar
) -> tuple[NDArray[Any], NDArray[np.floating[Any]]]:
    """Return the labels (n,) of pictures, and what a model believes of them (n, 10)."""
    labels: list[NDArray[Any]] = [np.empty(0, np.uint8)]
    probabilities: list[NDArray[np.floating[Any]]] = [np.empty((0, N_CLASSES), np.float32)]
    done = 0
    for piece in pieces:
        labels.append(piece.labels)
        probabilities.append(model.predict_proba(model.features(piece.images)))
        done += len(piece.labels)
        bar.at(done, 0)
    return np.concatenate(labels[1:] or labels), np.concatenate(probabilities)


def _reason(error: ValueError | OSError) -> str:
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return str(error.__cause__ if isinstance(error.__cause__, PictureError) else error)


def _read_file(trained: Checkpoint, path: Path) -> Result:
    if path.stat().st_size > LARGEST_FILE:
        raise ValueError(f"{path} has over {LARGEST_FILE // 2**20} MiB")
    try:
        inks = inks_from_upload(path.read_bytes())
    except PictureError as error:
        raise ValueError(f"{path}: {error}") from error
    if len(inks) > 1:  # dark or light may be the ink, and a person would have to say which
        return {"picture": str(path), "verdict": "unsure", "digit": None, "probabilities": None}
    readings = prediction.read_parts(trained, inks[0].ink)
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
