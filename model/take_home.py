"""What a visitor takes home, as the files of one zip: drawings, a notebook."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Cell", "Traces", "as_jsonl", "as_notebook", "as_npz", "as_zip"]

Traces = tuple[NDArray[np.float32], ...]
"""Strokes, (n, 2) each: x and y in pixels of the canvas, in drawing order."""

FIRST_DAY = (1980, 1, 1, 0, 0, 0)
"""The date of each file, the earliest that a zip can have: the same things make the same zip."""


class Cell(NamedTuple):
    """A cell of a notebook."""

    kind: Literal["markdown", "code"]
    source: str


def as_zip(files: Mapping[str, bytes], folder: str) -> bytes:
    """Return a zip with these files, by name, in a folder; of the same files always the same."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(f"{folder}/{name}", FIRST_DAY)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
    return packed.getvalue()


def as_npz(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Return arrays by name as `numpy.load` reads them, without a pickle in them."""
    file = io.BytesIO()
    np.savez(file, allow_pickle=False, **arrays)
    return file.getvalue()


def as_jsonl(traces: Sequence[Traces], labels: Sequence[int] | None) -> str:
    """Return strokes as `model.data.strokes` reads them, a line for each drawing that has some.

    Parameters
    ----------
    traces : sequence of traces
        Those of each drawing; none where they are not known.
    labels : sequence of int, optional
        A digit for each drawing. Without them, a line has no `label`, and is read by nobody here.

    Returns
    -------
    str
        Beside `label` and `strokes` a line has `row`: which drawing it is, from 0.
    """
    lines = []
    for row, strokes in enumerate(traces):
        if strokes:
            label = {} if labels is None else {"label": int(labels[row])}
            rounded = [np.round(each.astype(np.float64), 1).tolist() for each in strokes]
            fields = {**label, "row": row, "strokes": rounded}
            lines.append(json.dumps(fields, separators=(",", ":")) + "\n")
    return "".join(lines)


def as_notebook(cells: Sequence[Cell]) -> bytes:
    """Return a Jupyter notebook.

    References
    ----------
    The notebook format, version 4.4: https://nbformat.readthedocs.io/en/latest/format_description.html
    """
    python = {"display_name": "Python 3", "language": "python", "name": "python3"}
    book = {
        "nbformat": 4,
        "nbformat_minor": 4,
        "metadata": {"kernelspec": python, "language_info": {"name": "python"}},
        "cells": [_in_json(cell) for cell in cells],
    }
    return (json.dumps(book, indent=1, ensure_ascii=False) + "\n").encode()


def _in_json(cell: Cell) -> dict[str, Any]:
    lines = cell.source.splitlines(keepends=True)
    found: dict[str, Any] = {"cell_type": cell.kind, "metadata": {}, "source": lines}
    return found | ({"execution_count": None, "outputs": []} if cell.kind == "code" else {})
