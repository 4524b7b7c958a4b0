"""The database on disk: found, opened, brought to the present version, set aside when damaged.

SQLAlchemy speaks to it, so that the tables could be PostgreSQL's. What is SQLite's alone, the file
and its log, stays in this module.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from model.files import put_in_place
from model.store.problem import Problem, StoreError

__all__ = ["FILE", "Database", "Migration"]

FILE = "inkling.sqlite3"
LOCK_SECONDS = 1.0
"""How long is waited for another program that holds the file locked."""

Migration = Callable[[sa.Connection], None]
"""A step from one version of the tables to the next one."""

_VERSION = sa.Table("store_version", sa.MetaData(), sa.Column("version", sa.Integer))
_PROBLEMS: dict[int, Problem] = {
    sqlite3.SQLITE_FULL: "full",
    sqlite3.SQLITE_BUSY: "locked",
    sqlite3.SQLITE_LOCKED: "locked",
    sqlite3.SQLITE_CORRUPT: "damaged",
    sqlite3.SQLITE_NOTADB: "damaged",
}
_PRIMARY = 0xFF
"""Of SQLite's error codes, the part that names the kind."""

_log = logging.getLogger(__name__)


class Database:
    """One SQLite file with a write-ahead log.

    Parameters
    ----------
    path : Path
        Of the file; its folder is made where it is missing.
    migrations : sequence of callables
        All steps from an empty database to the present version, whose number is their count.

    Attributes
    ----------
    was_damaged : bool
        Whether a file was set aside.

    Raises
    ------
    StoreError
        "newer" where a later program has written the file, which is left as it is; "unwritable",
        "full" or "locked" where the system says so. A damaged file is renamed, and a new one made.
    """

    def __init__(self, path: Path, migrations: Sequence[Migration]) -> None:
        self.path, self.was_damaged = path, False
        self._migrations = tuple(migrations)
        self._engine = _engine(path)
        try:
            self._open()
        except StoreError as error:
            if error.problem != "damaged":
                self._engine.dispose()
                raise
            self.set_aside()

    @contextlib.contextmanager
    def begin(self) -> Iterator[sa.Connection]:
        """Open a transaction, which is kept when the block ends and undone where it fails.

        Raises
        ------
        StoreError
        """
        with _told(), self._engine.begin() as connection:
            yield connection

    def set_aside(self) -> Path:
        """Rename a damaged file, with its log, and begin a new one; return its new name.

        Raises
        ------
        StoreError
        """
        self._engine.dispose()
        self.was_damaged = True
        aside = _unused(self.path.with_suffix(f".damaged-{time.strftime('%Y%m%d-%H%M%S')}"))
        with _told():
            for ending in ("-wal", "-shm", ""):
                with contextlib.suppress(FileNotFoundError):
                    os.replace(f"{self.path}{ending}", f"{aside}{ending}")
        _log.error("%s is damaged; it was set aside as %s", self.path, aside.name)
        self._open()
        return aside

    def close(self) -> None:
        """Close all connections; the last one brings the log into the file."""
        self._engine.dispose()

    def _open(self) -> None:
        with _told():
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self.begin() as connection:
            version = _version(connection)
        present = len(self._migrations)
        if version > present:
            raise StoreError(
                "newer", f"{self.path} has version {version}, known are 1 to {present}"
            )
        if 0 < version < present:
            with _told():
                _copy(self.path, version)
        if version < present:
            self._migrate(version)

    def _migrate(self, version: int) -> None:
        """Take all steps in one transaction, so that there is no half of them."""
        with self.begin() as connection:
            _VERSION.create(connection, checkfirst=True)
            for step in self._migrations[version:]:
                step(connection)
            connection.execute(_VERSION.delete())
            connection.execute(_VERSION.insert().values(version=len(self._migrations)))


def _engine(path: Path) -> sa.Engine:
    address = sa.URL.create("sqlite", database=str(path))
    engine = sa.create_engine(address, connect_args={"timeout": LOCK_SECONDS})

    @sa.event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _: Any) -> None:
        connection.isolation_level = None  # BEGIN is said below, before a table is made as well
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @sa.event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN")

    return engine


def _version(connection: sa.Connection) -> int:
    if not sa.inspect(connection).has_table(_VERSION.name):
        return 0
    return connection.execute(sa.select(_VERSION.c.version)).scalar_one_or_none() or 0


def _copy(path: Path, version: int) -> None:
    """Copy an older database before it is changed."""
    copy = _unused(path.with_suffix(f".version-{version}"))
    temporary = copy.with_name(f"{copy.name}.part")
    temporary.unlink(missing_ok=True)
    with (
        contextlib.closing(sqlite3.connect(path)) as old,
        contextlib.closing(sqlite3.connect(temporary)) as new,
    ):
        old.backup(new)
    put_in_place(temporary, copy)
    _log.warning("%s has tables of version %d; a copy is kept as %s", path, version, copy.name)


def _unused(path: Path) -> Path:
    """Return a name that no file has: this one, or one with a number."""
    n, free = 1, path
    while free.exists():
        n += 1
        free = path.with_name(f"{path.name}-{n}")
    return free


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """Turn what SQLite and the system say into a `StoreError`."""
    try:
        yield
    except DBAPIError as error:
        raise StoreError(_problem(error.orig), str(error.orig)) from error
    except sqlite3.Error as error:
        raise StoreError(_problem(error), str(error)) from error
    except OSError as error:
        raise StoreError("unwritable", str(error)) from error


def _problem(error: BaseException | None) -> Problem:
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:  # not of SQLite's: a database that it would not open as one
        return "damaged" if isinstance(error, sqlite3.DatabaseError) else "unwritable"
    if code == sqlite3.SQLITE_IOERR_WRITE:  # a quota, or the largest size that a file may have
        return "full"
    return _PROBLEMS.get(code & _PRIMARY, "unwritable")
