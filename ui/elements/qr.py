"""An address as a QR code."""

from __future__ import annotations

import functools

import segno

__all__ = ["code", "wifi"]

QR_PIXELS = 8
"""Of the picture, for each square of the code; it is shown larger or smaller."""


@functools.lru_cache(maxsize=16)
def code(text: str) -> str:
    """Return a picture's address (data:…): dark on light in every theme, or no phone reads it."""
    address: str = segno.make(text, error="m", micro=False).svg_data_uri(
        scale=QR_PIXELS, border=3, dark="#000", light="#fff"
    )
    return address


def wifi(name: str, password: str) -> str:
    """Return a picture's address whose code lets a phone join a Wi-Fi; without a password, an
    open one."""
    special = str.maketrans({each: f"\\{each}" for each in '\\;,":'})
    secured = f"T:WPA;P:{password.translate(special)};" if password else "T:nopass;"
    return code(f"WIFI:{secured}S:{name.translate(special)};;")
