"""The store: one database for all that outlives the server, opened when it is first used.

SQLAlchemy takes half as long to import as Streamlit, so that waits as well.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import platformdirs

from model.store.problem import StoreError

if TYPE_CHECKING:
    import sqlalchemy as sa

    from model.store.database import Database, Migration

__all__ = ["Store", "folder", "usual_store"]

T = TypeVar("T")


def folder() -> Path:
    """Return where the file is kept: INKLING_STORE_DIR, else the user's data directory."""
    chosen = os.environ.get("INKLING_STORE_DIR") or platformdirs.user_data_dir("inkling")
    return Path(os.path.expanduser(chosen))


def usual_store() -> Store:
    """Return the store that the environment names: INKLING_DATABASE_URL, else a file."""
    return Store(os.environ.get("INKLING_DATABASE_URL") or folder())


class Store:
    """A database that several threads use, one at a time.

    Parameters
    ----------
    place : Path or str
        The folder of an SQLite file, which is made where it is missing; or the address of a
        PostgreSQL database, "postgresql://…".
    migrations : sequence of callables, optional
        See `model.store.database`; those of the program unless given.
    """

    def __init__(self, place: Path | str, migrations: Sequence[Migration] | None = None) -> None:
        self._place, self._migrations = place, migrations
        self._database: Database | None = None
        self._at_disk = threading.RLock()
        self._listeners: list[Callable[[], None]] = []

    @property
    def is_shared(self) -> bool:
        """Whether other servers may write to the database as well; a file is one server's."""
        return isinstance(self._place, str)

    def on_new_file(self, listener: Callable[[], None]) -> None:
        """Have this called where a damaged file was set aside and an empty one begun."""
        self._listeners.append(listener)

    def act(
        self, act: Callable[[sa.Connection], T], *, writes: bool = True, deletes: bool = False
    ) -> T:
        """Do something in a transaction; return what it returns.

        Parameters
        ----------
        act : callable
            It may be called twice: a damaged file is set aside, and it is tried again.
        writes : bool
            Whether it writes, which waits for another program that does.
        deletes : bool
            Whether it deletes what shall be nowhere on the disk afterwards; where another program
            reads just then, that comes later.

        Raises
        ------
        StoreError
            Why it could not be done; nothing of it was then.
        """
        with self._at_disk:
            database = self._opened()
            try:
                result = _acted(database, act, writes)
            except StoreError as error:
                if error.problem != "damaged":
                    raise
                database.set_aside()
                self._tell()
                result = _acted(database, act, writes)
            if deletes:
                with contextlib.suppress(StoreError):
                    database.forget()
            return result

    def close(self) -> None:
        """Close the database; the next use opens it again."""
        with self._at_disk:
            if self._database is not None:
                self._database.close()
                self._database = None

    def _opened(self) -> Database:
        if self._database is None:
            from model.store.database import FILE, Database
            from model.store.migrations import MIGRATIONS

            migrations = MIGRATIONS if self._migrations is None else self._migrations
            place = self._place if isinstance(self._place, str) else self._place / FILE
            self._database = Database(place, migrations)
            if self._database.was_damaged:
                self._tell()
        return self._database

    def _tell(self) -> None:
        for listener in self._listeners:
            listener()


def _acted(database: Database, act: Callable[[sa.Connection], T], writes: bool) -> T:
    with database.begin(writes=writes) as connection:
        return act(connection)
