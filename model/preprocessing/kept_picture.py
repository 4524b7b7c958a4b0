"""Uploaded pictures through a visit: small files of them; turned, cut, and shown again."""

from __future__ import annotations

import base64
import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from model.preprocessing.picture import Picture, picture_from_upload

__all__ = ["Box", "adjusted", "file_to_keep", "preview"]

Box = tuple[float, float, float, float]
"""Left, top, right and bottom, as shares of width and height."""

KEPT_BYTES = 400_000
"""A larger file is kept as a smaller one of the same picture."""
QUALITY = 92
"""Of JPEG and WebP, 0 to 100."""
SHRUNK = 0.7
"""To which share of its sides a picture is reduced where it is still too large: noise is."""
PREVIEW_SIDE = 512
"""Longer side, in pixels, of what a browser is shown."""


def adjusted(picture: Picture, turns: int, box: Box | None) -> Picture:
    """Turn a picture by quarters to the right, then cut it to a box."""
    colours, opacity = (
        None if part is None else _cut(np.rot90(part, -turns), box) for part in picture
    )
    assert colours is not None
    return Picture(colours, opacity)


def _cut(part: NDArray[np.float32], box: Box | None) -> NDArray[np.float32]:
    if box is None:
        return part
    height, width = part.shape[:2]
    left, top = min(int(box[0] * width), width - 1), min(int(box[1] * height), height - 1)
    right, bottom = max(round(box[2] * width), left + 1), max(round(box[3] * height), top + 1)
    return part[top:bottom, left:right]


def file_to_keep(content: bytes) -> bytes:
    """Return a file of the same picture that is small enough to be kept through a visit.

    Raises
    ------
    PictureError
        See `picture_from_upload`.
    """
    picture = picture_from_upload(content)
    image = _image(picture)
    format = "JPEG" if picture.opacity is None else "WEBP"
    while len(content) > KEPT_BYTES:
        file = io.BytesIO()
        image.save(file, format, quality=QUALITY)
        content = file.getvalue()
        image.thumbnail((int(SHRUNK * image.width), int(SHRUNK * image.height)))
    return content


def preview(content: bytes, turns: int) -> str:
    """Return the address (data:…) of a small JPEG of a picture, laid on white, for a browser."""
    picture = adjusted(picture_from_upload(content), turns, None)
    image = _image(picture)
    if picture.opacity is not None:
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    image = image.convert("RGB")
    image.thumbnail((PREVIEW_SIDE, PREVIEW_SIDE))
    file = io.BytesIO()
    image.save(file, "JPEG", quality=80)
    return f"data:image/jpeg;base64,{base64.b64encode(file.getvalue()).decode('ascii')}"


def _image(picture: Picture) -> Image.Image:
    channels = [picture.colours]
    if picture.opacity is not None:
        channels.append(picture.opacity[..., np.newaxis])
    levels = np.rint(255 * np.concatenate(channels, axis=2)).astype(np.uint8)
    return Image.fromarray(levels)
