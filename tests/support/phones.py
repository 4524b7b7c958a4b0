"""Phones in a room, without a browser: they load the page, join, and post recorded strokes."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import gzip
import itertools
import json
import re
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from model.data import strokes
from model.data.strokes import WrittenDigit
from model.room import names
from model.room.drawing import SIDE
from model.room.record import Room, new_room
from model.store import rooms
from model.store.store import Store
from model.store.visit import key
from tests.support.paths import PEN_DIGITS, SAMPLES
from tests.support.specimens import shipped

__all__ = ["COOKIE", "Answer", "Connection", "Phone", "as_sent", "opened", "written"]

COOKIE = "b" * 22
"""Of the speaker's browser."""
WIDE, FIRST = 0.6, 0.2
"""Of the canvas: how large a digit is drawn, and where it begins."""


def opened(place: Path | str, **values: Any) -> Room:
    """Open a room in a store, of which no server has the file yet; return it. The speaker has
    `COOKIE`."""
    usual = new_room(names.new_code(), key(COOKIE), shipped("directions").to_bytes())
    room = dataclasses.replace(usual, **values)
    with contextlib.closing(Store(place)) as store:
        store.act(lambda connection: rooms.write(connection, room))
    return room


def written() -> Iterator[WrittenDigit]:
    """Yield digits as people wrote them, again and again: recorded ones where they are at hand,
    else the samples."""
    path = PEN_DIGITS if PEN_DIGITS.is_file() else SAMPLES
    return itertools.cycle(strokes.read(path))


def as_sent(digit: WrittenDigit) -> list[list[list[float]]]:
    """Return a digit's strokes as a phone sends them, on its canvas."""
    points = [point for stroke in digit.strokes for point in stroke]
    left, top = (min(each) for each in zip(*points, strict=True))
    longer = max(max(x - left for x, _ in points), max(y - top for _, y in points)) or 1.0
    scale, start = WIDE * SIDE / longer, FIRST * SIDE
    return [
        [[round(start + (x - left) * scale, 1), round(start + (y - top) * scale, 1)] for x, y in s]
        for s in digit.strokes
    ]


class Answer(NamedTuple):
    """A response: its status, its headers in lower case, its bytes as they came."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def content(self) -> bytes:
        """The bytes, not compressed."""
        is_gzip = self.headers.get("content-encoding") == "gzip"
        return gzip.decompress(self.body) if is_gzip else self.body

    @property
    def said(self) -> Any:
        """The JSON in it."""
        return json.loads(self.content)


class Connection:
    """A connection that is kept open, as a browser keeps one; it costs the generator little."""

    def __init__(self, url: str, cookie: str | None = None) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port or 80
        self._path = parts.path
        self._cookie = cookie
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, path: str, message: Any = None, **headers: str) -> Answer:
        """Ask for a path below the server's own; with a message, post it, as JSON unless it is a
        text already."""
        text = message if isinstance(message, str) else json.dumps(message)
        body = b"" if message is None else text.encode()
        given = {"Host": f"{self._host}:{self._port}", "Accept-Encoding": "gzip"}
        if message is not None:
            given |= {"Content-Type": "application/json", "Content-Length": str(len(body))}
        if self._cookie is not None:
            given["Cookie"] = f"inkling_browser={self._cookie}"
        lines = (f"{name}: {value}\r\n" for name, value in (given | headers).items())
        method = "GET" if message is None else "POST"
        head = f"{method} {self._path}{path} HTTP/1.1\r\n{''.join(lines)}\r\n"
        if self._streams is not None:  # the server may have closed it meanwhile, as a browser knows
            with contextlib.suppress(OSError, EOFError):
                return await self._exchange(head.encode() + body)
            self.close()
        self._streams = await asyncio.open_connection(self._host, self._port)
        return await self._exchange(head.encode() + body)

    async def _exchange(self, message: bytes) -> Answer:
        assert self._streams is not None
        reader, writer = self._streams
        writer.write(message)
        return await _answer(reader)

    def close(self) -> None:
        """End the connection; the next question makes another."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


async def _answer(reader: asyncio.StreamReader) -> Answer:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    pairs = (line.split(": ", 1) for line in head[1:] if line)
    headers = {name.lower(): value for name, value in pairs}
    length = int(headers.get("content-length", 0))
    body = await reader.readexactly(length) if length else b""
    return Answer(int(head[0].split()[1]), headers, body)


class Phone:
    """A phone in a room."""

    def __init__(self, url: str, code: str) -> None:
        self.connection = Connection(url)
        self.base = f"/r/{code}"
        self.token: str | None = None

    async def load(self) -> int:
        """Load the whole page and join, as a browser does; return how many bytes came."""
        page = await self.connection.ask(self.base)
        names = re.findall(rb'"(phone\.(?:css|js)\?v=\w+)"', page.content)
        got = [page]
        for name in names:
            got.append(await self.connection.ask(f"/r/{name.decode()}"))
        imported = re.search(rb'"\./(reader\.js\?v=\w+)"', b"".join(each.content for each in got))
        assert imported is not None, "the page imports no reader"
        got.append(await self.connection.ask(f"/r/{imported[1].decode()}"))
        joined = await self.connection.ask(f"{self.base}/join", {"token": self.token})
        assert joined.status == 200, joined.said
        self.token = joined.said["token"]
        got.append(joined)
        for part in joined.said["model"].values():
            got.append(await self.connection.ask(f"{self.base}/model/{part}"))
        assert all(each.status == 200 for each in got), [each.status for each in got]
        return sum(len(each.body) for each in got)

    async def join(self) -> None:
        """Join without loading the page."""
        joined = await self.connection.ask(f"{self.base}/join", {"token": self.token})
        assert joined.status == 200, joined.said
        self.token = joined.said["token"]

    async def send(self, digit: WrittenDigit, id: str | None = None) -> Answer:
        """Post a drawing of a digit that was asked for."""
        return await self.post(json.dumps(as_sent(digit)), digit.label, id)

    async def post(self, strokes: str, asked: int, id: str | None = None) -> Answer:
        """The same, with strokes that are JSON already: the generator shall cost little."""
        body = (
            f'{{"token":"{self.token}","id":"{id or secrets.token_hex(12)}","asked":{asked},'
            f'"strokes":{strokes}}}'
        )
        return await self.connection.ask(f"{self.base}/drawings", body)
