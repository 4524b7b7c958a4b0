"""MNIST's layout on disk: four IDX files in a folder, or Keras's single ``mnist.npz``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.data.array_files import MAX_BYTES, DataError, idx_sha256, read_idx, read_npz

__all__ = ["IDX_NAMES", "NPZ_NAME", "FourArrays", "find", "find_file", "n_axes", "read", "sha256s"]

IDX_NAMES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)
NPZ_NAME = "mnist.npz"
_NPZ_KEYS = ("x_train", "y_train", "x_test", "y_test")


class FourArrays(NamedTuple):
    """Images (n, 28, 28) and labels (n,) to learn from and to test with: uint8, read-only."""

    train_images: NDArray[np.uint8]
    train_labels: NDArray[np.uint8]
    test_images: NDArray[np.uint8]
    test_labels: NDArray[np.uint8]


def n_axes(name: str) -> int:
    """Return how many axes the array in one of `IDX_NAMES` has."""
    return 3 if "images" in name else 1


def find_file(folder: Path, name: str) -> Path | None:
    """Return the file of this name in one of its usual spellings, gzipped or not, if it is there.

    The spelling that a download makes comes first, so that it takes the place of a damaged other.
    """
    dotted = name.replace("-idx", ".idx")
    for spelling in (f"{name}.gz", name, f"{dotted}.gz", dotted):
        if (folder / spelling).is_file():
            return folder / spelling
    return None


def find(folder: Path) -> list[tuple[Path, ...]]:
    """Return what `folder` holds in this layout: the four files, ``mnist.npz``, both or nothing.

    Raises
    ------
    DataError
        If the folder may not be looked into.
    """
    try:
        files = tuple(path for name in IDX_NAMES if (path := find_file(folder, name)) is not None)
        found = [files] if len(files) == len(IDX_NAMES) else []
        return [*found, (folder / NPZ_NAME,)] if (folder / NPZ_NAME).is_file() else found
    except OSError as error:
        raise DataError(f"{folder}: cannot be read ({error.strerror or error})") from error


def read(paths: Sequence[Path], *, max_bytes: int = MAX_BYTES) -> FourArrays:
    """Return the arrays in four IDX files, or in one .npz file.

    Parameters
    ----------
    paths : sequence of Path
        What `find` found: four files in the order of `IDX_NAMES`, or one .npz file.
    max_bytes : int
        Most bytes of each of the four arrays.

    Raises
    ------
    DataError
        If a file is damaged or is not what its name says, if pictures are not 28 × 28, labels
        not 0 to 9, or their numbers differ. The message names the file.
    """
    if len(paths) == 1:
        names = [f"{paths[0]}: {key}" for key in _NPZ_KEYS]
        arrays = read_npz(paths[0], _NPZ_KEYS, max_bytes=max_bytes)
    else:
        names = [str(path) for path in paths]
        arrays = tuple(
            read_idx(path, n_axes=n_axes(name), max_bytes=max_bytes)
            for path, name in zip(paths, IDX_NAMES, strict=True)
        )
    for i in (0, 2):
        _check_images(arrays[i], names[i])
        _check_labels(arrays[i + 1], names[i + 1])
        if len(arrays[i]) != len(arrays[i + 1]):
            raise DataError(
                f"{names[i]} has {len(arrays[i]):,} pictures, "
                f"but {names[i + 1]} has {len(arrays[i + 1]):,} labels"
            )
    return FourArrays(*(_read_only_bytes(array) for array in arrays))


def sha256s(arrays: FourArrays) -> tuple[str, ...]:
    """Return the SHA-256 of each of the four, as an IDX file that is not compressed."""
    return tuple(idx_sha256(array) for array in arrays)


def _check_images(images: NDArray[np.number], name: str) -> None:
    if images.dtype != np.uint8 or images.shape[1:] != (28, 28):
        shape = " × ".join(f"{length:,}" for length in images.shape)
        raise DataError(
            f"{name}: pictures are n × 28 × 28 bytes (uint8), got {shape} of {images.dtype}"
        )
    if len(images) == 0:
        raise DataError(f"{name}: has no pictures")


def _check_labels(labels: NDArray[np.number], name: str) -> None:
    if labels.dtype.kind not in "iu" or labels.ndim != 1:
        raise DataError(
            f"{name}: labels are whole numbers along one axis, "
            f"got {labels.dtype} of shape {labels.shape}"
        )
    outside = np.flatnonzero((labels < 0) | (labels > 9))
    if outside.size:
        first = int(outside[0])
        raise DataError(f"{name}: labels are 0 to 9, but the one at {first:,} is {labels[first]}")


def _read_only_bytes(array: NDArray[np.number]) -> NDArray[np.uint8]:
    content = np.ascontiguousarray(array, np.uint8)
    content.flags.writeable = False
    return content
