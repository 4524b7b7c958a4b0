"""A middleware that serves Streamlit's own files compressed."""

from __future__ import annotations

import asyncio
import gzip
import posixpath

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["Compressed"]

FOLDER = "/static/"
"""What is in it never changes under a name, since each name has a hash of the content in it."""
LEVEL = 9
TYPES = {
    ".js": ("text/javascript", "application/javascript"),
    ".css": ("text/css",),
    ".svg": ("image/svg+xml",),
}
"""What becomes smaller, and what it must be: for an unknown name Streamlit sends its page."""
ASKS_FOR_A_PART = ("range", "if-range", "if-none-match", "if-modified-since")


class Compressed:
    """Compress a file of Streamlit's when it is first asked for, and keep it.

    Streamlit serves them as they are, since it would compress them anew each time. Kept, all of its
    321 files are 7 MB.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._kept: dict[str, list[Message]] = {}
        self._one_at_a_time = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; what is no file of Streamlit's, or no text, is left as it is."""
        if not _is_asked_for(scope):
            await self.app(scope, receive, send)
            return
        path = scope["path"]
        if path not in self._kept:
            async with self._one_at_a_time:
                if path not in self._kept:
                    messages = await self._answer(scope)
                    if not _is_whole(messages[0], TYPES[_suffix(path)]):
                        await _send(messages, send)
                        return
                    self._kept[path] = await asyncio.to_thread(_compressed, messages)
        await _send(self._kept[path], send)

    async def _answer(self, scope: Scope) -> list[Message]:
        """Return the whole answer, also where who asked for it has gone meanwhile."""
        messages: list[Message] = []

        async def note(message: Message) -> None:
            messages.append(message)

        await self.app({**scope, "extensions": {}}, _stay, note)
        return messages


async def _stay() -> Message:
    return await asyncio.Future()


def _is_asked_for(scope: Scope) -> bool:
    if scope["type"] != "http" or scope["method"] != "GET":
        return False
    if FOLDER not in scope["path"] or _suffix(scope["path"]) not in TYPES:
        return False
    headers = Headers(scope=scope)
    return "gzip" in headers.get("accept-encoding", "") and not any(
        name in headers for name in ASKS_FOR_A_PART
    )


def _suffix(path: str) -> str:
    return posixpath.splitext(path)[1]


def _is_whole(start: Message, types: tuple[str, ...]) -> bool:
    found = Headers(raw=start["headers"])
    return (
        start["status"] == 200
        and "content-encoding" not in found
        and found.get("content-type", "").startswith(types)
    )


def _compressed(messages: list[Message]) -> list[Message]:
    start, *bodies = messages
    body = gzip.compress(b"".join(part.get("body", b"") for part in bodies), LEVEL, mtime=0)
    start = {**start, "headers": list(start["headers"])}
    headers = MutableHeaders(raw=start["headers"])
    headers["Content-Encoding"] = "gzip"
    headers["Content-Length"] = str(len(body))
    headers.add_vary_header("Accept-Encoding")
    del headers["Accept-Ranges"]
    if "ETag" in headers:  # the same content in other bytes
        headers["ETag"] = f"W/{headers['ETag'].removeprefix('W/')}"
    return [start, {"type": "http.response.body", "body": body}]


async def _send(messages: list[Message], send: Send) -> None:
    for message in messages:
        await send(message)
