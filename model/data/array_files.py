"""Arrays from untrusted files: IDX, the format of MNIST, and NumPy's .npz.

Nothing is read beyond what a file's own header declares, nothing is declared beyond a limit, and
nothing is unpickled, so a damaged or hostile file costs bounded memory and ends in a `DataError`.

References
----------
IDX: Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits". Big-endian: a
magic number (0, 0, the element type, the number of axes), the length of each axis, the elements.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import lzma
import math
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.data.npy_stream import PACKED, header_of

__all__ = [
    "DAMAGED",
    "MAX_BYTES",
    "DataError",
    "idx_bytes",
    "idx_sha256",
    "parse_idx",
    "read_idx",
    "read_npz",
]

MAX_BYTES = 400_000_000
"""Most bytes of one unpacked array: 500,000 pictures of 28 × 28."""

_UNSIGNED_BYTE = 0x08
_GZIP_MAGIC = b"\x1f\x8b"
_PIECE = 1 << 20
DAMAGED = (
    zipfile.BadZipFile,
    lzma.LZMAError,
    zlib.error,
    tokenize.TokenError,
    EOFError,
    MemoryError,  # also what Python's parser raises for a header nested too deeply
    OverflowError,
    NotImplementedError,  # a compression that zipfile does not know
    RuntimeError,  # encrypted
    SyntaxError,
    TypeError,
    ValueError,
)
"""What zipfile, gzip and NumPy raise for a file that is damaged or hostile."""


class DataError(ValueError):
    """Data that cannot be used; the message names the file and what is wrong with it."""


def read_idx(path: Path, *, n_axes: int, max_bytes: int = MAX_BYTES) -> NDArray[np.uint8]:
    """Return the array in an IDX file of bytes, gzipped or not, whatever its name says.

    Parameters
    ----------
    path : Path
        The file.
    n_axes : int
        1 where labels are expected, 3 where images are.
    max_bytes : int
        The most bytes that the file may declare.

    Returns
    -------
    ndarray of uint8, `n_axes` axes, read-only

    Raises
    ------
    DataError
        If the file cannot be read, is damaged, is cut off or too long, or holds something else.
    """
    try:
        with path.open("rb") as file:
            gzipped = file.read(2) == _GZIP_MAGIC
            file.seek(0)
            with gzip.open(file) if gzipped else file as stream:
                return parse_idx(stream, path, n_axes, max_bytes)
    except (gzip.BadGzipFile, zlib.error) as error:
        raise DataError(f"{path}: the gzip file is damaged ({error})") from error
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error})") from error


def idx_sha256(array: NDArray[np.uint8]) -> str:
    """Return the SHA-256, as hex digits, of the IDX file that holds exactly this array."""
    digest = hashlib.sha256(_header(array))
    digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def idx_bytes(array: NDArray[np.uint8]) -> bytes:
    """Return the IDX file that holds exactly this array."""
    return _header(array) + array.tobytes()


def _header(array: NDArray[np.uint8]) -> bytes:
    return _magic(array.ndim) + struct.pack(f">{array.ndim}I", *array.shape)


def read_npz(
    path: Path, names: Sequence[str], *, max_bytes: int = MAX_BYTES
) -> tuple[NDArray[Any], ...]:
    """Return the arrays of these names from an .npz file.

    Parameters
    ----------
    path : Path
        The file.
    names : sequence of str
        What the arrays are called; others in the file are not looked at.
    max_bytes : int
        The most bytes that each array may declare.

    Returns
    -------
    tuple of ndarray of numbers, one for each name

    Raises
    ------
    DataError
        If the file cannot be read or is damaged, or if an array is missing, too large, or holds
        anything but numbers.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return tuple(_read_npy(archive, name, path, max_bytes) for name in names)
    except DataError:
        raise
    except DAMAGED as error:
        raise DataError(f"{path}: is damaged or not an .npz file ({error})") from error
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error})") from error


def _magic(n_axes: int) -> bytes:
    return bytes((0, 0, _UNSIGNED_BYTE, n_axes))


def parse_idx(
    stream: io.BufferedIOBase, path: Path | str, n_axes: int, max_bytes: int
) -> NDArray[np.uint8]:
    """Do the same with a file that is open and unpacked; `path` is its name in messages."""
    magic = _read_up_to(stream, 4)
    if magic != _magic(n_axes):
        raise DataError(f"{path}: {_what_is_there(magic, n_axes)}")
    lengths = _read_up_to(stream, 4 * n_axes)
    if len(lengths) < 4 * n_axes:
        raise DataError(f"{path}: is cut off within its header")
    shape = struct.unpack(f">{n_axes}I", lengths)
    size = math.prod(shape)
    if size > max_bytes:
        raise DataError(f"{path}: declares {size:,} bytes of data, at most {max_bytes:,} are read")
    payload = _read_up_to(stream, size + 1)
    if len(payload) != size:
        header, is_long = 4 + 4 * n_axes, len(payload) > size
        arrived = "more" if is_long else f"{header + len(payload):,}"
        raise DataError(
            f"{path}: is {'too long' if is_long else 'cut off'}: its header promises "
            f"{header + size:,} bytes, there are {arrived} (uncompressed)"
        )
    array = np.frombuffer(payload, np.uint8).reshape(shape)
    array.flags.writeable = False
    return array


def _what_is_there(magic: bytes | bytearray, n_axes: int) -> str:
    kinds = {1: "labels", 3: "images"}
    wanted = kinds[n_axes]
    for other, kind in kinds.items():
        if magic == _magic(other):
            return (
                f"holds {kind} where {wanted} belong (magic number "
                f"{int.from_bytes(magic)}, not {int.from_bytes(_magic(n_axes))}); "
                "have two files been swapped?"
            )
    if not magic:
        return "is empty, or cut off at its beginning"
    return (
        f"is not an IDX file of {wanted}: it begins with the bytes {magic.hex(' ')}, "
        f"not {_magic(n_axes).hex(' ')}"
    )


def _read_up_to(stream: io.BufferedIOBase, size: int) -> bytearray:
    """Return the next `size` bytes, or what there is where a file, or its gzip stream, is cut."""
    content = bytearray()
    try:
        # read1, because read would drop what it has when a gzip stream ends too soon
        while piece := stream.read1(min(_PIECE, size - len(content))):
            content += piece
    except EOFError:
        pass
    return content


def _read_npy(
    archive: zipfile.ZipFile, name: str, path: Path, max_bytes: int
) -> NDArray[np.number[Any]]:
    if f"{name}.npy" not in archive.namelist():
        names = ", ".join(entry.removesuffix(".npy") for entry in archive.namelist()[:8])
        raise DataError(f"{path}: has no array {name!r}; there are: {names[:200] or 'none'}")
    if archive.getinfo(f"{name}.npy").compress_type not in PACKED:
        raise DataError(f"{path}: {name} is packed in a way that NumPy does not write")
    with archive.open(f"{name}.npy") as stream:
        shape, _, dtype = header_of(stream)
    if dtype.kind not in "biuf":
        raise DataError(f"{path}: {name} holds {dtype}, numbers were expected")
    size = math.prod(shape) * dtype.itemsize
    if size > max_bytes or min(shape, default=0) < 0:
        raise DataError(
            f"{path}: {name} declares shape {shape} of {dtype}; "
            f"at most {max_bytes:,} bytes are read"
        )
    with archive.open(f"{name}.npy") as stream:
        return np.asarray(np.lib.format.read_array(stream, allow_pickle=False))
