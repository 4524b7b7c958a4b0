"""A file, a folder or a zip archive, seen as a list of files that can be opened.

Nothing is written to the disk: an archive's files are read out of it, so that their paths are only
names. A link that leads out of the folder is refused, and an archive inside an archive is one file.
"""

from __future__ import annotations

import contextlib
import gzip
import io
import os
import re
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, NamedTuple, cast

from model.data.array_files import DAMAGED, DataError
from model.data.forms.parts import Limits, short
from model.data.npy_stream import PACKED

__all__ = ["Entry", "listed", "plain", "reading", "zipped"]

DEEPEST = 12
"""Most folders within each other that are looked into."""
_LARGEST_DIRECTORY_ENTRY = 400
"""Bytes of an archive's directory for one file, on average; names are seldom longer than 100."""
_END, _END_SIZE, _LONGEST_COMMENT = b"PK\5\6", 22, 65_535
_GZIP = b"\x1f\x8b"
_NOT_DATA = ("__macosx", "thumbs.db", "desktop.ini")


class Entry(NamedTuple):
    """One file.

    Parameters
    ----------
    name : str
        Its path in the folder or archive, with slashes.
    where : str
        What it is called in messages.
    size : int
        In bytes, as it declares.
    open : callable
        Opens it at its beginning.
    """

    name: str
    where: str
    size: int
    open: Callable[[], IO[bytes]]


@contextlib.contextmanager
def listed(path: Path, limits: Limits) -> Iterator[list[Entry]]:
    """Return the files in a folder or an archive, by name; of another file, itself.

    Raises
    ------
    DataError
        Where it cannot be looked into, is damaged, or holds too many files or a link out of it.
    """
    try:
        if path.is_dir():
            yield sorted(_in_folder(path, limits))
        elif path.suffix.lower() == ".zip":
            with zipped(path, limits) as archive:
                yield sorted(_in_archive(archive, path))
        else:
            size = path.stat().st_size
            yield [Entry(path.name, str(path), size, lambda: path.open("rb"))]
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error})") from error


@contextlib.contextmanager
def zipped(path: Path, limits: Limits) -> Iterator[zipfile.ZipFile]:
    """Open an archive whose directory is not too large."""
    try:
        _check_directory(path, limits)
        with zipfile.ZipFile(path) as archive:
            if len(archive.infolist()) > limits.most_files:
                raise DataError(_too_many(path, limits))
            yield archive
    except (DataError, OSError):
        raise
    except DAMAGED as error:
        raise DataError(f"{path}: is damaged or not a {path.suffix} file ({error})") from error


@contextlib.contextmanager
def reading(entry: Entry) -> Iterator[io.BufferedIOBase]:
    """Open a file, unpacked where it is gzipped, whatever its name says.

    Raises
    ------
    DataError
        Where it cannot be read or is damaged.
    """
    try:
        with entry.open() as file, contextlib.ExitStack() as open_too:
            gzipped = file.read(2) == _GZIP
            file.seek(0)
            if gzipped:
                yield open_too.enter_context(gzip.open(file))
            else:
                yield cast(io.BufferedIOBase, file)
    except DataError:
        raise
    except gzip.BadGzipFile as error:
        raise DataError(f"{entry.where}: the gzip file is damaged ({error})") from error
    except OSError as error:
        raise DataError(f"{entry.where}: cannot be read ({error.strerror or error})") from error
    except DAMAGED as error:
        raise DataError(f"{entry.where}: {_what_is_damaged(error)}") from error


def plain(name: str) -> str:
    """Return a name in small letters, without the number that a browser puts behind a second one.

    "Train (1).csv" and "train.csv (1).gz" are "train.csv" and "train.csv.gz".
    """
    return re.sub(r"[ _]*\(\d+\)|__\d+_", "", name.lower())


def _in_folder(root: Path, limits: Limits) -> Iterator[Entry]:
    real_root = root.resolve()
    waiting = [(root, 0)]
    n_seen = 0
    while waiting:
        folder, depth = waiting.pop()
        with os.scandir(folder) as found:
            for item in found:
                n_seen += 1
                if n_seen > limits.most_files:
                    raise DataError(_too_many(root, limits))
                if _is_hidden(item.name):
                    continue
                path = Path(item.path)
                if item.is_symlink() and not path.resolve().is_relative_to(real_root):
                    raise DataError(
                        f"{path}: is a link that leads out of the folder; put the file itself there"
                    )
                if item.is_dir(follow_symlinks=False):
                    if depth < DEEPEST:
                        waiting.append((path, depth + 1))
                elif stat.S_ISREG((status := _status(path)).st_mode):
                    name = path.relative_to(root).as_posix()
                    yield Entry(name, short(str(path)), status.st_size, _opener(path))


def _status(path: Path) -> os.stat_result:
    try:
        return path.stat()
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error})") from error


def _opener(path: Path) -> Callable[[], IO[bytes]]:
    return lambda: path.open("rb")


def _in_archive(archive: zipfile.ZipFile, path: Path) -> Iterator[Entry]:
    for info in archive.infolist():
        parts = info.filename.replace("\\", "/").split("/")
        if info.is_dir() or any(map(_is_hidden, parts)):
            continue
        where = f"{path}: {short(info.filename)}"
        yield Entry("/".join(parts), where, info.file_size, _extractor(archive, info, where))


def _extractor(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, where: str
) -> Callable[[], IO[bytes]]:
    def open() -> IO[bytes]:
        if info.compress_type not in PACKED:
            raise DataError(f"{where}: is packed in a way that is not read; pack it with deflate")
        if info.flag_bits & 1:
            raise DataError(f"{where}: is encrypted; pack it without a password")
        return archive.open(info)

    return open


def _what_is_damaged(error: Exception) -> str:
    packed = "the gzip file is damaged" if isinstance(error, zlib.error) else "is damaged"
    return f"{packed} ({short(str(error))})"


def _is_hidden(name: str) -> bool:
    return name.startswith(".") or name.lower() in _NOT_DATA


def _check_directory(path: Path, limits: Limits) -> None:
    """Refuse an archive whose directory is so large that to read it costs much memory."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - _LONGEST_COMMENT - _END_SIZE))
        tail = file.read()
    at = tail.rfind(_END)
    if at < 0 or len(tail) - at < _END_SIZE:
        return  # zipfile says that it is no archive
    n_files = int.from_bytes(tail[at + 10 : at + 12], "little")
    n_bytes = int.from_bytes(tail[at + 12 : at + 16], "little")
    if n_files == 0xFFFF or n_bytes == 0xFFFFFFFF:  # the real ones stand elsewhere (ZIP64)
        n_bytes = size if n_bytes == 0xFFFFFFFF else n_bytes
    if min(n_bytes, size) > limits.most_files * _LARGEST_DIRECTORY_ENTRY:
        raise DataError(_too_many(path, limits))
    with path.open("rb") as file:
        offset = max(0, size - len(tail) + at - min(n_bytes, size))
        file.seek(offset)
        n_found = sum(piece.count(b"PK\1\2") for piece in iter(lambda: file.read(1 << 20), b""))
    if n_found > limits.most_files:
        raise DataError(_too_many(path, limits))


def _too_many(path: Path, limits: Limits) -> str:
    return f"{path}: holds over {limits.most_files:,} files; leave some out"
