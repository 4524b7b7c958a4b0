"""The headers of every answer, what strangers are not shown, and names that are none of ours."""

from __future__ import annotations

import dataclasses
import re
import socket
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from starlette.middleware import Middleware
from starlette.testclient import TestClient
from websockets.exceptions import InvalidStatus

import app
from tests.support.liar import handshake
from tests.support.paths import ROOT
from tests.support.server import QUICK_SERVER, Server, serve
from ui.server import phone_page
from ui.server.first_look import page as first_page
from ui.server.headers import (
    FRAME_ANCESTORS,
    OF_A_PART,
    Headers,
    frame_ancestors,
    headers,
    inline_scripts,
)

EXPECTED = headers("")
PAGE = {"Accept": "text/html"}
STRANGER = {"X-Forwarded-For": "192.0.2.9"}
CANVAS = re.search(rb"bidi-components/[^\"]+\.js", first_page())
assert CANVAS is not None


def ask(server: Server, method: str, path: str, **given: str) -> requests.Response:
    found = {name.replace("_", "-"): value for name, value in given.items()}
    return requests.request(
        method, server.url + path, headers=found, timeout=10, allow_redirects=False
    )


def has_headers(found: requests.Response) -> bool:
    is_part = "javascript" in found.headers.get("Content-Type", "")
    expected = OF_A_PART if is_part else EXPECTED
    return {name: found.headers.get(name) for name in EXPECTED if name in found.headers} == expected


def script_of(server: Server) -> str:
    found = re.search(r"/static/js/index[^\"]+\.js", ask(server, "GET", "/").text)
    assert found is not None
    return found[0]


# Headers.


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 200),
        ("HEAD", "/", 200),
        ("GET", "/train", 200),
        ("GET", "/train/", 301),
        ("GET", "/health", 200),
        ("POST", "/health", 405),
        ("GET", "/_stcore/health", 200),
        ("GET", "/_stcore/host-config", 200),
        ("GET", "/train/_stcore/health", 404),
        ("GET", f"/_stcore/{CANVAS[0].decode()}", 200),
        ("GET", "/_stcore/bidi-components/none/none.js", 404),
        ("GET", "/media/none", 404),
        ("GET", "/static/../../app.py", 200),
        ("GET", "/%2e%2e/app.py", 400),
        ("PUT", "/_stcore/upload_file/somebody/1", 403),
        ("GET", "/r/phone.js", 200),
        ("GET", "/r/WRONG", 404),
        ("POST", "/r/WRONG/join", 404),
        ("PUT", "/", 405),
    ],
)
def test_every_answer_has_the_headers(server: Server, method: str, path: str, status: int) -> None:
    for accept in (PAGE, {}):
        found = ask(server, method, path, **accept)
        assert (found.status_code, has_headers(found)) == (status, True)


def test_what_a_browser_has_kept_has_them_too(server: Server) -> None:
    path = script_of(server)
    etag = ask(server, "GET", path, Accept_Encoding="identity").headers["ETag"]
    found = ask(server, "GET", path, If_None_Match=etag)
    assert found.status_code == 304
    assert has_headers(found)


def test_what_the_server_has_kept_has_them_once(server: Server) -> None:
    for _ in range(3):
        found = ask(server, "GET", script_of(server), Accept_Encoding="gzip")
        assert has_headers(found)  # two of a name would be one, with a comma between them


def test_scripts_and_styles_have_fewer_and_what_could_be_a_page_has_all(server: Server) -> None:
    assert ask(server, "GET", script_of(server)).headers["Content-Security-Policy"] == (
        "default-src 'self'"
    )
    for path in ("/", "/r/phone.html", "/favicon.png", "/media/none", "/health"):
        found = ask(server, "GET", path)
        is_picture = found.headers["Content-Type"] == "image/png"
        has_all = "frame-ancestors" in found.headers["Content-Security-Policy"]
        assert has_all != is_picture


def test_an_error_has_them_and_goes_on_to_the_log() -> None:
    async def broken(*_: object) -> None:
        raise ValueError("what a visitor wrote")

    client = TestClient(Headers(broken, EXPECTED), raise_server_exceptions=False)
    found = client.get("/")
    assert found.status_code == 500
    assert found.text == "Internal Server Error"
    assert {name: found.headers[name] for name in EXPECTED} == EXPECTED
    with pytest.raises(ValueError, match="a visitor"):
        TestClient(Headers(broken, EXPECTED)).get("/")


def test_they_are_outside_of_all_that_answers() -> None:
    added = [isinstance(each, Middleware) and each.cls is Headers for each in app.MIDDLEWARE]
    assert added.index(True) == 1, "only what needs the server's own connection is before them"


# Whose pages may frame ours.


@pytest.mark.parametrize(
    ("said", "allowed"),
    [
        ("", "'self'"),
        ("https://example.org", "'self' https://example.org"),
        (
            " https://*.example.org  http://127.0.0.1:8000 ",
            "'self' https://*.example.org http://127.0.0.1:8000",
        ),
    ],
)
def test_named_origins_may_frame_the_page(said: str, allowed: str) -> None:
    assert frame_ancestors(said) == allowed
    assert headers(said)["Content-Security-Policy"].endswith(f"; frame-ancestors {allowed}")


@pytest.mark.parametrize(
    "said",
    [
        *("*", "example.org", "https:", "https://", "javascript://example.org", "'none'"),
        *("https://example.org/path", "https://example.org;", "https://a.example, https://b"),
        *("https://example.org\r\nSet-Cookie:a=b", "https://exa\x00mple.org", "https://a:b@c.org"),
    ],
)
def test_what_is_no_origin_is_refused(said: str) -> None:
    with pytest.raises(ValueError, match=FRAME_ANCESTORS):
        frame_ancestors(said)


# The policy and the pages.


def test_the_policy_names_each_inline_script_of_the_page() -> None:
    policy = EXPECTED["Content-Security-Policy"]
    scripts = list(inline_scripts(first_page()))
    assert len(scripts) == 2  # Streamlit's own, and the first look's
    assert policy.count("'sha256-") == len(scripts)
    assert list(inline_scripts(b"<script>a\r\nb</script><script src=c></script>")) == [b"a\nb"]


def test_pages_have_no_other_scripts_in_them() -> None:
    phones = phone_page.response("phone.html", {}).body
    assert list(inline_scripts(bytes(phones))) == []
    for page in (bytes(phones), first_page()):
        assert not re.search(rb"<[^>]+\son\w+=|javascript:", page)


def test_the_document_states_the_headers() -> None:
    text = (ROOT / "docs" / "robustness.md").read_text(encoding="utf-8")
    section = text.partition("\n## Headers\n")[2].partition("\n## ")[0]
    stated = dict(re.findall(r"^\| `([\w-]+)`(?: of the policy)? \| `([^`]+)`", section, re.M))
    policy = dict(part.split(" ", 1) for part in EXPECTED["Content-Security-Policy"].split("; "))
    policy["script-src"] = re.sub(r"( 'sha256-\S+)+", " 'sha256-…'", policy["script-src"])
    others = {name: EXPECTED[name] for name in EXPECTED if name != "Content-Security-Policy"}
    assert stated == policy | others


# What strangers are not shown.

HIDDEN = (
    *("/_stcore/metrics", "/_stcore/agent/openapi.json", "/_stcore/agent/interact"),
    *("/_stcore/agent/mcp", "/_stcore/script-health-check", "/_stcore/what-comes-next"),
    *("/auth/login", "/auth/logout", "/oauth2callback", "/_stcore/health/deeper"),
)


@pytest.mark.parametrize("path", HIDDEN)
def test_strangers_are_told_that_it_is_not_there(server: Server, path: str) -> None:
    for method in ("GET", "POST", "HEAD", "OPTIONS"):
        found = ask(server, method, path, **STRANGER)
        assert (found.status_code, has_headers(found)) == (404, True)


def test_a_name_that_leads_to_this_machine_makes_nobody_sit_at_it(server: Server) -> None:
    assert ask(server, "GET", "/_stcore/metrics", Host="rebound.example").status_code == 404


def test_who_sits_at_the_server_sees_its_metrics(server: Server) -> None:
    assert "active_sessions" in ask(server, "GET", "/_stcore/metrics").text


# Names of the server.


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    names = {"STREAMLIT_SERVER_ALLOWED_HOSTS": "inkling.example *.hall.example"}
    with serve(tmp_path_factory.mktemp("named"), QUICK_SERVER, names) as running:
        yield running


@pytest.mark.parametrize("path", ["/", "/train", "/health", "/r/phone.js", "/_stcore/health"])
def test_only_its_names_are_answered_to(named: Server, path: str) -> None:
    for host in ("inkling.example", "inkling.example:8501", "a.hall.example"):
        assert ask(named, "GET", path, Host=host, **STRANGER).status_code == 200
    for host in ("evil.example", "inkling.example.evil.example", "hall.example.evil", "a b"):
        found = ask(named, "GET", path, Host=host)
        assert found.status_code in (400, 421)
        assert has_headers(found)


def test_its_own_machine_is_answered_but_no_stranger_who_says_that_he_is(named: Server) -> None:
    assert ask(named, "GET", "/health").status_code == 200
    assert ask(named, "GET", "/health", **STRANGER).status_code == 421


def test_a_websocket_needs_one_of_its_names(named: Server) -> None:
    port = int(named.url.rpartition(":")[2])

    def opened(host: str) -> Any:
        asked = dataclasses.replace(named, url=f"http://{host}:{port}")
        return handshake(asked, sock=socket.create_connection(("127.0.0.1", port)))

    with opened("a.hall.example"):
        pass
    for host in ("evil.example", "127.0.0.1"):
        with pytest.raises(InvalidStatus) as refused, opened(host):
            pass
        assert refused.value.response.status_code == 403


def test_without_names_every_name_is_right(server: Server) -> None:
    assert ask(server, "GET", "/health", Host="laptop.local").status_code == 200
