"""Writes that come from many at once, kept in one transaction for all that wait: group commit.

A commit waits for the disk, and that takes as long for one row as for a hundred. So whoever writes
while the disk is busy goes with the next commit, and is told when its own row is safe.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from model.store.problem import Problem, RefusedError, StoreError
from model.store.store import Store

if TYPE_CHECKING:
    import sqlalchemy as sa

__all__ = ["Commits"]

MOST_AT_ONCE = 200
"""Acts in one transaction."""
GATHERING_SECONDS, BUSY_SECONDS = 0.04, 0.1
"""How long is waited for others to come along, and after which pause not: a transaction of one row
costs a busy server as much as one of ten."""

T = TypeVar("T")


class _Act(NamedTuple):
    act: Callable[[sa.Connection], Any]
    future: Future[Any]
    writes: bool
    deletes: bool


class Commits:
    """A thread that writes for all others.

    Parameters
    ----------
    store : Store

    Attributes
    ----------
    problem : Problem or None
        Why the last write failed; None where it did not.
    """

    def __init__(self, store: Store) -> None:
        self.problem: Problem | None = None
        self._store = store
        self._waiting: queue.SimpleQueue[_Act | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._is_closed = False

    def submit(
        self, act: Callable[[sa.Connection], T], *, writes: bool = True, deletes: bool = False
    ) -> Future[T]:
        """Have something done in a transaction, soon.

        Parameters
        ----------
        act : callable
            Called in the thread, and once more alone where another one of its transaction failed.
            Its transaction can fail after it: what it does elsewhere belongs to who has the future.
        writes : bool
            Whether it writes. What only reads says nothing of whether that can be done.
        deletes : bool
            Whether it deletes what shall be nowhere on the disk when the future has its result.

        Returns
        -------
        Future
            Has the result when it is on disk; a `StoreError` where it could not be written.
        """
        future: Future[T] = Future()
        with self._lock:
            if self._is_closed:
                future.set_exception(StoreError("unwritable", "closed"))
                return future
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="commits", daemon=True)
                self._thread.start()
            self._waiting.put(_Act(act, future, writes, deletes))
        return future

    def close(self) -> None:
        """Write what waits, and end."""
        with self._lock:
            self._is_closed = True
            self._waiting.put(None)
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        is_open, ended = True, -BUSY_SECONDS
        while is_open:
            batch: list[_Act] = []
            given = self._waiting.get()
            if time.monotonic() - ended < BUSY_SECONDS:
                time.sleep(GATHERING_SECONDS)
            while given is not None:
                if given.future.set_running_or_notify_cancel():
                    batch.append(given)
                if len(batch) == MOST_AT_ONCE or self._waiting.empty():
                    break
                given = self._waiting.get()
            is_open = given is not None
            self._write(batch)
            ended = time.monotonic()

    def _write(self, batch: list[_Act]) -> None:
        if not batch:
            return
        try:
            results = self._store.act(
                lambda connection: [each.act(connection) for each in batch],
                writes=any(each.writes for each in batch),
                deletes=any(each.deletes for each in batch),
            )
        except Exception as error:  # the thread must live on, for all others
            of_store = isinstance(error, StoreError) and not isinstance(error, RefusedError)
            if len(batch) > 1 and not of_store:
                for one in batch:  # one of them is at fault, and the others are not
                    self._write([one])
                return
            if isinstance(error, StoreError) and of_store:
                self.problem = error.problem
            for each in batch:
                each.future.set_exception(error)
        else:
            if any(each.writes for each in batch):
                self.problem = None
            for each, result in zip(batch, results, strict=True):
                each.future.set_result(result)
