"""Picture files in folders that are named by the digit, 0 to 9, at any depth."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from model.config import SIDE
from model.data.array_files import DataError
from model.data.forms.entries import Entry, reading
from model.data.forms.parts import (
    LeftOut,
    Limits,
    Part,
    Parts,
    Role,
    Why,
    joined,
    role_of,
    short,
)
from model.data.forms.shaping import fitted
from model.preprocessing import picture
from model.preprocessing.contrast import luma
from model.preprocessing.picture import FORMATS, LARGEST_FILE, MOST_PIXELS

__all__ = ["ENDINGS", "labelled", "matches", "read"]

ENDINGS = tuple(f".{ending}" for ending in picture.ENDINGS)
LEAST_SIDE = 4
"""Of a picture, in pixels."""
KEPT_REASONS = 8
"""Files that were left out, of which is told why."""


class _UnusableError(Exception):
    """A picture that is left out, and why."""

    def __init__(self, why: Why) -> None:
        super().__init__(why)
        self.why = why


def matches(entries: Sequence[Entry]) -> bool:
    """Whether there are pictures at all."""
    return any(entry.name.lower().endswith(ENDINGS) for entry in entries)


def read(entries: Sequence[Entry], limits: Limits) -> Parts:
    """Read all pictures that lie in a folder of a digit; see `table.FORMS`.

    A picture that cannot be read is left out.
    """
    pictures = [entry for entry in entries if entry.name.lower().endswith(ENDINGS)]
    found = labelled(pictures)
    if not found:
        raise DataError(
            f"{pictures[0].where}: pictures lie in folders named by their digit, 0 to 9, "
            "such as 3/mine.png or train/3/mine.png"
        )
    limits.check_number(len(found), pictures[0].where)
    by_role: dict[Role, tuple[list[NDArray[np.uint8]], list[int]]] = {}
    left_out = [
        LeftOut(short(entry.name), "no_digit")
        for entry in pictures[: KEPT_REASONS + len(found)]
        if label_of(entry.name) is None
    ][:KEPT_REASONS]
    n_left_out = len(pictures) - len(found)
    sizes: set[tuple[int, int]] = set()
    n_pixels = 0
    for entry, label in found:
        try:
            grey, n_decoded = _grey(entry, limits.most_pixels - n_pixels)
        except (_UnusableError, DataError) as error:
            n_left_out += 1
            why = error.why if isinstance(error, _UnusableError) else "damaged"
            left_out.append(LeftOut(short(entry.name), why))
            continue
        n_pixels += n_decoded
        if len(sizes) < 2:
            sizes.add((grey.shape[0], grey.shape[1]))
        images, labels = by_role.setdefault(role_of(_folders_of(entry.name)) or "train", ([], []))
        images.append(fitted(grey[np.newaxis])[0])
        labels.append(label)
    if not by_role:
        raise DataError(
            f"{found[0][0].where}: none of {len(found):,} pictures can be read "
            f"({', '.join(FORMATS)}; with sides of 4 or more, at most {MOST_PIXELS:,} pixels and "
            f"{LARGEST_FILE // 2**20} MiB)"
        )
    parts = {
        role: Part(np.stack(images).reshape(-1, SIDE, SIDE), np.array(labels, np.uint8))
        for role, (images, labels) in by_role.items()
    }
    made = joined(parts, sizes.pop() if len(sizes) == 1 else None)
    return Parts(made.train, made.test, made.size, tuple(left_out[:KEPT_REASONS]), n_left_out)


def labelled(entries: Sequence[Entry]) -> list[tuple[Entry, int]]:
    """Return the pictures that lie in the folder of a digit, each with the digit."""
    digits = ((entry, label_of(entry.name)) for entry in entries)
    return [(entry, digit) for entry, digit in digits if digit is not None]


def label_of(name: str) -> int | None:
    """Return the digit in whose folder a file lies; None where there is none."""
    folder = name.split("/")[-2:-1]
    return int(folder[0]) if folder and re.fullmatch("[0-9]", folder[0]) else None


def _folders_of(name: str) -> str:
    return "/".join(name.split("/")[:-2])


def _grey(entry: Entry, most_pixels: int) -> tuple[NDArray[np.uint8], int]:
    """Return a picture as grey, and how many pixels were decoded for it."""
    with reading(entry) as stream:
        content = stream.read(LARGEST_FILE + 1)
    try:
        image = picture.checked(content)
        if min(image.size) < LEAST_SIDE:
            raise _UnusableError("no_picture")
        n_pixels = image.width * image.height
        if n_pixels > most_pixels:
            raise _UnusableError("too_many")
        return _as_bytes(*picture.picture_of(image)), n_pixels
    except picture.TooLargePictureError as error:
        raise _UnusableError("too_large") from error
    except picture.NoPictureError as error:
        raise _UnusableError("no_picture") from error
    except picture.PictureError as error:
        raise _UnusableError("damaged") from error


def _as_bytes(
    colours: NDArray[np.float32], opacity: NDArray[np.float32] | None
) -> NDArray[np.uint8]:
    """Return the grey of a picture; a transparent one is laid on white, or black for light ink."""
    if opacity is not None:
        ink = luma(colours)[opacity > 0.5]
        paper = 0 if ink.size and ink.mean() > 0.5 else 1
        cover = opacity[..., np.newaxis]
        colours = colours * cover + paper * (1 - cover)
    grey: NDArray[np.uint8] = np.rint(255 * luma(colours)).astype(np.uint8)
    return grey
