"""Install the system's packages, with a limit of time, and with a reason where that fails."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence

__all__ = ["SECONDS", "as_root", "attempt", "get", "install"]

SECONDS = 600
"""How long an installation may take."""


def install(*packages: str) -> str | None:
    """Install packages with apt; return why that failed, None if it did not."""
    if shutil.which("apt-get") is None:
        return "not tried, there is no apt-get"
    apt = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]
    as_root([*apt, "update"], SECONDS)  # one source may fail and another have it
    return as_root([*apt, "install", "--yes", "--no-install-recommends", *packages], SECONDS)


def get(is_here: Callable[[], object], missing: str, *packages: str) -> str | None:
    """Install packages where something is not here; return what is `missing` still, and why."""
    if is_here():
        return None
    failure = install(*packages)
    return None if is_here() else f"{missing} ({failure or 'done, but it is not found'})."


def as_root(command: Sequence[str], seconds: float) -> str | None:
    """Run a command as root; return why it failed, None if it did not."""
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        return attempt(command, seconds)
    if shutil.which("sudo") is None:
        return "not tried, it needs root and there is no sudo"
    return attempt(["sudo", "-n", *command], seconds)


def attempt(command: Sequence[str], seconds: float) -> str | None:
    """Run a command, its output to stderr; return why it failed, None if it did not."""
    print("+", *command, file=sys.stderr, flush=True)
    try:
        process = subprocess.Popen(command, stdout=sys.stderr, start_new_session=True)
    except OSError as error:
        return str(error)
    try:
        status = process.wait(seconds)
    except subprocess.TimeoutExpired:
        return f"given up after {seconds:.0f} s"
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)  # the children that download, too
            process.wait()
    return f"ended with code {status}" if status else None
