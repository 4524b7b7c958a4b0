"""What keeps visits: hands them out, and writes them in a thread of its own.

Nobody waits for a disk. What changes is noted, and written at most once a second for each visit;
where it cannot be written, it is tried again, and `problem` says why. Only who was here before
waits: for what was kept to be read.

Nothing of the store is opened before the first visit is read or written, so that neither the
server's start nor the first answer waits for it.
"""

from __future__ import annotations

import logging
import threading
import time
import weakref
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from model.store.problem import Problem, StoreError
from model.store.store import Store
from model.store.visit import Visit, key

if TYPE_CHECKING:
    import sqlalchemy as sa

    from model.store.database import Migration
    from model.store.visits import Changes

__all__ = ["Keeper"]

BETWEEN_WRITES = 1.0
"""Seconds from one write of a visit to the next."""
SETTLING_SECONDS = 0.3
"""From a change to its write: the answer, which is on its way to the browser, goes first."""
RETRY_SECONDS = 5.0
"""Until a write that failed is tried again."""
OPENING_SECONDS = 3.0
"""How long the first visitor waits for the database to be opened."""
CLOSING_SECONDS = 5.0
PRUNE_SECONDS = 60.0
"""How often it is looked for visits that are too many or too old, where visits are written."""

T = TypeVar("T")

_log = logging.getLogger(__name__)


class Keeper:
    """Keeps visits in a store.

    Parameters
    ----------
    store : Store or Path
        What others use too and close; or the folder of one that is this keeper's alone.
    migrations : sequence of callables, optional
        Of the latter; those of the program unless given.
    between_writes, retry_seconds : float
        In seconds.

    Attributes
    ----------
    problem : Problem or None
        Why visits are not kept now. "damaged" says that a file was set aside and a new one begun,
        to which visits are kept.
    """

    def __init__(
        self,
        store: Store | Path,
        migrations: Sequence[Migration] | None = None,
        *,
        between_writes: float = BETWEEN_WRITES,
        retry_seconds: float = RETRY_SECONDS,
    ) -> None:
        self.problem: Problem | None = None
        self._is_own = not isinstance(store, Store)
        self._store = store if isinstance(store, Store) else Store(store, migrations)
        self._store.on_new_file(self._anew)
        self._between, self._retry = between_writes, retry_seconds
        self._live: weakref.WeakValueDictionary[str, Visit] = weakref.WeakValueDictionary()
        self._last_write: weakref.WeakKeyDictionary[Visit, float] = weakref.WeakKeyDictionary()
        self._pending: dict[Visit, float] = {}  # since when
        self._forgotten: set[str] = set()
        self._not_before = self._last_prune = 0.0
        self._is_begun = self._is_wanted = self._is_closing = False
        self._changed = threading.Condition()  # guards what is above
        self._at_disk = threading.RLock()  # one at a time reads or writes
        self._opened = threading.Event()
        self._thread = threading.Thread(target=self._run, name="keeper", daemon=True)

    def start(self) -> None:
        """Open the database, and write from now on, both in the background.

        The first visit that is read or written does that otherwise.
        """
        with self._changed:
            self._is_wanted = True
            self._changed.notify()
        self._begin()

    def close(self) -> None:
        """Write what is not written yet, and end."""
        with self._changed:
            self._is_closing = True
            self._changed.notify()
        if self._thread.is_alive():
            self._thread.join(CLOSING_SECONDS)

    def visit(self, cookie: str | None, *, is_new: bool = False) -> Visit:
        """Return the visit of the browser with this cookie, one for all its tabs.

        Without a cookie, or where nothing is kept of it, it is an empty one. Nothing is looked for
        where the cookie is new, which the server knows that has just given it, and where no other
        server can have kept something since.
        """
        if cookie is None:
            return Visit(None)
        id = key(cookie)
        is_new = is_new and not self._store.is_shared
        with self._changed:
            visit = self._live.setdefault(id, Visit(id)) if is_new else self._live.get(id)
        if visit is not None:
            if self._store.is_shared:
                self._catch_up(visit)
            return visit
        self.start()
        self._opened.wait(OPENING_SECONDS)
        with self._at_disk:
            visit = self._live.get(id) or self._read(id)
            with self._changed:
                return self._live.setdefault(id, visit)

    def _catch_up(self, visit: Visit) -> None:
        """Take over what another server has made of a visit that this one has not let go yet."""
        from model.store import visits

        id = str(visit.id)
        with self._at_disk:
            with self._changed:
                if visit in self._pending or not visit.is_read:
                    return  # it has changed here since

            def newer(connection: sa.Connection) -> Visit | None:
                is_same = visits.changed(connection, id) == visit.on_disk
                return None if is_same else visits.read(connection, id)

            if (kept := self._try(newer, writes=False)) is not None:
                visit.follow(kept)

    def keep(self, visit: Visit) -> None:
        """Have a visit written soon; returns at once."""
        if visit.id is not None:
            with self._changed:
                self._pending.setdefault(visit, time.monotonic())
                self._changed.notify()
            self._begin()

    def forget(self, visit: Visit) -> None:
        """Delete a visit, in memory and on disk; where the disk refuses, that is tried again."""
        visit.forget()
        if visit.id is None:
            return
        with self._at_disk:
            with self._changed:
                self._pending.pop(visit, None)
                self._forgotten.add(visit.id)
            self._write([])
        self._begin()

    def _begin(self) -> None:
        with self._changed:
            is_first, self._is_begun = not self._is_begun, True
        if is_first:
            self._thread.start()

    def _read(self, id: str) -> Visit:
        from model.store import visits

        if id in self._forgotten:
            return Visit(id)
        visit = self._try(lambda connection: visits.read(connection, id), writes=False)
        if visit is None:
            visit = Visit(id)
            visit.is_read = False
        return visit

    def _run(self) -> None:
        with self._changed:
            while not (self._is_wanted or self._is_due()):
                self._changed.wait(self._seconds_left())
        from model.store import visits

        with self._at_disk:
            self._try(visits.prune)
            self._last_prune = time.monotonic()
        self._opened.set()
        while True:
            with self._changed:
                while not self._is_due():
                    self._changed.wait(self._seconds_left())
                is_last = self._is_closing
                due = [visit for visit in self._pending if is_last or self._seconds(visit) <= 0]
                for visit in due:
                    del self._pending[visit]
            try:
                with self._at_disk:
                    self._write(due)
            except Exception:  # the thread must live on, for all other visits
                _log.exception("%d visits were not written", len(due))
            if is_last:
                break
        if self._is_own:
            self._store.close()

    def _is_due(self) -> bool:
        seconds = self._seconds_left()
        return self._is_closing or (seconds is not None and seconds <= 0)

    def _seconds(self, visit: Visit) -> float:
        """Return in how many seconds a visit may be written."""
        allowed = self._last_write.get(visit, 0.0) + self._between
        settled = self._pending[visit] + min(SETTLING_SECONDS, self._between)
        return max(allowed, settled, self._not_before) - time.monotonic()

    def _seconds_left(self) -> float | None:
        """Return in how many seconds there is something to do; None while there is nothing."""
        waits = [self._seconds(visit) for visit in self._pending]
        if self._forgotten:
            waits.append(self._not_before - time.monotonic())
        return max(0.0, min(waits)) if waits else None

    def _write(self, due: list[Visit]) -> None:
        """Write these visits in one transaction; note them again where that fails."""
        from model.store import visits

        now = time.monotonic()
        for visit in due:
            self._last_write[visit] = now
        forgotten = set(self._forgotten)

        def write(connection: sa.Connection) -> list[tuple[Visit, Changes, float]]:
            for id in forgotten:
                visits.forget(connection, id)
            changed = []
            for visit in due:
                id = str(visit.id)
                if not visit.is_read:
                    visit.merge(visits.read(connection, id))
                elif self._store.is_shared and visits.changed(connection, id) != visit.on_disk:
                    visit.rejoin(visits.read(connection, id))
                changes = visits.changes(visit)
                moment = visits.write(connection, id, changes)
                changed.append((visit, changes, moment))
            if now - self._last_prune > PRUNE_SECONDS:
                visits.prune(connection)
                self._last_prune = now
            return changed

        written = self._try(write, deletes=bool(forgotten))
        with self._changed:
            if written is None:
                self._pending |= dict.fromkeys(due, now)
                self._not_before = time.monotonic() + self._retry
            else:
                self._forgotten -= forgotten
        for visit, changes, moment in written or ():
            visit.on_disk = moment
            visit.stale -= changes.stale
            visit.written |= {id: zlib.crc32(content) for id, content in changes.tabs.items()}

    def _try(
        self, act: Callable[[sa.Connection], T], *, writes: bool = True, deletes: bool = False
    ) -> T | None:
        """Do something in a transaction; return None, and note the problem, where it fails."""
        try:
            result = self._store.act(act, writes=writes, deletes=deletes)
        except StoreError as error:
            if error.problem != self.problem:
                _log.error("Visits are not kept: %s", " ".join(str(error).split()))
            self.problem = error.problem
            return None
        if self.problem != "damaged":
            self.problem = None
        return result

    def _anew(self) -> None:
        """Have all visits that go on written to a file that has nothing of them."""
        self.problem = "damaged"
        with self._changed:
            for visit in list(self._live.values()):
                visit.written = {}
                self._pending[visit] = time.monotonic()
