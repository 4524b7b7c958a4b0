"""The rooms on the command line: listed, written as files that it reads again, deleted."""

from __future__ import annotations

import contextlib
import csv
import dataclasses
import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model.classifier.softmax import SoftmaxRegression
from model.command_line import main
from model.room.drawing import as_text, pictured
from model.room.export import COLUMNS
from model.room.record import Drawing, Room
from model.store import rooms
from model.store.commits import Commits
from model.store.database import FILE
from model.store.store import Store
from tests.support.paths import ROOT
from tests.support.specimens import sample_digits, shipped

CODE, OTHER = "CDFHJ", "KMNPR"
Captured = pytest.CaptureFixture[str]


def room(code: str, **fields: Any) -> Room:
    values: dict[str, Any] = {"opened": 1_790_000_000.5, "owner": "o", "hand": "h", "secret": "s"}
    values |= {"state": "open", "takes_new": True, "model": shipped("moments").to_bytes()}
    return Room(code, **(values | fields))


def drawing(n: int, phone: str, **fields: Any) -> Drawing:
    """Return the sample of a digit as a phone sends it."""
    digit = sample_digits()[n % 10]
    points = np.concatenate([np.array(stroke, float) for stroke in digit.strokes])
    corner, scale = points.min(axis=0), 200 / np.ptp(points, axis=0).max()
    moved = [((np.array(s, float) - corner) * scale + 60).round(1) for s in digit.strokes]
    strokes = tuple(tuple((float(x), float(y)) for x, y in stroke) for stroke in moved)
    picture, n_parts = pictured(strokes)
    values: dict[str, Any] = {"sent": 100.0 + n, "asked": digit.label, "strokes": as_text(strokes)}
    values |= {"picture": picture, "n_parts": n_parts}
    return Drawing(phone, f"drawing-{n}", **(values | fields))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of an empty store."""
    monkeypatch.delenv("INKLING_DATABASE_URL", raising=False)
    monkeypatch.setenv("INKLING_STORE_DIR", str(tmp_path / "store"))
    return tmp_path / "store"


@pytest.fixture
def filled(folder: Path) -> Path:
    """The folder of a store with a room of 13 drawings, and an empty room that is closed."""
    drawn = [drawing(n, f"phone {n % 3}") for n in range(10)]
    drawn += [
        drawing(10, "phone 0", asked=None),
        drawing(11, "phone 1", shown="hidden"),
        drawing(12, "phone 2", asked=5),
        drawing(13, "phone 3"),
    ]
    with contextlib.closing(Store(folder)) as store:
        store.act(lambda c: rooms.write(c, room(CODE)))
        store.act(lambda c: rooms.write(c, room(OTHER, opened=1_790_000_060.0, state="closed")))
        store.act(lambda c: rooms.add_drawings(c, CODE, drawn))
        store.act(lambda c: rooms.take_back(c, CODE, "phone 3"))
    return folder


def answer(capsys: Captured, *arguments: str) -> dict[str, Any]:
    """Run a command with --json and return its object."""
    assert main([*arguments, "--json"]) == 0
    captured = capsys.readouterr()
    assert captured.out.count("\n") == 1
    assert captured.err == ""
    found: dict[str, Any] = json.loads(captured.out)
    return found


def text(capsys: Captured, *arguments: str) -> str:
    assert main(arguments) == 0
    return capsys.readouterr().out


def mistake(capsys: Captured, *arguments: str) -> str:
    """Run a command that must fail by the user's mistake; return the line that says so."""
    try:
        code: Any = main(arguments)
    except SystemExit as stop:
        code = stop.code
    captured = capsys.readouterr()
    assert code == 2
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert captured.err.startswith("error: ")
    return captured.err


def codes(folder: Path) -> list[str]:
    with contextlib.closing(Store(folder)) as store:
        return [each.code for each, _ in store.act(rooms.rooms)]


@pytest.mark.parametrize("command", [[], ["list"], ["export"], ["delete"]])
def test_help_teaches(capsys: Captured, command: list[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["rooms", *command, "--help"])
    assert stop.value.code == 0
    said = capsys.readouterr().out
    assert f"usage: {' '.join(['python -m model rooms', *command])}" in said
    if not command:
        assert all(name in said for name in ("list", "export", "delete", "INKLING_STORE_DIR"))


@pytest.mark.usefixtures("filled")
def test_rooms_are_listed_with_the_one_opened_last_first(capsys: Captured) -> None:
    one, other = (datetime.fromtimestamp(1_790_000_000 + n) for n in (0, 60))
    assert text(capsys, "rooms", "list").splitlines() == [
        "code   opened            state   drawings",
        f"KMNPR  {other:%Y-%m-%d %H:%M}  closed         0",
        f"CDFHJ  {one:%Y-%m-%d %H:%M}  open          13",
    ]
    first, second = answer(capsys, "rooms", "list")["rooms"]
    assert first["code"] == OTHER
    assert second == {
        "code": CODE,
        "opened": "2026-09-21T14:13:20+00:00",
        "state": "open",
        "drawings": 13,
    }


def test_where_no_room_was_ever_opened_there_is_none_and_no_file_is_made(
    capsys: Captured, folder: Path
) -> None:
    assert text(capsys, "rooms", "list") == "there are no rooms\n"
    assert answer(capsys, "rooms", "list") == {"rooms": []}
    assert "there is no room 'CDFHJ'" in mistake(capsys, "rooms", "delete", CODE)
    assert not folder.exists()


@pytest.mark.usefixtures("filled")
def test_an_exported_room_is_measured_by_evaluate_and_has_a_table(
    capsys: Captured, tmp_path: Path
) -> None:
    result = answer(capsys, "rooms", "export", CODE, "--out", str(tmp_path))
    strokes, results = tmp_path / f"{CODE}.jsonl", tmp_path / f"{CODE}.csv"
    assert result == {
        "code": CODE,
        "drawings": 13,
        "strokes": str(strokes),
        "results": str(results),
    }
    measured = answer(capsys, "evaluate", "--strokes", str(strokes))
    assert measured["n"] == 11, "free, hidden and taken back are left out"
    assert measured["accuracy"] == 10 / 11, "one drew another digit than was asked for"
    rows = list(csv.DictReader(results.open(encoding="utf-8")))
    assert list(rows[0]) == list(COLUMNS)
    assert len(rows) == 13
    assert [row["phone"] for row in rows[:4]] == ["1", "2", "3", "1"]
    assert [row["read"] for row in rows[:10]] == list("0123456789")
    assert {row["mark"] for row in rows[:10]} == {"right"}
    assert (rows[10]["asked"], rows[11]["place"], rows[12]["mark"]) == ("", "hidden", "wrong")
    assert "phone 0" not in strokes.read_text() + results.read_text()


def test_the_table_is_what_the_rooms_own_model_read(
    capsys: Captured, filled: Path, tmp_path: Path
) -> None:
    with contextlib.closing(Store(filled)) as store:
        store.act(lambda c: rooms.change(c, CODE, model=no_seven()))
    text(capsys, "rooms", "export", CODE, "--out", str(tmp_path))
    read = [line.split(",")[4] for line in (tmp_path / f"{CODE}.csv").read_text().splitlines()[1:]]
    assert "7" not in read
    assert read[3] == "3"


def no_seven() -> bytes:
    """Return a model that never reads a seven."""
    checkpoint = shipped("pixels")
    model = checkpoint.model
    assert isinstance(model, SoftmaxRegression)
    bias = model.bias.copy()
    bias[7] = -1000
    other = SoftmaxRegression(model.weights, bias, model.input, model.training_data)
    return dataclasses.replace(checkpoint, model=other).to_bytes()


def test_an_empty_room_is_exported_as_empty_files(
    capsys: Captured, filled: Path, tmp_path: Path
) -> None:
    said = text(capsys, "rooms", "export", OTHER, "--out", str(tmp_path))
    assert said.startswith("0 drawings of room KMNPR written to ")
    assert (tmp_path / f"{OTHER}.jsonl").read_text() == ""
    assert (tmp_path / f"{OTHER}.csv").read_text() == ",".join(COLUMNS) + "\n"
    assert filled.is_dir()


def test_a_room_is_deleted_with_all_that_was_drawn_in_it(capsys: Captured, filled: Path) -> None:
    assert text(capsys, "rooms", "delete", CODE) == f"room {CODE} deleted, with 13 drawings\n"
    assert codes(filled) == [OTHER]
    assert answer(capsys, "rooms", "delete", OTHER) == {"code": OTHER, "drawings": 0}
    assert "there is no room" in mistake(capsys, "rooms", "delete", OTHER)
    with sqlite3.connect(filled / FILE) as connection:
        assert connection.execute("SELECT count(*) FROM room_drawings").fetchone() == (0,)


@pytest.mark.parametrize(
    "wrong", ["cdfhj", "CDFH", "CDFHJ ", "XXXXX", "", "%", "../CDFHJ", "C' OR"]
)
def test_only_the_exact_code_names_a_room(
    capsys: Captured, filled: Path, tmp_path: Path, wrong: str
) -> None:
    for command in (["delete", wrong], ["export", wrong, "--out", str(tmp_path)]):
        said = mistake(capsys, "rooms", *command)
        assert "there is no room" in said
        assert "`python -m model rooms list` names all" in said
    assert sorted(codes(filled)) == [CODE, OTHER]
    assert not list(tmp_path.glob("*.csv"))


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        ([], "the following arguments are required: COMMAND"),
        (["open"], "invalid choice: 'open'"),
        (["export"], "the following arguments are required: CODE"),
        (["delete"], "the following arguments are required: CODE"),
        (["export", CODE, "--out", "nowhere"], "there is no folder nowhere to write to"),
    ],
)
def test_a_mistake_is_explained_in_one_line(
    capsys: Captured, arguments: list[str], fault: str
) -> None:
    assert fault in mistake(capsys, "rooms", *arguments)


def held(folder: Path) -> sqlite3.Connection:
    other = sqlite3.connect(folder / FILE, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    return other


def test_a_store_that_cannot_be_used_is_explained_in_one_line(
    capsys: Captured, filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("model.store.database.LOCK_SECONDS", 0.05)
    with contextlib.closing(held(filled)):
        assert "another program holds the store" in mistake(capsys, "rooms", "delete", CODE)
        assert CODE in text(capsys, "rooms", "list"), "reading waits for nobody"
    assert sorted(codes(filled)) == [CODE, OTHER]
    with sqlite3.connect(filled / FILE) as connection:
        connection.execute("UPDATE store_version SET version = 99")
    assert "a newer version of this program" in mistake(capsys, "rooms", "list")
    for address in ("postgresql://127.0.0.1:9/none", "nonsense"):
        monkeypatch.setenv("INKLING_DATABASE_URL", address)
        assert "INKLING_DATABASE_URL names does not answer" in mistake(capsys, "rooms", "list")


def test_a_room_is_exported_and_deleted_while_the_server_writes(
    capsys: Captured, filled: Path, tmp_path: Path
) -> None:
    def adding(n: int) -> Callable[[Any], Any]:
        return lambda c: rooms.add_drawings(c, OTHER, [drawing(n, "server")])

    with contextlib.closing(Store(filled)) as store:
        commits = Commits(store)
        futures = [commits.submit(adding(n)) for n in range(100)]
        exported = answer(capsys, "rooms", "export", CODE, "--out", str(tmp_path))
        assert exported["drawings"] == 13
        assert answer(capsys, "rooms", "delete", CODE)["drawings"] == 13
        for future in futures:
            future.result(30)
        assert [(each.code, n) for each, n in store.act(rooms.rooms)] == [(OTHER, 100)]
        commits.close()


def test_as_a_program_a_wrong_code_is_one_line_on_stderr_and_exit_code_2(filled: Path) -> None:
    command = [sys.executable, "-m", "model", "rooms", "delete", "XXXXX"]
    wrong = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert wrong.stderr.startswith("error: there is no room 'XXXXX'")
    assert wrong.stderr.count("\n") == 1
    assert len(codes(filled)) == 2
