"""The page's server with a trainer that stops what nobody has looked at for three seconds.

At /threads it says which of its threads are alive.
"""

from __future__ import annotations

import functools
import threading

import streamlit as st
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from model.jobs.limits import Limits
from model.jobs.trainer import Trainer
from ui.server import resources

UNWATCHED_SECONDS = 3.0


@functools.cache
def impatient_trainer() -> Trainer:
    """Return the client of the training process, which starts in the background."""
    client = Trainer(limits=Limits(unwatched_seconds=UNWATCHED_SECONDS, kept_films=1))
    client.start()
    return client


async def threads(_: Request) -> JSONResponse:
    """Answer with the threads' names."""
    return JSONResponse([thread.name for thread in threading.enumerate()])


resources.trainer = impatient_trainer

import app as inkling  # noqa: E402  (the server is made with this trainer)

app = st.App(
    inkling.PAGE,
    lifespan=inkling.warm,
    middleware=inkling.MIDDLEWARE,
    routes=[Route("/threads", threads)],
)
