"""Labelled pictures of any size from files, one piece at a time, to measure a model on.

However large a file is, what is in memory is one piece of it and a sample.
"""

from __future__ import annotations

import dataclasses
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.data import strokes
from model.data.array_files import DAMAGED, DataError
from model.data.forms.entries import Entry, listed, reading
from model.data.forms.parts import Limits
from model.data.forms.picture_folders import ENDINGS, labelled
from model.data.npy_stream import PACKED, NpyArray, members, opened
from model.data.strokes import WrittenDigit
from model.evaluation.orientation import SAMPLE, centred_all
from model.preprocessing.centring import centred
from model.preprocessing.ink import LARGEST_FILE, PictureError, ink_from_upload

__all__ = [
    "Piece",
    "Sample",
    "from_folder",
    "from_npz",
    "from_strokes",
    "pictures_in",
]

LARGEST_SAMPLE = 64 * 2**20
"""Bytes of the pictures that are kept as they came."""
LARGEST_PICTURE = 50_000_000
"""Most pixels of one picture."""
MOST_PICTURES = 5_000_000
AT_ONCE = 256
"""Pictures of a folder, or of strokes, in one piece."""


class Piece(NamedTuple):
    """Centred pictures (n, 28, 28) float32 and their labels (n,)."""

    images: NDArray[np.float32]
    labels: NDArray[Any]


@dataclasses.dataclass
class Sample:
    """Some pictures (k, H, W) uint8 as they came, and their labels; filled as pieces are read."""

    images: list[NDArray[np.uint8]] = dataclasses.field(default_factory=list)
    labels: list[int] = dataclasses.field(default_factory=list)


def from_npz(path: Path, sample: Sample) -> Iterator[Piece]:
    """Read an .npz file with `images` (n, H, W) uint8, 0 to 255, and `labels` (n,).

    Parameters
    ----------
    path : Path
    sample : Sample
        Gets some of the pictures.

    Raises
    ------
    DataError
        Where the file is damaged or holds something else.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            images, labels = (_array(archive, name, path) for name in ("images", "labels"))
            _check(images, labels, path)
            truth = np.concatenate([np.array(piece) for piece in labels.pieces()])
            n = images.shape[0]
            n_kept = min(SAMPLE, LARGEST_SAMPLE // max(1, images.n_bytes // n))
            kept = np.sort(np.random.default_rng(0).permutation(n)[:n_kept])
            first = 0
            for piece in images.pieces():
                here = kept[(kept >= first) & (kept < first + len(piece))]
                sample.images.extend(piece[i - first].copy() for i in here)
                sample.labels.extend(truth[here])
                yield Piece(centred_all(piece), truth[first : first + len(piece)])
                first += len(piece)
    except (DataError, OSError):
        raise
    except DAMAGED as error:
        why = " ".join(str(error).split())[:150]
        raise DataError(f"{path}: is damaged or not an .npz file ({why})") from error


def from_folder(path: Path, unread: list[str]) -> Iterator[Piece]:
    """Read a folder, or a zip archive, of picture files in folders named by the digit.

    Each is read as an upload is: photos, dark on light or light on dark. The pieces of at most 256
    pictures follow the names; what cannot be read is told in `unread`.

    Raises
    ------
    DataError
        Where it cannot be looked into or holds no such pictures.
    """
    images: list[NDArray[np.float32]] = []
    labels: list[int] = []
    with listed(path, Limits()) as entries:
        found = labelled([e for e in entries if e.name.lower().endswith(ENDINGS)])
        if not found:
            raise DataError(f"{path}: holds no pictures in folders named by their digit, 0 to 9")
        for entry, label in found:
            try:
                images.append(centred(ink_from_upload(_picture_content(entry))))
                labels.append(label)
            except (PictureError, DataError) as error:
                unread.append(f"{entry.where}: {error}")
            if len(images) == AT_ONCE:
                yield Piece(np.stack(images), np.array(labels))
                images, labels = [], []
        if images:
            yield Piece(np.stack(images), np.array(labels))


def from_strokes(path: Path, *, seed: int) -> Iterator[Piece]:
    """Read a file of pen strokes, each digit drawn on the canvas by the protocol.

    Raises
    ------
    StrokesError
        See `model.data.strokes.read`.
    """
    labels: list[int] = []

    def noted() -> Iterator[WrittenDigit]:
        for digit in strokes.read(path):
            labels.append(digit.label)
            yield digit

    images: list[NDArray[np.float32]] = []
    for ink in strokes.canvas_drawings(noted(), seed=seed):
        images.append(centred(ink))
        if len(images) == AT_ONCE:
            yield Piece(np.stack(images), np.array(labels))
            images, labels[:] = [], []
    if images:
        yield Piece(np.stack(images), np.array(labels))


def pictures_in(path: Path) -> list[Path]:
    """Return the picture files in a folder, at any depth, by name.

    Raises
    ------
    DataError
        Where it cannot be looked into or holds none.
    """
    with listed(path, Limits()) as entries:
        found = [path / e.name for e in entries if e.name.lower().endswith(ENDINGS)]
    if not found:
        raise DataError(f"{path}: holds no pictures ({', '.join(ENDINGS)})")
    return found


def _picture_content(entry: Entry) -> bytes:
    """Return the bytes of a picture file; one too many where it is too large."""
    with reading(entry) as stream:
        return stream.read(LARGEST_FILE + 1)


def _array(archive: zipfile.ZipFile, name: str, path: Path) -> NpyArray:
    names = members(archive)
    if name not in names:
        there = ", ".join(list(names)[:8])[:200]
        raise DataError(f"{path}: has no array {name!r}; there are: {there or 'none'}")
    if archive.getinfo(names[name]).compress_type not in PACKED:
        raise DataError(f"{path}: {name} is packed in a way that NumPy does not write")
    array = opened(lambda: archive.open(names[name]))
    if array.dtype.kind not in "biuf":
        raise DataError(f"{path}: {name} holds {array.dtype}, numbers were expected")
    return array


def _check(images: NpyArray, labels: NpyArray, path: Path) -> None:
    if len(images.shape) != 3 or images.dtype != np.uint8:
        raise DataError(
            f"{path.name}: images must be (n, H, W) uint8, got {images.shape} {images.dtype}"
        )
    n = images.shape[0]
    if labels.shape != (n,) or n == 0:
        raise DataError(
            f"{path.name}: labels must be ({n},), one per image and at least one, "
            f"got {labels.shape}"
        )
    if images.by_columns and images.n_bytes > LARGEST_SAMPLE:
        raise DataError(
            f"{path.name}: images are stored column by column, which only small files may be; "
            "save numpy.ascontiguousarray(images)"
        )
    if images.n_bytes // n > LARGEST_PICTURE or n > MOST_PICTURES:
        raise DataError(
            f"{path.name}: at most {MOST_PICTURES:,} images of {LARGEST_PICTURE:,} pixels are "
            f"read, got {images.shape}"
        )
