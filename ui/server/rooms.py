"""The rooms of this server: opened, found by code, drawn in, moderated.

What is true stands in the store, which several servers may share. A server keeps beside it the wall
of each room that somebody asks for, and looks in the store for what others have changed.
"""

from __future__ import annotations

import dataclasses
import functools
import logging
import math
import secrets
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from model.classifier import checkpoint
from model.classifier.checkpoint import Checkpoint
from model.room import drawing as drawings
from model.room import names
from model.room.drawing import Sent
from model.room.record import Drawing, Moderation, Room, new_room
from model.room.wall import Figures, Wall
from model.store.commits import Commits
from model.store.problem import Problem, StoreError
from model.store.visit import key
from ui.server.pace import Bucket, Buckets
from ui.server.store import store

if TYPE_CHECKING:
    import sqlalchemy as sa

__all__ = [
    "MOST_DRAWINGS",
    "MOST_OF_A_PHONE",
    "MOST_PHONES",
    "MOST_ROOMS",
    "WAIT_SECONDS",
    "LiveRoom",
    "TooManyRoomsError",
    "add_hand",
    "find",
    "is_there",
    "may_control",
    "of_browser",
    "open_room",
    "pictured",
    "problem",
    "stop",
]

MOST_ROOMS = 50
"""Open at once, of those opened within a day: one that nobody closed keeps nobody out for ever."""
MOST_LIVE = 100
"""Rooms that are remembered."""
MOST_DRAWINGS = 20_000
"""In a room, with those that were taken back."""
MOST_OF_A_PHONE = 300
MOST_PHONES = 5_000
"""In a room."""
PHONE_RATE, PHONE_AT_ONCE = 2.0, 5.0
"""Drawings a second of one phone, and how many may come in a burst, as after a lost network."""
ROOM_RATE, ROOM_AT_ONCE = 500.0, 2_000.0
"""The same of a whole room: whoever makes up phones gets no further."""
JOIN_RATE, JOIN_AT_ONCE = 100.0, 1_000.0
LOOK_SECONDS = 1.0
"""How often it is looked for what other servers have changed."""
OVERLAP_SECONDS = 5.0
"""A change can be seen so much later than it says that it was made."""
WAIT_SECONDS = 5.0
"""How long a session waits for the store."""


T = TypeVar("T")

_log = logging.getLogger(__name__)


class TooManyRoomsError(Exception):
    """There are as many rooms open as this server takes."""


class _Found(NamedTuple):
    """What was looked up of a room, when."""

    room: Room | None
    drawings: list[Drawing]
    n_phones: int
    learned: dict[str, frozenset[str]]
    at: float


class LiveRoom:
    """A room that somebody asks this server for.

    Attributes
    ----------
    wall : Wall
    room : Room
        As it was looked up last.
    model : Checkpoint
        That reads its drawings.
    n_phones : int
        How many phones have joined.
    share : float or None
        The share of right drawings when that was looked at last; None where there were none.
    """

    share: float | None = None

    def __init__(self, room: Room, model: Checkpoint, n_phones: int) -> None:
        self.wall = Wall()
        self.room, self.model, self.n_phones = room, model, n_phones
        self.epoch = secrets.token_hex(4)
        """Another one where the numbers of the wall, or the model, are others."""
        self.joins = Bucket(JOIN_RATE, JOIN_AT_ONCE)
        self.drawn = Bucket(ROOM_RATE, ROOM_AT_ONCE)
        self.phones = Buckets(PHONE_RATE, PHONE_AT_ONCE, MOST_PHONES)
        self.learned: dict[str, frozenset[str]] = {}
        """The phones that models have learned from, by the SHA-256 of their training data."""
        self._since, self._looked = time.time() - OVERLAP_SECONDS, 0.0
        self._share_at = -math.inf
        self.is_deleted = False
        self._lock = threading.Lock()

    def join(self) -> tuple[str, Future[Any]]:
        """Return a token for another phone, and when that is kept."""
        token = names.new_phone(self.room.secret)
        phone = names.phone_of(token, self.room.secret)
        assert phone is not None
        code = self.room.code
        kept = _submit(lambda connection: _rooms().add_phone(connection, code, phone))
        return token, _then(kept, self._count)

    def add(self, phone: str, sent: Sent, picture: bytes, n_parts: int) -> Future[list[Drawing]]:
        """Keep a drawing, of which `pictured` made the picture; it is on the wall when it is kept.

        None is kept where the room is deleted.
        """
        code, text = self.room.code, drawings.as_text(sent.strokes)
        drawing = Drawing(phone, sent.id, time.time(), sent.asked, text, picture, n_parts)
        return self._on_the_wall(lambda c: _rooms().add_drawings(c, code, [drawing]))

    def take_back(self, phone: str) -> Future[list[Drawing]]:
        """Delete what a phone has drawn."""
        code = self.room.code
        return self._on_the_wall(lambda c: _rooms().take_back(c, code, phone), deletes=True)

    def moderate(self, phone: str, id: str, shown: Moderation) -> Future[list[Drawing]]:
        """Show or hide a drawing."""
        return self._on_the_wall(lambda c: _rooms().moderate(c, self.room.code, phone, id, shown))

    def hide_phone(self, phone: str, *, is_hidden: bool) -> Future[list[Drawing]]:
        """Hide all of a phone, or no longer."""
        code = self.room.code
        return self._on_the_wall(lambda c: _rooms().hide_phone(c, code, phone, is_hidden=is_hidden))

    def clear(self) -> Future[list[Drawing]]:
        """Delete all drawings."""
        return self._on_the_wall(lambda c: _rooms().clear(c, self.room.code), deletes=True)

    def change(self, **values: Any) -> Future[Any]:
        """Change the room: its state, whether it takes new phones, its model's bytes."""
        code = self.room.code

        def act(connection: sa.Connection) -> Room | None:
            _rooms().change(connection, code, **values)
            room: Room | None = _rooms().read(connection, code)
            return room

        return _then(_submit(act), self._take)

    def look(self) -> Future[Any] | None:
        """Look for what others have changed; None where that was done a moment ago."""
        with self._lock:
            if time.monotonic() - self._looked < LOOK_SECONDS:
                return None
            self._looked = time.monotonic()
        code = self.room.code

        # What is read goes to the wall when the transaction is kept: before, it may not be so.
        def act(connection: sa.Connection) -> _Found:
            now = time.time()
            room: Room | None = _rooms().read(connection, code)
            changed = _rooms().changed_since(connection, code, self._since, self.wall.knows)
            n_phones = _rooms().n_phones(connection, code)
            learned = _rooms().learned(connection, code, list(self.learned))
            return _Found(room, changed, n_phones, learned, now)

        return _then(_submit(act, writes=False), self._take_in)

    def stored(self) -> Future[list[Drawing]]:
        """Return all drawings as they are stored, with their strokes."""
        code = self.room.code

        def act(connection: sa.Connection) -> list[Drawing]:
            found: list[Drawing] = _rooms().drawings(connection, code)
            return [each for each in found if not each.is_gone]

        return _submit(act, writes=False)

    def needs_share(self, seconds: float) -> bool:
        """Whether `share` is older than that; of many who ask, one is told so."""
        if is_old := time.monotonic() - self._share_at > seconds:
            self._share_at = time.monotonic()
        return is_old

    def look_at_share(self) -> None:
        """Bring `share` up to date; takes milliseconds."""
        self.share = self.figures_of(self.model).share.value

    def learned_by(self, *models: Checkpoint) -> frozenset[str]:
        """Return the phones of the room that one of these models or more have learned from."""
        data = (each.model.training_data.sha256 for each in models)
        return frozenset().union(*(self.learned.get(each, frozenset()) for each in data))

    def figures_of(self, model: Checkpoint) -> Figures:
        """Return what the room says of a model, by phones that it has not learned from."""
        return self.wall.figures(model, self.learned_by(model))

    def note_learned(self, data: str, phones: frozenset[str]) -> Future[Any] | None:
        """Keep from which phones models with this training data learned; None where it is known."""
        if data in self.learned:
            return None
        self.learned[data] = phones
        return _submit(lambda c: _rooms().add_learned(c, self.room.code, data, phones))

    def _on_the_wall(
        self, act: Callable[[sa.Connection], list[Drawing]], *, deletes: bool = False
    ) -> Future[list[Drawing]]:
        return _then(_submit(act, deletes=deletes), self.wall.put)

    def _count(self, _: None) -> None:
        self.n_phones += 1

    def _take_in(self, found: _Found) -> None:
        self.wall.put(found.drawings)
        self.n_phones = found.n_phones
        self.learned |= found.learned
        self._since = found.at - OVERLAP_SECONDS
        self._take(found.room)

    def _take(self, room: Room | None) -> None:
        """Take over what was looked up; a room that was deleted is closed."""
        if room is None:
            self.room, self.is_deleted = dataclasses.replace(self.room, state="closed"), True
            _live.pop(self.room.code, None)
            return
        if room.model != self.room.model:
            self.model = _read_model(room.model)
            self.epoch = secrets.token_hex(4)
        self.room = room


def open_room(browser: str, model: Checkpoint) -> LiveRoom:
    """Open a room for a browser, whose drawings this model reads.

    Raises
    ------
    TooManyRoomsError
    StoreError
    """

    def act(connection: sa.Connection) -> Room:
        try:
            _rooms().prune(connection)
        except ValueError as error:  # a setting that is none: nothing is deleted by it
            _log.error("Old rooms are kept: %s", error)
        if _rooms().open_rooms(connection) >= MOST_ROOMS:
            raise TooManyRoomsError
        code = names.new_code()
        while _rooms().read(connection, code) is not None:
            code = names.new_code()
        room = new_room(code, key(browser), model.to_bytes())
        _rooms().write(connection, room)
        return room

    room = _submit(act, deletes=True).result(WAIT_SECONDS)  # of rooms that are too old
    live = _remembered(LiveRoom(room, model, 0))
    assert live is not None
    return live


def find(code: str) -> Future[LiveRoom | None]:
    """Return a room by its code, closed ones as well; None where there is none."""
    future: Future[LiveRoom | None] = Future()
    if not names.is_code(code):
        future.set_result(None)
        return future
    if (live := _live.get(code)) is not None:
        future.set_result(live)
        return future
    return _mapped(_submit(lambda c: _looked_up(c, code), writes=False), _remembered)


def is_there(code: str) -> bool:
    """Return whether there is a room with this code; where the store does not answer, yes."""
    try:
        return find(code).result(WAIT_SECONDS) is not None
    except (StoreError, TimeoutError):
        return True


def of_browser(browser: str) -> LiveRoom | None:
    """Return the room that a browser controls; the last one that it closed, where none is open.

    Raises
    ------
    StoreError
    """
    who = key(browser)
    for code, live in list(_live.items()):
        if live.room.state != "closed" and (live.room.owner == who or (code, who) in _hands):
            return live

    def act(connection: sa.Connection) -> Room | None:
        room: Room | None = _rooms().of_owner(connection, who)
        return room

    room = _submit(act, writes=False).result(WAIT_SECONDS)
    if room is None:
        return None
    _hands.add((room.code, who))
    return find(room.code).result(WAIT_SECONDS)


def add_hand(code: str, browser: str, said: str) -> bool:
    """Let a browser control a room where it says the secret of its link; return whether it does.

    Raises
    ------
    StoreError
    """
    live = find(code).result(WAIT_SECONDS)
    if live is None or not secrets.compare_digest(said.encode(), live.room.hand.encode()):
        return False
    _submit(lambda c: _rooms().add_hand(c, code, key(browser))).result(WAIT_SECONDS)
    _hands.add((code, key(browser)))
    return True


def may_control(live: LiveRoom, browser: str) -> Future[bool]:
    """Return whether a browser opened a room, or has said its secret."""
    code, who = live.room.code, key(browser)
    future: Future[bool] = Future()
    if live.room.owner == who or (code, who) in _hands:
        future.set_result(True)
        return future

    def act(connection: sa.Connection) -> bool:
        return bool(_rooms().has_hand(connection, code, who))

    return _submit(act, writes=False)


def pictured(sent: Sent) -> Future[tuple[bytes, int]]:
    """Return a drawing's picture and how many digits are in it, made one after the other."""
    return _pictures.submit(drawings.pictured, sent.strokes)


def problem() -> Problem | None:
    """Return why drawings are not kept now; None where they are."""
    return _commits().problem


def stop() -> None:
    """Write what is not written yet."""
    _pictures.shutdown()
    _commits().close()


_live: dict[str, LiveRoom] = {}
_remembering = threading.Lock()
_pictures = ThreadPoolExecutor(1, "pictures")
"""One thread: a hall's drawings shall not hold up what else the server does. A process of its own
was slower and took 60 MB more."""
_hands: set[tuple[str, str]] = set()  # that have said the secret here


def _looked_up(connection: sa.Connection, code: str) -> LiveRoom | None:
    room = _rooms().read(connection, code)
    if room is None:
        return None
    live = LiveRoom(room, _read_model(room.model), _rooms().n_phones(connection, code))
    live.wall.put(_rooms().drawings(connection, code))
    live.learned = _rooms().learned(connection, code, ())
    return live


def _remembered(live: LiveRoom | None) -> LiveRoom | None:
    """Return the room that all shall use, of several that were looked up at once; of too many,
    closed ones are forgotten first."""
    if live is None:
        return None
    with _remembering:
        if len(_live) > MOST_LIVE:
            closed = [code for code, each in _live.items() if each.room.state == "closed"]
            _live.pop((closed or list(_live))[0])
        return _live.setdefault(live.room.code, live)


def _mapped(future: Future[T], change: Callable[[T], T]) -> Future[T]:
    """Return a future with what is made of another's result; nobody can take it back."""
    mapped: Future[T] = Future()
    mapped.set_running_or_notify_cancel()

    def done(settled: Future[T]) -> None:
        try:
            mapped.set_result(change(settled.result()))
        except Exception as error:
            mapped.set_exception(error)

    future.add_done_callback(done)
    return mapped


@functools.lru_cache(maxsize=16)
def _read_model(content: bytes) -> Checkpoint:
    """Return a model from its file, for all who ask the same object: it is read once."""
    return checkpoint.from_bytes(content)


def _then(future: Future[T], act: Callable[[T], Any]) -> Future[T]:
    """Have something done when a future has its result; what waits for it is told afterwards."""

    def done(settled: Future[T]) -> None:
        if settled.exception() is None:
            act(settled.result())

    future.add_done_callback(done)
    return future


def _submit(
    act: Callable[[sa.Connection], T], *, writes: bool = True, deletes: bool = False
) -> Future[T]:
    return _commits().submit(act, writes=writes, deletes=deletes)


@functools.cache
def _commits() -> Commits:
    return Commits(store())


def _rooms() -> Any:
    """Return the tables of rooms; SQLAlchemy is imported when somebody asks for one."""
    from model.store import rooms

    return rooms
