"""A middleware that answers only what the page needs, and only by a name that the server has."""

from __future__ import annotations

import re

import streamlit as st
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.web.server.starlette.starlette_websocket import is_host_allowed

from ui.server import log
from ui.server.paths import prefix
from ui.server.speaker import is_at_the_server

__all__ = ["Guard"]

CORE = "/_stcore/"
"""Where Streamlit has its own routes, such as its metrics and an interface for programs."""
NEEDED = re.compile(r"(health|host-config|stream|upload_file/.*|bidi-components/.*)")
"""What a browser asks for there. A list of what is open, so that a new version opens no more."""
SIGN_IN = ("/auth/", "/oauth2callback")
UPLOAD = f"{CORE}upload_file/"
WRONG_NAME = "This server does not answer to that name.\n"


class Guard:
    """Refuse a foreign host name, and hide from strangers what no visitor needs.

    The names are those of Streamlit's `server.allowedHosts`, which it holds against its websocket
    alone. Without them every name is right. Who sits at the server may ask for everything.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._prefix = prefix()
        self._has_names = bool(st.get_option("server.allowedHosts"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection or one request."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
        elif self._has_names and not _has_right_name(scope):
            log.refused("visitor", "foreign host name")
            await _refuse(PlainTextResponse(WRONG_NAME, 421), scope, receive, send)
        elif self._is_hidden(scope) and not is_at_the_server(scope):
            await _refuse(PlainTextResponse("Not Found", 404), scope, receive, send)
        elif scope["path"].startswith(self._prefix + UPLOAD):
            await self.app(scope, receive, _noting_refusals(send))
        else:
            await self.app(scope, receive, send)

    def _is_hidden(self, scope: Scope) -> bool:
        path: str = scope["path"].removeprefix(self._prefix)
        if path.startswith(CORE):
            return not NEEDED.fullmatch(path.removeprefix(CORE))
        return path.startswith(SIGN_IN)


def _has_right_name(scope: Scope) -> bool:
    """Whether the host name is in the list; a page that is rebound to us has its own name."""
    hosts = [value for name, value in scope["headers"] if name == b"host"]
    host = hosts[0].decode("latin-1") if len(hosts) == 1 else None
    is_here = scope["type"] == "http" and is_at_the_server(scope)
    return is_here or bool(is_host_allowed(host))


async def _refuse(answer: PlainTextResponse, scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008})
    else:
        await answer(scope, receive, send)


def _noting_refusals(send: Send) -> Send:
    async def noting(message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] >= 400:
            log.refused("upload", f"status {message['status']}")
        await send(message)

    return noting
