"""A room's routes under attack: hostile messages, floods, other sites, a full disk, `kill -9`."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import os
import re
import resource
import secrets
import signal
import socket
import time
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest
import requests
from starlette.applications import Starlette
from starlette.testclient import TestClient

from model.room import names
from model.room.drawing import MOST_BYTES, MOST_POINTS
from model.room.record import Room
from model.store import rooms as tables
from model.store.commits import Commits
from model.store.problem import StoreError
from model.store.store import Store
from tests.support.phones import COOKIE, Answer, Connection, as_sent, opened, written
from tests.support.server import QUICK_SERVER, Server, free_port, serve
from tests.support.specimens import shipped
from tests.support.waiting import wait_until
from ui.server import room_routes, rooms
from ui.server.pace import Bucket, Buckets
from ui.server.room_routes import SAID
from ui.server.rooms import LiveRoom, TooManyRoomsError

LONGEST = 2.0
"""Seconds in which a hostile message has its answer, on a busy machine."""
FULL = 1_000
"""Bytes that fit into a file on the full disk: not one page of the store."""
STROKES = as_sent(next(written()))
SPEAKER = {"Cookie": f"inkling_browser={COOKIE}"}
OTHER = "z" * 22
"""The cookie of a browser that has nothing to say here."""
LINK = "https://evil.example"
MARKUP = '<img src=x onerror="alert(1)">'


# --- one server, with rooms in its store ---


class Hall:
    """A server with rooms, which can be killed and started anew on the same store."""

    def __init__(self, home: Path) -> None:
        self._home, self._port = home, free_port()
        self._running = contextlib.ExitStack()
        self.main, self.other = (opened(home / "store") for _ in range(2))
        self.server: Server = self._start()

    def _start(self) -> Server:
        self.server = self._running.enter_context(serve(self._home, QUICK_SERVER, port=self._port))
        return self.server

    def kill(self) -> None:
        """End the server with -9, and start another one."""
        os.kill(self.server.pid, signal.SIGKILL)
        self._running.close()
        self._start()

    def close(self) -> None:
        self._running.close()

    def path(self, path: str, room: Room | None = None) -> str:
        return f"/r/{(room or self.main).code}{path}"

    def change(self, **values: Any) -> None:
        """Change the room in the store, as another server does, and wait until this one knows."""
        with contextlib.closing(Store(self._home / "store")) as store:
            store.act(lambda connection: tables.change(connection, self.main.code, **values))
        names = {"state": "state", "takes_new": "joins"}
        wait_until(
            lambda: all(self.on_the_wall()[names[key]] == values[key] for key in values),
            5,
            "the server does not notice",
        )

    def on_the_wall(self) -> dict[str, Any]:
        """Return all that the speaker's wall is told."""
        url = f"{self.server.url}{self.path('/wall')}"
        answer = requests.get(url, headers=SPEAKER, timeout=10)
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told


@contextlib.contextmanager
def full_disk(pid: int) -> Iterator[None]:
    """Let a process write into no file beyond its first `FULL` bytes, as in test_disk_full.py."""
    soft, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (FULL, hard))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (soft, hard))


class Posted(NamedTuple):
    status: int
    said: dict[str, Any]
    seconds: float


def posted(hall: Hall, path: str, body: bytes, **headers: str) -> Posted:
    """Post bytes as they are."""
    given = {"Content-Type": "application/json"} | headers
    begun = time.monotonic()
    answer = requests.post(f"{hall.server.url}{hall.path(path)}", body, headers=given, timeout=10)
    return Posted(answer.status_code, answer.json(), time.monotonic() - begun)


def drawing(token: object, /, **values: Any) -> dict[str, Any]:
    """Return what a phone with this token sends, but for the values given."""
    message = {"token": token, "id": secrets.token_hex(12), "asked": 3, "strokes": STROKES}
    return message | values


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    hall = Hall(tmp_path_factory.mktemp("hall-home"))
    yield hall
    hall.close()


def joined(hall: Hall, room: Room | None = None) -> str:
    """Return the token of a phone that joins now."""
    url = f"{hall.server.url}{hall.path('/join', room)}"
    token: str = requests.post(url, json={}, timeout=10).json()["token"]
    return token


def run(act: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(act)


def hostile(token: str) -> dict[str, bytes]:
    """Return bodies that no phone sends, by what is wrong with them."""

    def sent(**values: Any) -> bytes:
        return json.dumps(drawing(token, **values)).encode()

    def with_strokes(text: str) -> bytes:
        return sent(strokes="HERE").replace(b'"HERE"', text.encode())

    id, _, signature = token.partition(".")
    return {
        "nothing": b"",
        "no JSON": b"{",
        "no text": b"\xff\xfe\x00",
        "UTF-16": json.dumps({}).encode("utf-16"),
        "a null byte": b"\0",
        "an array": b"[]",
        "a number": b"1",
        "null": b"null",
        "100,000 brackets": b"[" * 100_000,
        "60,000 brackets": b"[" * 60_000,
        "30,000 nested arrays": b"[" * 30_000 + b"]" * 30_000,
        "10,000 nested objects": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
        "NaN": with_strokes("[[[NaN, 1]]]"),
        "infinity": with_strokes("[[[-Infinity, 1]]]"),
        "1e999": with_strokes("[[[1e999, 1]]]"),
        "-1e999": with_strokes("[[[-1e999, 1]]]"),
        "5,000 digits": with_strokes(f"[[[{'9' * 5_000}, 1]]]"),
        "4,000 digits": with_strokes(f"[[[{'9' * 4_000}, 1]]]"),
        "5,000 digits as an act": b'{"act": "show", "number": ' + b"9" * 5_000 + b"}",
        "strokes too deep": with_strokes("[" * 20_000 + "]" * 20_000),
        "no strokes": sent(strokes=[]),
        "a stroke without points": sent(strokes=[[]]),
        "strokes of text": sent(strokes="10,10"),
        "strokes as an object": sent(strokes={"0": [[1, 1]]}),
        "points of three": sent(strokes=[[[1, 1, 1]]]),
        "points of text": sent(strokes=[[["1", "1"]]]),
        "points of truth": sent(strokes=[[[True, False]]]),
        "points of nothing": sent(strokes=[[[None, None]]]),
        "beside the canvas": sent(strokes=[[[-0.1, 1]]]),
        "beyond the canvas": sent(strokes=[[[336.1, 1]]]),
        "too many points": sent(strokes=[[[1, 1]] * (MOST_POINTS + 1)]),
        "too many strokes": sent(strokes=[[[1, 1]]] * (MOST_POINTS + 1)),
        "no id": sent(id=None),
        "a short id": sent(id="1234567"),
        "a long id": sent(id="a" * 37),
        "an id of markup": sent(id=MARKUP),
        "an id with a line": sent(id="12345678\n"),
        "an id of other digits": sent(id="\u0661\u0662\u0663\u0664" * 2),
        "half a surrogate as id": sent(id="\ud800" * 8),
        "an id of numbers": sent(id=12345678),
        "half a surrogate as token": sent(token="\ud800"),
        "half a surrogate as act": b'{"act": "\\ud800"}',
        "a digit of text": sent(asked="3"),
        "a digit that is truth": sent(asked=True),
        "a digit with a point": sent(asked=3.0),
        "no such digit": sent(asked=10),
        "a digit below 0": sent(asked=-1),
        "no token": sent(token=None),
        "a token of numbers": sent(token=1),
        "a list as token": sent(token=[token]),
        "a cut token": sent(token=token[:-1]),
        "half a token": sent(token=id),
        "a token with more": sent(token=f"{token}\n"),
        "a made-up signature": sent(token=f"{id}.{'A' * 22}"),
        "another's signature": sent(token=f"{secrets.token_urlsafe(16)}.{signature}"),
        "a signature that is no ASCII": sent(token=f"{id}.{'é' * 22}"),
        "no such act": b'{"act": "drop table"}',
        "an act that is a list": b'{"act": ["pause"]}',
        "an act that is an object": b'{"act": {"pause": 1}}',
        "a number of text": b'{"act": "show", "number": "0"}',
        "a number that is truth": b'{"act": "show", "number": true}',
        "a number below 0": b'{"act": "show", "number": -1}',
        "a number that is none": b'{"act": "show", "number": 1e999}',
    }


def test_hostile_messages_are_refused_at_once_in_a_sentence_and_the_server_goes_on(
    hall: Hall,
) -> None:
    token = joined(hall)
    before = hall.on_the_wall()["drawings"]
    for what, body in hostile(token).items():
        for path in ("/drawings", "/act"):
            found = posted(hall, path, body, **SPEAKER)
            assert 400 <= found.status < 500, (what, path, found)
            assert found.said["say"] == SAID[found.said["error"]][1], (what, path)
            assert found.seconds < LONGEST, (what, path)
    assert hall.on_the_wall()["drawings"] == before
    sent = posted(hall, "/drawings", json.dumps(drawing(token)).encode())
    assert (sent.status, sent.said["mine"]) == (200, 1)
    assert hall.on_the_wall()["drawings"] == before + 1
    assert "Traceback" not in hall.server.log()


def test_who_joins_or_takes_back_with_a_hostile_message_gets_no_server_error(hall: Hall) -> None:
    token = joined(hall)
    before = hall.on_the_wall()
    for what, body in hostile(token).items():
        back = posted(hall, "/take_back", body)
        is_of_the_phone = f'"token": "{token}"'.encode() in body and back.status == 200
        assert is_of_the_phone or 400 <= back.status < 500, (what, back)
        join = posted(hall, "/join", body)
        assert join.status == 200 or 400 <= join.status < 500, (what, join)
        if join.status == 200:  # a token that is none is one phone more, and never another's
            assert names.phone_of(join.said["token"], hall.main.secret), what
    assert hall.on_the_wall()["drawings"] == before["drawings"]


def test_the_token_of_another_room_opens_nothing(hall: Hall) -> None:
    elsewhere = joined(hall, hall.other)
    for path in ("/drawings", "/take_back"):
        found = posted(hall, path, json.dumps(drawing(elsewhere)).encode())
        assert (found.status, found.said["error"]) == (401, "not_joined")
    again = posted(hall, "/join", json.dumps({"token": elsewhere}).encode())
    assert again.said["token"] != elsewhere


@pytest.mark.parametrize(
    "origin",
    [LINK, "null", "http://[", "http://127.0.0.1", "//", "", "http://127.0.0.1:1", "\xff"],
)
@pytest.mark.parametrize("path", ["/join", "/drawings", "/take_back", "/act"])
def test_pages_of_other_sites_are_refused(hall: Hall, path: str, origin: str) -> None:
    given = {"Origin": origin.encode("latin-1").decode("latin-1")}
    found = posted(hall, path, b"{}", **given, **SPEAKER)
    assert (found.status, found.said["error"]) == (403, "other_site")


def test_a_page_of_this_server_is_not_refused(hall: Hall) -> None:
    assert posted(hall, "/join", b"{}", Origin=hall.server.url).status == 200


@pytest.mark.parametrize("kind", ["text/plain", "", "application/x-www-form-urlencoded", "a/json"])
def test_what_a_form_of_another_site_could_send_is_refused(hall: Hall, kind: str) -> None:
    found = posted(hall, "/join", b"{}", **{"Content-Type": kind})
    assert (found.status, found.said["error"]) == (415, "not_json_type")


@pytest.mark.parametrize("is_chunked", [True, False], ids=["chunked", "with its length"])
def test_a_body_that_is_too_large_is_refused_before_it_has_ended(
    hall: Hall, is_chunked: bool
) -> None:
    length = "Transfer-Encoding: chunked" if is_chunked else "Content-Length: 1000000000"
    parts = urlsplit(hall.server.url)
    with socket.create_connection((parts.hostname, parts.port), timeout=10) as line:
        line.sendall(
            f"POST {hall.path('/drawings')} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
            f"Content-Type: application/json\r\n{length}\r\n\r\n".encode()
        )
        piece = b" " * 16_000
        for _ in range(MOST_BYTES // len(piece) + 1):
            line.sendall(b"%x\r\n%s\r\n" % (len(piece), piece) if is_chunked else piece)
        answer = http.client.HTTPResponse(line)
        answer.begin()  # the message has no end: who waits for it answers nothing
        assert (answer.status, json.loads(answer.read())["error"]) == (413, "too_large")


def test_the_same_drawing_from_several_connections_at_once_is_kept_once(hall: Hall) -> None:
    token = joined(hall)
    before = hall.on_the_wall()["drawings"]
    message = drawing(token)

    async def at_once() -> list[Answer]:
        lines = [Connection(hall.server.url) for _ in range(int(rooms.PHONE_AT_ONCE))]
        asked = (line.ask(hall.path("/drawings"), message) for line in lines)
        return await asyncio.gather(*asked)

    answers = run(at_once())
    assert [each.status for each in answers] == [200] * len(answers)
    assert {each.said["mine"] for each in answers} == {1}
    late = posted(hall, "/drawings", json.dumps(message).encode())
    assert (late.status, late.said["mine"]) == (200, 1), "known, though the phone was fast"
    assert hall.on_the_wall()["drawings"] == before + 1


def test_another_drawing_under_the_same_id_changes_nothing(hall: Hall) -> None:
    token = joined(hall)
    first = drawing(token)
    posted(hall, "/drawings", json.dumps(first).encode())
    before = hall.on_the_wall()
    other = first | {"asked": 9, "strokes": [[[1, 1], [300, 300]]]}
    again = posted(hall, "/drawings", json.dumps(other).encode())
    assert (again.status, again.said["mine"]) == (200, 1)
    assert hall.on_the_wall()["tiles"] == before["tiles"]


def test_a_phone_that_floods_is_slowed_and_the_others_are_not(hall: Hall) -> None:
    fast, calm = joined(hall), joined(hall)

    async def flood() -> tuple[list[Answer], Answer]:
        line = Connection(hall.server.url)
        sent = [await line.ask(hall.path("/drawings"), drawing(fast)) for _ in range(30)]
        return sent, await line.ask(hall.path("/drawings"), drawing(calm))

    begun = time.monotonic()
    sent, of_the_calm = run(flood())
    most = rooms.PHONE_AT_ONCE + rooms.PHONE_RATE * (time.monotonic() - begun)
    taken = [each for each in sent if each.status == 200]
    refused = [each for each in sent if each.status != 200]
    assert rooms.PHONE_AT_ONCE <= len(taken) <= most
    assert refused
    for each in refused:
        assert (each.status, each.said["error"]) == (429, "too_fast")
        assert each.headers["retry-after"] == "2"
    assert of_the_calm.status == 200


def test_wrong_codes_wait_and_hold_up_nobody_with_the_right_one(hall: Hall) -> None:
    order: list[str] = []
    n_more = 5

    async def ask(kind: str, path: str) -> Answer:
        line = Connection(hall.server.url)
        answer = await line.ask(path, {})
        line.close()
        order.append(kind)
        return answer

    async def all_at_once() -> list[Answer]:
        wrong = [
            asyncio.create_task(ask("wrong", "/r/99999/join"))
            for _ in range(room_routes.MOST_WRONG_CODES + n_more)
        ]
        await asyncio.wait(wrong, return_when=asyncio.FIRST_COMPLETED)  # as many wait as may
        right = await ask("right", hall.path("/join"))
        assert right.status == 200
        return list(await asyncio.gather(*wrong))

    answers = run(all_at_once())
    said = sorted(each.said["error"] for each in answers)
    assert said == ["busy"] * n_more + ["no_room"] * room_routes.MOST_WRONG_CODES
    assert order.index("right") < n_more + 3, f"behind those that wait: {order}"


def test_who_has_a_wrong_code_gets_the_page_which_says_so_in_words(hall: Hall) -> None:
    for code in ("99999", "<i>"):
        found = requests.get(f"{hall.server.url}/r/{code}", timeout=10)
        assert found.status_code == 404, code
        assert "phone.js" in found.text, code
        assert code not in found.text, "something of the address is in the page"


@pytest.mark.parametrize("cookie", [None, OTHER, COOKIE[:-1], f"{COOKIE}b", "é" * 22, "' or 1=1--"])
def test_nobody_but_the_speaker_sees_the_wall_or_acts(hall: Hall, cookie: str | None) -> None:
    name = "inkling_browser"
    given = {} if cookie is None else {"Cookie": f"{name}={cookie}".encode().decode("latin-1")}
    for path in ("/wall", "/wall?after=0&epoch="):
        url = f"{hall.server.url}{hall.path(path)}"
        seen = requests.get(url, headers=given, timeout=10)
        assert (seen.status_code, seen.json()["error"]) == (403, "not_yours")
    for act in ("pause", "close", "clear", "stop_joins", "show", "hide_phone", "no act"):
        body = json.dumps({"act": act, "number": 0}).encode()
        found = posted(hall, "/act", body, **given)
        assert (found.status, found.said["error"]) == (403, "not_yours")
    told = hall.on_the_wall()
    assert (told["state"], told["joins"]) == ("open", True)


def test_what_a_phone_sends_reaches_the_wall_as_numbers_only(hall: Hall) -> None:
    token = joined(hall)
    before = hall.on_the_wall()
    message = drawing(token, id="scriptalert1", name=MARKUP, read=MARKUP, mark=MARKUP)
    assert posted(hall, "/drawings", json.dumps(message).encode()).status == 200
    url = f"{hall.server.url}{hall.path('/wall')}"
    where = {"epoch": before["epoch"], "after": before["after"]}
    answer = requests.get(url, where, headers=SPEAKER, timeout=10)
    (tile,) = answer.json()["tiles"]
    assert tile.keys() == {"n", "asked", "read", "mark", "place", "picture", "with_phone"}
    assert re.fullmatch(r"[A-Za-z0-9+/]+=*", tile["picture"])
    assert type(tile["n"]) is type(tile["read"]) is type(tile["asked"]) is int
    assert tile["mark"] in ("right", "wrong", "unsure", "free")
    assert tile["place"] in ("wall", "waits")
    for given in ("scriptalert1", "<img", token, token.partition(".")[0]):
        assert given not in answer.text
    page = requests.get(f"{hall.server.url}{hall.path('')}", timeout=10).text
    assert hall.main.code not in page


@pytest.mark.parametrize("after", ["x", "-1", "9" * 30, "²", ""])
def test_the_wall_is_told_whole_to_who_asks_for_nonsense(hall: Hall, after: str) -> None:
    posted(hall, "/drawings", json.dumps(drawing(joined(hall))).encode())
    now = hall.on_the_wall()
    for epoch in (now["epoch"], "", "ffffffff", MARKUP):
        url = f"{hall.server.url}{hall.path('/wall')}"
        where = {"after": after, "epoch": epoch}
        found = requests.get(url, where, headers=SPEAKER, timeout=10)
        assert found.status_code == 200
        assert len(found.json()["tiles"]) == len(now["tiles"]) > 0


def test_a_paused_room_takes_the_same_drawing_when_it_goes_on(hall: Hall) -> None:
    token = joined(hall)
    body = json.dumps(drawing(token)).encode()
    hall.change(state="paused")
    found = posted(hall, "/drawings", body)
    assert (found.status, found.said["error"]) == (409, "paused")
    assert posted(hall, "/join", b"{}").said["state"] == "paused"
    hall.change(state="open")
    assert posted(hall, "/drawings", body).status == 200


def test_a_room_that_takes_no_more_phones_goes_on_with_those_that_it_has(hall: Hall) -> None:
    token = joined(hall)
    hall.change(takes_new=False)
    found = posted(hall, "/join", b"{}")
    assert (found.status, found.said["error"]) == (409, "full")
    known = json.dumps({"token": token}).encode()
    assert posted(hall, "/join", known).said["token"] == token
    assert posted(hall, "/drawings", json.dumps(drawing(token)).encode()).status == 200
    hall.change(takes_new=True)
    assert posted(hall, "/join", b"{}").status == 200


def test_a_full_disk_is_told_and_the_drawing_is_taken_when_there_is_room(hall: Hall) -> None:
    token = joined(hall)
    assert posted(hall, "/drawings", json.dumps(drawing(token)).encode()).status == 200
    before = hall.on_the_wall()
    body = json.dumps(drawing(token)).encode()
    with full_disk(hall.server.pid):
        found = posted(hall, "/drawings", body)
        assert (found.status, found.said["error"]) == (503, "not_stored")
        assert found.said["say"] == "Not stored. It will be sent again."
        again = posted(hall, "/drawings", body)
        assert again.status == 503, "said to be stored, and is not"
        for path, message in {"/take_back": {"token": token}, "/join": {}}.items():
            other = posted(hall, path, json.dumps(message).encode())
            assert (other.status, other.said["error"]) == (503, "not_now"), path
    sent = posted(hall, "/drawings", body)
    assert (sent.status, sent.said["mine"]) == (200, 2)
    assert hall.on_the_wall()["drawings"] == before["drawings"] + 1
    wait_until(
        lambda: hall.on_the_wall()["joined"] == before["joined"],
        5,
        "a phone that could not be kept is counted",
    )


def test_a_killed_server_keeps_what_it_acknowledged_and_knows_its_phones(hall: Hall) -> None:
    token = joined(hall)
    kept: list[bytes] = []
    for _ in range(int(rooms.PHONE_AT_ONCE)):
        body = json.dumps(drawing(token)).encode()
        if posted(hall, "/drawings", body).status == 200:
            kept.append(body)
    before = hall.on_the_wall()
    assert len(kept) == rooms.PHONE_AT_ONCE
    hall.kill()
    after = hall.on_the_wall()
    assert after["drawings"] == before["drawings"]
    assert after["joined"] == before["joined"]
    assert [each["picture"] for each in after["tiles"]] == [
        each["picture"] for each in before["tiles"]
    ]
    again = posted(hall, "/join", json.dumps({"token": token}).encode())
    assert (again.status, again.said["token"], again.said["mine"]) == (200, token, len(kept))
    assert [posted(hall, "/drawings", body).said["mine"] for body in kept] == [5] * len(kept)
    assert hall.on_the_wall()["drawings"] == before["drawings"]


def test_a_closed_room_takes_nothing_and_gives_back_what_a_phone_wants_back(hall: Hall) -> None:
    token = joined(hall)
    posted(hall, "/drawings", json.dumps(drawing(token)).encode())
    hall.change(state="closed")
    for path, message in {"/drawings": drawing(token), "/join": {}}.items():
        found = posted(hall, path, json.dumps(message).encode())
        assert (found.status, found.said["error"]) == (410, "closed")
    before = hall.on_the_wall()["drawings"]
    back = posted(hall, "/take_back", json.dumps({"token": token}).encode())
    assert (back.status, back.said["n"]) == (200, 1)
    assert hall.on_the_wall()["drawings"] == before - 1
    hall.change(state="open")


# --- the routes alone, in this process, with limits that are soon reached ---


class Alone:
    """A room in this process, and its routes."""

    def __init__(self, live: LiveRoom, client: TestClient) -> None:
        self.live, self.client = live, client
        self.base = f"/r/{live.room.code}"

    def post(self, path: str, message: Any, **headers: str) -> Any:
        content = message if isinstance(message, bytes) else json.dumps(message).encode()
        given = {"Content-Type": "application/json"} | headers
        return self.client.post(f"{self.base}{path}", content=content, headers=given)

    def token(self) -> str:
        """Return the token of a phone that joins now."""
        answer = self.post("/join", {})
        assert answer.status_code == 200, answer.text
        token: str = answer.json()["token"]
        return token

    def send(self, token: str, **values: Any) -> Any:
        return self.post("/drawings", drawing(token, **values))

    def change(self, **values: Any) -> None:
        self.live.change(**values).result(10)

    def act(self, act: str, **values: Any) -> Any:
        return self.post("/act", {"act": act, **values}, **SPEAKER)


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Alone]:
    store = Store(tmp_path)
    commits = Commits(store)
    monkeypatch.setattr(rooms, "_commits", lambda: commits)
    monkeypatch.setattr(rooms, "_live", {})
    monkeypatch.setattr(room_routes, "WRONG_CODE_SECONDS", 0.01)
    with TestClient(Starlette(routes=room_routes.routes())) as client:
        yield Alone(rooms.open_room(COOKIE, shipped("pixels")), client)
    commits.close()
    store.close()


def test_a_phone_that_joins_a_moment_after_drawings_were_sent_is_told_of_them(
    alone: Alone,
) -> None:
    """The share of right ones is looked at every two seconds only; the numbers are those of now."""
    first, second = alone.token(), alone.token()  # the share is looked at: there is none
    for n, token in ((1, first), (2, second), (3, second)):
        told = alone.send(token).json()
        assert (told["drawings"], told["people"], told["mine"]) == (n, min(n, 2), max(n - 1, 1))
    told = alone.post("/join", {}).json()
    assert (told["drawings"], told["people"], told["mine"], told["right"]) == (3, 2, 0, None)
    told = alone.post("/take_back", {"token": second}).json()
    assert (told["drawings"], told["people"]) == (1, 1)


def _too_fast(alone: Alone) -> Any:
    token = alone.token()
    alone.live.phones = Buckets(1e-9, 1, 10)
    assert alone.send(token).status_code == 200
    return alone.send(token)


def _room_too_fast(alone: Alone) -> Any:
    first, second = alone.token(), alone.token()
    alone.live.drawn = Bucket(1e-9, 1)
    assert alone.send(first).status_code == 200
    return alone.send(second)


def _many_join(alone: Alone) -> Any:
    alone.live.joins = Bucket(1e-9, 1)
    alone.token()
    return alone.post("/join", {})


def _in_state(state: str) -> Callable[[Alone], Any]:
    def provoke(alone: Alone) -> Any:
        token = alone.token()
        alone.change(state=state)
        return alone.send(token)

    return provoke


def _full(alone: Alone) -> Any:
    alone.change(takes_new=False)
    return alone.post("/join", {})


def _at_most(limit: str, *, of_one_phone: bool) -> Callable[[Alone], Any]:
    def provoke(alone: Alone) -> Any:
        token, before = alone.token(), getattr(rooms, limit)
        setattr(rooms, limit, 2)
        try:
            for _ in range(2):
                assert alone.send(token).status_code == 200
            return alone.send(token if of_one_phone else alone.token())
        finally:
            setattr(rooms, limit, before)

    return provoke


def _broken_store(path: str) -> Callable[[Alone], Any]:
    def provoke(alone: Alone) -> Any:
        token = alone.token()

        def fail(*_: Any, **__: Any) -> Any:
            raise StoreError("full", "no room")

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(rooms, "_rooms", fail)
            return alone.post(path, drawing(token))

    return provoke


def _busy(alone: Alone) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(room_routes, "_wrong_codes", asyncio.Semaphore(0))
        return alone.client.post("/r/99999/join", json={})


PROVOKED: dict[str, Callable[[Alone], Any]] = {
    "no_room": lambda alone: alone.client.post("/r/99999/join", json={}),
    "busy": _busy,
    "too_large": lambda alone: alone.post("/join", b" " * (MOST_BYTES + 1)),
    "not_json": lambda alone: alone.post("/drawings", b"{"),
    "not_an_object": lambda alone: alone.post("/drawings", b"[]"),
    "bad_id": lambda alone: alone.send("", id="short"),
    "bad_digit": lambda alone: alone.send("", asked=10),
    "bad_strokes": lambda alone: alone.send("", strokes=[[[0, 337]]]),
    "too_many_points": lambda alone: alone.send("", strokes=[[[1, 1]] * (MOST_POINTS + 1)]),
    "not_joined": lambda alone: alone.send("nobody"),
    "other_site": lambda alone: alone.post("/join", {}, Origin=LINK),
    "not_json_type": lambda alone: alone.post("/join", {}, **{"Content-Type": "text/plain"}),
    "full": _full,
    "paused": _in_state("paused"),
    "closed": _in_state("closed"),
    "too_fast": _too_fast,
    "enough": _at_most("MOST_OF_A_PHONE", of_one_phone=True),
    "room_is_full": _at_most("MOST_DRAWINGS", of_one_phone=False),
    "many_join": _many_join,
    "not_stored": _broken_store("/drawings"),
    "not_now": _broken_store("/take_back"),
    "not_yours": lambda alone: alone.client.get(f"{alone.base}/wall"),
    "no_drawing": lambda alone: alone.act("hide", number=0),
    "other_model": lambda alone: alone.client.get(f"{alone.base}/model/weights-0123456789abcdef"),
    "unknown_act": lambda alone: alone.act("burn"),
}


@pytest.mark.parametrize("code", SAID)
def test_every_refusal_has_its_status_and_a_sentence(alone: Alone, code: str) -> None:
    answer = PROVOKED[code](alone)
    status, sentence = SAID[code]
    assert (answer.status_code, answer.json()) == (status, {"error": code, "say": sentence})
    assert answer.headers["cache-control"] == "no-store"
    assert ("retry-after" in answer.headers) is (status in (429, 503))
    assert sentence.endswith(".")


def test_a_room_has_a_limit_of_its_own_whoever_makes_up_phones(alone: Alone) -> None:
    assert _room_too_fast(alone).json()["error"] == "too_fast"


def test_a_room_takes_no_more_phones_than_it_holds(
    alone: Alone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rooms, "MOST_PHONES", 2)
    tokens = [alone.token(), alone.token()]
    assert alone.post("/join", {}).json()["error"] == "full"
    for token in tokens:
        assert alone.post("/join", {"token": token}).json()["token"] == token


def test_who_takes_back_gets_no_new_allowance(
    alone: Alone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rooms, "MOST_OF_A_PHONE", 2)
    token = alone.token()
    for _ in range(2):
        alone.send(token)
    assert alone.post("/take_back", {"token": token}).json()["n"] == 2
    assert alone.send(token).json()["error"] == "enough"
    assert alone.send(alone.token()).status_code == 200


def test_a_full_room_and_a_phone_at_its_limit_acknowledge_what_they_have(
    alone: Alone, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = alone.token()
    assert alone.send(token, id="the-first").status_code == 200
    for limit in ("MOST_OF_A_PHONE", "MOST_DRAWINGS"):
        monkeypatch.setattr(rooms, limit, 1)
    for state in ("open", "paused", "closed"):
        alone.change(state=state)
        assert alone.send(token, id="the-first").status_code == 200, state


def test_a_server_opens_so_many_rooms_and_another_one_when_one_is_closed(
    alone: Alone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rooms, "MOST_ROOMS", 2)
    rooms.open_room(OTHER, shipped("pixels"))
    with pytest.raises(TooManyRoomsError):
        rooms.open_room(OTHER, shipped("pixels"))
    alone.change(state="closed")
    rooms.open_room(OTHER, shipped("pixels"))


def test_who_says_the_secret_controls_the_room_and_who_says_another_does_not(alone: Alone) -> None:
    def acts() -> int:
        given = {"Cookie": f"inkling_browser={OTHER}"}
        message = {"act": "hide", "number": 0}
        status: int = alone.post("/act", message, **given).status_code
        return status

    assert alone.send(alone.token()).status_code == 200
    code, hand = alone.live.room.code, alone.live.room.hand
    for said in ("", hand[:-1], f"{hand}x", "é", "\N{SNOWMAN}"):
        assert not rooms.add_hand(code, OTHER, said)
    assert not rooms.add_hand("99999", OTHER, hand)
    assert acts() == 403
    assert rooms.add_hand(code, OTHER, hand)
    assert acts() == 200


def test_what_the_speaker_hides_of_a_phone_stays_hidden_when_it_sends_more(alone: Alone) -> None:
    token = alone.token()
    alone.send(token)
    assert alone.act("hide_phone", number=0).status_code == 200
    alone.send(token)
    tiles = alone.client.get(f"{alone.base}/wall", headers=SPEAKER).json()["tiles"]
    assert [each["place"] for each in tiles] == ["hidden", "hidden"]
    alone.act("show_phone", number=0)
    alone.send(token, strokes=[[[10, 10], [300, 300]], [[10, 300], [20, 310]]])
    places = {each.place for each in alone.live.wall.tiles(alone.live.model)[1]}
    assert "hidden" not in places


def test_a_room_that_was_deleted_is_closed_to_the_phones_that_are_in_it(
    alone: Alone, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = alone.token()
    monkeypatch.setattr(rooms, "LOOK_SECONDS", 0.0)
    rooms._submit(lambda c: rooms._rooms().delete(c, alone.live.room.code)).result(5)
    assert alone.post("/join", {"token": token}).json()["state"] == "closed"
    assert alone.post("/join", {"token": token}).json()["error"] == "no_room"
