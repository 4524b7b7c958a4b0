"""This visit's uploaded pictures: kept across views, each with how a person turned or cut it."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence
from typing import Any

from streamlit.typing import UploadedFile

from model.preprocessing import kept_picture
from model.preprocessing.ink import Found, PictureError, inks_from_upload
from model.preprocessing.kept_picture import Box
from ui.server import log
from ui.session import state
from ui.session.state import Uploaded

__all__ = ["MOST", "change", "found", "preview", "put", "refused", "shown", "take"]

MOST = 8
"""Pictures that a visit keeps: the last ones."""
_REMEMBERED = 16


def take(files: Sequence[UploadedFile]) -> None:
    """Keep these files and no others, and show the last; what is known already stays as it is."""
    known = {each.id: each for each in state.PICTURES.get()}
    kept = [
        known.get(file.file_id) or Uploaded(file.file_id, file.name, *_kept(file.getvalue()))
        for file in files[-MOST:]
    ]
    put(tuple(kept))


def put(several: tuple[Uploaded, ...]) -> None:
    """Show these pictures and no others, the last of them first."""
    state.PICTURES.set(several)
    state.PICTURE_SHOWN.set(len(several) - 1)
    state.CROPPING.set(False)


def _kept(content: bytes) -> tuple[bytes, str | None]:
    """Return what is kept of a file, and why it is refused, if it is."""
    try:
        return kept_picture.file_to_keep(content), None
    except PictureError as error:
        log.refused("upload", "picture")
        return b"", str(error)


def shown() -> Uploaded | None:
    """Return the picture that is shown; None where there is none."""
    pictures = state.PICTURES.get()
    index = state.PICTURE_SHOWN.get()
    return pictures[index] if 0 <= index < len(pictures) else None


def change(**fields: Any) -> None:
    """Change how the picture that is shown is read: its turns, its box, which is its ink."""
    index = state.PICTURE_SHOWN.get()
    pictures = list(state.PICTURES.get())
    if 0 <= index < len(pictures):
        pictures[index] = dataclasses.replace(pictures[index], **fields)
        state.PICTURES.set(tuple(pictures))


def found(picture: Uploaded) -> tuple[Found, ...]:
    """Return the ink found in a picture: none where it was refused, two where one must choose."""
    if picture.problem is not None:
        return ()
    return _found(picture.content, picture.turns, picture.box, picture.ink)


def preview(picture: Uploaded) -> str:
    """Return the address (data:…) of a small picture for the browser, turned but not cut."""
    return _preview(picture.content, picture.turns)


def refused(picture: Uploaded) -> str | None:
    """Say why a picture was refused; None where it was not."""
    return picture.problem and f"{picture.name} was not read: {picture.problem}."


@functools.lru_cache(maxsize=_REMEMBERED)
def _found(content: bytes, turns: int, box: Box | None, ink: Any) -> tuple[Found, ...]:
    return inks_from_upload(content, turns=turns, box=box, ink=ink)


_preview = functools.lru_cache(maxsize=_REMEMBERED)(kept_picture.preview)
