"""What the drawing canvas sends to the server, honest or not."""

from __future__ import annotations

import base64
import functools
import io
from typing import Any

from PIL import Image, ImageDraw

from tests.support.drawing import DIGITS

__all__ = ["SIDE", "data_url", "message", "png", "png_of"]

SIDE = 336
"""Of the canvas, in pixels."""


def png(image: Image.Image, **options: Any) -> bytes:
    """Return an image as a PNG file."""
    content = io.BytesIO()
    image.save(content, "PNG", **options)
    return content.getvalue()


@functools.cache
def png_of(digit: int) -> bytes:
    """Return the canvas with this digit on it."""
    image = Image.new("RGBA", (SIDE, SIDE), (0, 0, 0, 255))
    for stroke in DIGITS[digit]:
        points = [(SIDE * x, SIDE * y) for x, y in stroke]
        ImageDraw.Draw(image).line(points, fill="white", width=22, joint="curve")
    return png(image)


def data_url(content: bytes) -> str:
    """Return what the canvas sends a file as."""
    return f"data:image/png;base64,{base64.b64encode(content).decode('ascii')}"


def message(content: bytes, objects: Any = ({"type": "Path"},), **more: Any) -> dict[str, Any]:
    """Return a message with this picture and these Fabric.js objects."""
    return {"drawing": {"raw": {"objects": objects}, "data": data_url(content)}, **more}
