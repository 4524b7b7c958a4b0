"""The connection to a browser, over a real server and a real socket."""

from __future__ import annotations

import asyncio
import socket

import pytest
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from websockets.asyncio.client import connect

from ui.server.connection import WithoutDelay


def _answers_at_once(wrap: type[WithoutDelay] | None) -> bool:
    """Serve as Streamlit does; return whether a websocket sends small messages without delay."""
    found = []

    async def look(scope: Scope, receive: Receive, send: Send) -> None:
        connection = send.__self__.transport.get_extra_info("socket")  # type: ignore[attr-defined]
        found.append(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        await receive()
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.close"})

    app: ASGIApp = look if wrap is None else wrap(look)
    asyncio.run(_visit(app))
    return bool(found[0])


async def _visit(app: ASGIApp) -> None:
    with socket.socket(socket.AF_INET) as listening:  # as Streamlit opens it
        listening.bind(("127.0.0.1", 0))
        config = uvicorn.Config(app, ws="websockets-sansio", lifespan="off", log_level="error")
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve([listening]))
        try:
            while not server.started:
                await asyncio.sleep(0)
            async with connect(f"ws://127.0.0.1:{listening.getsockname()[1]}"):
                pass
        finally:
            server.should_exit = True
            await serving


def test_a_websocket_sends_each_message_at_once() -> None:
    assert _answers_at_once(WithoutDelay)


def test_without_it_a_websocket_waits_for_each_confirmation() -> None:
    """When this fails, asyncio or Streamlit has been mended, and `WithoutDelay` can go."""
    assert not _answers_at_once(None)


def test_another_server_is_left_as_it_is() -> None:
    served = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        served.append(scope["type"])

    async def receive() -> dict[str, str]:
        return {}

    async def send(message: object) -> None:
        pytest.fail("nothing is to be sent")

    asyncio.run(WithoutDelay(app)({"type": "websocket"}, receive, send))
    assert served == ["websocket"]
