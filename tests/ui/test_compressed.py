"""Streamlit's own files: compressed once, and only what is whole and becomes smaller."""

from __future__ import annotations

import asyncio
import gzip
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Message, Receive, Scope, Send

from ui.server.compressed import Compressed

SCRIPT = b"const digits = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];\n" * 100
FONT = bytes(range(256)) * 10


class Server:
    """Files behind the middleware; it counts how often they are asked for themselves."""

    def __init__(self, folder: Path) -> None:
        (folder / "index.1.js").write_bytes(SCRIPT)
        (folder / "font.woff2").write_bytes(FONT)
        files = Starlette(
            routes=[
                Route("/static/gone.js", lambda request: HTMLResponse("the page")),
                Mount("/static", StaticFiles(directory=folder)),
            ]
        )

        async def counted(scope: Scope, receive: Receive, send: Send) -> None:
            self.n_asked += 1
            await files(scope, receive, send)

        self.n_asked = 0
        self.middleware = Compressed(counted)

    async def get(self, path: str, **asked: str) -> tuple[dict[str, str], bytes]:
        """Return the headers and the body of the answer."""
        sent: list[Message] = []

        async def send(message: Message) -> None:
            sent.append(message)

        async def receive() -> Message:
            return await asyncio.Future()  # who asks stays

        headers = {"accept_encoding": "gzip, deflate"} | asked
        scope: Scope = {
            "type": "http",
            "method": "GET",
            "path": f"/static/{path}",
            "root_path": "",
            "query_string": b"",
            "headers": [
                (name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()
            ],
        }
        await self.middleware(scope, receive, send)
        found = {name.decode().lower(): value.decode() for name, value in sent[0]["headers"]}
        return found, b"".join(message.get("body", b"") for message in sent[1:])


@pytest.fixture
def server(tmp_path: Path) -> Server:
    return Server(tmp_path)


def test_a_script_is_compressed_once_however_many_ask_at_once(server: Server) -> None:
    async def many() -> list[tuple[dict[str, str], bytes]]:
        return await asyncio.gather(*(server.get("index.1.js") for _ in range(20)))

    for headers, body in asyncio.run(many()):
        assert headers["content-encoding"] == "gzip"
        assert headers["content-length"] == str(len(body))
        assert "accept-encoding" in headers["vary"].lower()
        assert headers["etag"].startswith('W/"')
        assert gzip.decompress(body) == SCRIPT
    assert server.n_asked == 1


@pytest.mark.parametrize(
    "asked",
    [{"accept_encoding": "br"}, {"range": "bytes=0-9"}, {"if_modified_since": "x"}],
    ids=lambda asked: next(iter(asked)),
)
def test_who_asks_otherwise_gets_what_streamlit_sends(
    server: Server, asked: dict[str, str]
) -> None:
    headers, body = asyncio.run(server.get("index.1.js", **asked))
    assert "content-encoding" not in headers
    assert body == (SCRIPT[:10] if "range" in asked else SCRIPT)


@pytest.mark.parametrize(("path", "content"), [("font.woff2", FONT), ("gone.js", b"the page")])
def test_what_does_not_become_smaller_or_is_not_there_is_not_kept(
    server: Server, path: str, content: bytes
) -> None:
    for _ in range(2):
        headers, body = asyncio.run(server.get(path))
        assert "content-encoding" not in headers
        assert body == content
    assert server.n_asked == 2


def test_a_browser_that_has_the_script_is_told_that_it_is_the_same(server: Server) -> None:
    headers, _ = asyncio.run(server.get("index.1.js"))
    again, body = asyncio.run(server.get("index.1.js", if_none_match=headers["etag"]))
    assert body == b""
    assert "content-encoding" not in again
