"""This browser's room: the one that it opened, or may control by its secret link."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from model.classifier.checkpoint import Checkpoint
from model.store.problem import StoreError
from ui.components.wall import WORDS as WALL
from ui.elements import wording
from ui.server import log, rooms
from ui.server.rooms import LiveRoom, TooManyRoomsError
from ui.session import brought, models, state

__all__ = [
    "HAND",
    "arrive",
    "change",
    "clear",
    "compared",
    "lose",
    "mine",
    "open_room",
    "show",
    "use",
]

HAND = "hand"
"""The address parameter of a room's secret link: its code, a point, and the secret."""


def arrive() -> None:
    """Take a room's secret out of the address, and let this browser control the room."""
    said = st.query_params.get(HAND)
    if said is None:
        return
    del st.query_params[HAND]
    code, _, secret = said.partition(".")
    held: list[bool] = []
    _tried(lambda: held.append(rooms.add_hand(code, state.OWNER.get(), secret)))
    if held == [False]:
        state.ROOM_NOTICE.set(wording.ROOM_WRONG_LINK)


def mine() -> LiveRoom | None:
    """Return the room that this browser controls, or the last one that it closed; else None."""
    try:
        live = rooms.of_browser(state.OWNER.get())
    except (StoreError, TimeoutError) as error:
        log.failed("room", error)
        state.ROOM_NOTICE.set(wording.ROOM_NOT_NOW)
        return None
    shown = state.ROOM_SHOWN.get()
    if live is not None and live.room.code == state.ROOM_LOST.get():
        live = None
    code = None if live is None else live.room.code
    if shown not in (None, code, state.ROOM_LOST.get()) and not rooms.is_there(shown):
        state.ROOM_NOTICE.set(wording.ROOM_DELETED.format(code=shown))
    state.ROOM_SHOWN.set(code)
    return live


def lose(live: LiveRoom) -> None:
    """Show this room no further: the server no longer takes this browser for its speaker's."""
    state.ROOM_LOST.set(live.room.code)
    state.ROOM_NOTICE.set(WALL["not_yours"])


def open_room(model: Checkpoint) -> None:
    """Open a room whose drawings this model reads; why that cannot be becomes the notice."""
    try:
        _tried(lambda: rooms.open_room(state.OWNER.get(), model))
    except TooManyRoomsError:
        log.refused("room", "too many rooms")
        state.ROOM_NOTICE.set(wording.TOO_MANY_ROOMS.format(n=rooms.MOST_ROOMS))


def change(live: LiveRoom, **values: Any) -> None:
    """Change the room; where that cannot be kept, it stays as it is, and the notice says so."""
    _tried(lambda: live.change(**values).result(rooms.WAIT_SECONDS))


def compared(live: LiveRoom) -> dict[str, Checkpoint]:
    """Return the models of this visit by name, and the room's where it is none of them."""
    known = models.choices()
    if any(live.model.is_same(each) for each in known.values()):
        return known
    return known | {wording.ROOM_MODEL: live.model}


def use(live: LiveRoom, model: Checkpoint) -> None:
    """Let another model read in the room; phones get it with their next answer."""
    change(live, model=model.to_bytes())


def clear(live: LiveRoom) -> None:
    """Delete all drawings of the room."""
    _tried(lambda: live.clear().result(rooms.WAIT_SECONDS))


def show(live: LiveRoom, number: int) -> None:
    """Go to Draw with a drawing of the room, and with a reason for what was read."""
    tile = live.wall.tile(number, live.model)
    if tile is not None:
        about = wording.of_the_room(tile.drawing.asked, tile.read, tile.mark)
        is_right = tile.drawing.asked in (None, tile.read)
        brought.show_of_the_room(number, tile.drawing.image, about, is_right=is_right)


def _tried(act: Callable[[], object]) -> None:
    """Do something with the store; where that cannot be, the notice says so."""
    state.ROOM_NOTICE.set(None)
    try:
        act()
    except (StoreError, TimeoutError) as error:
        log.failed("room", error)
        state.ROOM_NOTICE.set(wording.ROOM_NOT_NOW)
