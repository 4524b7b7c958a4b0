"""NumPy's .npy format, read piece by piece: an array larger than memory costs one piece of it.

Nothing is unpickled, and nothing is read beyond what the header declares.
"""

from __future__ import annotations

import dataclasses
import math
import zipfile
from collections.abc import Callable, Iterator
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["PACKED", "NpyArray", "header_of", "members", "opened"]

PIECE = 16 * 2**20
"""Bytes of an array that are in memory at once."""
PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""The compressions that NumPy writes; zipfile unpacks the others without a limit."""


@dataclasses.dataclass(frozen=True)
class NpyArray:
    """An array in a file, of which only the header has been read.

    Parameters
    ----------
    shape : tuple of int
        Not negative.
    dtype : dtype
    by_columns : bool
        Whether the first axis runs fastest (Fortran's order); such an array is one piece.
    open : callable
        Opens the file anew, at its beginning.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    by_columns: bool
    open: Callable[[], IO[bytes]]

    @property
    def n_bytes(self) -> int:
        """What the array takes in memory."""
        return math.prod(self.shape) * self.dtype.itemsize

    def pieces(self) -> Iterator[NDArray[Any]]:
        """Yield the array along its first axis, some rows at a time.

        Raises
        ------
        ValueError
            Where the file ends too soon.
        """
        with self.open() as stream:
            header_of(stream)
            if self.by_columns or not self.shape:
                values = _values(stream, self.n_bytes, self.dtype)
                yield values.reshape(self.shape, order="F" if self.by_columns else "C")
                return
            row = math.prod(self.shape[1:]) * self.dtype.itemsize
            at_once = max(1, PIECE // max(1, row))
            for first in range(0, self.shape[0], at_once):
                n = min(at_once, self.shape[0] - first)
                yield _values(stream, n * row, self.dtype).reshape(n, *self.shape[1:])


def opened(open: Callable[[], IO[bytes]]) -> NpyArray:
    """Read the header of an array.

    Raises
    ------
    ValueError
        For what is no array, or one with a negative length. Other errors of a damaged header are
        those of Python's parser.
    """
    with open() as stream:
        shape, by_columns, dtype = header_of(stream)
    if min(shape, default=0) < 0:
        raise ValueError(f"it declares the shape {shape}")
    return NpyArray(shape, dtype, by_columns and len(shape) > 1, open)


def members(archive: zipfile.ZipFile) -> dict[str, str]:
    """Return the arrays in an .npz file: each one's name, and its name in the archive."""
    names = archive.namelist()
    return {name.removesuffix(".npy"): name for name in names if name.endswith(".npy")}


def header_of(stream: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Read a header; return shape, whether it is in Fortran's order, and the type of a number."""
    read_header = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }
    version = np.lib.format.read_magic(stream)
    if version not in read_header:
        raise ValueError(f"its array format {version} is not one that is read")
    return read_header[version](stream)


def _values(stream: IO[bytes], n_bytes: int, dtype: np.dtype[Any]) -> NDArray[Any]:
    content = bytearray()
    while len(content) < n_bytes:
        piece = stream.read(min(PIECE, n_bytes - len(content)))
        if not piece:
            raise ValueError("it is cut off: the array has fewer numbers than it declares")
        content += piece
    return np.frombuffer(content, dtype) if n_bytes else np.empty(0, dtype)
