"""The server's own routes, beside Streamlit's."""

from __future__ import annotations

import secrets
import time

import psutil
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from model.config import TrainingConfig
from model.jobs.limits import RefusedError
from ui.server import resources
from ui.server.open_files import open_files
from ui.server.visitors import n_visitors

__all__ = ["HEALTH", "ONE_STEP", "ROUTES", "health", "one_step"]

HEALTH = "/health"
ONE_STEP = "/one-step"
STEP_SECONDS = 30.0
"""How long a training of one step may take; a warm process needs a tenth of a second."""
FORWARDED = ("forwarded", "via", "x-forwarded-for", "x-real-ip")
"""What a proxy says of the one who asks it."""


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


def one_step(request: Request) -> JSONResponse:
    """Train one step, and answer how many seconds it took; null where that failed.

    Only who sits at the server may ask for it; anybody else gets 404.
    """
    if not _is_at_the_server(request):
        return JSONResponse({}, status_code=404)
    return JSONResponse({"seconds": _trained()}, headers={"Cache-Control": "no-store"})


def _trained() -> float | None:
    trainer = resources.trainer()
    began = time.monotonic()
    owner = f"one step {secrets.token_hex(8)}"  # a new one, so that no other's run is in its way
    try:
        job = trainer.submit(TrainingConfig(n_steps=1), "digits", owner)
    except RefusedError:
        return None
    while not job.is_over:
        if time.monotonic() - began > STEP_SECONDS:
            trainer.stop(job.id)
            return None
        time.sleep(0.02)
        job = trainer.find(job.id) or job
    return round(time.monotonic() - began, 3) if job.state == "done" else None


def _is_at_the_server(request: Request) -> bool:
    """Whether it is asked directly from this machine, and by the name of this machine."""
    is_from_here = request.client is not None and request.client.host in ("127.0.0.1", "::1")
    is_named_so = request.url.hostname in ("localhost", "127.0.0.1", "::1")
    return is_from_here and is_named_so and not any(name in request.headers for name in FORWARDED)


ROUTES = [Route(HEALTH, health), Route(ONE_STEP, one_step, methods=["POST"])]
