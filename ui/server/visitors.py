"""Visitors as the server counts them: open pages, a cookie for each browser, a polite refusal.

Streamlit's own session is a page that is open; a browser with three tabs has three. What shall
count once for a browser goes by the cookie.
"""

from __future__ import annotations

import os
import re
import secrets
from collections import Counter, OrderedDict
from collections.abc import Callable
from http.cookies import SimpleCookie

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.server import log
from ui.server.addresses import THIS_MACHINE, addresses, client_host
from ui.server.open_files import OpenFiles, open_files
from ui.server.paths import PHONES, prefix
from ui.server.speaker import is_from_here, marked

__all__ = [
    "COOKIE",
    "MOST_AT_AN_ADDRESS",
    "Visitors",
    "browser_id",
    "most_at_an_address",
    "n_elsewhere",
    "n_visitors",
    "was_just_given",
]

COOKIE = "inkling_browser"
COOKIE_SECONDS = 30 * 24 * 3600
MOST_AT_AN_ADDRESS = 200
"""Open pages at one address, unless `PAGES` says another number: one router may be a whole hall."""
PAGES = "INKLING_PAGES_AT_AN_ADDRESS"
"""The variable with that number."""
TRY_AGAIN_SECONDS = 30
TRY_AGAIN_LATER = 1013
"""The websocket's close code for a server that is full."""

MOST_REMEMBERED = 10_000
"""Cookies given to browsers that have opened no page yet, or keep no cookies."""

_IS_ID = re.compile(r"[\w-]{22}")
_open_pages: Counter[str] = Counter()  # by address
_elsewhere: Counter[str] = Counter()  # of these, the ones on another machine
_just_given: OrderedDict[str, bool] = OrderedDict()  # cookies of browsers that open a page now

FULL = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Inkling is full</title>
<style>
  :root { color-scheme: light dark; font: 1.125rem/1.5 system-ui, sans-serif; }
  body { max-width: 34rem; margin: 20vh auto; padding: 0 1.5rem; }
</style>
<h1>Inkling is full just now</h1>
<p>As many people are drawing as this server can take. Nothing is wrong with your device.
Please <a href="">try again</a> in a minute.</p>
"""


def n_visitors() -> int:
    """Return how many pages are open now."""
    return _open_pages.total()


def n_elsewhere() -> int:
    """Return how many pages are open now on other machines than this one."""
    return _elsewhere.total()


def browser_id(value: object) -> str | None:
    """Return the browser's id in a cookie's value; None for a value that is none of ours."""
    return value if isinstance(value, str) and _IS_ID.fullmatch(value) else None


def was_just_given(id: str) -> bool:
    """Whether this server has given a browser this id for the page that it opens now; once."""
    return _just_given.pop(id, False)


def most_at_an_address(said: str | None = None) -> int:
    """Return how many pages may be open at one address.

    Parameters
    ----------
    said : str, optional
        What `INKLING_PAGES_AT_AN_ADDRESS` says; the variable is read unless given.

    Raises
    ------
    ValueError
        Where that is no whole number from 1 on.
    """
    said = os.environ.get(PAGES, "") if said is None else said
    if not said.strip():
        return MOST_AT_AN_ADDRESS
    if not re.fullmatch("[1-9][0-9]{0,5}", said.strip()):
        raise ValueError(f"{PAGES} is {said[:100]!r}: expected a whole number from 1 to 999999")
    return int(said)


class Visitors:
    """Count the open pages, know each browser again, and refuse a visitor too many.

    Parameters
    ----------
    app : ASGIApp
        What serves the visitors who are let in.
    files : callable
        Tells how many descriptors are open.
    most : int
        Open pages at one address.
    """

    def __init__(
        self,
        app: ASGIApp,
        files: Callable[[], OpenFiles] = open_files,
        most: int = MOST_AT_AN_ADDRESS,
    ) -> None:
        self.app = app
        self._files, self._most = files, most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection or one request."""
        if scope["type"] == "websocket":
            await self._serve_page(scope, receive, send)
        elif scope["type"] == "http" and _asks_for_a_page(scope):
            if self._files().is_nearly_full:
                log.refused("visitor", "open files")
                await _refusal()(scope, receive, send)
            else:
                phones = scope["path"].startswith(f"{prefix()}{PHONES}")  # which get no cookie
                await self.app(scope, receive, send if phones else _with_cookie(scope, send))
        else:
            await self.app(scope, receive, send)

    async def _serve_page(self, scope: Scope, receive: Receive, send: Send) -> None:
        address = client_host(scope)
        # Through a proxy on this machine everybody comes from one address.
        crowded = _open_pages[address] >= self._most and address not in THIS_MACHINE
        is_full = self._files().is_nearly_full
        if (address and crowded) or is_full:
            log.refused("visitor", "open files" if is_full else "many at one address")
            await receive()
            await send({"type": "websocket.close", "code": TRY_AGAIN_LATER})
            return
        _open_pages[address] += 1
        is_elsewhere = not is_from_here(scope) and address not in _own_hosts()
        _elsewhere[address] += is_elsewhere
        try:
            await self.app(marked(scope), receive, send)
        finally:
            _elsewhere[address] -= is_elsewhere
            _open_pages[address] -= 1
            if not _open_pages[address]:
                del _open_pages[address], _elsewhere[address]


def _own_hosts() -> set[str]:
    return {each.host for each in addresses()}


def _asks_for_a_page(scope: Scope) -> bool:
    return scope["method"] == "GET" and "text/html" in Headers(scope=scope).get("accept", "")


def _refusal() -> Response:
    return HTMLResponse(FULL, 503, {"Retry-After": str(TRY_AGAIN_SECONDS)})


def _with_cookie(scope: Scope, send: Send) -> Send:
    """Return a way to send that gives the browser an id where it has none."""
    cookies = SimpleCookie(Headers(scope=scope).get("cookie", ""))
    known = browser_id(cookies[COOKIE].value) if COOKIE in cookies else None

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start" and known is None:
            headers = MutableHeaders(scope=message)
            if "text/html" in headers.get("content-type", ""):
                headers.append("Set-Cookie", _new_cookie(scope))
        await send(message)

    return sent


def _new_cookie(scope: Scope) -> str:
    secure = "; Secure" if scope["scheme"] == "https" else ""
    id = secrets.token_urlsafe(16)
    _just_given[id] = True
    while len(_just_given) > MOST_REMEMBERED:
        _just_given.popitem(last=False)
    return f"{COOKIE}={id}; Max-Age={COOKIE_SECONDS}; Path=/; HttpOnly; SameSite=Lax{secure}"
