"""A middleware that sends every message to the browser at once."""

from __future__ import annotations

import contextlib
import socket

from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ["WithoutDelay"]


class WithoutDelay:
    """Send each message of an answer at once.

    A stroke's answer is some eight small messages, and a file's is two. Streamlit opens its sockets
    in such a way that asyncio does not turn Nagle's algorithm off: the second message then waits
    until the browser confirms the first, for which it takes 40 ms. A Unix socket, behind a proxy,
    knows no such delay.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection; a server other than uvicorn is left as it is."""
        # Not `send`, which Starlette has wrapped where an answer may be an error.
        transport = getattr(getattr(receive, "__self__", None), "transport", None)
        if scope["type"] in ("http", "websocket") and transport is not None:
            connection = transport.get_extra_info("socket")
            if connection.family in (socket.AF_INET, socket.AF_INET6):
                with contextlib.suppress(OSError):  # closed by now
                    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await self.app(scope, receive, send)
