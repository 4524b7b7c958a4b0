"""A middleware that puts something of Inkling's on the screen while Streamlit's scripts arrive."""

from __future__ import annotations

import functools
import gzip
import re
from pathlib import Path

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.file_util import get_static_dir

from ui.components.shared.canvas_library import place
from ui.server.paths import PHONES, prefix

__all__ = ["FirstLook", "page"]

FIRST_LOOK = Path(__file__).parents[2] / "assets" / "first_look.html"
ROOT = b'<div id="root">'
"""Where Streamlit lays out its page, which takes away what is there: a picture and a line. What the
file has before it, styles and a script, stays."""

FONT = re.compile(rb'<link\s+rel="preload"[^>]*\sas="font"[^>]*>')
"""How Streamlit asks for its font before its scripts: text has the system's until it comes."""


class FirstLook:
    """Add the first look to Streamlit's page, and compress it; what is no page is left as it is.

    Streamlit is asked for the page as it is: of a view's own address it would compress it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._phones = f"{prefix()}{PHONES}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        asked = Headers(raw=scope.get("headers", []))  # what begins and ends the server has none
        is_for_page = scope["type"] == "http" and "text/html" in asked.get("accept", "")
        if not is_for_page or scope["path"].startswith(self._phones):
            await self.app(scope, receive, send)
            return
        may_be_gzip = "gzip" in asked.get("accept-encoding", "")
        start: Message | None = None
        parts: list[bytes] = []

        async def with_first_look(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start" and _is_page(message):
                start = message
            elif start is None:
                await send(message)
            else:
                parts.append(message.get("body", b""))
                if not message.get("more_body", False):
                    await _send_page(start, b"".join(parts), send, may_be_gzip)

        others = [each for each in scope["headers"] if each[0] != b"accept-encoding"]
        await self.app({**scope, "headers": others, "extensions": {}}, receive, with_first_look)


def _is_page(start: Message) -> bool:
    headers = Headers(raw=start["headers"])
    return bool(
        start["status"] == 200
        and headers.get("content-type", "").startswith("text/html")
        and "content-encoding" not in headers
    )


async def _send_page(start: Message, page: bytes, send: Send, may_be_gzip: bool) -> None:
    page = _with_first_look(page)
    start = {**start, "headers": list(start["headers"])}
    headers = MutableHeaders(raw=start["headers"])
    headers.add_vary_header("Accept-Encoding")
    if may_be_gzip:
        page = gzip.compress(page, mtime=0)
        headers["Content-Encoding"] = "gzip"
    headers["Content-Length"] = str(len(page))
    for name in ("ETag", "Last-Modified", "Accept-Ranges"):  # they are of the page without it
        del headers[name]
    await send(start)
    await send({"type": "http.response.body", "body": page})


def page() -> bytes:
    """Return the page as every visitor gets it."""
    return _with_first_look(Path(get_static_dir(), "index.html").read_bytes())


def _with_first_look(html: bytes) -> bytes:
    return FONT.sub(b"", html.replace(ROOT, _first_look(), 1))


@functools.cache
def _first_look() -> bytes:
    return _canvas_ahead().encode() + FIRST_LOOK.read_bytes()


def _canvas_ahead() -> str:
    """Return what asks for the canvas's script at once: Streamlit would after its first run."""
    return f'<link rel="modulepreload" crossorigin href="./{place()}">'
