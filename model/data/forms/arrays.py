"""NumPy's arrays: one .npz file, or .npy files side by side, by the names that people give them."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Mapping, Sequence
from typing import IO, Literal

import numpy as np

from model.data.array_files import DAMAGED, DataError
from model.data.forms.entries import Entry
from model.data.forms.labelling import digits_of
from model.data.forms.parts import (
    ROLES,
    Limits,
    Part,
    Parts,
    Role,
    check_pair,
    joined,
    role_of,
    short,
)
from model.data.forms.shaping import shaped, size_of
from model.data.npy_stream import PACKED, NpyArray, members, opened

__all__ = ["matches_npy", "matches_npz", "read_npy", "read_npz"]

Kind = Literal["images", "labels"]

_IMAGES = ("x", "images", "image", "imgs", "data", "pixels", "pictures", "features", "arr0")
_LABELS = ("y", "labels", "label", "targets", "target", "digits", "classes", "arr1")
_ROLE_WORDS = re.compile(r"training|train|testing|test|t10k|validation|valid|val")
_WIDEST = 8
"""Bytes of the widest number: an array of these may be as many times larger than its pictures."""
_MOST_ARRAYS = 1_000

Arrays = Mapping[str, tuple[str, NpyArray]]
"""Arrays by name, each with what it is called in messages."""


def matches_npz(entries: Sequence[Entry]) -> bool:
    """Whether there is an .npz file."""
    return any(entry.name.lower().endswith(".npz") for entry in entries)


def matches_npy(entries: Sequence[Entry]) -> bool:
    """Whether there are .npy files."""
    return any(entry.name.lower().endswith(".npy") for entry in entries)


def read_npz(entries: Sequence[Entry], limits: Limits) -> Parts:
    """Read the arrays in an .npz file; see `table.FORMS`."""
    found = [entry for entry in entries if entry.name.lower().endswith(".npz")]
    entry = next((entry for entry in found if "mnist" in entry.name.lower()), found[0])
    if entry.size > limits.max_bytes * _WIDEST:
        raise DataError(f"{entry.where}: has {entry.size:,} bytes, too many to be read")
    try:
        with entry.open() as file, zipfile.ZipFile(file) as archive:
            if len(archive.infolist()) > _MOST_ARRAYS:
                raise DataError(f"{entry.where}: holds over {_MOST_ARRAYS:,} arrays")
            arrays = {
                name: (f"{entry.where}: {short(name)}", member)
                for name, member in _members(archive, entry.where).items()
            }
            return _parts(arrays, entry.where, limits)
    except DataError:
        raise
    except DAMAGED as error:
        why = short(" ".join(str(error).split()))
        raise DataError(f"{entry.where}: is damaged or not an .npz file ({why})") from error


def read_npy(entries: Sequence[Entry], limits: Limits) -> Parts:
    """Read .npy files beside each other; see `table.FORMS`."""
    arrays: dict[str, tuple[str, NpyArray]] = {}
    found = [entry for entry in entries if entry.name.lower().endswith(".npy")]
    if len(found) > _MOST_ARRAYS:
        raise DataError(f"{found[0].where}: there are over {_MOST_ARRAYS:,} arrays beside it")
    for entry in found:
        name = entry.name.lower().removesuffix(".npy")
        try:
            arrays[name] = entry.where, opened(entry.open)
        except OSError as error:
            raise DataError(f"{entry.where}: cannot be read ({error.strerror})") from error
        except DataError:
            raise
        except DAMAGED as error:
            why = short(" ".join(str(error).split()))
            raise DataError(f"{entry.where}: is damaged or not an .npy file ({why})") from error
    where = found[0].where
    try:
        return _parts(arrays, where, limits)
    except (DataError, OSError):
        raise
    except DAMAGED as error:
        raise DataError(
            f"{where}: is damaged, or a file beside it ({short(str(error))})"
        ) from error


def _members(archive: zipfile.ZipFile, where: str) -> dict[str, NpyArray]:
    found = {}
    for name, member in members(archive).items():
        if archive.getinfo(member).compress_type not in PACKED:
            raise DataError(f"{where}: {short(name)} is packed in a way that NumPy does not write")
        found[name] = opened(_opener(archive, member))
    return found


def _opener(archive: zipfile.ZipFile, member: str) -> Callable[[], IO[bytes]]:
    return lambda: archive.open(member)


def _parts(arrays: Arrays, where: str, limits: Limits) -> Parts:
    pairs = _pairs(arrays)
    if not pairs:
        names = ", ".join(short(name) for name in list(arrays)[:8])[:200]
        raise DataError(
            f"{where}: has no array 'x_train' with 'y_train', nor 'images' with 'labels' or such "
            f"a pair; there are: {names or 'none'}"
        )
    parts: dict[Role, Part] = {}
    size = None
    for role, (images, labels) in pairs.items():
        parts[role], came = _part(*arrays[images], *arrays[labels], limits)
        size = size or came
    return joined(parts, size)


def _pairs(arrays: Arrays) -> dict[Role, tuple[str, str]]:
    """Return the names of the images and of the labels, by part."""
    found: dict[tuple[Role, Kind], str] = {}
    for name in arrays:
        kind = _kind(name)
        if kind is not None:
            found.setdefault((role_of_array(name), kind), name)
    pairs = {
        role: (found[role, "images"], found[role, "labels"])
        for role in ROLES
        if (role, "images") in found and (role, "labels") in found
    }
    if not pairs and len(arrays) == 2:  # two arrays of any name: the wider one holds the pictures
        first, second = sorted(arrays, key=lambda name: -_width(arrays[name][1]))
        return {"train": (first, second)}
    return pairs


def role_of_array(name: str) -> Role:
    """Return the part that an array's name says that it is; "train" where it says nothing."""
    found = _ROLE_WORDS.search(name.lower())
    return (role_of(found[0]) if found else None) or "train"


def _kind(name: str) -> Kind | None:
    base = name.lower().replace("\\", "/").rpartition("/")[2]
    rest = re.sub(r"[^a-z0-9]", "", _ROLE_WORDS.sub("", base))
    if "mnist" in rest:  # such as mnist_train_images
        rest = re.sub(r"[a-z]*mnist", "", rest)
    return "images" if rest in _IMAGES else "labels" if rest in _LABELS else None


def _width(array: NpyArray) -> int:
    return int(np.prod(array.shape[1:], dtype=np.float64)) if array.shape else 0


def _part(
    images_where: str, images: NpyArray, labels_where: str, labels: NpyArray, limits: Limits
) -> tuple[Part, tuple[int, int]]:
    for where, array in ((images_where, images), (labels_where, labels)):
        _check(array, where, limits)
    size = size_of(images.shape, images_where)
    n_labels = labels.shape[0] if labels.shape else 0
    check_pair(images.shape[0], images_where, n_labels, labels_where)
    if images.dtype.kind not in "biuf":
        raise DataError(f"{images_where} holds {images.dtype}, numbers were expected")
    pictures = shaped(images.pieces, images.shape, images_where, limits)
    held = [np.array(piece) for piece in labels.pieces()]
    digits = digits_of(np.concatenate(held) if held else np.empty(0), labels_where)
    return Part(pictures, digits), size


def _check(array: NpyArray, where: str, limits: Limits) -> None:
    if array.dtype.kind == "O":
        raise DataError(
            f"{where} holds Python objects, which are not unpickled; save numbers, such as "
            "labels.astype(int)"
        )
    most = limits.max_bytes * (1 if array.by_columns else _numbers_wide(array))
    if array.n_bytes > most:
        raise DataError(
            f"{where} declares shape {array.shape} of {array.dtype}; "
            f"at most {most:,} bytes are read"
        )


def _numbers_wide(array: NpyArray) -> int:
    return array.dtype.itemsize if array.dtype.kind in "biuf" else 1
