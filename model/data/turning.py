"""Turning pictures that came transposed, mirrored, rotated or as dark ink on light paper."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

__all__ = ["AS_THEY_CAME", "ORIENTATIONS", "Turn", "parse_turn", "turned"]

Pictures = TypeVar("Pictures", NDArray[np.uint8], NDArray[np.float32])
_Any = NDArray[Any]

ORIENTATIONS: Mapping[str, Callable[[_Any], _Any]] = {
    "none": lambda pictures: pictures,
    "transpose": lambda pictures: pictures.transpose(0, 2, 1),
    "mirror": lambda pictures: pictures[:, :, ::-1],
    "flip": lambda pictures: pictures[:, ::-1],
    "left": lambda pictures: np.rot90(pictures, 1, axes=(1, 2)),
    "right": lambda pictures: np.rot90(pictures, -1, axes=(1, 2)),
    "half": lambda pictures: pictures[:, ::-1, ::-1],
    "antitranspose": lambda pictures: pictures[:, ::-1, ::-1].transpose(0, 2, 1),
}
"""What can be done with the sides of pictures (n, H, W): rows and columns exchanged; left and right
exchanged; top and bottom exchanged; a quarter turn to the left, to the right; a half turn; rows and
columns exchanged along the other diagonal."""
INVERT = "invert"


class Turn(NamedTuple):
    """What puts pictures right.

    Parameters
    ----------
    orientation : str
        One of `ORIENTATIONS`.
    invert : bool
        Whether dark and light are exchanged.
    """

    orientation: str = "none"
    invert: bool = False

    @property
    def code(self) -> str:
        """As text: "none", "transpose", "invert", "transpose+invert" …"""
        words = [self.orientation] * (self.orientation != "none") + [INVERT] * self.invert
        return "+".join(words) or "none"


AS_THEY_CAME = Turn()


def parse_turn(code: str) -> Turn:
    """Return the turn that a code stands for.

    Raises
    ------
    ValueError
        For another text.
    """
    words = [word for word in code.split("+") if word != "none"]
    orientations = [word for word in words if word != INVERT]
    if (
        len(orientations) > 1
        or len(set(words)) < len(words)
        or not set(orientations) <= set(ORIENTATIONS)
    ):
        known = ", ".join(ORIENTATIONS)
        raise ValueError(
            f"a turn is one of {known}, or {INVERT}, or one of them +{INVERT}, got {code!r:.40}"
        )
    return Turn(orientations[0] if orientations else "none", INVERT in words)


def turned(pictures: Pictures, turn: Turn) -> Pictures:
    """Turn pictures (n, H, W), uint8 from 0 to 255 or float32 from 0 to 1."""
    if turn == AS_THEY_CAME:
        return pictures
    whole = 255 if pictures.dtype == np.uint8 else 1
    light = (whole - pictures).astype(pictures.dtype) if turn.invert else pictures
    found: Pictures = np.ascontiguousarray(ORIENTATIONS[turn.orientation](light))
    return found
