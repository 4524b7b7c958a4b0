"""The server's start: everything that the first visitor would have to wait for.

`streamlit run app.py` serves the same page, and does this work when the first visitor comes.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

import streamlit as st
from starlette.middleware import Middleware

from ui import resources
from ui.connection import WithoutDelay

MIDDLEWARE = [Middleware(WithoutDelay)]


@contextlib.asynccontextmanager
async def warm(app: st.App) -> AsyncIterator[None]:
    resources.start()
    yield
    resources.stop()


app = st.App("app.py", lifespan=warm, middleware=MIDDLEWARE)
