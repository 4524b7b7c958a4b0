"""Picture files in folders that are named by the digit, 0 to 9, at any depth."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

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
from model.data.forms.shaping import MOST_SIDE, fitted

__all__ = ["ENDINGS", "labelled", "matches", "read"]

ENDINGS = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif")
FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF")
LARGEST_FILE = 10 * 2**20
"""Largest picture file, in bytes."""
MOST_PIXELS = 50_000_000
"""Most pixels of one picture, before it is decoded."""
MOST_SCANS = 100
"""Most scans of a JPEG; each decodes the whole picture."""
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
            grey = _grey(entry, limits.most_pixels - n_pixels)
        except (_UnusableError, DataError) as error:
            n_left_out += 1
            why = error.why if isinstance(error, _UnusableError) else "damaged"
            left_out.append(LeftOut(short(entry.name), why))
            continue
        n_pixels += grey.size
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


def _grey(entry: Entry, most_pixels: int) -> NDArray[np.uint8]:
    with reading(entry) as stream:
        content = stream.read(LARGEST_FILE + 1)
    if len(content) > LARGEST_FILE:
        raise _UnusableError("too_large")
    try:
        image = Image.open(io.BytesIO(content), formats=FORMATS)
    except Image.DecompressionBombError as error:
        raise _UnusableError("too_large") from error
    except Exception as error:  # Pillow's parsers raise whatever a damaged header leads to
        raise _UnusableError("no_picture") from error
    if image.width * image.height > MOST_PIXELS:
        raise _UnusableError("too_large")
    if min(image.size) < 4:
        raise _UnusableError("no_picture")
    if image.format == "JPEG" and content.count(b"\xff\xda") > MOST_SCANS:
        raise _UnusableError("too_large")
    image.draft("L", (MOST_SIDE, MOST_SIDE))  # a JPEG decodes at a fraction
    if image.width * image.height > most_pixels:
        raise _UnusableError("too_many")
    try:
        return _as_bytes(image)
    except Exception as error:  # as above
        raise _UnusableError("damaged") from error


def _as_bytes(image: Image.Image) -> NDArray[np.uint8]:
    if image.mode.startswith("I"):  # Pillow's conversion of 16-bit grey would clip it
        deep = np.asarray(image.convert("I"), np.float32)
        image = Image.fromarray(np.rint(np.clip(deep / 257, 0, 255)).astype(np.uint8))
    elif "A" in image.getbands() or "transparency" in image.info:
        image = _on_paper(image.convert("RGBA"))
    grey = image.convert("L")
    if max(grey.size) > MOST_SIDE:
        grey.thumbnail((MOST_SIDE, MOST_SIDE), Image.Resampling.BOX)
    return np.asarray(grey)


def _on_paper(layer: Image.Image) -> Image.Image:
    """Lay a picture with transparent parts on white, or on black where its ink is light."""
    ink = np.asarray(layer.convert("L"))[np.asarray(layer.getchannel("A")) > 127]
    paper = "black" if ink.size and ink.mean() > 127 else "white"
    return Image.alpha_composite(Image.new("RGBA", layer.size, paper), layer)
