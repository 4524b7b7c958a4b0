"""Export: a trained model in the formats that TensorFlow Serving, Keras and LiteRT load.

One Keras network, input step and all, is the source of all three. It is fed (n, 28, 28) uint8
pictures in MNIST's form, 0 is background and 255 is ink, and answers (n, 10) probabilities.
"""

from __future__ import annotations

import contextlib
import io
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np

from model.classifier.checkpoint import Checkpoint
from model.classifier.softmax import SoftmaxRegression
from model.config import N_CLASSES, N_FEATURES, SIDE, Input
from model.preprocessing import directions
from model.preprocessing.moments import (
    ASPECT_EXPONENT,
    CENTRE,
    MOST_WIDENING,
    SPREAD,
    STEEPEST_SHEAR,
    THINNEST,
    WINDOW,
    WINDOW_FLOOR,
)
from model.quiet import quietly

os.environ["KERAS_BACKEND"] = "tensorflow"
with quietly():
    import keras
    import tensorflow as tf

__all__ = ["FORMATS", "ExportError", "Format", "export"]

Format = Literal["saved_model", "keras", "tflite"]
FORMATS: tuple[Format, ...] = get_args(Format)

_PLACES = np.arange(SIDE, dtype=np.float32)
_ACROSS, _DOWN = _PLACES[np.newaxis, :], _PLACES[:, np.newaxis]
_OFFSETS = _PLACES - CENTRE
_POWERS = np.stack([_OFFSETS**0, _OFFSETS, _OFFSETS**2], axis=1)
_SMOOTH = np.maximum(2 - np.abs(_DOWN - _ACROSS), 0)  # of Sobel's operator: 1, 2, 1
_DIFFERENCE = np.where(_ACROSS - _DOWN == 1, 1.0, np.where(_DOWN - _ACROSS == 1, -1.0, 0.0)).astype(
    np.float32
)
_WINDOWS = np.exp(-0.5 * ((_DOWN - _ACROSS) / WINDOW) ** 2) + np.float32(WINDOW_FLOOR)


class ExportError(ValueError):
    """An output that cannot be written; the message says why."""


def export(checkpoint: Checkpoint, format: Format, out: Path) -> None:
    """Write a model for another program to load.

    All formats hold the model's input step and its softmax; the checkpoint's reject rule and
    metadata are left out. The output appears whole or not at all.

    Parameters
    ----------
    checkpoint : Checkpoint
    format : {"saved_model", "keras", "tflite"}
        "saved_model" writes a folder whose signature `serving_default` takes `images` and returns
        `probabilities`; TensorFlow Serving expects it under a version number, as in `digits/1`.
        "keras" writes a file for `keras.saving.load_model`; its name must end in `.keras`.
        "tflite" writes a file for LiteRT; resize its input for more than one picture at a time.
    out : Path
        The folder or file to write. An empty folder may stand there already.

    Raises
    ------
    ValueError
        For an unknown format.
    ExportError
        Where something stands at `out` already, or it cannot be written there.
    """
    if format not in FORMATS:
        raise ValueError(f"format must be one of {', '.join(FORMATS)}, got {format!r}")
    if format == "keras" and out.suffix != ".keras":
        raise ExportError(f"Keras loads files whose name ends in .keras, got {out.name}")
    _check_free(out)
    network = _network(_linear_model(checkpoint))
    try:
        with tempfile.TemporaryDirectory(dir=out.parent, prefix=".export-") as folder:
            written = Path(folder) / out.name
            with quietly(), contextlib.redirect_stdout(io.StringIO()):
                _WRITERS[format](network, written)
            if out.is_dir():
                out.rmdir()
            written.replace(out)
    except (OSError, tf.errors.OpError) as error:
        raise ExportError(
            f"{out.name} could not be written to {out.parent}: {_reason(error)}"
        ) from error


def _reason(error: Any) -> str:
    """Return the system's words without the path and the operation that TensorFlow puts around."""
    if isinstance(error, OSError):
        return error.strerror or str(error)
    reason: str = error.message.rpartition("; ")[2].partition(" [Op:")[0]
    return reason


def _check_free(out: Path) -> None:
    if out.is_symlink() or out.is_file() or (out.is_dir() and any(out.iterdir())):
        raise ExportError(f"{out} exists already: choose another name or remove it first")
    if not out.parent.is_dir():
        raise ExportError(f"{out.name} could not be written: there is no folder {out.parent}")


def _linear_model(checkpoint: Checkpoint) -> SoftmaxRegression:
    if not isinstance(checkpoint.model, SoftmaxRegression):
        raise ExportError(f"a {type(checkpoint.model).__name__} cannot be exported")
    return checkpoint.model


def _network(model: SoftmaxRegression) -> Any:
    """Return the model as a Keras network from (n, 28, 28) uint8 to (n, 10) probabilities."""
    images = keras.Input((SIDE, SIDE), dtype="uint8", name="images")
    ink = keras.ops.cast(images, "float32") / 255.0
    features = keras.ops.reshape(_INPUT_STEPS[model.input](ink), (-1, N_FEATURES))
    dense = keras.layers.Dense(N_CLASSES, activation="softmax", name="probabilities")
    network = keras.Model(images, dense(features), name="softmax_regression")
    dense.set_weights([model.weights, model.bias])
    return network


def _pixels(ink: Any) -> Any:
    return ink


def _moments(ink: Any) -> Any:
    """Compute `model.preprocessing.moments.moments` in operations that all three formats have."""
    ops = keras.ops
    even = _even_rows(_linear(ink))
    even = ops.transpose(_even_rows(ops.transpose(even, (0, 2, 1))), (0, 2, 1))
    return ops.clip(even, 0.0, 1.0)


def _linear(ink: Any) -> Any:
    ops = keras.ops
    mass = _or_one(_total(ink))  # (n, 1, 1)
    mean_x, mean_y = (_total(ink * places) / mass for places in (_ACROSS, _DOWN))
    dx, dy = mean_x - _ACROSS, mean_y - _DOWN  # (n, 1, 28), (n, 28, 1)
    mu20, mu11, mu02 = (_total(ink * product) / mass for product in (dx * dx, dx * dy, dy * dy))

    variance_y = ops.maximum(mu02, THINNEST)
    shear = ops.clip(mu11 / variance_y, -STEEPEST_SHEAR, STEEPEST_SHEAR)
    variance_x = ops.maximum(mu20 - 2.0 * shear * mu11 + shear * shear * mu02, THINNEST)
    sigma_x, sigma_y = ops.sqrt(variance_x), ops.sqrt(variance_y)
    longer = ops.maximum(sigma_x, sigma_y)
    target_x, target_y = SPREAD * _kept(sigma_x / longer), SPREAD * _kept(sigma_y / longer)

    down = sigma_y / target_y * (_DOWN - CENTRE)  # (n, 28, 1)
    across = sigma_x / target_x * (_ACROSS - CENTRE)  # (n, 1, 28)
    rows = ops.matmul(_hats(mean_y + down), ink)
    return _read_columns(rows, _plus(mean_x + shear * down, across))


def _kept(narrowness: Any) -> Any:
    kept = keras.ops.power(narrowness, ASPECT_EXPONENT)
    return keras.ops.minimum(kept, MOST_WIDENING * narrowness)


def _even_rows(ink: Any) -> Any:
    ops = keras.ops
    sums = ops.matmul(ink, _POWERS)  # (n, 28, 3)
    _, _, variance = _mean_and_variance(ops.sum(sums, axis=1, keepdims=True))  # (n, 1, 1)
    mass, mean, both = _mean_and_variance(ops.matmul(_WINDOWS, sums))  # (n, 28, 1)
    seen = ops.matmul(_WINDOWS, ink)  # (n, 28, 28)
    to_the_left = ops.relu(mean - _OFFSETS)
    left = ops.sum(seen * to_the_left * to_the_left, axis=2, keepdims=True) / mass
    right = ops.relu(both - left)
    stretch_left, stretch_right = (
        ops.sqrt((2.0 * side + THINNEST) / (variance + THINNEST)) for side in (left, right)
    )
    columns = stretch_left * np.minimum(_OFFSETS, 0) + stretch_right * np.maximum(_OFFSETS, 0)
    return _read_columns(ink, _plus(columns, mean + CENTRE))


def _mean_and_variance(sums: Any) -> tuple[Any, Any, Any]:
    mass, first, second = keras.ops.split(sums, 3, axis=2)
    mass = _or_one(mass)
    mean = first / mass
    return mass, mean, keras.ops.relu(second / mass - mean * mean)


def _or_one(mass: Any) -> Any:
    return mass + keras.ops.cast(mass <= 0.0, "float32")


def _plus(left: Any, right: Any) -> Any:
    """Add with broadcasting; of one picture, `keras.ops.add` takes a row or column for a bias."""
    return left - -right


def _total(ink: Any) -> Any:
    return keras.ops.sum(ink, axis=(1, 2), keepdims=True)


def _read_columns(ink: Any, columns: Any) -> Any:
    """Read each row at its own columns (n, 28, 28), by products instead of look-ups by index."""
    ops = keras.ops
    return ops.sum(_hats(ops.expand_dims(columns, 3)) * ops.expand_dims(ink, 2), axis=3)


def _hats(places: Any) -> Any:
    """Return how much each of 28 pixels gives to a reading at `places`: (…, 1) to (…, 28)."""
    return keras.ops.relu(1.0 - keras.ops.abs(places - _PLACES))


def _directions(ink: Any) -> Any:
    """Compute `model.preprocessing.directions.directions` of the moments, likewise."""
    ops = keras.ops
    seen = _moments(ink)
    smooth_down = ops.matmul(_SMOOTH, seen)  # (n, 28, 28)
    smooth_across = ops.matmul(seen, _SMOOTH)
    gx = ops.matmul(smooth_down, np.transpose(_DIFFERENCE))
    gy = ops.matmul(_DIFFERENCE, smooth_across)
    right, left, below, above = ops.relu(gx), ops.relu(-gx), ops.relu(gy), ops.relu(-gy)
    size_x, size_y = right + left, below + above
    maps = [
        ops.relu(gx - size_y),
        ops.minimum(right, below),
        ops.relu(gy - size_x),
        ops.minimum(left, below),
        ops.relu(-gx - size_y),
        ops.minimum(left, above),
        ops.relu(-gy - size_x),
        ops.minimum(right, above),
    ]
    across = np.ascontiguousarray(directions.ACROSS.T)
    sums = [
        (2.0**0.5 if direction % 2 else 1.0) * ops.matmul(directions.DOWN, ops.matmul(edge, across))
        for direction, edge in enumerate(maps)
    ]
    features = [ops.sqrt(each + directions.FAINT) - directions.FAINT**0.5 for each in sums]
    return ops.minimum(ops.stack(features, axis=1), 1.0)  # (n, 8, 14, 7)


_INPUT_STEPS: dict[Input, Callable[[Any], Any]] = {
    "pixels": _pixels,
    "moments": _moments,
    "directions": _directions,
}


def _write_keras(network: Any, path: Path) -> None:
    network.save(path)


def _serving(network: Any) -> Any:
    signature = tf.TensorSpec([None, SIDE, SIDE], tf.uint8, name="images")
    return tf.function(lambda images: {"probabilities": network(images)}, [signature])


def _write_saved_model(network: Any, path: Path) -> None:
    module = tf.Module()
    module.network = network
    tf.saved_model.save(module, path, signatures=_serving(network))


def _write_tflite(network: Any, path: Path) -> None:
    # From a saved model, not from the network: the converter would write that to a folder of its
    # own, and would not say so when the disk is full.
    saved_model = path.with_name(f"{path.name}.saved_model")
    network.export(saved_model, verbose=False)
    path.write_bytes(tf.lite.TFLiteConverter.from_saved_model(str(saved_model)).convert())


_WRITERS: dict[Format, Callable[[Any, Path], None]] = {
    "saved_model": _write_saved_model,
    "keras": _write_keras,
    "tflite": _write_tflite,
}
