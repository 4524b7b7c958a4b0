"""Inkling's server: `streamlit run app.py` serves the page, and this is where it starts and ends.

What the first visitor would have to wait for is done before the server answers at all.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

from ui.server import resources
from ui.server.connection import WithoutDelay

PAGE = Path(__file__).parent / "ui" / "page.py"
MIDDLEWARE = [Middleware(WithoutDelay)]


@contextlib.asynccontextmanager
async def warm(app: st.App) -> AsyncIterator[None]:
    """Start what all visitors share; end it with the server."""
    resources.start()
    yield
    resources.stop()


app = st.App(PAGE, lifespan=warm, middleware=MIDDLEWARE)
