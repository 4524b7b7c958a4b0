"""The database: found, opened, brought to the present version; a damaged file is set aside.

SQLAlchemy speaks to it, and it is SQLite's or PostgreSQL's. What is one's alone, such as SQLite's
file and its log, stays in this module.
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
from sqlalchemy.exc import ArgumentError, DataError, DBAPIError, IntegrityError

from model.files import put_in_place
from model.store.problem import Problem, RefusedError, StoreError

__all__ = ["FILE", "Database", "Migration"]

FILE = "inkling.sqlite3"
CHECKPOINT = "wal_checkpoint(TRUNCATE)"
CONNECT_SECONDS = 3
"""How long is waited for PostgreSQL."""
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
_SQLSTATES: dict[str, Problem] = {
    "25006": "unwritable",
    "42501": "unwritable",
    "53100": "full",
    "55P03": "locked",
    "40P01": "locked",
}
"""PostgreSQL's: a database that is read-only, a right that is missing, a full disk, a lock that
another one holds, and two that wait for each other."""
_STEPS = 784_010
"""The lock under which PostgreSQL's tables are changed."""
_PRIMARY = 0xFF
"""Of SQLite's error codes, the part that names the kind."""

_log = logging.getLogger(__name__)


class Database:
    """One SQLite file with a write-ahead log, or one database of PostgreSQL's.

    Parameters
    ----------
    place : Path or str
        The file, whose folder is made where it is missing; or the address of a database,
        "postgresql://…".
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
        "full", "locked" or "unreachable" where the system says so. A damaged file is renamed, and a
        new one made.
    """

    def __init__(self, place: Path | str, migrations: Sequence[Migration]) -> None:
        self.path = None if isinstance(place, str) else place
        self.was_damaged = False
        self._migrations = tuple(migrations)
        self._engine = _of_a_server(place) if isinstance(place, str) else _of_a_file(place)
        try:
            self._open()
        except StoreError as error:
            if error.problem != "damaged":
                self._engine.dispose()
                raise
            self.set_aside()

    @contextlib.contextmanager
    def begin(self, *, writes: bool = True) -> Iterator[sa.Connection]:
        """Open a transaction, which is kept when the block ends and undone where it fails.

        One that writes has a file to itself from its beginning: SQLite lets none begin to write
        that has read what another has changed meanwhile.

        Raises
        ------
        StoreError
        """
        with _told(), self._engine.connect() as connection:
            connection = connection.execution_options(writes=writes)
            with connection.begin():
                yield connection

    def set_aside(self) -> Path:
        """Rename a damaged file, with its log, and begin a new one; return its new name.

        Raises
        ------
        StoreError
        """
        assert self.path is not None  # only a file can be damaged
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

    def forget(self) -> None:
        """Bring a file's log into the file, so that what was deleted is in neither.

        Raises
        ------
        StoreError
        """
        if self.path is not None:
            with _told(), contextlib.closing(self._engine.raw_connection()) as connection:
                connection.cursor().execute(f"PRAGMA {CHECKPOINT}")

    def close(self) -> None:
        """Close all connections; the last one brings the log into the file."""
        self._engine.dispose()

    def _open(self) -> None:
        if self.path is not None:
            with _told():
                self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self.begin(writes=False) as connection:
            version = _version(connection)
        present = len(self._migrations)
        if version > present:
            raise StoreError(
                "newer", f"the database has version {version}, known are 1 to {present}"
            )
        if self.path is not None and 0 < version < present:
            with _told():
                _copy(self.path, version)
        if version < present:
            self._migrate(version)

    def _migrate(self, version: int) -> None:
        """Take all steps in one transaction, so that there is no half of them."""
        with self.begin() as connection:
            if self.path is None:  # of several servers that start at once, one takes the steps
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_STEPS)))
            _VERSION.create(connection, checkfirst=True)
            for step in self._migrations[max(version, _version(connection)) :]:
                step(connection)
            connection.execute(_VERSION.delete())
            connection.execute(_VERSION.insert().values(version=len(self._migrations)))


def _of_a_server(address: str) -> sa.Engine:
    try:
        url = sa.make_url(address).set(drivername="postgresql+psycopg")
    except ArgumentError as error:
        raise StoreError("unreachable", "this is no address of a database") from error
    # A connection that the server has closed meanwhile is noticed, and made again.
    settings = {
        "connect_timeout": CONNECT_SECONDS,
        "options": f"-clock_timeout={round(1000 * LOCK_SECONDS)}",
    }
    return sa.create_engine(url, pool_pre_ping=True, connect_args=settings)


def _of_a_file(path: Path) -> sa.Engine:
    address = sa.URL.create("sqlite", database=str(path))
    engine = sa.create_engine(address, connect_args={"timeout": LOCK_SECONDS})

    @sa.event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _: Any) -> None:
        connection.isolation_level = None  # BEGIN is said below, before a table is made as well
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @sa.event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        writes = connection.get_execution_options().get("writes", True)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

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
    except (IntegrityError, DataError) as error:
        raise RefusedError("unwritable", str(error.orig)) from error
    except DBAPIError as error:
        raise StoreError(_problem(error.orig), str(error.orig)) from error
    except sqlite3.Error as error:
        raise StoreError(_problem(error), str(error)) from error
    except OSError as error:
        raise StoreError("unwritable", str(error)) from error


def _problem(error: BaseException | None) -> Problem:
    state = getattr(error, "sqlstate", "")
    if state != "":  # PostgreSQL's; None where it was not reached
        return _SQLSTATES.get(state or "", "unreachable")
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:  # not of SQLite's: a database that it would not open as one
        return "damaged" if isinstance(error, sqlite3.DatabaseError) else "unwritable"
    if code == sqlite3.SQLITE_IOERR_WRITE:  # a quota, or the largest size that a file may have
        return "full"
    return _PROBLEMS.get(code & _PRIMARY, "unwritable")
