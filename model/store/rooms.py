"""The tables of rooms: their codes, their phones, and what these have drawn."""

from __future__ import annotations

import dataclasses
import functools
import json
import os
import time
from collections.abc import Callable, Collection, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from model.room.record import Drawing, Moderation, Room

__all__ = [
    "add_drawings",
    "add_hand",
    "add_learned",
    "add_phone",
    "change",
    "changed_since",
    "clear",
    "create",
    "create_learned",
    "days_kept",
    "delete",
    "drawings",
    "has_hand",
    "hide_phone",
    "learned",
    "moderate",
    "n_phones",
    "of_owner",
    "open_rooms",
    "prune",
    "read",
    "rooms",
    "take_back",
    "write",
]

DAYS_KEPT = 30.0
"""How long a room is kept after it was opened, unless INKLING_ROOM_DAYS says otherwise."""
DAY = 24 * 3600.0

_tables = sa.MetaData()
_ROOMS = sa.Table(
    "rooms",
    _tables,
    sa.Column("code", sa.String(5), primary_key=True),
    sa.Column("opened", sa.Float, nullable=False),
    sa.Column("owner", sa.String(64), nullable=False, index=True),
    sa.Column("hand", sa.String(64), nullable=False),
    sa.Column("secret", sa.String(64), nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("takes_new", sa.Boolean, nullable=False),
    sa.Column("model", sa.LargeBinary, nullable=False),
)
_HANDS = sa.Table(
    "room_hands",
    _tables,
    sa.Column("code", sa.String(5), primary_key=True),
    sa.Column("browser", sa.String(64), primary_key=True),
)
_PHONES = sa.Table(
    "room_phones",
    _tables,
    sa.Column("code", sa.String(5), primary_key=True),
    sa.Column("id", sa.String(22), primary_key=True),
    sa.Column("is_hidden", sa.Boolean, nullable=False),
)
_DRAWINGS = sa.Table(
    "room_drawings",
    _tables,
    sa.Column("code", sa.String(5), primary_key=True),
    sa.Column("phone", sa.String(22), primary_key=True),
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("sent", sa.Float, nullable=False),
    sa.Column("changed", sa.Float, nullable=False),
    sa.Column("asked", sa.SmallInteger),
    sa.Column("strokes", sa.Text, nullable=False),
    sa.Column("picture", sa.LargeBinary, nullable=False),
    sa.Column("n_parts", sa.SmallInteger, nullable=False),
    sa.Column("shown", sa.String(10), nullable=False),
    sa.Index("room_drawings_changed", "code", "changed"),
)
_LEARNED = sa.Table(
    "room_learned",
    sa.MetaData(),
    sa.Column("code", sa.String(5), primary_key=True),
    sa.Column("data", sa.String(64), primary_key=True),
    sa.Column("phones", sa.Text, nullable=False),
)

_IS_THERE = sa.select(_ROOMS.c.code).where(_ROOMS.c.code == sa.bindparam("of_code"))
_IS_HIDDEN = sa.select(_PHONES.c.is_hidden).where(
    _PHONES.c.code == sa.bindparam("of_code"), _PHONES.c.id == sa.bindparam("of_phone")
)
_NAMED = sa.select(_DRAWINGS).where(
    _DRAWINGS.c.code == sa.bindparam("of_code"),
    _DRAWINGS.c.phone == sa.bindparam("of_phone"),
    _DRAWINGS.c.id == sa.bindparam("of_id"),
)
_INSERTS = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def days_kept() -> float:
    """Return for how many days a room is kept.

    Raises
    ------
    ValueError
        For an INKLING_ROOM_DAYS that is no positive number.
    """
    given = os.environ.get("INKLING_ROOM_DAYS") or DAYS_KEPT
    days = float(given)
    if not days > 0:
        raise ValueError(f"INKLING_ROOM_DAYS must be a positive number, got {given!r:.20}")
    return days


def create(connection: sa.Connection) -> None:
    """Make the tables of rooms."""
    _tables.create_all(connection)


def create_learned(connection: sa.Connection) -> None:
    """Make the table of what was learned from a room."""
    _LEARNED.create(connection)


def write(connection: sa.Connection, room: Room) -> None:
    """Keep a new room."""
    connection.execute(_ROOMS.insert().values(**vars(room)))


def read(connection: sa.Connection, code: str) -> Room | None:
    """Return a room by its code; None where there is none."""
    row = connection.execute(sa.select(_ROOMS).where(_ROOMS.c.code == code)).one_or_none()
    return None if row is None else _room(row)


def of_owner(connection: sa.Connection, browser: str) -> Room | None:
    """Return the room that a browser holds: the last one opened, a closed one after all others."""
    held = sa.select(_HANDS.c.code).where(_HANDS.c.browser == browser)
    mine = sa.select(_ROOMS).where(sa.or_(_ROOMS.c.owner == browser, _ROOMS.c.code.in_(held)))
    order = _ROOMS.c.state == "closed", _ROOMS.c.opened.desc()
    row = connection.execute(mine.order_by(*order).limit(1)).one_or_none()
    return None if row is None else _room(row)


def rooms(connection: sa.Connection) -> list[tuple[Room, int]]:
    """Return all rooms, the last one opened first, each with its number of drawings."""
    there = sa.func.length(_DRAWINGS.c.picture) > 0
    count = sa.select(_DRAWINGS.c.code, sa.func.count().label("n")).where(there)
    of_each = connection.execute(count.group_by(_DRAWINGS.c.code))
    counted: dict[str, int] = {row.code: row.n for row in of_each}
    rows = connection.execute(sa.select(_ROOMS).order_by(_ROOMS.c.opened.desc()))
    return [(_room(row), counted.get(row.code, 0)) for row in rows]


def open_rooms(connection: sa.Connection, *, now: float | None = None) -> int:
    """Return how many rooms were opened within a day and are not closed."""
    since = (time.time() if now is None else now) - DAY
    is_open = _ROOMS.c.state != "closed", _ROOMS.c.opened > since
    count = sa.select(sa.func.count()).select_from(_ROOMS).where(*is_open)
    return connection.scalar(count) or 0


def change(connection: sa.Connection, code: str, **values: Any) -> None:
    """Change a room: its state, whether it takes new phones, its model."""
    connection.execute(_ROOMS.update().where(_ROOMS.c.code == code).values(**values))


def add_hand(connection: sa.Connection, code: str, browser: str) -> None:
    """Let another browser control a room."""
    _put(connection, _HANDS, {"code": code, "browser": browser})


def has_hand(connection: sa.Connection, code: str, browser: str) -> bool:
    """Whether this browser, which did not open the room, may control it."""
    where = _HANDS.c.code == code, _HANDS.c.browser == browser
    return connection.execute(sa.select(_HANDS.c.code).where(*where)).first() is not None


def add_learned(connection: sa.Connection, code: str, data: str, phones: Collection[str]) -> None:
    """Keep from which phones the models learned whose training data have this SHA-256.

    Where the room is not there, nothing is kept.
    """
    if connection.scalar(_IS_THERE, {"of_code": code}) is not None:
        values = {"code": code, "data": data, "phones": json.dumps(sorted(phones))}
        _put(connection, _LEARNED, values)


def learned(
    connection: sa.Connection, code: str, known: Collection[str]
) -> dict[str, frozenset[str]]:
    """Return the phones that were learned from, by the SHA-256 of the data, but of those known."""
    columns = _LEARNED.c
    new = columns.code == code, columns.data.not_in(known)
    rows = connection.execute(sa.select(columns.data, columns.phones).where(*new))
    return {row.data: frozenset(json.loads(row.phones)) for row in rows}


def add_phone(connection: sa.Connection, code: str, phone: str) -> None:
    """Keep that a phone has joined."""
    _put(connection, _PHONES, {"code": code, "id": phone, "is_hidden": False})


def n_phones(connection: sa.Connection, code: str) -> int:
    """Return how many phones have joined."""
    count = sa.select(sa.func.count()).select_from(_PHONES).where(_PHONES.c.code == code)
    return connection.scalar(count) or 0


def add_drawings(
    connection: sa.Connection, code: str, sent: Sequence[Drawing], *, now: float | None = None
) -> list[Drawing]:
    """Keep drawings; return them as they are kept.

    One that is there already stays as it is, whatever comes under its name. Those of a phone that
    the speaker has hidden are hidden. Where the room is not there, nothing is kept.
    """
    changed = time.time() if now is None else now
    kept: list[Drawing] = []
    if connection.scalar(_IS_THERE, {"of_code": code}) is None:
        return kept
    for drawing in sent:
        name = {"of_code": code, "of_phone": drawing.phone, "of_id": drawing.id}
        is_hidden = connection.scalar(_IS_HIDDEN, name)
        shown: Moderation = "with_phone" if is_hidden else drawing.shown
        new = dataclasses.replace(drawing, changed=changed, shown=shown)
        if _put(connection, _DRAWINGS, vars(new) | {"code": code}):
            kept.append(new)
        else:
            kept.append(_drawing(connection.execute(_NAMED, name).one()))
    return kept


def drawings(connection: sa.Connection, code: str) -> list[Drawing]:
    """Return the drawings of a room, in the order in which they came."""
    chosen = sa.select(_DRAWINGS).where(_DRAWINGS.c.code == code)
    rows = connection.execute(chosen.order_by(_DRAWINGS.c.sent, _DRAWINGS.c.id))
    return [_drawing(row) for row in rows]


def changed_since(
    connection: sa.Connection, code: str, moment: float, knows: Callable[[str, str, float], bool]
) -> list[Drawing]:
    """Return the drawings that have changed since a moment, less those that are known.

    Parameters
    ----------
    connection : Connection
    code : str
    moment : float
        In seconds since 1970.
    knows : callable
        Whether a phone's drawing is known as it was at its last change.
    """
    columns = _DRAWINGS.c
    names = sa.select(columns.phone, columns.id, columns.changed).where(
        columns.code == code, columns.changed >= moment
    )
    new = [row for row in connection.execute(names) if not knows(*row)]
    found = (
        connection.execute(_NAMED, {"of_code": code, "of_phone": row.phone, "of_id": row.id}).one()
        for row in new
    )
    return sorted((_drawing(row) for row in found), key=lambda each: (each.sent, each.id))


def take_back(connection: sa.Connection, code: str, phone: str) -> list[Drawing]:
    """Delete what a phone has drawn; what stays is that there was something, and when."""
    mine = _DRAWINGS.c.code == code, _DRAWINGS.c.phone == phone
    empty = {"strokes": "", "picture": b"", "asked": None, "changed": time.time()}
    connection.execute(_DRAWINGS.update().where(*mine).values(**empty))
    return [_drawing(row) for row in connection.execute(sa.select(_DRAWINGS).where(*mine))]


def moderate(
    connection: sa.Connection, code: str, phone: str, id: str, shown: Moderation
) -> list[Drawing]:
    """Show or hide a drawing."""
    columns = _DRAWINGS.c
    return _moderated(
        connection, shown, columns.code == code, columns.phone == phone, columns.id == id
    )


def hide_phone(
    connection: sa.Connection, code: str, phone: str, *, is_hidden: bool
) -> list[Drawing]:
    """Hide all of a phone, those to come as well, or no longer: then each is where it comes by
    itself, but for those that were hidden one by one."""
    is_phone = _PHONES.c.code == code, _PHONES.c.id == phone
    connection.execute(_PHONES.update().where(*is_phone).values(is_hidden=is_hidden))
    columns = _DRAWINGS.c
    mine = columns.code == code, columns.phone == phone
    if is_hidden:
        return _moderated(connection, "with_phone", *mine, columns.shown != "hidden")
    return _moderated(connection, "auto", *mine, columns.shown == "with_phone")


def _moderated(
    connection: sa.Connection, shown: Moderation, *where: sa.ColumnElement[bool]
) -> list[Drawing]:
    chosen = list(connection.execute(sa.select(_DRAWINGS).where(*where)))
    now = time.time()
    connection.execute(_DRAWINGS.update().where(*where).values(shown=shown, changed=now))
    return [dataclasses.replace(_drawing(row), shown=shown, changed=now) for row in chosen]


def clear(connection: sa.Connection, code: str) -> list[Drawing]:
    """Delete all drawings of a room, as if every phone had taken back its own."""
    phones = sa.select(_DRAWINGS.c.phone).where(_DRAWINGS.c.code == code).distinct()
    every = list(connection.scalars(phones))
    return [each for phone in every for each in take_back(connection, code, phone)]


def delete(connection: sa.Connection, code: str) -> bool:
    """Delete a room with all that belongs to it; return whether it was there."""
    for table in (_DRAWINGS, _PHONES, _HANDS, _LEARNED):
        connection.execute(table.delete().where(table.c.code == code))
    return bool(connection.execute(_ROOMS.delete().where(_ROOMS.c.code == code)).rowcount)


def prune(connection: sa.Connection, *, now: float | None = None) -> int:
    """Delete the rooms that were opened too long ago; return how many there were."""
    oldest = (time.time() if now is None else now) - days_kept() * DAY
    gone = list(connection.scalars(sa.select(_ROOMS.c.code).where(_ROOMS.c.opened < oldest)))
    for code in gone:
        delete(connection, code)
    return len(gone)


def _put(connection: sa.Connection, table: sa.Table, values: dict[str, Any]) -> bool:
    """Insert a row, unless one with its key is there; return whether it was inserted."""
    return connection.execute(_insert(connection.dialect.name, table), values).rowcount == 1


@functools.cache
def _insert(dialect: str, table: sa.Table) -> sa.Insert:
    """Return the statement in the words of either database: to make it takes longer than to run."""
    statement: Any = _INSERTS[dialect](table)
    statement = statement.on_conflict_do_nothing()
    made: sa.Insert = statement.execution_options(preserve_rowcount=True)  # PostgreSQL's is -1 else
    return made


def _room(row: Any) -> Room:
    return Room(**{column.name: getattr(row, column.name) for column in _ROOMS.c})


def _drawing(row: Any) -> Drawing:
    values = row._asdict()
    del values["code"]
    return Drawing(**values)
