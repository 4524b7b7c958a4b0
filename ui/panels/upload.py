"""The upload in the canvas's place: files, the camera, and how a picture is turned and cut."""

from __future__ import annotations

import html
from typing import Final
from urllib.parse import urlsplit

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from model.classifier.checkpoint import Checkpoint
from model.classifier.prediction import are_answered, read_parts
from model.preprocessing.ink import ENDINGS, LARGEST_FILE, Found
from model.preprocessing.kept_picture import Box
from ui.components.crop_box import crop_box
from ui.elements import notices, pixels
from ui.session import pictures, state
from ui.session.state import Uploaded

__all__ = ["upload_panel"]

DRAW_OVER: Final = "A stroke on it begins an empty canvas."
FOUND: Final = "The ink found in the picture"
MEBIBYTE = 2**20


def upload_panel(active: Checkpoint | None) -> NDArray[np.float32] | None:
    """Ask for pictures; return the ink of the one that is shown, None where there is none yet.

    Parameters
    ----------
    active : Checkpoint or None
        Reads the others too, whose answers stand beside their numbers.
    """
    picture = pictures.shown()
    with st.container(key="upload"):
        if picture is not None and picture.about is not None:
            return _picture(picture)  # the page has brought it: no other is asked for
        st.file_uploader(
            f"Photos or pictures of a digit or a number, at most {pictures.MOST}",
            type=list(ENDINGS),
            accept_multiple_files=True,
            key=state.PICTURE.name,
            max_upload_size=LARGEST_FILE // MEBIBYTE,
            on_change=lambda: pictures.take(state.PICTURE.get()),
        )
        _camera()
        _choice(active)
        picture = pictures.shown()
        return None if picture is None else _picture(picture)


def _camera() -> None:
    """Offer the camera, where the browser allows it to be used."""
    if not _is_secure():
        st.html(
            "<p class='note'>On a phone, Upload offers the camera. Or paste a picture, or drop one"
            " onto the canvas.</p>"
        )
        return
    is_open = state.CAMERA.get()
    st.button(
        "Close the camera" if is_open else "Take a photo",
        icon=":material/photo_camera:",
        type="tertiary",
        key="camera_button",
        on_click=lambda: state.CAMERA.set(not is_open),
    )
    if is_open:
        st.camera_input(
            "A photo of a digit on paper",
            key=state.PHOTO.name,
            label_visibility="collapsed",
            on_change=_take_photo,
        )


def _is_secure() -> bool:
    """Whether browsers let a page at this address use the camera: HTTPS, or this machine."""
    address = urlsplit(st.context.url or "")
    return address.scheme == "https" or address.hostname in ("localhost", "127.0.0.1", "::1")


def _take_photo() -> None:
    if (photo := state.PHOTO.get()) is not None:
        pictures.take([photo])
        state.CAMERA.set(False)


def _choice(active: Checkpoint | None) -> None:
    """Show a button for each of several pictures, with its answer."""
    several = state.PICTURES.get()
    if len(several) < 2:
        return
    answers = [_answer(picture, active) for picture in several]
    with st.container(horizontal=True, gap="xsmall", key="picture_choice"):
        for index, (picture, answer) in enumerate(zip(several, answers, strict=True)):
            st.button(
                answer,
                key=f"picture_{index}",
                type="primary" if index == state.PICTURE_SHOWN.get() else "secondary",
                help=f"{index + 1}. {picture.name}".replace("`", "'"),
                on_click=_show,
                args=(index,),
            )


def _show(index: int) -> None:
    state.PICTURE_SHOWN.set(index)
    state.CROPPING.set(False)


def _answer(picture: Uploaded, active: Checkpoint | None) -> str:
    """Return the digits that a picture is answered with; "?" for a doubt, "–" for no picture."""
    if picture.problem is not None:
        return "–"
    inks = pictures.found(picture)
    if len(inks) != 1 or active is None:
        return "?"
    readings = read_parts(active, inks[0].ink)
    return "".join(str(each.digit) for each in readings) if are_answered(readings) else "?"


def _picture(picture: Uploaded) -> NDArray[np.float32] | None:
    """Show what was found in a picture, and the ways to read it otherwise."""
    problem = pictures.refused(picture)
    if problem is not None:
        notices.error(problem)
        return None
    inks = pictures.found(picture)
    if state.CROPPING.get():
        crop_box(pictures.preview(picture), picture.box, on_crop=_crop)
    elif len(inks) == 1:
        _show_ink(inks[0].ink, is_brought=picture.about is not None)
    if len(inks) == 2:
        _ask(inks)
    elif not inks[0].ink.any():
        st.info("No drawing was found in this picture. Cut it to the digit, or try another.")
    if picture.about is None:
        _adjustments(is_cut=picture.box is not None)
    else:
        more = f"<span class='long'>{html.escape(picture.more)} {DRAW_OVER}</span>"
        st.html(f"<p class='note'>{html.escape(picture.about)} {more}</p>")
    return inks[0].ink if len(inks) == 1 else None


def _show_ink(ink: NDArray[np.float32], *, is_brought: bool = False) -> None:
    kind = "class='found brought'" if is_brought else "class='found'"
    st.html(f"<div {kind}>{pixels.picture(pixels.grey(ink), FOUND)}</div>")


def _ask(inks: tuple[Found, ...]) -> None:
    """Show both ways to read the picture: which is the drawing?"""
    st.html("<p class='lead'>Which one is the drawing?</p>")
    for column, found, words in zip(
        st.columns(2, gap="small", wrap=False), inks, ("This", "Or this"), strict=True
    ):
        with column:
            _show_ink(found.ink)
            st.button(
                words,
                key=f"is_ink_{found.level}",
                width="stretch",
                on_click=pictures.change,
                kwargs={"ink": found.level},
            )


def _adjustments(*, is_cut: bool) -> None:
    """Show what may help where the picture was not read as a person would read it."""
    with st.container(horizontal=True, gap="xsmall", key="adjust"):
        st.button(
            "Turn",
            icon=":material/rotate_right:",
            key="turn",
            help="By a quarter to the right",
            on_click=_turn,
        )
        st.button(
            "Invert",
            icon=":material/invert_colors:",
            key="invert",
            help="Take what is light for the ink, or what is dark",
            on_click=_invert,
        )
        if state.CROPPING.get():
            st.button("Done", icon=":material/check:", key="crop", on_click=_close_crop)
            if is_cut:
                st.button("Whole picture", key="crop_whole", on_click=_crop, args=(None,))
        else:
            st.button("Crop", icon=":material/crop:", key="crop", on_click=_open_crop)


def _turn() -> None:
    # Clicks may come faster than the page is laid out: what is shown by then is read here.
    if (picture := pictures.shown()) is not None:
        pictures.change(turns=(picture.turns + 1) % 4, box=_turned(picture.box))


def _invert() -> None:
    if (picture := pictures.shown()) is not None and (inks := pictures.found(picture)):
        pictures.change(ink="light" if inks[0].level == "dark" else "dark")


def _turned(box: Box | None) -> Box | None:
    """Return where a box lies after a quarter of a turn to the right."""
    if box is None:
        return None
    left, top, right, bottom = box
    return 1 - bottom, left, 1 - top, right


def _open_crop() -> None:
    state.CROPPING.set(True)


def _close_crop() -> None:
    state.CROPPING.set(False)


def _crop(box: Box | None) -> None:
    pictures.change(box=box)
