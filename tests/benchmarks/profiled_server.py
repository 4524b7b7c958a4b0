"""The page's server, which writes down at its end what its processor time went to.

`PROFILE` names the file: JSON, seconds by part and the number of times that it ran.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.middleware import Middleware
from streamlit.runtime.scriptrunner.script_runner import ScriptRunner

from model.classifier import prediction
from model.preprocessing import ink
from tests.support.paths import ROOT
from ui.server import resources
from ui.server.connection import WithoutDelay

_spent: defaultdict[str, list[float]] = defaultdict(lambda: [0.0, 0])


def _watch(owner: Any, name: str, part: str) -> None:
    """Have a function add the processor time of its thread to this part."""
    function: Callable[..., Any] = getattr(owner, name)

    def timed(*arguments: Any, **options: Any) -> Any:
        began = time.thread_time()
        try:
            return function(*arguments, **options)
        finally:
            spent = _spent[part]
            spent[0] += time.thread_time() - began
            spent[1] += 1

    setattr(owner, name, timed)


_watch(ScriptRunner, "_run_script_thread", "all of it")
_watch(ink, "ink_from_canvas", "the canvas's PNG to ink")
_watch(prediction, "read_parts", "ink to probabilities")


@contextlib.asynccontextmanager
async def _profiled(app: st.App) -> AsyncIterator[None]:
    resources.start()
    yield
    resources.stop()
    Path(os.environ["PROFILE"]).write_text(json.dumps(_spent))


app = st.App(ROOT / "ui" / "page.py", lifespan=_profiled, middleware=[Middleware(WithoutDelay)])
