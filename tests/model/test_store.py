"""The store of visits on a real file: what is kept, what is refused, and what is never lost."""

from __future__ import annotations

import dataclasses
import json
import os
import resource
import sqlite3
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as save_tensors

from model.classifier.checkpoint import Checkpoint
from model.store import tab_form, visits
from model.store.database import FILE, Database
from model.store.keeper import Keeper
from model.store.migrations import MIGRATIONS
from model.store.problem import StoreError
from model.store.visit import MOST_MODELS, MOST_TABS, Lesson, Tab, Visit, key, new_tab
from tests.support.rights import folder_with_mode
from tests.support.specimens import made_up
from tests.support.waiting import wait_until

COOKIE = "a" * 22
ID = key(COOKIE)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """A new database."""
    opened = Database(tmp_path / FILE, MIGRATIONS)
    yield opened
    opened.close()


@pytest.fixture
def keeper_of() -> Iterator[Callable[..., Keeper]]:
    """Starts keepers, which are ended after the test."""
    started: list[Keeper] = []

    def start(folder: Path, **options: Any) -> Keeper:
        started.append(Keeper(folder, **{"retry_seconds": 0.05} | options))
        started[-1].start()
        return started[-1]

    yield start
    for keeper in started:
        keeper.close()


def drawn(id: str = "tab", n_strokes: int = 2, **fields: Any) -> Tab:
    """Return a tab with a drawing of so many strokes."""
    ink = np.zeros((336, 336), np.float32)
    ink[100:200, 150] = np.arange(100, dtype=np.float32) * np.float32(1 / 255)
    tab = Tab(
        id=id,
        objects=[{"type": "path", "path": [["M", n, 0.5]]} for n in range(n_strokes)],
        ink=ink,
        strokes=tuple((n + 1, np.full((28, 28), 0.99**n, np.float32)) for n in range(n_strokes)),
        drawings=(np.eye(28, dtype=np.float32),),
        pen_width=22,
        source="draw",
        model="yours 1",
        before="directions",
        last_job="job-1",
    )
    return dataclasses.replace(tab, **fields)


def visit_with(*tabs: Tab, n_models: int = 0, id: str = ID) -> Visit:
    visit = Visit(id)
    for _ in range(n_models):
        visit.add("yours", made_up())
    for n, tab in enumerate(tabs):
        visit.put(tab, f"session {n}")
    return visit


def write(database: Database, visit: Visit) -> None:
    with database.begin() as connection:
        visits.write(connection, str(visit.id), visits.changes(visit))


def read(database: Database, id: str = ID) -> Visit:
    with database.begin() as connection:
        return visits.read(connection, id)


def kept(folder: Path) -> Visit:
    """Return what another program finds of the visit."""
    database = Database(folder / FILE, MIGRATIONS)
    visit = read(database)
    database.close()
    return visit


def same(one: Tab, other: Tab) -> bool:
    return tab_form.to_bytes(one) == tab_form.to_bytes(other)


def same_model(one: Checkpoint, other: Checkpoint) -> bool:
    """Whether two models are the same; their metadata may be in another order."""
    return sorted(one.to_bytes()) == sorted(other.to_bytes())


# What is kept.


def test_a_visit_is_read_as_it_was_written(database: Database) -> None:
    tab = drawn()
    visit = visit_with(tab, n_models=2)
    write(database, visit)
    again = read(database)
    assert list(again.models) == ["yours 1", "yours 2"]
    for name, model in visit.models.items():
        assert same_model(again.models[name], model)
    assert again.n_trained == 2
    (found,) = again.tabs.values()
    assert (found.objects, found.pen_width, found.source) == (tab.objects, 22, "draw")
    assert (found.model, found.before, found.last_job) == ("yours 1", "directions", "job-1")
    assert found.ink is not None
    np.testing.assert_array_equal(found.ink, tab.ink)
    assert [n for n, _ in found.strokes] == [1, 2]
    np.testing.assert_array_equal(found.strokes[1][1], tab.strokes[1][1])
    np.testing.assert_array_equal(found.drawings, tab.drawings)


def test_labelled_drawings_are_kept_and_a_tab_from_before_them_is_read() -> None:
    traces = (np.array([[1.25, 2], [3, 4.5]], np.float32), np.array([[7, 8]], np.float32))
    lessons = (Lesson(4, np.eye(28, dtype=np.float32), traces), Lesson(0, np.ones((28, 28)), ()))
    found = tab_form.from_bytes(tab_form.to_bytes(drawn(lessons=lessons)))
    assert [each.label for each in found.lessons] == [4, 0]
    np.testing.assert_array_equal(found.lessons[0].digit, lessons[0].digit)
    for one, other in zip(found.lessons[0].strokes, traces, strict=True):
        np.testing.assert_allclose(one, other, atol=0.05)
    plain = zlib.decompress(tab_form.to_bytes(drawn()))
    tensors = load_tensors(plain)
    length = int.from_bytes(plain[:8], "little")
    fields = json.loads(json.loads(plain[8 : 8 + length])["__metadata__"]["tab"])
    del tensors["lessons"], fields["lessons"]
    old = zlib.compress(save_tensors(tensors, {"tab": json.dumps(fields)}))
    assert tab_form.from_bytes(old).lessons == ()
    fields["lessons"] = [[11, []]]
    tensors["lessons"] = np.zeros((1, 28, 28), np.float32)
    with pytest.raises(tab_form.TabError):
        tab_form.from_bytes(zlib.compress(save_tensors(tensors, {"tab": json.dumps(fields)})))


def test_the_cookie_itself_is_nowhere_in_the_file(
    tmp_path: Path, keeper_of: Callable[..., Keeper]
) -> None:
    keeper = keeper_of(tmp_path)
    visit = keeper.visit(COOKIE)
    visit.put(drawn(), "session")
    keeper.keep(visit)
    keeper.close()
    assert same(kept(tmp_path).tabs["tab"], drawn())
    for file in tmp_path.iterdir():
        assert COOKIE.encode() not in file.read_bytes()


def test_what_is_noted_when_the_server_ends_is_written(
    tmp_path: Path, keeper_of: Callable[..., Keeper]
) -> None:
    keeper = keeper_of(tmp_path, between_writes=1000.0)
    visit = keeper.visit(COOKIE)
    for n in range(3):  # the first is written at once, the next ones would wait
        visit.put(drawn(n_strokes=n), "session")
        keeper.keep(visit)
    keeper.close()
    assert len(kept(tmp_path).tabs["tab"].objects) == 2


def test_a_hundred_strokes_in_a_moment_are_few_writes(
    tmp_path: Path, keeper_of: Callable[..., Keeper], monkeypatch: pytest.MonkeyPatch
) -> None:
    n_writes = 0
    real = visits.write

    def counted(*arguments: Any) -> None:
        nonlocal n_writes
        n_writes += 1
        real(*arguments)

    monkeypatch.setattr(visits, "write", counted)
    keeper = keeper_of(tmp_path, between_writes=1000.0)
    visit = keeper.visit(COOKIE)
    for n in range(100):
        visit.put(drawn(n_strokes=n), "session")
        keeper.keep(visit)
    keeper.close()
    assert n_writes <= 2
    assert len(kept(tmp_path).tabs["tab"].objects) == 99


def test_a_drawing_is_on_disk_within_a_second_of_the_one_before(
    tmp_path: Path, keeper_of: Callable[..., Keeper]
) -> None:
    keeper = keeper_of(tmp_path)
    visit = keeper.visit(COOKIE)
    for n in (1, 2):
        visit.put(drawn(n_strokes=n), "session")
        keeper.keep(visit)
        wait_until(
            lambda n=n: len(kept(tmp_path).tabs.get("tab", drawn("", 0)).objects) == n, 10, ""
        )


def test_what_has_not_changed_is_not_written_again(database: Database) -> None:
    visit = visit_with(drawn())
    (content,) = visits.changes(visit).tabs.values()
    visit.written = {"tab": zlib.crc32(content)}
    visit.put(drawn(), "session 0")
    assert visits.changes(visit).tabs == {}
    visit.put(drawn(pen_width=30), "session 0")
    assert visits.changes(visit).tabs.keys() == {"tab"}


# Tabs.


def test_a_reload_gets_its_drawing_and_a_second_tab_gets_none() -> None:
    visit = visit_with(drawn("one"))
    assert visit.take("reloaded", lambda session: session == "session 0") is None
    taken = visit.take("reloaded", lambda session: False)
    assert taken is not None
    assert taken.id == "one"
    assert visit.take("second", lambda session: session == "reloaded") is None


def test_of_two_closed_tabs_the_one_changed_last_comes_back_and_each_returns_to_its_own() -> None:
    visit = visit_with(drawn("one"), drawn("two"))
    latest = visit.take("a", lambda session: False)
    assert latest is not None
    assert latest.id == "two"
    own = visit.take("a", lambda session: False, wanted="one")
    assert own is not None
    assert own.id == "one"
    other = visit.take("b", lambda session: session == "a")
    assert other is not None
    assert other.id == "two"


def test_a_session_that_wakes_up_does_not_overwrite_the_tab_that_went_on() -> None:
    visit = visit_with(drawn("one", 1))
    visit.take("awake", lambda session: False)
    assert visit.put(drawn("one", 2), "awake").id == "one"
    assert visit.put(drawn("one", 3), "session 0").id != "one"
    assert len(visit.tabs["one"].objects) == 2
    assert len(visit.tabs) == 2


def test_a_training_that_two_tabs_watched_gives_one_model() -> None:
    visit, model = Visit(ID), made_up()
    assert visit.add("yours", model) == visit.add("yours", model) == "yours 1"
    assert visit.add("yours", made_up(), at_least=6) == "yours 7"


# Bounds.


def test_a_visit_keeps_its_last_models_and_tabs(database: Database) -> None:
    visit = visit_with()
    for _ in range(MOST_MODELS + 2):
        visit.add("yours", made_up())
        write(database, visit)
    for n in range(MOST_TABS + 2):
        visit.put(drawn(str(n)), str(n))
        write(database, visit)
    again = read(database)
    assert list(again.models) == [f"yours {n}" for n in range(3, MOST_MODELS + 3)]
    assert list(again.tabs) == [str(n) for n in range(2, MOST_TABS + 2)]


def test_a_drawing_that_is_too_large_is_left_out_and_the_rest_kept() -> None:
    noise = np.random.default_rng(0).random((60_000, 4)).tolist()
    tab = drawn(objects=[{"path": noise}])
    content = tab_form.to_bytes(tab)
    assert len(content) < 10_000
    again = tab_form.from_bytes(content)
    assert again.objects == []
    assert again.ink is None
    assert (again.model, len(again.drawings)) == ("yours 1", 1)


def nested() -> list[Any]:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    return deep


@pytest.mark.parametrize("objects", [[float("nan")], nested(), [b"bytes"]], ids=str.__name__.format)
def test_a_drawing_that_cannot_be_written_is_left_out(objects: list[Any]) -> None:
    assert tab_form.from_bytes(tab_form.to_bytes(drawn(objects=objects))).objects == []


def test_visits_go_when_they_are_too_many_too_large_or_too_old(database: Database) -> None:
    ids = [key(str(n)) for n in range(6)]
    for id in ids:
        write(database, visit_with(drawn(), n_models=1, id=id))

    def left(**limits: Any) -> list[str]:
        with database.begin() as connection:
            visits.prune(connection, **limits)
            return [id for id in ids if visits.read(connection, id).tabs]

    assert left() == ids
    assert left(most_visits=4) == ids[2:]
    assert left(most_bytes=400_000) == ids[4:]
    with database.begin() as connection:
        now = connection.scalar(sa.text("SELECT max(changed) FROM visits"))
    assert left(now=now + visits.MOST_SECONDS - 1) == ids[4:]
    assert left(now=now + visits.MOST_SECONDS + 1) == []
    with database.begin() as connection:
        for table in ("visits", "visit_models", "visit_tabs"):
            assert connection.scalar(sa.text(f"SELECT count(*) FROM {table}")) == 0


def test_what_is_forgotten_is_on_disk_no_more_and_is_not_written_again(
    tmp_path: Path, keeper_of: Callable[..., Keeper]
) -> None:
    keeper = keeper_of(tmp_path)
    visit = keeper.visit(COOKIE)
    visit.add("yours", made_up())
    for n in (1, 2):
        visit.put(drawn(n_strokes=n), "session")
        keeper.keep(visit)
    keeper.forget(visit)
    assert (kept(tmp_path).models, kept(tmp_path).tabs) == ({}, {})
    keeper.close()
    assert (kept(tmp_path).models, kept(tmp_path).tabs) == ({}, {})
    assert (visit.models, visit.tabs, visit.n_trained) == ({}, {}, 0)


# Versions.


def add_column(connection: sa.Connection) -> None:
    connection.execute(sa.text("ALTER TABLE visits ADD COLUMN note TEXT"))


def stumble(connection: sa.Connection) -> None:
    add_column(connection)
    raise StoreError("full", "in the middle")


def test_an_older_database_is_brought_up_to_date_and_a_copy_of_it_stays(tmp_path: Path) -> None:
    old = Database(tmp_path / FILE, MIGRATIONS)
    write(old, visit_with(drawn(), n_models=1))
    old.close()
    new = Database(tmp_path / FILE, (*MIGRATIONS, add_column))
    assert list(read(new).models) == ["yours 1"]
    with new.begin() as connection:
        version = connection.scalar(sa.text("SELECT version FROM store_version"))
        assert version == len(MIGRATIONS) + 1
        connection.execute(sa.text("SELECT note FROM visits"))
    new.close()
    (copy,) = tmp_path.glob(f"*.version-{len(MIGRATIONS)}")
    copy = copy.rename(tmp_path / "copy")
    old = Database(copy, MIGRATIONS)
    assert list(read(old).models) == ["yours 1"]
    old.close()
    Database(tmp_path / FILE, (*MIGRATIONS, add_column)).close()
    assert not list(tmp_path.glob("*.version-*")), "what is up to date is not copied"


def test_a_step_that_fails_leaves_the_database_as_it_was(tmp_path: Path) -> None:
    Database(tmp_path / FILE, MIGRATIONS).close()
    with pytest.raises(StoreError):
        Database(tmp_path / FILE, (*MIGRATIONS, stumble))
    Database(tmp_path / FILE, (*MIGRATIONS, add_column)).close()  # the column is not there twice


def test_a_newer_database_is_refused_and_not_touched(
    tmp_path: Path, keeper_of: Callable[..., Keeper]
) -> None:
    newer = Database(tmp_path / FILE, (*MIGRATIONS, add_column))
    write_with_note(newer)
    newer.close()
    before, known = (tmp_path / FILE).read_bytes(), len(MIGRATIONS)
    said = f"has version {known + 1}, known are 1 to {known}"
    with pytest.raises(StoreError, match=said) as refusal:
        Database(tmp_path / FILE, MIGRATIONS)
    assert refusal.value.problem == "newer"
    keeper = keeper_of(tmp_path)
    visit = keeper.visit(COOKIE)
    visit.put(drawn(), "session")
    keeper.keep(visit)
    wait_until(lambda: keeper.problem == "newer", 10, "nothing is said")
    keeper.close()
    assert (tmp_path / FILE).read_bytes() == before


def write_with_note(database: Database) -> None:
    with database.begin() as connection:
        connection.execute(
            sa.text("INSERT INTO visits VALUES ('someone', 1.0, 0, 0, 'from a newer program')")
        )


# Damage.

DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "no database": lambda content: b"no database at all" * 1000,
    "a hole": lambda content: content[:100] + bytes(len(content) - 100),
    "scrambled": lambda content: content[:4096] + b"\xa5" * (len(content) - 4096),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_file_is_set_aside_and_visits_are_kept_in_a_new_one(
    tmp_path: Path, keeper_of: Callable[..., Keeper], damage: str
) -> None:
    keeper = keeper_of(tmp_path)
    visit = keeper.visit(COOKIE)
    visit.put(drawn(), "session")
    keeper.keep(visit)
    keeper.close()
    broken = DAMAGE[damage]((tmp_path / FILE).read_bytes())
    (tmp_path / FILE).write_bytes(broken)
    keeper = keeper_of(tmp_path)
    visit = keeper.visit(COOKIE)
    assert visit.tabs == {}
    assert keeper.problem == "damaged"
    visit.put(drawn(n_strokes=3), "session")
    keeper.keep(visit)
    keeper.close()
    (aside,) = tmp_path.glob("*.damaged-*")
    assert aside.read_bytes() == broken
    assert len(kept(tmp_path).tabs["tab"].objects) == 3


def test_a_file_that_is_damaged_while_the_server_runs_costs_no_visit_that_goes_on(
    tmp_path: Path, keeper_of: Callable[..., Keeper]
) -> None:
    keeper = keeper_of(tmp_path)
    going_on = keeper.visit(COOKIE)
    going_on.add("yours", made_up())
    going_on.put(drawn(), "session")
    keeper.keep(going_on)
    wait_until(lambda: kept(tmp_path).tabs, 10, "nothing is written")
    keeper._store.close()  # it is opened again, with nothing of the file in memory
    (tmp_path / FILE).write_bytes(b"\xa5" * 50_000)
    other = keeper.visit("b" * 22)
    other.put(drawn(), "another session")
    keeper.keep(other)
    wait_until(lambda: keeper.problem == "damaged", 10, "nothing is said")
    keeper.close()
    assert list(kept(tmp_path).models) == ["yours 1"]
    assert same(kept(tmp_path).tabs["tab"], drawn())


def bad_zip() -> bytes:
    return zlib.compress(bytes(50_000_000), 9)


@pytest.mark.parametrize(
    "content", [b"", b"nonsense", bad_zip(), b"\x80\x04K\x01."], ids=["", "noise", "bomb", "pickle"]
)
def test_blobs_that_are_none_are_passed_over_and_stay(database: Database, content: bytes) -> None:
    write(database, visit_with(drawn("good"), drawn("bad"), n_models=2))
    with database.begin() as connection:
        for table, key, name in (("models", "name", "yours 1"), ("tabs", "id", "bad")):
            statement = sa.text(f"UPDATE visit_{table} SET content = :content WHERE {key} = :name")
            connection.execute(statement, {"content": content, "name": name})
    visit = read(database)
    assert list(visit.models) == ["yours 2"]
    assert list(visit.tabs) == ["good"]
    visit.add("yours", made_up())
    write(database, visit)
    with database.begin() as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM visit_models")) == 3
        assert connection.scalar(sa.text("SELECT count(*) FROM visit_tabs")) == 2


@pytest.mark.parametrize(
    "fields",
    [
        {"id": "x" * 500},
        {"pen_width": "wide"},
        {"model": ["yours 1"]},
        {"drawings": (np.full((28, 28), np.nan, np.float32),)},
        {"strokes": ((1, np.full((28, 28), 7, np.float32)),)},
        {"strokes": (("one", np.zeros((28, 28), np.float32)),)},
    ],
    ids=lambda fields: next(iter(fields)),
)
def test_a_tab_with_wrong_fields_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(tab_form.TabError):
        tab_form.from_bytes(tab_form.to_bytes(drawn(**fields)))


# A disk that takes nothing.


def lives_on(keeper: Keeper, problem: str) -> Visit:
    """Draw, and see that the problem is told and the visit goes on in memory."""
    visit = keeper.visit(COOKIE)
    name = visit.add("yours", made_up())
    visit.put(drawn(), "session")
    keeper.keep(visit)
    wait_until(lambda: keeper.problem, 10, "nothing is said")
    assert keeper.problem == problem
    assert keeper.visit(COOKIE) is visit
    assert list(visit.models) == [name]
    return visit


def test_a_read_only_folder_is_told_and_all_goes_on(keeper_of: Callable[..., Keeper]) -> None:
    with folder_with_mode(0o555) as folder:
        keeper = keeper_of(folder / "inkling")
        lives_on(keeper, "unwritable")
        keeper.close()


def test_a_folder_that_is_a_file_is_told_and_once_it_is_not_all_is_kept(
    tmp_path: Path, keeper_of: Callable[..., Keeper]
) -> None:
    place = tmp_path / "store"
    place.write_text("a file")
    keeper = keeper_of(place)
    lives_on(keeper, "unwritable")
    place.unlink()
    wait_until(lambda: keeper.problem is None, 10, "it is not tried again")
    keeper.close()
    assert list(kept(place).models) == ["yours 1"]


def test_a_full_disk_is_told_and_nothing_that_was_kept_is_lost(
    tmp_path: Path, keeper_of: Callable[..., Keeper]
) -> None:
    keeper = keeper_of(tmp_path, between_writes=0.01)
    visit = keeper.visit(COOKIE)
    visit.put(drawn(n_strokes=1), "session")
    keeper.keep(visit)
    wait_until(lambda: kept(tmp_path).tabs, 10, "nothing is written")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (os.stat(tmp_path / f"{FILE}-wal").st_size, hard))
    try:
        lives_on(keeper, "full")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    wait_until(lambda: keeper.problem is None, 10, "it is not tried again")
    keeper.close()
    assert list(kept(tmp_path).models) == ["yours 1"]
    assert len(kept(tmp_path).tabs["tab"].objects) == 2


def test_a_locked_database_is_told_and_what_was_kept_is_joined_with_what_came_meanwhile(
    tmp_path: Path, keeper_of: Callable[..., Keeper], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("model.store.database.LOCK_SECONDS", 0.05)
    database = Database(tmp_path / FILE, MIGRATIONS)
    before = visit_with(drawn("before"), n_models=2)
    write(database, before)
    database.close()
    other = sqlite3.connect(tmp_path / FILE, isolation_level=None)
    other.execute("PRAGMA locking_mode=EXCLUSIVE")
    other.execute("BEGIN EXCLUSIVE")
    keeper = keeper_of(tmp_path)
    visit = lives_on(keeper, "locked")
    other.close()
    wait_until(lambda: keeper.problem is None, 10, "it is not tried again")
    keeper.close()
    assert list(visit.models) == ["yours 3", "yours 2", "yours 1"]
    assert same_model(visit.models["yours 3"], before.models["yours 1"])
    again = kept(tmp_path)
    assert again.models.keys() == {"yours 1", "yours 2", "yours 3"}
    assert again.tabs.keys() == {"before", "tab"}


def test_names_of_tabs_are_not_guessed() -> None:
    assert len({new_tab() for _ in range(100)}) == 100
