"""The server's own routes, beside Streamlit's."""

from __future__ import annotations

import dataclasses
import time

import psutil
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from ui.server import readiness, resources, room_routes, visits
from ui.server.open_files import open_files
from ui.server.paths import prefix
from ui.server.speaker import is_at_the_server
from ui.server.visitors import n_visitors

__all__ = ["HEALTH", "LINES", "health", "lines", "routes"]

HEALTH = "/health"
LINES = "/lines"


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
            "visits_not_kept": visits.problem(),
            "visitors": {"now": n_visitors(), "most": files.visitors},
            "memory_mb": round(process.memory_info().rss / 1e6),
            "open_files": {"now": files.n, "most": files.limit},
        },
        status_code=200 if training.is_up else 503,
        headers={"Cache-Control": "no-store"},
    )


def lines(request: Request) -> JSONResponse:
    """Answer whether all is ready for a talk, a line for each thing; one step is trained for it.

    Only who sits at the server may ask for it, and no page of another site that is open there;
    anybody else gets 404.
    """
    if not is_at_the_server(request.scope) or "origin" in request.headers:
        return JSONResponse({}, status_code=404)
    found = [dataclasses.asdict(line) for line in readiness.lines(request.url.port or 80)]
    return JSONResponse({"lines": found}, headers={"Cache-Control": "no-store"})


def routes() -> list[Route]:
    """Return all routes, under the path that Streamlit's settings give."""
    return [
        Route(f"{prefix()}{HEALTH}", health),
        Route(f"{prefix()}{LINES}", lines, methods=["POST"]),
        *room_routes.routes(),
    ]
