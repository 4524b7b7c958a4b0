"""CSV files with a label and the greys of a picture in each row, such as Kaggle's."""

from __future__ import annotations

import io
import itertools
import re
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from model.data.array_files import DataError
from model.data.forms.entries import Entry, plain, reading
from model.data.forms.labelling import digits_of
from model.data.forms.parts import Limits, Part, Parts, Role, concatenated, joined, role_of, short
from model.data.forms.shaping import shaped, size_of

__all__ = ["matches", "read"]

LONGEST_LINE = 200_000
"""Most bytes of a row: 784 numbers with all their digits have a tenth of it."""
ROWS = 512
"""Rows that are parsed at once."""
LOOKED_AT = 200
"""First rows by which a column of labels without a name is known."""
_ENDING = re.compile(r"\.(csv|tsv)(\.gz)?$")
_LABEL = re.compile(r"(label|class|target|digit|y|answer)s?")
_NO_PIXEL = re.compile(r"(id|index|image_?id|row|unnamed.*|)")


def matches(entries: Sequence[Entry]) -> bool:
    """Whether there is a file of comma-separated values, gzipped or not."""
    return any(_is_csv(entry.name) for entry in entries)


def read(entries: Sequence[Entry], limits: Limits) -> Parts:
    """Read all files that have labels; see `table.FORMS`."""
    parts: dict[Role, Part] = {}
    size = None
    unlabelled: DataError | None = None
    for entry in filter(lambda entry: _is_csv(entry.name), entries):
        try:
            part, came = _part(entry, limits)
        except _NoLabelsError as error:  # as Kaggle's test.csv and sample_submission.csv
            unlabelled = unlabelled or error
            continue
        role = role_of(entry.name) or "train"
        if role in parts:
            part = concatenated([parts[role], part])
            limits.check_number(len(part.labels), entry.where)
        parts[role] = part
        size = size or came
    if not parts:
        raise unlabelled or DataError("there is no file with labels")
    return joined(parts, size)


class _NoLabelsError(DataError):
    """A file without a column of labels, or with nothing else."""


def _is_csv(name: str) -> bool:
    return bool(_ENDING.search(plain(name)))


def _part(entry: Entry, limits: Limits) -> tuple[Part, tuple[int, int]]:
    where = entry.where
    with reading(entry) as stream:
        lines = _lines(stream, where, limits)
        first = next(lines, "")
        separator = max(",;\t", key=first.count)
        names = [name.strip().strip("\"'").lower() for name in first.split(separator)]
        has_names = not all(map(_is_number, names))
        if has_names:
            columns_of = _named(names, where)
        pieces = _numbers(lines if has_names else _after(first, lines), separator, where, limits)
        rows = list(pieces)
    if not rows:
        raise DataError(f"{where}: has no row of numbers")
    columns = rows[0].shape[1]
    label, pixels = columns_of if has_names else _unnamed(rows[0], where)
    if has_names and len(names) != columns:
        raise DataError(f"{where}: names {len(names):,} columns, but its rows have {columns:,}")
    labels = digits_of(np.concatenate([piece[:, label] for piece in rows]), where)
    shape = (len(labels), len(pixels))
    pictures = shaped(lambda: (piece[:, pixels] for piece in rows), shape, where, limits)
    return Part(pictures, labels), size_of(shape, where)


def _after(first: str, lines: Iterator[str]) -> Iterator[str]:
    yield first
    yield from lines


def _lines(stream: io.BufferedIOBase, where: str, limits: Limits) -> Iterator[str]:
    """Yield lines that are not empty, none too long, and not too many."""
    n_lines = n_bytes = 0
    while line := stream.readline(LONGEST_LINE + 1):
        n_lines, n_bytes = n_lines + 1, n_bytes + len(line)
        if len(line) > LONGEST_LINE:
            raise DataError(
                f"{where}: line {n_lines:,} has over {LONGEST_LINE:,} characters; a row is a label "
                "and the 784 numbers of a picture"
            )
        if n_lines > 2 * limits.most_pictures or n_bytes > 8 * limits.max_bytes:
            raise DataError(f"{where}: has more rows than are read; keep a part of them")
        text = line.decode("utf-8-sig" if n_lines == 1 else "utf-8", "replace").strip()
        if text:
            yield text


def _numbers(
    lines: Iterator[str], separator: str, where: str, limits: Limits
) -> Iterator[NDArray[np.uint8] | NDArray[np.float32]]:
    """Yield rows of numbers, some at a time, as bytes where they are bytes."""
    width, n_rows, n_bytes = 0, 0, 0
    while taken := list(itertools.islice(lines, ROWS)):
        if separator == "," and '"' in taken[0]:
            taken = [line.replace('"', "") for line in taken]
        try:
            rows = np.loadtxt(taken, np.float32, delimiter=separator, ndmin=2, comments=None)
        except (ValueError, UnicodeError) as error:
            raise DataError(
                f"{where}: from row {n_rows + 1:,} on: rows are numbers between {separator!r}, "
                f"all of one length ({short(str(error))})"
            ) from error
        width = width or rows.shape[1]
        if rows.shape[1] != width:
            raise DataError(
                f"{where}: row {n_rows + 1:,} has {rows.shape[1]:,} numbers, those before {width:,}"
            )
        n_rows += len(rows)
        limits.check_number(n_rows, where)
        small = rows.astype(np.uint8) if (rows >= 0).all() and (rows <= 255).all() else rows
        piece = small if small is not rows and (small == rows).all() else rows
        n_bytes += piece.nbytes
        if n_bytes > 2 * limits.max_bytes:
            raise DataError(f"{where}: has more numbers than are read; keep a part of its rows")
        yield piece


def _named(names: list[str], where: str) -> tuple[int, list[int]]:
    """Return which column holds the labels and which ones the pixels, by their names."""
    labels = [i for i, name in enumerate(names) if _LABEL.fullmatch(name)]
    if not labels:
        raise _NoLabelsError(
            f"{where}: has no column of labels; its columns are "
            f"{', '.join(map(short, names[:3]))[:100]} …"
        )
    pixels = [
        i for i, name in enumerate(names) if i not in labels and not _NO_PIXEL.fullmatch(name)
    ]
    if not pixels:
        raise _NoLabelsError(f"{where}: has labels, but no columns of greys")
    return labels[0], pixels


def _unnamed(rows: NDArray[np.uint8] | NDArray[np.float32], where: str) -> tuple[int, list[int]]:
    """Return the same where the columns have no names: labels are the first or the last one."""
    width = rows.shape[1]
    looked_at = rows[:LOOKED_AT]
    for column in (0, width - 1):
        values = np.unique(looked_at[:, column])
        if len(values) > 1 and np.isin(values, np.arange(10)).all():
            break
    else:
        column = 0
    if width < 2:
        raise _NoLabelsError(f"{where}: has a single column, so no pictures with labels")
    return column, [i for i in range(width) if i != column]


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
