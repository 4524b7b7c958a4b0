"""Rooms in a real database: what was acknowledged is there, whatever ends, fails or fills up.

Each test runs on an SQLite file, and those that are not of its kind on PostgreSQL as well, where
`make test-deploy` runs it.
"""

from __future__ import annotations

import dataclasses
import os
import resource
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from model.room.record import Drawing, Room
from model.store import rooms, visits
from model.store.commits import MOST_AT_ONCE, Commits
from model.store.database import FILE
from model.store.keeper import Keeper
from model.store.migrations import MIGRATIONS
from model.store.problem import RefusedError, StoreError
from model.store.store import Store
from model.store.visit import Tab
from tests.support.paths import ROOT
from tests.support.postgresql import Cluster, cluster
from tests.support.rights import folder_with_mode
from tests.support.specimens import made_up
from tests.support.waiting import wait_until
from tools import postgresql

CODE = "CDFHJ"
PATIENCE = 30.0
Place = Path | str


@pytest.fixture(scope="session")
def pg() -> Iterator[Cluster]:
    """A PostgreSQL. Where it cannot be, the test is skipped, but never where CI runs it."""
    if not postgresql.is_here():
        (pytest.fail if os.environ.get("CI") else pytest.skip)(postgresql.MISSING)
    with cluster() as running:
        yield running


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.deploy)])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """Where the store is: a folder, or the address of a database."""
    if request.param == "sqlite":
        return tmp_path
    address: str = request.getfixturevalue("pg").new_database()
    return address


@pytest.fixture
def stores() -> Iterator[Callable[..., Store]]:
    """Opens stores, which are closed after the test."""
    opened: list[Store] = []

    def open_store(*arguments: Any) -> Store:
        opened.append(Store(*arguments))
        return opened[-1]

    yield open_store
    for store in opened:
        store.close()


@pytest.fixture
def store(place: Place, stores: Callable[..., Store]) -> Store:
    """A new store with a room in it."""
    store = stores(place)
    store.act(lambda connection: rooms.write(connection, room()))
    return store


@pytest.fixture
def commits_of() -> Iterator[Callable[[Store], Commits]]:
    """Starts writers, which are ended after the test."""
    started: list[Commits] = []

    def start(store: Store) -> Commits:
        started.append(Commits(store))
        return started[-1]

    yield start
    for commits in started:
        commits.close()


def room(code: str = CODE, **fields: Any) -> Room:
    values: dict[str, Any] = {
        "opened": 1_000.5,
        "owner": "o" * 64,
        "hand": "h" * 22,
        "secret": "s" * 43,
        "state": "open",
        "takes_new": True,
        "model": bytes(range(256)) * 20,
    }
    return Room(code, **(values | fields))


def drawing(n: int = 0, phone: str = "amy", **fields: Any) -> Drawing:
    values: dict[str, Any] = {
        "sent": 2_000.25 + n,
        "asked": n % 10,
        "strokes": f"[[[{n},1.5]]]",
        "picture": bytes([n % 256]) * 784,
        "n_parts": 1,
    }
    return Drawing(phone, f"drawing-{n}", **(values | fields))


def bare(drawn: list[Drawing]) -> list[Drawing]:
    """Return drawings without the moment of their last change."""
    return [dataclasses.replace(each, changed=0.0) for each in drawn]


def adding(*drawn: Drawing) -> Callable[[sa.Connection], list[Drawing]]:
    return lambda connection: bare(rooms.add_drawings(connection, CODE, drawn))


def add(store: Store, *drawn: Drawing) -> list[Drawing]:
    return store.act(adding(*drawn))


def kept(store: Store) -> list[Drawing]:
    return store.act(lambda connection: bare(rooms.drawings(connection, CODE)), writes=False)


def reason(future: Future[Any]) -> BaseException | None:
    return future.exception(PATIENCE)


# What is kept.


def test_a_room_and_its_drawings_are_read_as_they_were_written(store: Store) -> None:
    drawn = [drawing(0), drawing(1, asked=None, n_parts=0), drawing(2, "bob", shown="shown")]
    assert add(store, *drawn) == drawn
    assert kept(store) == drawn
    assert store.act(lambda c: rooms.read(c, CODE)) == room()
    assert store.act(lambda c: rooms.read(c, "CDFHK")) is None
    store.act(lambda c: rooms.change(c, CODE, state="paused", takes_new=False, model=b"other"))
    changed = room(state="paused", takes_new=False, model=b"other")
    assert store.act(lambda c: rooms.read(c, CODE)) == changed


def test_a_drawing_that_is_sent_twice_is_kept_once_with_its_first_content(store: Store) -> None:
    first = drawing(0)
    add(store, first)
    again = dataclasses.replace(first, strokes="[[[9,9]]]", picture=b"\xff" * 784, asked=9)
    assert add(store, again) == [first]
    assert add(store, again, again) == [first, first]
    other_phone = dataclasses.replace(again, phone="bob")
    assert add(store, other_phone) == [other_phone]
    assert sorted(each.phone for each in kept(store)) == ["amy", "bob"]


def test_of_what_has_changed_since_a_moment_that_is_read_which_is_not_known(store: Store) -> None:
    for n, moment in ((2, 100.0), (1, 200.0), (0, 200.0)):
        store.act(lambda c, n=n, at=moment: rooms.add_drawings(c, CODE, [drawing(n)], now=at))
    known: set[tuple[str, float]] = set()

    def news(moment: float) -> list[str]:
        def knows(phone: str, id: str, changed: float) -> bool:
            return (id, changed) in known

        found = store.act(lambda c: rooms.changed_since(c, CODE, moment, knows), writes=False)
        known.update((each.id, each.changed) for each in found)
        return [each.id for each in found]

    assert news(200.0) == ["drawing-0", "drawing-1"]
    assert news(50.0) == ["drawing-2"]
    assert news(50.0) == []
    store.act(lambda c: rooms.moderate(c, CODE, "amy", "drawing-2", "hidden"))
    assert news(200.0) == ["drawing-2"]


def test_a_browser_finds_the_room_that_it_opened_or_holds_and_a_closed_one_after_all_others(
    store: Store,
) -> None:
    other = "p" * 64
    newer = room("CDFHK", opened=2_000.0)
    store.act(lambda c: rooms.write(c, newer))
    assert store.act(lambda c: rooms.of_owner(c, "o" * 64)) == newer
    assert store.act(lambda c: rooms.of_owner(c, other)) is None
    for _ in range(2):  # said twice, held once
        store.act(lambda c: rooms.add_hand(c, CODE, other))
    assert store.act(lambda c: rooms.of_owner(c, other)) == room()
    assert store.act(lambda c: rooms.has_hand(c, CODE, other))
    assert not store.act(lambda c: rooms.has_hand(c, "CDFHK", other))
    assert store.act(lambda c: rooms.open_rooms(c, now=2_001.0)) == 2
    store.act(lambda c: rooms.change(c, newer.code, state="closed"))
    assert store.act(lambda c: rooms.of_owner(c, "o" * 64)) == room()
    store.act(lambda c: rooms.change(c, CODE, state="closed"))
    store.act(lambda c: rooms.change(c, newer.code, state="open"))
    assert store.act(lambda c: rooms.of_owner(c, "o" * 64)) == newer
    assert store.act(lambda c: rooms.of_owner(c, other)) == room(state="closed")
    assert store.act(lambda c: rooms.open_rooms(c, now=2_001.0)) == 1
    assert store.act(lambda c: rooms.open_rooms(c, now=2_001.0 + rooms.DAY)) == 0


def test_rooms_are_listed_with_the_drawings_that_were_not_taken_back(store: Store) -> None:
    store.act(lambda c: rooms.write(c, room("CDFHK", opened=2_000.0)))
    add(store, drawing(0), drawing(1), drawing(0, "bob"))
    store.act(lambda c: rooms.take_back(c, CODE, "bob"))
    found = [(each.code, n) for each, n in store.act(rooms.rooms)]
    assert found == [("CDFHK", 0), (CODE, 2)]


# What the speaker and the phones say.


def test_a_hidden_phone_stays_so_with_all_that_it_draws_and_then_nothing_is_shown_unseen(
    store: Store,
) -> None:
    for phone in ("amy", "bob"):
        store.act(lambda c, phone=phone: rooms.add_phone(c, CODE, phone))
    add(store, drawing(0), drawing(5), drawing(6), drawing(0, "bob"))
    store.act(lambda c: rooms.moderate(c, CODE, "amy", "drawing-5", "hidden"))
    store.act(lambda c: rooms.moderate(c, CODE, "amy", "drawing-6", "shown"))
    hidden = store.act(lambda c: rooms.hide_phone(c, CODE, "amy", is_hidden=True))
    assert [(each.id, each.shown) for each in hidden] == [
        ("drawing-0", "with_phone"),
        ("drawing-6", "with_phone"),
    ]
    store.act(lambda c: rooms.add_phone(c, CODE, "amy"))  # it joins once more
    assert [each.shown for each in add(store, drawing(1), drawing(1, "bob"))] == [
        "with_phone",
        "auto",
    ]
    back = store.act(lambda c: rooms.hide_phone(c, CODE, "amy", is_hidden=False))
    assert {each.shown for each in back} == {"auto"}
    assert [each.shown for each in add(store, drawing(2))] == ["auto"]
    said = {(each.phone, each.id): each.shown for each in kept(store)}
    assert said == {
        ("amy", "drawing-0"): "auto",
        ("amy", "drawing-1"): "auto",
        ("amy", "drawing-2"): "auto",
        ("amy", "drawing-5"): "hidden",
        ("amy", "drawing-6"): "auto",
        ("bob", "drawing-0"): "auto",
        ("bob", "drawing-1"): "auto",
    }
    assert store.act(lambda c: rooms.n_phones(c, CODE)) == 2


def test_one_drawing_is_hidden_and_the_others_of_its_phone_are_not(store: Store) -> None:
    add(store, drawing(0), drawing(1))
    store.act(lambda c: rooms.moderate(c, CODE, "amy", "drawing-1", "hidden"))
    assert [each.shown for each in kept(store)] == ["auto", "hidden"]
    assert [each.shown for each in add(store, drawing(2))] == ["auto"]


def test_what_a_phone_takes_back_is_empty_and_does_not_come_again(store: Store) -> None:
    add(store, drawing(0), drawing(1), drawing(0, "bob"))
    gone = store.act(lambda c: rooms.take_back(c, CODE, "amy"))
    assert [(each.id, each.is_gone, each.strokes, each.asked) for each in gone] == [
        ("drawing-0", True, "", None),
        ("drawing-1", True, "", None),
    ]
    assert add(store, drawing(0))[0].is_gone
    assert [each.phone for each in kept(store) if not each.is_gone] == ["bob"]
    assert [each.is_gone for each in store.act(lambda c: rooms.clear(c, CODE))] == [True] * 3


def test_a_deleted_room_leaves_no_row_and_others_stay(store: Store) -> None:
    store.act(lambda c: rooms.write(c, room("CDFHK")))
    for code in (CODE, "CDFHK"):
        store.act(lambda c, code=code: rooms.add_phone(c, code, "amy"))
        store.act(lambda c, code=code: rooms.add_hand(c, code, "p" * 64))
        store.act(lambda c, code=code: rooms.add_drawings(c, code, [drawing(0)]))
        store.act(lambda c, code=code: rooms.add_learned(c, code, "d" * 64, ["amy"]))
    assert store.act(lambda c: rooms.delete(c, CODE))
    assert not store.act(lambda c: rooms.delete(c, CODE))
    for table in ("rooms", "room_phones", "room_hands", "room_drawings", "room_learned"):
        codes = store.act(lambda c, t=table: c.scalars(sa.text(f"SELECT code FROM {t}")).all())
        assert codes == ["CDFHK"], table


def test_what_was_learned_from_which_phones_is_kept_once_and_told_to_who_does_not_know_it(
    store: Store,
) -> None:
    store.act(lambda c: rooms.write(c, room("CDFHK")))
    first, second = "1" * 64, "2" * 64
    for data, phones in ((first, {"amy", "bob"}), (second, {"zed"}), (first, {"eve"})):
        store.act(lambda c, data=data, phones=phones: rooms.add_learned(c, CODE, data, phones))
    both = {first: frozenset({"amy", "bob"}), second: frozenset({"zed"})}
    assert store.act(lambda c: rooms.learned(c, CODE, ())) == both
    assert store.act(lambda c: rooms.learned(c, CODE, [first])) == {second: both[second]}
    assert store.act(lambda c: rooms.learned(c, "CDFHK", ())) == {}
    store.act(lambda c: rooms.delete(c, CODE))
    store.act(lambda c: rooms.add_learned(c, CODE, first, {"amy"}))
    assert store.act(lambda c: rooms.learned(c, CODE, ())) == {}, "of a room that is gone"


def test_a_drawing_for_a_room_that_was_deleted_is_not_kept_and_said_to_be_none(
    store: Store,
) -> None:
    assert add(store, drawing(0))
    store.act(lambda c: rooms.delete(c, CODE))
    assert add(store, drawing(1)) == []
    assert kept(store) == []


def test_rooms_go_after_so_many_days(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.act(lambda c: rooms.write(c, room("CDFHK", opened=1_000.5 + rooms.DAY)))
    add(store, drawing(0))
    end = 1_000.5 + rooms.DAYS_KEPT * rooms.DAY
    assert store.act(lambda c: rooms.prune(c, now=end - 1)) == 0
    assert store.act(lambda c: rooms.prune(c, now=end + 1)) == 1
    assert [each.code for each, _ in store.act(rooms.rooms)] == ["CDFHK"]
    assert kept(store) == []
    monkeypatch.setenv("INKLING_ROOM_DAYS", "0.5")
    assert store.act(lambda c: rooms.prune(c, now=1_000.5 + 1.4 * rooms.DAY)) == 0
    assert store.act(lambda c: rooms.prune(c, now=1_000.5 + 1.6 * rooms.DAY)) == 1


@pytest.mark.parametrize("days", ["0", "-1", "nan", "many"])
def test_days_that_are_none_are_refused(days: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INKLING_ROOM_DAYS", days)
    with pytest.raises(ValueError):
        rooms.days_kept()


# Versions.


def test_an_older_database_gets_the_tables_of_rooms_and_keeps_its_visits(
    place: Place, stores: Callable[..., Store]
) -> None:
    old = stores(place, MIGRATIONS[:1])
    row = {"id": "v" * 64, "changed": 1.0, "n_trained": 3, "n_bytes": 0}
    insert = sa.text("INSERT INTO visits VALUES (:id, :changed, :n_trained, :n_bytes)")
    old.act(lambda c: c.execute(insert, row))
    old.close()
    new = stores(place)
    new.act(lambda c: rooms.write(c, room()))
    assert new.act(lambda c: visits.read(c, "v" * 64)).n_trained == 3
    version = sa.text("SELECT version FROM store_version")
    assert new.act(lambda c: c.scalar(version)) == len(MIGRATIONS)
    if isinstance(place, Path):
        (copy,) = place.glob("*.version-1")
        with sqlite3.connect(copy) as connection:
            tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
            assert connection.execute("SELECT n_trained FROM visits").fetchall() == [(3,)]
        assert "rooms" not in tables


def test_servers_that_start_at_once_make_one_set_of_tables(
    place: Place, stores: Callable[..., Store]
) -> None:
    gate = threading.Barrier(4)
    failures: list[BaseException] = []

    def start(store: Store, code: str) -> None:
        gate.wait()
        try:
            wait_until(lambda: is_written(store, code), PATIENCE, f"{code} is not written")
        except BaseException as error:
            failures.append(error)

    def is_written(store: Store, code: str) -> bool:
        try:
            store.act(lambda c: rooms.write(c, room(code)))
        except StoreError as error:  # SQLite has one of those that make the file try again
            if error.problem != "locked":
                raise
            return False
        return True

    codes = ["CDFHK", "CDFHM", "CDFHN", "CDFHP"]
    threads = [threading.Thread(target=start, args=(stores(place), code)) for code in codes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert failures == []
    store = stores(place)
    assert sorted(each.code for each, _ in store.act(rooms.rooms)) == codes
    versions = store.act(lambda c: c.scalars(sa.text("SELECT version FROM store_version")).all())
    assert versions == [len(MIGRATIONS)]


def test_visits_are_kept_beside_rooms(store: Store, place: Place) -> None:
    keeper = Keeper(store)
    keeper.start()
    visit = keeper.visit("c" * 22)
    visit.add("yours", made_up())
    fields: dict[str, Any] = {"objects": [], "ink": None, "strokes": (), "drawings": ()}
    last = {"model": "yours 1", "before": None, "last_job": None}
    visit.put(Tab("tab", **fields, pen_width=22, source="draw", **last), "session")
    keeper.keep(visit)
    keeper.close()
    found = store.act(lambda c: visits.read(c, str(visit.id)))
    assert (list(found.models), list(found.tabs)) == (["yours 1"], ["tab"])
    assert [each.code for each, _ in store.act(rooms.rooms)] == [CODE]


# Many writers.


def test_one_that_fails_costs_no_other_of_its_transaction(
    store: Store, commits_of: Callable[[Store], Commits]
) -> None:
    commits = commits_of(store)
    held = threading.Event()
    first = commits.submit(lambda _: held.wait(PATIENCE))  # what comes meanwhile goes together

    def stumble(connection: sa.Connection) -> None:
        rooms.add_drawings(connection, CODE, [drawing(100)])
        raise LookupError("a fault of its own")

    good = [commits.submit(adding(drawing(n))) for n in range(3)]
    bad = commits.submit(stumble)
    twice = commits.submit(lambda c: rooms.write(c, room()))  # its key is there
    good += [commits.submit(adding(drawing(n))) for n in range(3, 6)]
    held.set()
    assert first.result(PATIENCE)
    assert [future.result(PATIENCE) for future in good] == [[drawing(n)] for n in range(6)]
    assert isinstance(reason(bad), LookupError)
    assert isinstance(reason(twice), RefusedError)
    assert kept(store) == [drawing(n) for n in range(6)]
    assert commits.problem is None, "the store is sound"


def test_what_comes_while_the_disk_is_busy_goes_in_few_transactions(
    store: Store, commits_of: Callable[[Store], Commits], monkeypatch: pytest.MonkeyPatch
) -> None:
    transactions: list[int] = []
    real = store.act

    def counted(act: Any, **options: Any) -> Any:
        transactions.append(1)
        return real(act, **options)

    monkeypatch.setattr(store, "act", counted)
    commits = commits_of(store)
    held = threading.Event()
    commits.submit(lambda _: held.wait(PATIENCE))
    n = MOST_AT_ONCE + 50
    futures = [commits.submit(adding(drawing(n))) for n in range(n)]
    held.set()
    for future in futures:
        future.result(PATIENCE)
    assert len(transactions) <= 4
    assert len(kept(store)) == n


def test_two_servers_write_to_one_database_without_loss(
    place: Place, stores: Callable[..., Store], commits_of: Callable[[Store], Commits]
) -> None:
    one, other = (stores(place) for _ in range(2))
    one.act(lambda c: rooms.write(c, room()))
    writers = [commits_of(one), commits_of(other)]
    futures = [writers[n % 2].submit(adding(drawing(n, f"phone {n % 2}"))) for n in range(300)]
    same = [writer.submit(adding(drawing(0, "both"))) for writer in writers * 20]
    for future in (*futures, *same):
        future.result(PATIENCE)
    for store in (one, other):
        found = [each.id for each in kept(store) if each.phone != "both"]
        assert sorted(found) == sorted(f"drawing-{n}" for n in range(300))
        assert len(kept(store)) == 301


def test_what_waits_when_the_server_ends_is_written_and_nothing_after(store: Store) -> None:
    commits = Commits(store)
    futures = [commits.submit(adding(drawing(n))) for n in range(50)]
    commits.close()
    assert all(future.done() for future in futures)
    assert len(kept(store)) == 50
    assert isinstance(reason(commits.submit(adding(drawing(99)))), StoreError)
    assert len(kept(store)) == 50


WRITER = """
import os, sys, threading
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from model.room.record import Drawing
from model.store import rooms
from model.store.commits import Commits
from model.store.store import Store

place = sys.argv[2]
commits = Commits(Store(place if "://" in place else Path(place)))
on_their_way = threading.Semaphore(40)

def send(n):
    drawing = Drawing("amy", f"drawing-{n}", float(n), n % 10, f"[[[{n},1]]]", b"x" * 784, 1)
    future = commits.submit(lambda c: rooms.add_drawings(c, sys.argv[3], [drawing]))
    future.add_done_callback(lambda done: (os.write(1, b"%d\\n" % n), on_their_way.release()))

for n in range(100_000):
    on_their_way.acquire()
    send(n)
"""


def test_what_was_acknowledged_is_there_after_the_server_was_killed(
    store: Store, place: Place, stores: Callable[..., Store]
) -> None:
    store.close()
    command = [sys.executable, "-c", WRITER, str(ROOT), str(place), CODE]
    acknowledged: list[int] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as writer:
        assert writer.stdout is not None
        for line in writer.stdout:  # to its end: what was said before the kill counts
            acknowledged.append(int(line))
            if len(acknowledged) == 300:
                os.kill(writer.pid, signal.SIGKILL)
    assert len(acknowledged) >= 300
    again = stores(place)
    there = {each.id for each in kept(again)}
    assert {f"drawing-{n}" for n in acknowledged} <= there
    add(again, drawing(0, "bob"))


# A database that takes nothing.


def goes_on(commits: Commits, store: Store, n: int) -> None:
    """See that writing goes through again, after a while."""

    def written() -> bool:
        return reason(commits.submit(adding(drawing(n)))) is None

    wait_until(written, PATIENCE, "nothing is written any more")
    assert commits.problem is None
    assert f"drawing-{n}" in {each.id for each in kept(store)}


def fails(commits: Commits, problem: str, n: int = 900) -> None:
    error = reason(commits.submit(adding(drawing(n))))
    assert isinstance(error, StoreError)
    assert (error.problem, commits.problem) == (problem, problem)


def test_a_full_disk_is_told_and_writing_goes_on_when_there_is_room(
    tmp_path: Path, stores: Callable[..., Store], commits_of: Callable[[Store], Commits]
) -> None:
    store = stores(tmp_path)
    store.act(lambda c: rooms.write(c, room()))
    commits = commits_of(store)
    add(store, drawing(0))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (os.stat(tmp_path / f"{FILE}-wal").st_size, hard))
    try:
        fails(commits, "full")
        assert kept(store) == [drawing(0)], "what was kept can be read"
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    goes_on(commits, store, 1)
    assert kept(store) == [drawing(0), drawing(1)]


def test_a_read_only_folder_is_told_and_writing_goes_on_when_it_is_not(
    stores: Callable[..., Store], commits_of: Callable[[Store], Commits]
) -> None:
    with folder_with_mode(0o777) as folder:
        place = folder / "store"
        place.mkdir(mode=0o555)
        store = stores(place)
        commits = commits_of(store)
        fails(commits, "unwritable")
        place.chmod(0o755)
        opened = commits.submit(lambda connection: rooms.write(connection, room()))
        assert reason(opened) is None
        goes_on(commits, store, 1)
        commits.close()
        store.close()


def test_a_database_that_another_program_holds_is_told_and_writing_goes_on(
    store: Store,
    place: Place,
    commits_of: Callable[[Store], Commits],
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("model.store.database.LOCK_SECONDS", 0.05)
    store.close()  # it is opened again, with less patience
    commits = commits_of(store)
    if isinstance(place, Path):
        other = sqlite3.connect(place / FILE, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        fails(commits, "locked")
        other.close()
    else:
        url = sa.make_url(place).set(drivername="postgresql+psycopg")
        with sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:
            connection.exec_driver_sql("LOCK TABLE room_drawings IN EXCLUSIVE MODE")
            fails(commits, "locked")
    goes_on(commits, store, 1)


# SQLite alone.


def test_a_commit_waits_for_the_disk_and_what_is_deleted_is_overwritten(
    tmp_path: Path, stores: Callable[..., Store]
) -> None:
    store = stores(tmp_path)

    def said(pragma: str) -> Any:
        return store.act(lambda c: c.exec_driver_sql(f"PRAGMA {pragma}").scalar(), writes=False)

    full, on = 2, 1
    assert (said("synchronous"), said("secure_delete")) == (full, on)
    assert said("journal_mode") == "wal"


def pieces(content: bytes) -> list[bytes]:
    return [content[at : at + 16] for at in range(0, len(content), 16)]


def test_what_was_taken_back_is_in_no_file_any_more_while_the_server_goes_on(
    tmp_path: Path, stores: Callable[..., Store]
) -> None:
    store = stores(tmp_path)
    store.act(lambda c: rooms.write(c, room()))
    marks = {phone: f"[[[{number}.7,{number}.8]" for phone, number in (("amy", 211), ("bob", 322))}
    pictures = {phone: os.urandom(784) for phone in marks}
    for n in range(60):  # of many lengths: some have pages of their own
        for phone in ("amy", "bob"):
            long = marks[phone] + ",[1.1,2.2]" * (n * 15) + "]]"
            add(store, drawing(n, phone, strokes=long, picture=pictures[phone]))
    commits = Commits(store)
    taken = commits.submit(lambda c: rooms.take_back(c, CODE, "amy"), deletes=True)
    assert len(taken.result(10)) == 60
    bytes_there = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert bytes_there.count(marks["bob"].encode()) >= 60
    assert marks["amy"].encode() not in bytes_there
    assert any(part in bytes_there for part in pieces(pictures["bob"]))
    assert not any(part in bytes_there for part in pieces(pictures["amy"]))
    commits.close()


# PostgreSQL alone.


@pytest.mark.deploy
def test_a_database_server_that_loses_its_power_is_told_and_nothing_acknowledged_is_lost(
    pg: Cluster, stores: Callable[..., Store], commits_of: Callable[[Store], Commits]
) -> None:
    store = stores(pg.new_database())
    store.act(lambda c: rooms.write(c, room()))
    commits = commits_of(store)
    for future in [commits.submit(adding(drawing(n))) for n in range(50)]:
        future.result(PATIENCE)
    pg.stop("immediate")
    try:
        fails(commits, "unreachable")
    finally:
        pg.start()
    goes_on(commits, store, 60)
    assert {f"drawing-{n}" for n in range(50)} <= {each.id for each in kept(store)}


@pytest.mark.deploy
def test_a_database_that_is_read_only_or_of_another_is_told(
    pg: Cluster, stores: Callable[..., Store], commits_of: Callable[[Store], Commits]
) -> None:
    address = pg.new_database()
    store = stores(address)
    store.act(lambda c: rooms.write(c, room()))
    commits = commits_of(store)
    name = sa.make_url(address).database
    pg.say(address, f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    store.close()
    fails(commits, "unwritable")
    engine = pg.address("postgres")
    pg.say(engine, f"ALTER DATABASE {name} RESET default_transaction_read_only")
    store.close()
    goes_on(commits, store, 1)
    pg.say(address, "CREATE ROLE guest LOGIN")
    guest = stores(address.replace("inkling@", "guest@"))
    with pytest.raises(StoreError) as caught:
        guest.act(lambda c: rooms.write(c, room("CDFHK")))
    assert caught.value.problem == "unwritable"
    nowhere = stores(pg.address("nowhere"))
    with pytest.raises(StoreError) as caught:
        nowhere.act(rooms.rooms)
    assert caught.value.problem == "unreachable"


@pytest.mark.deploy
def test_a_text_that_postgresql_does_not_take_costs_no_other(
    pg: Cluster, stores: Callable[..., Store], commits_of: Callable[[Store], Commits]
) -> None:
    store = stores(pg.new_database())
    store.act(lambda c: rooms.write(c, room()))
    commits = commits_of(store)
    held = threading.Event()
    commits.submit(lambda _: held.wait(PATIENCE))
    good = commits.submit(adding(drawing(0)))
    bad = [
        commits.submit(adding(drawing(1, phone="p" * 23))),
        commits.submit(adding(drawing(2, strokes="\x00"))),
        commits.submit(adding(drawing(3, asked=10**6))),
    ]
    also_good = commits.submit(adding(drawing(4)))
    held.set()
    assert [good.result(PATIENCE), also_good.result(PATIENCE)] == [[drawing(0)], [drawing(4)]]
    assert all(isinstance(reason(future), RefusedError) for future in bad)
    assert commits.problem is None
