"""The connection to a browser, over a real server and a real socket."""

from __future__ import annotations

import asyncio
import socket
import urllib.request

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket
from websockets.asyncio.client import connect

from ui.server.connection import WithoutDelay


class _Look:
    """Note whether the connection of each visit sends small messages without delay."""

    found: list[bool]

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        connection = receive.__self__.transport.get_extra_info("socket")  # type: ignore[attr-defined]
        self.found.append(bool(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)))
        await self.app(scope, receive, send)


async def _answer(_: Request) -> Response:
    return Response("a file")


async def _accept(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.close()


def _answers_at_once(kind: str, *middleware: Middleware) -> bool:
    """Serve as Streamlit does, and visit; return whether small messages are sent without delay."""
    routes = [Route("/", _answer), WebSocketRoute("/", _accept)]
    _Look.found = []
    asyncio.run(_visit(Starlette(routes=routes, middleware=[*middleware, Middleware(_Look)]), kind))
    (is_at_once,) = _Look.found
    return is_at_once


async def _visit(app: ASGIApp, kind: str) -> None:
    with socket.socket(socket.AF_INET) as listening:  # as Streamlit opens it
        listening.bind(("127.0.0.1", 0))
        config = uvicorn.Config(app, ws="websockets-sansio", lifespan="off", log_level="error")
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve([listening]))
        try:
            while not server.started:
                await asyncio.sleep(0)
            address = f"127.0.0.1:{listening.getsockname()[1]}"
            if kind == "websocket":
                async with connect(f"ws://{address}"):
                    pass
            else:
                await asyncio.to_thread(urllib.request.urlopen, f"http://{address}")
        finally:
            server.should_exit = True
            await serving


@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_each_message_is_sent_at_once(kind: str) -> None:
    assert _answers_at_once(kind, Middleware(WithoutDelay))


@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_without_it_a_message_waits_until_the_one_before_it_is_confirmed(kind: str) -> None:
    """When this fails, asyncio or Streamlit has been mended, and `WithoutDelay` can go."""
    assert not _answers_at_once(kind)


def test_a_connection_that_has_closed_meanwhile_is_no_error() -> None:
    class Cycle:
        """Of a request, as uvicorn makes it."""

        def __init__(self, connection: socket.socket) -> None:
            self.transport = asyncio.Transport({"socket": connection})

        async def receive(self) -> dict[str, str]:
            return {"type": "http.disconnect"}

    served = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        served.append(await receive())

    async def send(message: object) -> None:
        pytest.fail("nothing is to be sent")

    closed = socket.socket(socket.AF_INET)
    closed.close()
    asyncio.run(WithoutDelay(app)({"type": "http"}, Cycle(closed).receive, send))
    assert served == [{"type": "http.disconnect"}]


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
