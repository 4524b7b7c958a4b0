"""The page's server, whose next run of the page fails once /fail was asked for.

It trains with a stand-in.
"""

from __future__ import annotations

import threading
from typing import Any

import streamlit as st
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from tests.support.quick_server import quick_trainer
from ui.server import log, resources
from ui.server.routes import routes
from ui.session import training

_fails = threading.Event()
_collect = training.collect


def collect() -> Any:
    """Fail where that was asked for, in words that a visitor might have written."""
    if _fails.is_set():
        _fails.clear()
        raise ValueError("secret words")
    return _collect()


async def fail(_: Request) -> JSONResponse:
    """Let the next run of the page fail."""
    _fails.set()
    return JSONResponse(None)


async def broken(_: Request) -> JSONResponse:
    """Fail, as a route of the server's own might."""
    raise KeyError("secret words")


resources.trainer = quick_trainer
training.collect = collect

import app as inkling  # noqa: E402  (the server is made with these)

app = st.App(
    inkling.PAGE,
    lifespan=inkling.warm,
    middleware=inkling.MIDDLEWARE,
    routes=[Route("/fail", fail), Route("/broken", broken), *routes()],
    on_script_error=log.page_failed,
)
