"""A picture that the page itself brings to Draw: read there as an upload is, with its reasons."""

from __future__ import annotations

import io
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from model.data.datasets import Split
from model.data.strokes import inked
from ui.session import address, models, pictures, state
from ui.session.drawings import begin_with, replace_drawing
from ui.session.state import Uploaded

__all__ = [
    "begin_over",
    "bring",
    "is_shown",
    "kept_source",
    "leave",
    "of_test",
    "show_drawing",
    "show_of_the_room",
    "show_test",
]

OWN_DATA = {"own": "your own data", "file": "your file"}


def of_test(name: str, test: Split, index: int, read_as: int) -> Uploaded:
    """Return a test picture as one that can be brought.

    Parameters
    ----------
    name : str
        Of the data set; "own" for data of one's own, "file" for one file of it.
    test : Split
    index : int
        Of the picture, from 0.
    read_as : int
        The digit that the model took it for in the test.
    """
    data = OWN_DATA.get(name) or models.DATA_NAMES[name]
    about = f"Test digit {index + 1:,} of {data}: whoever wrote it meant {test.labels[index]}."
    more = f"In the test it was read as {read_as}."
    return _picture(f"test digit {name} {index}", test.images[index], about, more)


def show_test(name: str, test: Split, index: int, read_as: int) -> None:
    """Go to Draw with a test picture, given as to `of_test`, and with a reason for its answer."""
    picture = of_test(name, test, index, read_as)
    bring(picture, "evidence" if read_as == test.labels[index] else "contrast")
    address.go_to("Draw")


def show_drawing(number: int, drawing: NDArray[np.floating[Any]]) -> None:
    """Go to Draw with a drawing of this visit, (28, 28) from 0 to 1."""
    bring(_of_drawing(number, drawing), "evidence")
    address.go_to("Draw")


def show_of_the_room(number: int, image: NDArray[np.uint8], about: str, *, is_right: bool) -> None:
    """Go to Draw with a drawing of the room, (28, 28) from 0 to 255, and with a reason."""
    bring(_picture(f"room {number}", image, about), "evidence" if is_right else "contrast")
    address.go_to("Draw")


def _of_drawing(number: int, drawing: NDArray[np.floating[Any]]) -> Uploaded:
    about = f"Drawing {number} of this visit, centred as the model is fed it."
    return _picture(f"drawing {number}", np.rint(drawing * 255).astype(np.uint8), about)


def bring(picture: Uploaded, reason: Literal["contrast", "evidence"]) -> None:
    """Show this picture on Draw, with a reason for its answer; to be called before its widgets."""
    pictures.put((picture,))
    state.SOURCE.set("upload")
    state.WHY.set(reason)


def is_shown() -> bool:
    """Whether what Draw shows was brought by the page."""
    picture = pictures.shown()
    return state.SOURCE.get() == "upload" and picture is not None and picture.about is not None


def kept_source() -> state.Source:
    """Return the source that a reload begins with, which such a picture does not outlive."""
    return "draw" if is_shown() else state.SOURCE.get()


def leave() -> None:
    """Where such a picture was shown, take it away; the canvas begins empty."""
    if is_shown():
        pictures.put(())
        replace_drawing([])
        state.INK.set(None)


def begin_over(strokes: list[list[list[float]]], side: int) -> None:
    """Go from the picture to the canvas of this side, on which there are these strokes alone."""
    pen = state.PEN_WIDTH.get()
    leave()
    state.SOURCE.set("draw")
    begin_with(strokes, pen)
    # A new canvas shows what it begins with, and sends nothing before the next stroke.
    state.INK.set(inked(map(np.array, strokes), side=side, pen=pen))


def _picture(name: str, image: NDArray[np.uint8], about: str, more: str = "") -> Uploaded:
    file = io.BytesIO()
    Image.fromarray(image).save(file, "PNG")
    return Uploaded(
        id=name, name=name, content=file.getvalue(), problem=None, about=about, more=more
    )
