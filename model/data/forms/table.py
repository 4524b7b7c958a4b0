"""The table of forms in which own data is read. A new form is a row here and a module beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from model.data.forms import arrays, idx, pen_strokes, picture_folders, table_rows
from model.data.forms.entries import Entry
from model.data.forms.parts import Limits, Parts

__all__ = ["FORMS", "Form"]


class Form(NamedTuple):
    """A form of data.

    Parameters
    ----------
    name : str
        Its code.
    files : tuple of str
        What its files are called, for messages and documents.
    matches : callable
        Whether files are in this form; told by their names, nothing is unpacked for it.
    read : callable
        Reads the files that are.
    """

    name: str
    files: tuple[str, ...]
    matches: Callable[[Sequence[Entry]], bool]
    read: Callable[[Sequence[Entry], Limits], Parts]


FORMS = (
    Form("idx", ("…images-idx3-ubyte", "…labels-idx1-ubyte"), idx.matches, idx.read),
    Form("npz", ("….npz",), arrays.matches_npz, arrays.read_npz),
    Form("npy", ("x….npy", "y….npy"), arrays.matches_npy, arrays.read_npy),
    Form("csv", ("….csv",), table_rows.matches, table_rows.read),
    Form("strokes", ("….jsonl",), pen_strokes.matches, pen_strokes.read),
    Form("pictures", ("0/….png", "9/….png"), picture_folders.matches, picture_folders.read),
)
"""Where a folder holds several forms, the first one is read."""
