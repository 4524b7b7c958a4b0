"""Own data: read in whatever form it is in, turned, and split where it has no parts of its own."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import NamedTuple

import numpy as np

from model.data.array_files import DataError
from model.data.forms import reader
from model.data.forms.parts import Limits, Part, Parts
from model.data.mnist_files import FourArrays
from model.data.splitting import held_out
from model.data.turning import Turn, turned
from model.data.understood import Understood, understood

__all__ = ["MOST_VALIDATION", "OwnFiles", "read", "write"]

TEST_SHARE = 6
"""One picture of so many is for the test, where there is no part for it."""
VALIDATION_SHARE = 12
"""One picture of so many that are left is for validation."""
MOST_VALIDATION = 5_000


class OwnFiles(NamedTuple):
    """Data of one's own.

    Parameters
    ----------
    arrays : FourArrays
        What there is to learn from, validation included, and the test; in the files' order.
    train, validation : Part
        The first two arrays, split.
    understood : Understood
    """

    arrays: FourArrays
    train: Part
    validation: Part
    understood: Understood


def read(path: Path, limits: Limits, turn: Turn) -> OwnFiles:
    """Read own data; all arrays are read-only.

    Raises
    ------
    DataError
        See `model.data.forms.reader.read`; or where there are too few pictures.
    """
    form, parts = reader.read(path, limits)
    parts = _turned(parts, turn)
    told = understood(form, parts, turn)
    learned, tested = parts.train, parts.test
    if len(learned.labels) < (2 if tested is not None else 3):
        raise DataError(
            f"{path}: one training picture is too few, one is needed for validation"
            f"{'' if tested is not None else ' and one for the test'}"
        )
    if tested is None:
        learned, tested = _split(learned, -(-len(learned.labels) // TEST_SHARE))
    n_validation = min(MOST_VALIDATION, max(1, len(learned.labels) // VALIDATION_SHARE))
    train, validation = _split(learned, n_validation)
    own = OwnFiles(FourArrays(*learned, *tested), train, validation, told)
    for array in (*own.arrays, *train, *validation):
        array.flags.writeable = False
    return own


def write(arrays: FourArrays, path: Path) -> None:
    """Write arrays as an .npz file, which `read` reads into the same parts.

    Raises
    ------
    OSError
        Where it cannot be written.
    """
    images, labels, test_images, test_labels = arrays
    np.savez(path, x_train=images, y_train=labels, x_test=test_images, y_test=test_labels)


def _turned(parts: Parts, turn: Turn) -> Parts:
    test = parts.test and Part(turned(parts.test.images, turn), parts.test.labels)
    train = Part(turned(parts.train.images, turn), parts.train.labels)
    return dataclasses.replace(parts, train=train, test=test)


def _split(part: Part, n: int) -> tuple[Part, Part]:
    """Return what is left of a part, and about n of its pictures that are held out."""
    chosen = held_out(part.labels, n)
    left, out = (Part(part.images[which], part.labels[which]) for which in (~chosen, chosen))
    return left, out
