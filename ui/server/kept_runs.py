"""Trainings that are over, with their films, for the visits that look at them again.

The training queue forgets a film after a few trainings of others; here the films that were looked
at last stay, whoever trains.
"""

from __future__ import annotations

import threading
from collections import OrderedDict

from model.jobs.job import Job

__all__ = ["MOST", "find", "keep"]

MOST = 28
"""Films kept; each takes 31 kB a frame, 2 MB at most, and all together 54 MB."""

_lock = threading.Lock()
_runs: OrderedDict[str, Job] = OrderedDict()  # the one looked at longest ago first


def keep(job: Job) -> None:
    """Keep a run that is over; the one looked at longest ago goes where there are too many."""
    with _lock:
        _runs[job.id] = job
        _runs.move_to_end(job.id)
        while len(_runs) > MOST:
            _runs.popitem(last=False)


def find(id: str | None) -> Job | None:
    """Return a kept run; None where it is gone, or never was."""
    with _lock:
        if id is None or id not in _runs:
            return None
        _runs.move_to_end(id)
        return _runs[id]
