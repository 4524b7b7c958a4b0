"""Inkling's server: `streamlit run app.py` serves the page, and this is where it starts and ends.

What the first visitor would have to wait for is done before the server answers at all.
"""

from __future__ import annotations

import contextlib
import logging
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

from ui.server import log, own_files, resources, rooms, speaker, store, visits
from ui.server.compressed import Compressed
from ui.server.connection import WithoutDelay
from ui.server.first_look import FirstLook
from ui.server.guard import Guard
from ui.server.headers import Headers, headers
from ui.server.open_files import open_files, raise_limit
from ui.server.routes import routes
from ui.server.visitors import Visitors, most_at_an_address

PAGE = Path(__file__).parent / "ui" / "page.py"

try:
    ADDED, MOST = headers(), most_at_an_address()
except ValueError as error:  # a setting that is none: no server is better than an open one
    sys.exit(f"Inkling was not started: {error}.")

MIDDLEWARE = [
    Middleware(WithoutDelay),  # which needs the server's own connection
    Middleware(Headers, added=ADDED),
    Middleware(Guard),
    Middleware(Visitors, most=MOST),
    Middleware(Compressed),
    Middleware(FirstLook),
]

FEW_VISITORS = 300
"""Where the system's limit on open files holds fewer, the log says so; /health always does."""

_log = logging.getLogger(__name__)


@contextlib.asynccontextmanager
async def warm(app: st.App) -> AsyncIterator[None]:
    """Start what all visitors share; end it with the server."""
    log.begin()
    raise_limit()
    files = open_files()
    if files.visitors < FEW_VISITORS:
        _log.warning("%d open files hold about %d visitors", files.limit, files.visitors)
    own_files.remove_stale()
    resources.start()
    port, only_at = st.get_option("server.port"), st.get_option("server.address")
    if (greeting := speaker.greeting(port, only_at)) is not None:
        print(greeting, flush=True)
    try:
        yield
    finally:
        visits.stop()
        rooms.stop()
        store.stop()
        resources.stop()
        own_files.remove()
        log.end()


app = st.App(
    PAGE,
    lifespan=warm,
    middleware=MIDDLEWARE,
    routes=routes(),
    on_script_error=log.page_failed,
)
