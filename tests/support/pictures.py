"""Picture files as strangers bring them, and how alike two drawings are."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from model.preprocessing.centring import centred

__all__ = ["Ink", "file", "likeness", "on_paper", "png_of_size"]

Ink = NDArray[np.float32]


def file(image: Image.Image, format: str = "PNG", **options: Any) -> bytes:
    """Return an image as a file of this format."""
    content = io.BytesIO()
    image.save(content, format, **options)
    return content.getvalue()


def on_paper(ink: Ink, paper: int = 255, pen: int = 0) -> Image.Image:
    """Return a grey picture of ink on paper."""
    return Image.fromarray(np.rint(paper + ink * (pen - paper)).astype(np.uint8))


def png_of_size(width: int, height: int, mode: int = 2) -> bytes:
    """Return a PNG whose header promises these pixels and which holds none of them."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, mode, 0, 0, 0)
    signature = b"\x89PNG\r\n\x1a\n"
    data = chunk(b"IDAT", zlib.compress(bytes(1_000)))
    return signature + chunk(b"IHDR", header) + data + chunk(b"IEND", b"")


def likeness(one: Ink, other: Ink) -> float:
    """Return the correlation of two drawings in MNIST's form."""
    return float(np.corrcoef(centred(one).reshape(-1), centred(other).reshape(-1))[0, 1])
