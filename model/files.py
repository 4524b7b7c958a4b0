"""Atomic writes: a file is the old one or the new one at every moment, never a torn one."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
import time
from pathlib import Path

__all__ = ["put_in_place", "write_whole"]

PREFIX, SUFFIX = ".inkling-", ".part"
LEFTOVER_SECONDS = 60.0
"""An older temporary file was left behind by a process that was killed: no write takes so long."""


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that `path` holds the old one or the new one, never a torn one.

    Temporary files that killed processes left in the folder are removed first.

    Raises
    ------
    OSError
        Where it cannot be written. The old file stays.
    """
    _remove_leftovers(path.parent)
    temporary = path.parent / f"{PREFIX}{secrets.token_hex(8)}{SUFFIX}"
    try:
        with temporary.open("xb") as file:  # named before it exists, so that Ctrl-C removes it
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():  # a new file has what the user's umask allows, an old one keeps its own
            temporary.chmod(stat.S_IMODE(path.stat().st_mode))
        put_in_place(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def put_in_place(temporary: Path, path: Path) -> None:
    """Give a finished file its name, and have the folder written to the disk as well."""
    os.replace(temporary, path)
    if os.name == "posix":  # elsewhere a folder cannot be opened, and need not be
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _remove_leftovers(folder: Path) -> None:
    long_ago = time.time() - LEFTOVER_SECONDS
    for path in folder.glob(f"{PREFIX}*{SUFFIX}"):
        with contextlib.suppress(OSError):  # it is gone by now, or belongs to another user
            if path.stat().st_mtime < long_ago:
                path.unlink()
