"""The page's server with a stand-in for TensorFlow, for all tests that do not train in earnest.

It stops a training that nobody has looked at for three seconds, keeps the film of one run only,
and says at /threads which of its threads are alive. It has the built-in digits alone: to load MNIST
and describe it would take longer than most tests.
"""

from __future__ import annotations

import functools
import os
import sys
import threading
from pathlib import Path

import streamlit as st
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from model.jobs.limits import Limits
from model.jobs.trainer import Trainer
from tests.support.paths import QUICK_WORKER
from tests.support.server import UNWATCHED_SECONDS
from ui.server import log, resources
from ui.server.routes import routes

os.environ["INKLING_DATA_DIR"] = str(Path.home() / "no-data")


@functools.cache
def quick_trainer() -> Trainer:
    """Return the client of the training process, which starts in the background."""
    client = Trainer(
        command=[sys.executable, "-P", str(QUICK_WORKER), "behaves"],
        limits=Limits(unwatched_seconds=UNWATCHED_SECONDS, kept_films=1),
    )
    client.start()
    return client


async def threads(_: Request) -> JSONResponse:
    """Answer with the threads' names."""
    return JSONResponse([thread.name for thread in threading.enumerate()])


resources.trainer = quick_trainer

import app as inkling  # noqa: E402  (the server is made with this trainer)

app = st.App(
    inkling.PAGE,
    lifespan=inkling.warm,
    middleware=inkling.MIDDLEWARE,
    routes=[Route("/threads", threads), *routes()],
    on_script_error=log.page_failed,
)
