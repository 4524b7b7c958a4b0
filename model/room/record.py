"""A room and a drawing in it, as they are kept."""

from __future__ import annotations

import dataclasses
import secrets
import time
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from model.config import SIDE
from model.room import names

__all__ = ["Drawing", "Moderation", "Room", "State", "new_room"]

State = Literal["open", "paused", "closed"]
"""Whether drawings are taken: a phone keeps what it has while a room is paused, and gives up when
it is closed."""
Moderation = Literal["auto", "shown", "hidden", "with_phone"]
"""What the speaker said of a drawing: "auto" while nothing was said, "with_phone" while all of its
phone are hidden."""


@dataclasses.dataclass(frozen=True)
class Room:
    """A room.

    Parameters
    ----------
    code : str
    opened : float
        When, in seconds since 1970.
    owner : str
        A hash of the cookie of the browser that opened it.
    hand : str
        The secret of its link for a second device.
    secret : str
        What its phones' ids are signed with.
    state : State
    takes_new : bool
        Whether phones may join.
    model : bytes
        The checkpoint that reads its drawings.
    """

    code: str
    opened: float
    owner: str
    hand: str
    secret: str
    state: State
    takes_new: bool
    model: bytes


def new_room(code: str, owner: str, model: bytes) -> Room:
    """Return a room that is opened now, for a browser whose hash is `owner`."""
    return Room(
        code=code,
        opened=time.time(),
        owner=owner,
        hand=secrets.token_urlsafe(16),
        secret=names.new_secret(),
        state="open",
        takes_new=True,
        model=model,
    )


@dataclasses.dataclass(frozen=True)
class Drawing:
    """A drawing in a room.

    Parameters
    ----------
    phone, id : str
        Which is the drawing's own name on that phone.
    sent : float
        When it came, in seconds since 1970.
    asked : int or None
        Which digit was to be drawn; None for a free drawing.
    strokes : str
        As JSON; empty where it was taken back.
    picture : bytes
        See `model.room.drawing.pictured`; empty where it was taken back.
    n_parts : int
    shown : Moderation
    changed : float
        When, in seconds since 1970; 0 for one that is not stored yet.
    """

    phone: str
    id: str
    sent: float
    asked: int | None
    strokes: str
    picture: bytes
    n_parts: int
    shown: Moderation = "auto"
    changed: float = 0.0

    @property
    def image(self) -> NDArray[np.uint8]:
        """The picture as an array, (28, 28); empty ink where it was taken back."""
        if self.is_gone:
            return np.zeros((SIDE, SIDE), np.uint8)
        return np.frombuffer(self.picture, np.uint8).reshape(SIDE, SIDE)

    @property
    def is_hidden(self) -> bool:
        """Whether the speaker has hidden it, alone or with all of its phone."""
        return self.shown in ("hidden", "with_phone")

    @property
    def is_gone(self) -> bool:
        """Whether it was taken back."""
        return not self.picture
