"""Pictures made of pixels: arrays in, colours and HTML out."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from model.config import SIDE
from ui.components.shared.colours import AGAINST, FOR, NEUTRAL
from ui.components.shared.strokes import ALONG, APART, BREADTH, FIRST, LENGTH

__all__ = ["button", "contact_sheet", "diverging", "grey", "picture", "sheet", "strokes_picture"]

PER_PIXEL = 8
"""Pixels of a drawn template for each of the 28 × 28 picture's."""
SUPERSAMPLED = 2

_AGAINST, _NEUTRAL, _FOR = (np.array(end, np.float32) for end in (AGAINST, NEUTRAL, FOR))


def diverging(values: NDArray[np.floating[Any]], largest: float) -> NDArray[np.uint8]:
    """Colour signed values on one symmetric scale: blue, almost white, orange.

    Parameters
    ----------
    values : (..., H, W) floats
    largest : float
        The absolute value that has the full colour.

    Returns
    -------
    colours : (..., H, W, 3) uint8
    """
    share = np.clip(values / (largest or 1.0), -1, 1)[..., np.newaxis].astype(np.float32)
    ends = np.where(share < 0, _AGAINST, _FOR)
    colours: NDArray[np.uint8] = np.rint(_NEUTRAL + np.abs(share) * (ends - _NEUTRAL)).astype(
        np.uint8
    )
    return colours


def strokes_picture(strokes: NDArray[np.floating[Any]], largest: float) -> NDArray[np.uint8]:
    """Draw signed strokes on one symmetric scale, orange and blue; the stronger the broader.

    Parameters
    ----------
    strokes : (4, 14, 7) floats
        By orientation, row and column; see `model.explanation.templates.direction_templates`.
    largest : float
        The absolute value that has the full colour and breadth.

    Returns
    -------
    colours : (224, 224, 3) uint8
    """
    scale = PER_PIXEL * SUPERSAMPLED
    image = Image.new("RGB", (SIDE * scale, SIDE * scale), NEUTRAL)
    brush = ImageDraw.Draw(image)
    shares = np.clip(strokes / (largest or 1.0), -1, 1)
    colours = diverging(strokes, largest)  # (4, 14, 7, 3)
    weakest_first = np.argsort(np.abs(shares), axis=None, kind="stable")
    for place in zip(*np.unravel_index(weakest_first, shares.shape), strict=True):
        orientation, row, column = place
        middle = np.array(FIRST) + np.array(APART) * (column, row)
        along = np.array(ALONG[orientation])  # (x, y)
        ahead = along * LENGTH / 2
        aside = along[::-1] * (1, -1) * BREADTH * abs(shares[place]) / 2
        corners = middle + np.array([ahead + aside, ahead - aside, -ahead - aside, aside - ahead])
        brush.polygon([tuple(corner) for corner in scale * corners], fill=tuple(colours[place]))
    return np.asarray(image.reduce(SUPERSAMPLED))


def grey(ink: NDArray[Any]) -> NDArray[np.uint8]:
    """Show ink, (..., H, W) floats between 0 and 1, as light on black."""
    return np.repeat(np.rint(ink * 255).astype(np.uint8)[..., np.newaxis], 3, axis=-1)


def sheet(pictures: NDArray[np.uint8], columns: int, gap: int = 1) -> NDArray[np.uint8]:
    """Lay pictures (n, H, W, 3) out in rows, `gap` pixels of mid-grey between them."""
    n, height, width, _ = pictures.shape
    rows = -(-n // columns)
    shape = (rows * (height + gap) - gap, columns * (width + gap) - gap, 3)
    out = np.full(shape, 128, np.uint8)
    for i, tile in enumerate(pictures):
        y, x = i // columns * (height + gap), i % columns * (width + gap)
        out[y : y + height, x : x + width] = tile
    return out


def picture(colours: NDArray[np.uint8], text: str, width: str = "100%") -> str:
    """Return an HTML image of pixels with hard edges, `text` being its alternative."""
    file = io.BytesIO()
    Image.fromarray(colours).save(file, "PNG")
    source = base64.b64encode(file.getvalue()).decode("ascii")
    return (
        f'<img class="pixels" style="width: {width}" alt="{html.escape(text, quote=True)}" '
        f'src="data:image/png;base64,{source}">'
    )


def button(picture: str, place: int) -> str:
    """Make an HTML picture one that can be clicked, which tells `place`."""
    return (
        f'<button type="button" class="pick" data-picture="{place}"'
        f' title="Show it on Draw, with reasons">{picture}</button>'
    )


def contact_sheet(
    images: NDArray[np.uint8],
    texts: Sequence[str],
    captions: Sequence[str] = (),
    places: Sequence[int] = (),
) -> str:
    """Return HTML with pictures side by side, as many in a row as there is room for.

    Parameters
    ----------
    images : (n, 28, 28) uint8
    texts : n str
        What stands for each picture where it cannot be seen.
    captions : n str, or none
        What stands below each picture.
    places : n int, or none
        What `ui.components.picture_pick` tells of a click on each picture.
    """
    shown = [picture(image, text) for image, text in zip(images, texts, strict=True)]
    if places:
        shown = [button(each, place) for each, place in zip(shown, places, strict=True)]
    figures = (
        f"<figure>{each}{caption and f'<figcaption>{html.escape(caption)}</figcaption>'}</figure>"
        for each, caption in zip(shown, captions or [""] * len(shown), strict=True)
    )
    return f"<div class='contact'>{''.join(figures)}</div>"
