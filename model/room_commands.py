"""What `python -m model rooms` does: lists rooms, writes one as files, deletes one.

The server may run meanwhile: each command is one transaction, and the server looks every second for
what others have changed.
"""

from __future__ import annotations

import argparse
import contextlib
import os
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

from model import command_words as words
from model.command_words import Result
from model.files import write_whole
from model.store.problem import StoreError
from model.store.store import folder, usual_store

if TYPE_CHECKING:
    import sqlalchemy as sa

    from model.room.record import Drawing, Room

__all__ = ["delete", "export", "show"]

T = TypeVar("T")


def show(options: argparse.Namespace) -> Result:
    """List the rooms, the last one opened first."""
    from model.store import rooms  # here and below: importing SQLAlchemy takes a while

    found = _act(rooms.rooms, writes=False) if _is_there() else []
    return {
        "rooms": [
            {"code": room.code, "opened": _time(room), "state": room.state, "drawings": n}
            for room, n in found
        ]
    }


def export(options: argparse.Namespace) -> Result:
    """Write a room's strokes, and a table of what its own model reads in them."""
    from model.classifier import checkpoint
    from model.room.export import as_csv, as_jsonl
    from model.room.wall import Wall
    from model.store import rooms

    if not options.out.is_dir():
        raise ValueError(f"there is no folder {options.out} to write to")

    def stored(connection: sa.Connection) -> tuple[Room, list[Drawing]] | None:
        room = rooms.read(connection, options.code)
        return None if room is None else (room, rooms.drawings(connection, room.code))

    found = _act(stored, writes=False) if _is_there() else None
    if found is None:
        raise _no_room(options.code)
    room, drawings = found[0], [drawing for drawing in found[1] if not drawing.is_gone]
    wall = Wall()
    wall.put(drawings)
    _, tiles = wall.tiles(checkpoint.from_bytes(room.model))
    files = {"jsonl": as_jsonl(drawings), "csv": as_csv(tiles)}
    paths = {ending: options.out / f"{room.code}.{ending}" for ending in files}
    for ending, content in files.items():
        write_whole(paths[ending], content.encode())
    return {
        "code": room.code,
        "drawings": len(drawings),
        "strokes": str(paths["jsonl"]),
        "results": str(paths["csv"]),
    }


def delete(options: argparse.Namespace) -> Result:
    """Delete a room with all that was drawn in it."""
    from model.store import rooms

    def act(connection: sa.Connection) -> int | None:
        n = sum(not drawing.is_gone for drawing in rooms.drawings(connection, options.code))
        return n if rooms.delete(connection, options.code) else None

    n = _act(act, deletes=True) if _is_there() else None
    if n is None:
        raise _no_room(options.code)
    return {"code": options.code, "drawings": n}


def _act(act: Callable[[sa.Connection], T], *, writes: bool = True, deletes: bool = False) -> T:
    try:
        with contextlib.closing(usual_store()) as store:
            return store.act(act, writes=writes, deletes=deletes)
    except StoreError as error:
        raise ValueError(words.store_problem(error.problem)) from error


def _is_there() -> bool:
    """Whether there is a database: to look for rooms makes none."""
    from model.store.database import FILE

    return bool(os.environ.get("INKLING_DATABASE_URL")) or (folder() / FILE).exists()


def _no_room(code: str) -> ValueError:
    return ValueError(f"there is no room {code!r:.40}; `python -m model rooms list` names all")


def _time(room: Room) -> str:
    return datetime.fromtimestamp(room.opened, UTC).isoformat(timespec="seconds")
