"""Data sets: MNIST, the built-in digits, or files of one's own, in three splits."""

from __future__ import annotations

import dataclasses
import hashlib
import logging
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import platformdirs
from numpy.typing import NDArray

from model.data import digits, mnist, mnist_files
from model.data.array_files import MAX_BYTES, DataError
from model.data.download import Progress
from model.data.mnist_files import FourArrays

__all__ = ["DataError", "Dataset", "Progress", "Source", "Split", "data_dir", "fetch", "load"]

NAMES = ("auto", "mnist", "digits")
LONGEST_NAME = 100
"""Characters kept of the name of a folder: a checkpoint holds names of up to 200."""
Source = Literal["data_dir", "keras_cache", "download", "own_files", "built_in", "substitute"]

_log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True, eq=False)
class Split:
    """Pictures and their labels.

    Attributes
    ----------
    images : ndarray of uint8, shape (n, 28, 28), read-only
        0 is background, 255 ink.
    labels : ndarray of uint8, shape (n,), read-only
        0 to 9.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.labels)


@dataclasses.dataclass(frozen=True, eq=False)
class Dataset:
    """A data set in three splits that share no picture.

    Attributes
    ----------
    name : str
        "mnist", "digits", or the name of the folder it came from.
    sha256 : str
        Hash of its content, as hex digits: the SHA-256 of the SHA-256s (as hex digits, in a row) of
        the four IDX files, uncompressed, that hold it in MNIST's layout. Names, places and
        compression of the files make no difference.
    source : str
        Where it came from: "data_dir", "keras_cache", a "download" just now, the visitor's
        "own_files", or "built_in"; "substitute" are the built-in digits where MNIST is wanted
        ("auto") and not at hand.
    train, validation, test : Split
    """

    name: str
    sha256: str
    source: Source
    train: Split
    validation: Split
    test: Split


def data_dir() -> Path:
    """Return where data is kept: INKLING_DATA_DIR, else the user's cache directory."""
    chosen = os.environ.get("INKLING_DATA_DIR") or platformdirs.user_cache_dir("inkling")
    return Path(os.path.expanduser(chosen))


def load(
    name: str | Path = "auto",
    *,
    data_dir: Path | None = None,
    progress: Progress | None = None,
    download: bool | None = None,
    max_bytes: int = MAX_BYTES,
) -> Dataset:
    """Load a data set.

    MNIST is looked for in the data directory (its folder ``mnist``, then itself), then in Keras's
    cache, and may then be downloaded. Its split is the classic TensorFlow tutorial's: the first
    5,000 training images are for validation, the other 55,000 for training, 10,000 for the test.

    Parameters
    ----------
    name : {"mnist", "digits", "auto"} or path
        "mnist" is MNIST or an error. "digits" are scikit-learn's 1,797, enlarged to 28 × 28: 1,297
        for training, 200 for validation, 300 for the test, all ten classes evenly in each. "auto"
        is MNIST if it can be had, else digits. A path is a folder with the four files of MNIST's
        layout (or ``mnist.npz``), or an .npz file, with pictures of one's own: a twelfth of the
        training images, but 5,000 at most, are for validation, the first ones as with MNIST.
    data_dir : Path, optional
        Instead of `data_dir()`.
    progress : callable, optional
        Told how far a download is.
    download : bool, optional
        Whether MNIST may be downloaded where it is not found; by default only for "mnist".
    max_bytes : int
        Most bytes of each of the four arrays in files of one's own.

    Returns
    -------
    Dataset
        Its arrays are read-only, so that one can serve everybody.

    Raises
    ------
    DataError
        If there is no such data set, or its files are damaged or not what their names say; the
        message names the file.
    """
    if name == "digits":
        return _digits("built_in")
    if name == "mnist":
        return _mnist(_folder(data_dir), progress, download is not False)
    if name == "auto":
        try:
            return _mnist(_folder(data_dir), progress, bool(download))
        except DataError as error:
            _log.warning("The built-in digits serve instead of MNIST: %s", error)
            return _digits("substitute")
    return _own(Path(name), max_bytes)


def fetch(
    *,
    data_dir: Path | None = None,
    mirrors: Sequence[str] | None = None,
    progress: Progress | None = None,
) -> Path:
    """Make sure that MNIST is on this machine, downloading what is missing or damaged.

    Parameters
    ----------
    data_dir : Path, optional
        Instead of `data_dir()`; a download goes to its folder ``mnist``.
    mirrors : sequence of str, optional
        Addresses to try in turn, each of a folder with the four files as .gz or of a
        ``mnist.npz``; instead of INKLING_MNIST_MIRRORS (addresses between spaces) and the usual.
    progress : callable, optional
        Told how far the download of each file is.

    Returns
    -------
    Path
        The folder where it is.

    Raises
    ------
    DataError
        If no mirror delivers, or the data directory cannot be written.
    """
    folder = _folder(data_dir)
    for paths, _ in _places(folder):
        try:
            mnist.check(paths, mnist_files.sha256s(mnist_files.read(paths)))
            return paths[0].parent
        except DataError as error:
            _log.warning("Not used: %s", error)
    mnist.fetch(folder / "mnist", _mirrors() if mirrors is None else mirrors, progress)
    return folder / "mnist"


def _folder(chosen: Path | None) -> Path:
    return data_dir() if chosen is None else chosen


def _mirrors() -> Sequence[str]:
    return os.environ.get("INKLING_MNIST_MIRRORS", "").split() or mnist.MIRRORS


def _places(folder: Path) -> Iterator[tuple[tuple[Path, ...], Source]]:
    """Yield sets of files that could be MNIST, each with the place where it was found."""
    # Not Path.expanduser, which raises for a user without a home, as in some containers.
    keras = Path(os.environ.get("KERAS_HOME") or os.path.expanduser("~/.keras"), "datasets")
    places: list[tuple[Path, Source]] = [
        (folder / "mnist", "data_dir"),
        (folder, "data_dir"),
        (keras, "keras_cache"),
    ]
    for place, source in places:
        try:
            found = mnist_files.find(place)
        except DataError as error:
            _log.warning("Not looked into: %s", error)
            continue
        for paths in found:
            yield paths, source


def _mnist(folder: Path, progress: Progress | None, download: bool) -> Dataset:
    """Return the first undamaged MNIST; if all are damaged, raise what is wrong with the first."""
    trouble: DataError | None = None
    for paths, source in _places(folder):
        try:
            arrays = mnist_files.read(paths)
            hashes = mnist_files.sha256s(arrays)
            mnist.check(paths, hashes)
            return _dataset("mnist", hashes, source, arrays)
        except DataError as error:
            trouble = trouble or error
    if trouble is not None:
        raise DataError(f"{trouble}. `python -m model fetch` gets what is right.") from trouble
    if not download:
        raise DataError(
            f"MNIST is neither in {folder} nor in Keras's cache. `python -m model fetch` "
            "downloads it."
        )
    mnist.fetch(folder / "mnist", _mirrors(), progress)
    fetched = _mnist(folder, progress, download=False)
    return dataclasses.replace(fetched, source="download")


def _own(path: Path, max_bytes: int) -> Dataset:
    found = [(path,)] if path.suffix == ".npz" else mnist_files.find(path)
    if not found and not path.is_dir():
        raise DataError(
            f"{str(path)!r} is neither a data set ({', '.join(NAMES)}) nor a folder of IDX files"
        )
    if not found:
        names = mnist_files.IDX_NAMES
        missing = [name for name in names if mnist_files.find_file(path, name) is None]
        raise DataError(f"{path}: lacks {', '.join(missing)} (or the same ending in .gz)")
    arrays = mnist_files.read(found[0], max_bytes=max_bytes)
    if len(arrays.train_labels) < 2:
        raise DataError(f"{path}: one training picture is too few, one is needed for validation")
    hashes = mnist_files.sha256s(arrays)
    if hashes == mnist.SHA256:
        return _dataset("mnist", hashes, "own_files", arrays)
    name = path.resolve().stem[:LONGEST_NAME]
    own_name = f"{name} (own files)" if name in NAMES else name
    return _dataset(own_name, hashes, "own_files", arrays)


def _digits(source: Source) -> Dataset:
    images, labels = digits.read()
    images.flags.writeable = labels.flags.writeable = False
    arrays = FourArrays(images[:-300], labels[:-300], images[-300:], labels[-300:])
    return _dataset("digits", mnist_files.sha256s(arrays), source, arrays, n_validation=200)


def _dataset(
    name: str,
    hashes: Sequence[str],
    source: Source,
    arrays: FourArrays,
    n_validation: int | None = None,
) -> Dataset:
    images, labels, test_images, test_labels = arrays
    if n_validation is None:
        n_validation = min(5_000, max(1, len(labels) // 12))
    return Dataset(
        name=name,
        sha256=hashlib.sha256("".join(hashes).encode("ascii")).hexdigest(),
        source=source,
        train=Split(images[n_validation:], labels[n_validation:]),
        validation=Split(images[:n_validation], labels[:n_validation]),
        test=Split(test_images, test_labels),
    )
