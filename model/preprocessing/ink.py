"""Ink from untrusted files: the canvas's PNG, and uploaded pictures and photos."""

from __future__ import annotations

from operator import methodcaller

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from model.preprocessing.centring import box_of
from model.preprocessing.contrast import by_channel, grey, laid_on_white, luma, vividness
from model.preprocessing.kept_picture import Box, adjusted
from model.preprocessing.paper import Found, Level, ink_on_paper
from model.preprocessing.picture import (
    ENDINGS,
    FORMATS,
    LARGEST_FILE,
    PictureError,
    decoded,
    one_at_a_time,
    opened,
    picture_from_upload,
)
from model.preprocessing.ruling import without_ruling
from model.preprocessing.sheet import find_sheet, turn_of
from model.preprocessing.strays import without_strays

__all__ = [
    "ENDINGS",
    "FORMATS",
    "LARGEST_FILE",
    "WORKING_SIDE",
    "Found",
    "PictureError",
    "ink_from_canvas",
    "ink_from_upload",
    "inks_from_upload",
]

WORKING_SIDE = 512
"""Longer side, in pixels, to which an uploaded picture's sheet is reduced."""
THINNEST_PEN = 0.09
"""Least pen width as a share of the digit's longer side; a thinner pen is thickened to it.

The canvas's pens have 0.09 to 0.18.
"""

LEAST_TURN, MOST_TURN = 3, 30
"""Degrees by which a sheet is turned back."""
LEAST_VIVID = 0.15
"""Least of it for which a coloured sheet is looked for."""
THICKEST_PEN = 0.22
"""The same the other way round."""


def ink_from_canvas(content: bytes, side: int) -> NDArray[np.float32]:
    """Read the picture that the drawing canvas sends.

    Parameters
    ----------
    content : bytes
        A PNG of exactly `side` × `side` pixels, 8-bit RGBA, light ink on black.
    side : int
        Side of the canvas, in pixels.

    Returns
    -------
    ink : (side, side) float32 in [0, 1]
        Luma (ITU-R BT.601) times opacity, to 1/255.

    Raises
    ------
    PictureError
        For anything else, before it is decoded.
    """
    if len(content) > side * side * 4 + 4096:
        raise PictureError(f"the drawing has {len(content):,} bytes, too many for its size")
    image = opened(content, ("PNG",))
    if image.size != (side, side) or image.mode != "RGBA":
        raise PictureError(
            f"the drawing must be {side} × {side} RGBA, got {image.width} × {image.height} "
            f"{image.mode}"
        )
    image = decoded(image)
    if image.getchannel("A").getextrema() != (255, 255):
        image = Image.alpha_composite(Image.new("RGBA", image.size, "black"), image)
    return np.asarray(image.convert("L"), np.float32) * np.float32(1 / 255)


def ink_from_upload(content: bytes) -> NDArray[np.float32]:
    """Read an uploaded picture or photo of a digit: the first of `inks_from_upload`."""
    return inks_from_upload(content)[0].ink


def inks_from_upload(
    content: bytes, *, turns: int = 0, box: Box | None = None, ink: Level | None = None
) -> tuple[Found, ...]:
    """Read an uploaded picture or photo, and say where dark and light may both be the ink.

    The picture is turned upright by its EXIF orientation and laid on white where it is
    transparent. The sheet is found on it (`sheet`) and cut out; its contrast is brought to one
    channel (`contrast`); what stands out from its paper is ink (`paper`), less ruled lines
    (`ruling`) and what is no digit (`strays`). A thin pen is made thicker.

    Parameters
    ----------
    content : bytes
        A file in one of `FORMATS`, of at most 10 MiB and 50 million pixels; of an animation or a
        file with several pages, the first picture.
    turns : int
        Quarters of a turn to the right, after it is upright.
    box : (left, top, right, bottom), optional
        The part of it that is read, in shares of its width and height; all of it without.
    ink : {"dark", "light"}, optional
        What is the ink, where a person has said so.

    Returns
    -------
    inks : tuple of one or two Found, of at most 512 × 512 pixels
        One picture of ink where the sheet decides, all zero without a drawing. Two where it does
        not: with the dark as ink, and with the light as ink. A person has to choose.

    Raises
    ------
    PictureError
        For another format, a damaged file or one that is too large.
    """
    with one_at_a_time:
        picture = adjusted(picture_from_upload(content), turns, box)
        colours = laid_on_white(*picture)
        sheet = find_sheet(luma(colours))
        if sheet is None and (vivid := vividness(colours)).max() > LEAST_VIVID:
            sheet = find_sheet(vivid)
        colours, sheet = _cut_out(colours, sheet)
        return tuple(
            Found(_thickened(without_strays(without_ruling(each.ink, sheet), sheet)), each.level)
            for each in ink_on_paper(grey(colours), sheet, ink)
        )


def _cut_out(
    colours: NDArray[np.float32], sheet: NDArray[np.bool_] | None
) -> tuple[NDArray[np.float32], NDArray[np.bool_] | None]:
    """Cut the picture to the sheet, reduce it, and continue the sheet's colours around it."""
    if sheet is not None:
        part = box_of(sheet)
        colours, sheet = colours[part], sheet[part]
    longer = max(colours.shape[:2])
    if longer > WORKING_SIDE:
        height, width = (max(1, round(n * WORKING_SIDE / longer)) for n in colours.shape[:2])
        resized = methodcaller("resize", (width, height), Image.Resampling.BOX)
        colours = by_channel(colours, resized)
        if sheet is not None:
            sheet = np.asarray(resized(Image.fromarray(np.uint8(255) * sheet))) > 200
    if sheet is None or sheet.all() or not sheet.any():
        return colours, None
    turn = turn_of(sheet)
    if LEAST_TURN <= abs(turn) <= MOST_TURN:
        turned = methodcaller("rotate", turn, Image.Resampling.BILINEAR, expand=True)
        colours = by_channel(colours, turned)
        sheet = by_channel(sheet[..., np.newaxis], turned)[..., 0] > 0.9
        if not sheet.any():
            return colours, None
    nearest = ndimage.distance_transform_edt(~sheet, return_distances=False, return_indices=True)
    return colours[tuple(nearest)], sheet


def _thickened(ink: NDArray[np.float32]) -> NDArray[np.float32]:
    """Thicken strokes that are thin for the size of the digit, as a ballpoint's are."""
    drawn = ink > 0.5
    if not drawn.any():
        return ink
    longer_side = max(side.stop - side.start for side in box_of(drawn))
    rim = drawn & ~ndimage.binary_erosion(drawn)
    pen = 2 * drawn.sum() / rim.sum()  # a stroke's area is length · pen, its rim 2 · length
    spare = pen - THICKEST_PEN * longer_side
    if spare > 0:
        depth = ndimage.distance_transform_edt(np.pad(drawn, 1))[1:-1, 1:-1]
        thin: NDArray[np.float32] = np.clip(depth - spare / 2, 0, 1).astype(np.float32)
        return np.minimum(ink, thin)
    missing = THINNEST_PEN * longer_side - pen
    if missing <= 0:
        return ink
    distance = ndimage.distance_transform_edt(~drawn)
    thick: NDArray[np.float32] = np.clip(missing / 2 + 0.5 - distance, 0, 1).astype(np.float32)
    return np.maximum(ink, thick)
