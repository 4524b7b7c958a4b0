"""A line in the log for each training that begins, and one for its end.

They say nothing of whose it is, and have no words of an error, in which a path may be.
"""

from __future__ import annotations

import logging

from model.jobs.job import Job

__all__ = ["begun", "ended"]

_log = logging.getLogger("inkling.training")


def begun(job: Job) -> None:
    """Log that the training process was given a job."""
    config = job.config
    _log.info("begun, %s of %s on %s", _steps(config.n_steps), config.kind, config.input)


def ended(job: Job) -> None:
    """Log how a job ended."""
    end = "ended" if job.state == "done" else job.state
    why = f" ({job.reason.code})" if job.reason else ""
    _log.info("%s%s after %s in %.2f s", end, why, _steps(job.step), job.seconds)


def _steps(n: int) -> str:
    return "1 step" if n == 1 else f"{n:,} steps"
