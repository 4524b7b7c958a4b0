"""How many files and connections the server may have open, and how many it has.

A visitor takes four descriptors; Streamlit keeps three for each of the last 128 who left.
"""

from __future__ import annotations

import contextlib
import sys
from typing import NamedTuple

import psutil

__all__ = ["OpenFiles", "open_files", "raise_limit"]

A_VISITOR = 4
"""Descriptors of one visitor whose page is open."""
KEPT_BACK = 128
"""Descriptors for all but visitors: the training process, the store, files on their way."""
OF_THOSE_WHO_LEFT = 3 * 128
DEFAULT_LIMIT = 1024
"""Taken where the system does not tell its limit."""


class OpenFiles(NamedTuple):
    """How many descriptors are open, and how many may be."""

    n: int
    limit: int

    @property
    def visitors(self) -> int:
        """How many visitors the limit holds, those who left lately included."""
        return max(0, self.limit - KEPT_BACK - OF_THOSE_WHO_LEFT) // A_VISITOR

    @property
    def is_nearly_full(self) -> bool:
        """Whether a visitor more could leave the server without a descriptor for its own work."""
        return self.n + KEPT_BACK > self.limit


def open_files() -> OpenFiles:
    """Count this process's open descriptors; about 0.2 ms for a thousand."""
    process = psutil.Process()
    count = process.num_handles if sys.platform == "win32" else process.num_fds
    return OpenFiles(count(), _limit())


def raise_limit() -> None:
    """Raise the soft limit on open files to the hard one, where the system has such limits."""
    if sys.platform == "win32":
        return
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):  # some systems refuse "no limit at all"
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _limit() -> int:
    if sys.platform == "win32":
        return DEFAULT_LIMIT
    import resource

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return sys.maxsize if soft == resource.RLIM_INFINITY else soft
