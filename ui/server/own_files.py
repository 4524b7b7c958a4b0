"""One folder for all files that visitors upload to train on; it goes with the server.

Every visit has a folder inside it. What a killed server has left is removed by the next one.
"""

from __future__ import annotations

import functools
import os
import shutil
import tempfile
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from model.data import datasets, own_files
from model.data.mnist_files import FourArrays

__all__ = ["AND_MNIST", "new_folder", "remove", "remove_stale", "with_mnist"]

OWN_SHARE = 0.25
"""Of the pictures in a file `with_mnist`, at most; a few are repeated until then …"""
MOST_REPEATED = 30
"""… but not more often than this."""
MOST_FILES = 4
AND_MNIST = " and MNIST"
"""How the names of such data end; no uploaded file has one with a space."""
PREFIX = "inkling-own-data-"
LOCK = "server"
"""A file in the folder that its server holds locked as long as it lives."""


def new_folder() -> tempfile.TemporaryDirectory[str]:
    """Make a folder for one visit's files, which goes with the object that is returned."""
    folder, _ = _of_this_server()
    return tempfile.TemporaryDirectory(prefix="visit-", dir=folder)


def with_mnist(name: str, images: NDArray[np.uint8], labels: NDArray[np.uint8]) -> Path:
    """Write MNIST and pictures of people's own to a file that a training reads; return its path.

    The file goes when `MOST_FILES` others have come.

    Parameters
    ----------
    name : str
        What the pictures are called.
    images, labels : (n, 28, 28) and (n,) uint8, n at least 1

    Raises
    ------
    NoMnistError, DataError, OSError
        Where MNIST is missing, or the file cannot be written.
    """
    mnist = datasets.load("mnist")
    parts = (mnist.train, mnist.validation)
    n = sum(map(len, parts))
    repeats = max(1, min(MOST_REPEATED, round(OWN_SHARE / (1 - OWN_SHARE) * n / len(labels))))
    folder = new_folder()
    _folders.append(folder)
    del _folders[:-MOST_FILES]
    path = Path(folder.name) / f"{name}{AND_MNIST}.npz"
    own_files.write(
        FourArrays(
            np.concatenate([*(part.images for part in parts), *[images] * repeats]),
            np.concatenate([*(part.labels for part in parts), *[labels] * repeats]),
            mnist.test.images,
            mnist.test.labels,
        ),
        path,
    )
    return path


_folders: list[object] = []  # 47 MB each, which go when they fall out of here


def remove() -> None:
    """Remove the folder of this server with all that is in it."""
    if _of_this_server.cache_info().currsize:
        folder, lock = _of_this_server()
        _of_this_server.cache_clear()
        shutil.rmtree(folder, ignore_errors=True)
        lock.close()


def remove_stale() -> None:
    """Remove the folders of servers that are no more."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        try:
            with (folder / LOCK).open("r+b") as lock:
                if not _locked(lock):
                    continue
                shutil.rmtree(folder, ignore_errors=True)
        except OSError:  # not ours, or gone by now
            continue


@functools.cache
def _of_this_server() -> tuple[Path, IO[bytes]]:
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    lock = (folder / LOCK).open("xb")
    _locked(lock)
    return folder, lock


def _locked(lock: IO[bytes]) -> bool:
    """Lock a file for this process; False where another holds it."""
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(lock.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        else:
            import fcntl

            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
