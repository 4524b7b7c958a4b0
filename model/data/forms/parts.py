"""What every form is read into, and how much of it may be read."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from typing import Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from model.config import N_FEATURES
from model.data.array_files import MAX_BYTES, DataError

__all__ = [
    "ROLES",
    "USUAL_LIMITS",
    "LeftOut",
    "Limits",
    "Part",
    "Parts",
    "Role",
    "Why",
    "check_pair",
    "concatenated",
    "joined",
    "role_of",
    "short",
]

Role = Literal["train", "test", "validation"]
ROLES: tuple[Role, ...] = get_args(Role)

LONGEST_NAME = 120
"""Most characters of a file's name in a message."""
_ROLES: tuple[tuple[str, Role], ...] = (
    (r"(t10k|test)\w*", "test"),
    (r"val(id(ation)?)?(set|data|images|labels)?\d*", "validation"),
    (r"train\w*", "train"),
)


Why = Literal["no_digit", "no_picture", "damaged", "too_large", "too_many"]
"""Why a picture was left out: it lies in no folder of a digit, is in no form that is read, cannot
be decoded, has too many bytes, pixels or scans, or comes after all the pixels that are read."""


class LeftOut(NamedTuple):
    """A file that was not used, and why."""

    name: str
    why: Why


@dataclasses.dataclass(frozen=True, kw_only=True)
class Limits:
    """How much is read of data of one's own.

    Parameters
    ----------
    max_bytes : int
        Most bytes of all pictures of one part, as 28 × 28 bytes each, and of one array as it is.
    most_files : int
        Most files in a folder or an archive.
    most_pixels : int
        Most pixels that are decoded of all picture files; 2,000 million take some 20 s.
    most_points : int
        Most points in all strokes of a file; a digit has some 50.
    """

    max_bytes: int = MAX_BYTES
    most_files: int = 300_000
    most_pixels: int = 2_000_000_000
    most_points: int = 20_000_000

    @property
    def most_pictures(self) -> int:
        """Most pictures of one part."""
        return self.max_bytes // N_FEATURES

    def check_number(self, n: int, where: str) -> None:
        """Raise DataError where there are more pictures than may be read."""
        if n > self.most_pictures:
            raise DataError(
                f"{where}: has {n:,} pictures, at most {self.most_pictures:,} are read; "
                "leave some out"
            )


USUAL_LIMITS = Limits()


class Part(NamedTuple):
    """Pictures (n, 28, 28) uint8 and their labels (n,) uint8, 0 to 9."""

    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]


@dataclasses.dataclass(frozen=True, eq=False)
class Parts:
    """What was read.

    Parameters
    ----------
    train : Part
        To learn from.
    test : Part, optional
        Where there is a part of its own for the test.
    size : (int, int), optional
        Height and width of the pictures as they came, in pixels; None where they differ.
    left_out : tuple of LeftOut
        The first files that were not used.
    n_left_out : int
        How many there are in all.
    """

    train: Part
    test: Part | None
    size: tuple[int, int] | None
    left_out: tuple[LeftOut, ...] = ()
    n_left_out: int = 0


def concatenated(parts: Sequence[Part]) -> Part:
    """Put parts one after the other."""
    return Part(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))


def check_pair(n_images: int, images_where: str, n_labels: int, labels_where: str) -> None:
    """Raise DataError where there are not as many labels as pictures, or none."""
    if n_images == 0:
        raise DataError(f"{images_where}: has no pictures")
    if n_images != n_labels:
        raise DataError(
            f"{images_where} has {n_images:,} pictures, but {labels_where} has {n_labels:,} labels"
        )


def role_of(name: str) -> Role | None:
    """Return which part a name says that it is; the last word that says so counts."""
    found: Role | None = None
    for word in re.findall(r"[a-z0-9]+", name.lower()):
        for pattern, role in _ROLES:
            if re.fullmatch(pattern, word):
                found = role
    return found


def joined(parts: dict[Role, Part], size: tuple[int, int] | None) -> Parts:
    """Put parts by their roles together.

    A part for validation is the test where there is no other; else it is learned from, since a part
    for validation is chosen anew.
    """
    learned = parts.get("train")
    tested = parts.get("test")
    validation = parts.get("validation")
    if learned is None:  # a part alone is what there is to learn from
        learned, tested = (validation, tested) if validation is not None else (tested, None)
        validation = None
    if learned is None:
        raise ValueError("there is no part at all")
    if validation is not None and tested is None:
        tested, validation = validation, None
    if validation is not None:
        learned = concatenated([learned, validation])
    return Parts(learned, tested, size)


def short(name: str) -> str:
    """Return a name that fits into a message."""
    return name if len(name) <= LONGEST_NAME else f"…{name[-LONGEST_NAME:]}"
