"""Visitors: each browser is known by its cookie, and one too many is refused politely."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from ui.server.open_files import OpenFiles
from ui.server.visitors import (
    COOKIE,
    MOST_AT_AN_ADDRESS,
    Visitors,
    browser_id,
    most_at_an_address,
    n_visitors,
)

PAGE = {"accept": "text/html,*/*"}


async def _stay(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.receive()


def _page(_: Request) -> HTMLResponse:
    return HTMLResponse("<p>the page</p>")


def _data(_: Request) -> JSONResponse:
    return JSONResponse({})


def served(
    files: OpenFiles = OpenFiles(50, 1024),  # noqa: B008
    address: str = "192.0.2.7",
    most: int = MOST_AT_AN_ADDRESS,
) -> TestClient:
    app = Starlette(
        routes=[Route("/", _page), Route("/data", _data), WebSocketRoute("/stream", _stay)]
    )
    return TestClient(Visitors(app, lambda: files, most), client=(address, 5))


@pytest.fixture
def client() -> Iterator[TestClient]:
    with served() as client:
        yield client


def test_a_browser_gets_one_id_which_scripts_and_other_sites_cannot_use(client: TestClient) -> None:
    first = client.get("/", headers=PAGE).headers["set-cookie"]
    assert first.startswith(f"{COOKIE}=")
    for attribute in ("HttpOnly", "SameSite=Lax", "Path=/", "Max-Age="):
        assert attribute in first
    assert browser_id(client.cookies[COOKIE]) == client.cookies[COOKIE]
    assert "set-cookie" not in client.get("/", headers=PAGE).headers


def test_over_https_the_cookie_stays_on_https() -> None:
    with served() as client:
        client.base_url = client.base_url.copy_with(scheme="https")
        assert client.get("/", headers=PAGE).headers["set-cookie"].endswith("; Secure")


@pytest.mark.parametrize("value", ["", "short", "x" * 23, "<script>alert(1)</script>!"])
def test_a_cookie_that_is_none_of_ours_is_replaced(client: TestClient, value: str) -> None:
    assert browser_id(value) is None
    answer = client.get("/", headers=PAGE | {"cookie": f"{COOKIE}={value}"})
    assert answer.headers["set-cookie"].startswith(f"{COOKIE}=")


def test_only_the_page_sets_a_cookie(client: TestClient) -> None:
    assert "set-cookie" not in client.get("/data", headers={"accept": "*/*"}).headers
    assert "set-cookie" not in client.get("/data", headers=PAGE).headers


def test_open_pages_are_counted_until_they_close(client: TestClient) -> None:
    before = n_visitors()
    with client.websocket_connect("/stream"):
        assert n_visitors() == before + 1
        with client.websocket_connect("/stream"):
            assert n_visitors() == before + 2
    assert n_visitors() == before


def test_where_files_run_out_the_page_says_so_and_asks_to_come_back() -> None:
    with served(OpenFiles(1000, 1024)) as full:
        answer = full.get("/", headers=PAGE)
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "30"
        assert "full just now" in answer.text
        assert full.get("/data").status_code == 200, "what is no new visitor is still served"
        with pytest.raises(WebSocketDisconnect) as refused, full.websocket_connect("/stream"):
            pass
        assert refused.value.code == 1013


@pytest.mark.parametrize(("address", "taken"), [("192.0.2.7", False), ("127.0.0.1", True)])
def test_an_address_has_a_ceiling_but_for_the_proxy_on_this_machine(
    address: str, taken: bool
) -> None:
    with served(address=address, most=most_at_an_address("2")) as hall:
        with hall.websocket_connect("/stream"), hall.websocket_connect("/stream"):
            try:
                with hall.websocket_connect("/stream"):
                    got_in = True
            except WebSocketDisconnect:
                got_in = False
            assert got_in == taken
        with hall.websocket_connect("/stream"):
            pass  # there is room again


@pytest.mark.parametrize("said", ["0", "-5", "1e3", "1_000", "500 # hall", "9" * 5000, "²"])
def test_a_number_of_pages_that_is_none_is_refused_in_a_sentence(said: str) -> None:
    with pytest.raises(ValueError, match="expected a whole number from 1 to 999999"):
        most_at_an_address(said)
    assert most_at_an_address(" 500 ") == 500
    assert most_at_an_address("") == MOST_AT_AN_ADDRESS


def test_a_lecture_hall_behind_one_address_fits() -> None:
    assert MOST_AT_AN_ADDRESS >= 200
