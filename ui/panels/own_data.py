"""Training data of a visitor's own: uploaded files, kept in a folder as long as the visit."""

from __future__ import annotations

import contextlib
import dataclasses
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path

import streamlit as st
from streamlit.typing import UploadedFile

from model.data.datasets import DataError, load
from ui.elements import notices
from ui.server.own_files import new_folder
from ui.session import state

__all__ = ["chooser", "path"]

MOST_BYTES = 64 * 2**20
"""The most bytes that all uploaded files of a visit may have together."""
MOST_FILES = 8
MOST_UNPACKED = 64_000_000
"""The most bytes of one array: 81,000 pictures, where MNIST has 60,000."""


@dataclasses.dataclass(frozen=True, eq=False)
class _OwnData:
    """Uploaded files by their ids, and where they are; or what is wrong with them."""

    ids: tuple[str, ...]
    folder: tempfile.TemporaryDirectory[str] | None
    path: str
    problem: str = ""


def chooser() -> None:
    """Ask for files in MNIST's layout, and keep them; say so where they cannot be used."""
    files = st.file_uploader(
        "Four IDX files or one .npz, in MNIST's layout",
        accept_multiple_files=True,
        key=state.OWN_FILES.name,
        help="train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte, "
        "t10k-labels-idx1-ubyte, gzipped or not; or x_train, y_train, x_test, y_test in an .npz",
    )
    if not files:
        state.OWN_DATA.set(None)
        return
    if len(files) > MOST_FILES or sum(file.size for file in files) > MOST_BYTES:
        st.error(f"At most {MOST_FILES} files and {MOST_BYTES // 2**20} MB together are taken.")
        return
    kept: _OwnData | None = state.OWN_DATA.get()
    if kept is None or kept.ids != _ids(files):
        kept = _kept(files)
        state.OWN_DATA.set(kept)
    if kept.problem:
        notices.error(kept.problem)


def path() -> str | None:
    """Return the path of the data that is chosen now; None while there is none that is usable."""
    kept: _OwnData | None = state.OWN_DATA.get()
    files = state.OWN_FILES.get() or []
    if kept is None or kept.problem or kept.ids != _ids(files):
        return None
    return kept.path


def _ids(files: Sequence[UploadedFile]) -> tuple[str, ...]:
    return tuple(file.file_id for file in files)


def _kept(files: Sequence[UploadedFile]) -> _OwnData:
    """Write the files to a folder of their own and try to load them."""
    ids = _ids(files)
    with contextlib.ExitStack() as undo:
        try:
            folder = new_folder()
            undo.callback(folder.cleanup)
            path = _written(files, Path(folder.name))
            load(path, max_bytes=MOST_UNPACKED)
        except DataError as error:
            reason = str(error).replace(folder.name, "…")
            return _OwnData(ids, None, "", f"These files cannot be trained on: {reason}")
        except OSError as error:
            problem = f"The server could not keep these files: {error.strerror}."
            return _OwnData(ids, None, "", problem)
        undo.pop_all()
    return _OwnData(ids, folder, str(path))


def _written(files: Sequence[UploadedFile], folder: Path) -> Path:
    """Write the files to a folder; return what `load` takes: a single .npz, else the folder."""
    for file in files:
        written = folder / _file_name(file.name)
        written.write_bytes(file.getbuffer())
    return written if len(files) == 1 and written.suffix == ".npz" else folder


def _file_name(name: str) -> str:
    """Return what a file may be called here, whatever a browser says it is called there."""
    return re.sub(r"[^\w.-]", "_", Path(name).name)[-100:].lstrip(".") or "file"
