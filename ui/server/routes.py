"""The server's own routes, beside Streamlit's."""

from __future__ import annotations

import time

import psutil
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from ui.server import resources
from ui.server.open_files import open_files
from ui.server.visitors import n_visitors

__all__ = ["HEALTH", "ROUTES", "health"]

HEALTH = "/health"


def health(request: Request) -> JSONResponse:
    """Answer how the server is: 200, or 503 where no training can run.

    Streamlit's own `/_stcore/health` says that the page can be served, and nothing of trainings.
    """
    training = resources.trainer().health()
    files = open_files()
    process = psutil.Process()
    return JSONResponse(
        {
            "ok": training.is_up,
            "up_seconds": round(time.time() - process.create_time()),
            "training": {
                "process": training.process,
                "running": training.is_running,
                "waiting": training.n_waiting,
            },
            "visitors": {"now": n_visitors(), "most": files.visitors},
            "memory_mb": round(process.memory_info().rss / 1e6),
            "open_files": {"now": files.n, "most": files.limit},
        },
        status_code=200 if training.is_up else 503,
        headers={"Cache-Control": "no-store"},
    )


ROUTES = [Route(HEALTH, health)]
