"""The page's server, which says at /runs how often it has run the whole page.

With SLOW set, each answer to a stroke takes so many seconds; with SLOW_RUNS, each run of the whole
page, before it says which views there are. From /hold to /go no run of the whole page goes on. It
trains with a stand-in.
"""

from __future__ import annotations

import itertools
import os
import threading
import time
from typing import Any

import streamlit as st
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from model.classifier import prediction
from tests.support.quick_server import quick_trainer
from ui.server import resources
from ui.session import training

SLOW = float(os.environ.get("SLOW", "0"))
SLOW_RUNS = float(os.environ.get("SLOW_RUNS", "0"))
HELD_AT_MOST = 60
_goes_on = threading.Event()
_goes_on.set()
_numbers = itertools.count(1)
_n = 0
_collect, _read = training.collect, prediction.read_parts


def counted() -> None:
    """Count a run of the whole page, which calls this once."""
    global _n
    _n = next(_numbers)
    time.sleep(SLOW_RUNS)
    _goes_on.wait(HELD_AT_MOST)
    _collect()


def slow(*args: Any) -> Any:
    """Read a drawing after a while."""
    time.sleep(SLOW)
    return _read(*args)


async def runs(_: Request) -> JSONResponse:
    """Answer with the number of runs."""
    return JSONResponse(_n)


async def hold(_: Request) -> JSONResponse:
    """Let no run of the whole page go on."""
    _goes_on.clear()
    return JSONResponse(_n)


async def go(_: Request) -> JSONResponse:
    """Let the runs go on."""
    _goes_on.set()
    return JSONResponse(_n)


resources.trainer = quick_trainer
training.collect = counted
prediction.read_parts = slow  # type: ignore[assignment]  # for anything

import app as inkling  # noqa: E402  (the server is made with these)

app = st.App(
    inkling.PAGE,
    lifespan=inkling.warm,
    middleware=inkling.MIDDLEWARE,
    routes=[Route("/runs", runs), Route("/hold", hold), Route("/go", go)],
)
