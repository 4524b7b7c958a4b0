"""Pictures of a digit on paper, as files that a browser uploads."""

from __future__ import annotations

import io

from PIL import Image, ImageDraw, ImageFilter
from playwright.sync_api import FilePayload

from tests.support.drawing import DIGITS

__all__ = ["as_file", "pen_on_paper"]


def pen_on_paper(digit: int, width: int = 400, height: int = 500) -> Image.Image:
    """Return a grey picture of a digit drawn with a dark pen on light paper."""
    image = Image.new("L", (width, height), 235)
    for stroke in DIGITS[digit]:
        points = [(x * width, y * height) for x, y in stroke]
        ImageDraw.Draw(image).line(points, fill=40, width=22, joint="curve")
    return image.filter(ImageFilter.GaussianBlur(1))


def as_file(image: Image.Image, format: str, **options: object) -> FilePayload:
    content = io.BytesIO()
    image.save(content, format, **options)
    name = f"digit.{format.lower()}"
    return {"name": name, "mimeType": f"image/{format.lower()}", "buffer": content.getvalue()}
