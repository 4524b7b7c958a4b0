"""The tables of visits: read and written whole, and bounded.

A visit is found by a hash of its browser's cookie. Its models are checkpoints as files have them,
its tabs are bytes of `tab_form`. What cannot be read is passed over, and stays where it is.
"""

from __future__ import annotations

import logging
import time
import zlib
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import sqlalchemy as sa

from model.classifier import checkpoint
from model.classifier.checkpoint import Checkpoint, CheckpointError
from model.store import tab_form
from model.store.tab_form import TabError
from model.store.visit import MOST_TABS, Visit

__all__ = [
    "MOST_BYTES",
    "MOST_SECONDS",
    "MOST_VISITS",
    "Changes",
    "changed",
    "changes",
    "create",
    "forget",
    "prune",
    "read",
    "write",
]

MOST_VISITS = 5_000
MOST_BYTES = 500_000_000
"""Of all visits together; one has 6 MB at most, by the limits of its models and tabs."""
MOST_SECONDS = 30 * 24 * 3600.0
"""How long a visit is kept after its last change: as long as the browser keeps its cookie."""

_tables = sa.MetaData()
_VISITS = sa.Table(
    "visits",
    _tables,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("changed", sa.Float, nullable=False, index=True),
    sa.Column("n_trained", sa.BigInteger, nullable=False),
    sa.Column("n_bytes", sa.Integer, nullable=False),
)
_MODELS = sa.Table(
    "visit_models",
    _tables,
    sa.Column("visit_id", sa.String(64), primary_key=True),
    sa.Column("name", sa.String(200), primary_key=True),
    sa.Column("place", sa.Integer, nullable=False),
    sa.Column("content", sa.LargeBinary, nullable=False),
)
_TABS = sa.Table(
    "visit_tabs",
    _tables,
    sa.Column("visit_id", sa.String(64), primary_key=True),
    sa.Column("id", sa.String(200), primary_key=True),
    sa.Column("changed", sa.Float, nullable=False),
    sa.Column("content", sa.LargeBinary, nullable=False),
)

T = TypeVar("T")

_log = logging.getLogger(__name__)


class Changes(NamedTuple):
    """What of a visit is to be written."""

    models: dict[str, Checkpoint]
    n_trained: int
    stale: frozenset[str]
    tabs: dict[str, bytes]


def create(connection: sa.Connection) -> None:
    """Make the tables of version 1."""
    _tables.create_all(connection)


def read(connection: sa.Connection, id: str) -> Visit:
    """Return a visit as it is kept; an empty one where there is none."""
    row = connection.execute(sa.select(_VISITS).where(_VISITS.c.id == id)).one_or_none()
    if row is None:
        return Visit(id)
    models = {
        name: model
        for name, content in _contents(connection, _MODELS, id, _MODELS.c.name, _MODELS.c.place)
        if (model := _checked(checkpoint.from_bytes, content, f"model {name}")) is not None
    }
    tabs = {
        name: tab
        for name, content in _contents(connection, _TABS, id, _TABS.c.id, _TABS.c.changed)
        if (tab := _checked(tab_form.from_bytes, content, f"tab {name}")) and tab.id == name
    }
    visit = Visit(id, models, max(0, row.n_trained), tabs)
    visit.on_disk = row.changed
    return visit


def changed(connection: sa.Connection, id: str) -> float | None:
    """Return when a visit was written last, in seconds since 1970; None where there is none."""
    return connection.scalar(sa.select(_VISITS.c.changed).where(_VISITS.c.id == id))


def changes(visit: Visit) -> Changes:
    """Return what of a visit is not on disk yet, in the form in which it will be."""
    tabs = {id: tab_form.to_bytes(tab) for id, tab in visit.tabs.items()}
    changed = {
        id: content for id, content in tabs.items() if visit.written.get(id) != zlib.crc32(content)
    }
    return Changes(visit.models, visit.n_trained, visit.stale, changed)


def write(connection: sa.Connection, visit: str, changed: Changes) -> float:
    """Keep what has changed of a visit; return when, as `changed` does."""
    _write_models(connection, visit, changed)
    now = time.time()
    for n, (id, content) in enumerate(changed.tabs.items()):
        where = _TABS.c.visit_id == visit, _TABS.c.id == id
        row = {"visit_id": visit, "id": id, "changed": now + n * 1e-5, "content": content}
        connection.execute(_TABS.delete().where(*where))
        connection.execute(_TABS.insert().values(row))
    _drop_tabs(connection, visit)
    n_bytes = _n_bytes(connection, visit)
    row = {"id": visit, "changed": now, "n_trained": changed.n_trained, "n_bytes": n_bytes}
    connection.execute(_VISITS.delete().where(_VISITS.c.id == visit))
    connection.execute(_VISITS.insert().values(row))
    return now


def forget(connection: sa.Connection, id: str) -> None:
    """Delete a visit with all that belongs to it."""
    for table, column in ((_MODELS, _MODELS.c.visit_id), (_TABS, _TABS.c.visit_id)):
        connection.execute(table.delete().where(column == id))
    connection.execute(_VISITS.delete().where(_VISITS.c.id == id))


def prune(
    connection: sa.Connection,
    *,
    now: float | None = None,
    most_visits: int = MOST_VISITS,
    most_bytes: int = MOST_BYTES,
) -> int:
    """Delete visits that are too old, too many or too large together; return how many went.

    The one that was changed longest ago goes first.
    """
    oldest = (time.time() if now is None else now) - MOST_SECONDS
    newest_first = sa.select(_VISITS).order_by(_VISITS.c.changed.desc())
    gone, n_bytes = [], 0
    for n, row in enumerate(connection.execute(newest_first)):
        n_bytes += row.n_bytes
        if n >= most_visits or n_bytes > most_bytes or row.changed < oldest:
            gone.append(row.id)
    for id in gone:
        forget(connection, id)
    return len(gone)


def _contents(
    connection: sa.Connection, table: sa.Table, id: str, name: sa.Column[Any], order: sa.Column[Any]
) -> list[tuple[str, bytes]]:
    rows = sa.select(name, table.c.content).where(table.c.visit_id == id).order_by(order)
    return [(row[0], row[1]) for row in connection.execute(rows)]


def _checked(reader: Callable[[bytes], T], content: Any, what: str) -> T | None:
    """Return what was read; None, and a line in the log, for what cannot be."""
    try:
        return reader(bytes(content))
    except (CheckpointError, TabError, TypeError) as error:
        _log.warning("A kept %.60s is left out: %s", what, error)
        return None


def _write_models(connection: sa.Connection, visit: str, changed: Changes) -> None:
    """Write the models that are not there yet; one that is there is never another."""
    of_visit = _MODELS.c.visit_id == visit
    if changed.stale:
        connection.execute(_MODELS.delete().where(of_visit, _MODELS.c.name.in_(changed.stale)))
    there = set(connection.scalars(sa.select(_MODELS.c.name).where(of_visit)))
    for name, model in changed.models.items():
        if name not in there and model.has_file:
            number = name.rpartition(" ")[2]
            place = int(number) if number.isdecimal() else 0
            row = {"visit_id": visit, "name": name, "place": place, "content": model.to_bytes()}
            connection.execute(_MODELS.insert().values(row))


def _drop_tabs(connection: sa.Connection, visit: str) -> None:
    of_visit = _TABS.c.visit_id == visit
    newest_first = sa.select(_TABS.c.id).where(of_visit).order_by(_TABS.c.changed.desc())
    gone = list(connection.scalars(newest_first))[MOST_TABS:]
    if gone:
        connection.execute(_TABS.delete().where(of_visit, _TABS.c.id.in_(gone)))


def _n_bytes(connection: sa.Connection, visit: str) -> int:
    total = 0
    for table in (_MODELS, _TABS):
        size = sa.func.sum(sa.func.length(table.c.content))
        total += connection.scalar(sa.select(size).where(table.c.visit_id == visit)) or 0
    return total
