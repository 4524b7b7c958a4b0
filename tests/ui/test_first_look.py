"""The page with its first look: compressed, but not for who takes no gzip."""

from __future__ import annotations

import contextlib
import gzip
from collections.abc import AsyncIterator

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from app import MIDDLEWARE
from ui.server.first_look import FIRST_LOOK, FirstLook

PAGE = '<!doctype html><body><div id="root"></div></body>'


def _page(request: Request) -> HTMLResponse:
    return HTMLResponse(PAGE)


def test_the_page_is_compressed_for_who_takes_that_and_is_the_same() -> None:
    app = Starlette(routes=[Route("/", _page)], middleware=[Middleware(FirstLook)])
    client = TestClient(app, headers={"Accept": "text/html"})
    with client.stream("GET", "/", headers={"Accept-Encoding": "br, gzip"}) as packed:
        assert packed.headers["Content-Encoding"] == "gzip"
        body = b"".join(packed.iter_raw())
        assert packed.headers["Content-Length"] == str(len(body))
    plain = client.get("/", headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers
    assert gzip.decompress(body) == plain.content
    assert FIRST_LOOK.read_bytes() in plain.content
    for answer in (packed, plain):
        assert answer.headers["Vary"] == "Accept-Encoding"


@pytest.mark.parametrize("view", ["", "train", "evaluate", "room", "how"])
def test_each_view_begins_with_the_first_look_however_streamlit_sends_its_page(view: str) -> None:
    app = Starlette(
        routes=[Route(f"/{view}", _page)],
        middleware=[Middleware(FirstLook), Middleware(GZipMiddleware, minimum_size=1)],
    )
    client = TestClient(app, headers={"Accept": "text/html", "Accept-Encoding": "gzip"})
    found = client.get(f"/{view}")
    assert (found.headers["Content-Encoding"], found.status_code) == ("gzip", 200)
    assert FIRST_LOOK.read_bytes() in found.content


def test_a_phones_page_is_left_as_it_is() -> None:
    app = Starlette(routes=[Route("/r/ABCDE", _page)], middleware=[Middleware(FirstLook)])
    assert TestClient(app, headers={"Accept": "text/html"}).get("/r/ABCDE").text == PAGE


def test_behind_all_middleware_the_server_hears_when_it_begins_and_ends() -> None:
    heard = []

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        heard.append("begins")
        yield
        heard.append("ends")

    with TestClient(Starlette(lifespan=lifespan, middleware=MIDDLEWARE)):
        assert heard == ["begins"]
    assert heard == ["begins", "ends"]
