"""Folders of given rights, for tests that may be run by root."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

__all__ = ["folder_with_mode"]


@contextlib.contextmanager
def folder_with_mode(mode: int) -> Iterator[Path]:
    """Make a folder of these rights; root, whom no rights stop, is nobody for as long."""
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, mode)
        is_root = os.geteuid() == 0
        if is_root:
            os.seteuid(65534)
        try:
            yield Path(name)
        finally:
            if is_root:
                os.seteuid(0)
            os.chmod(name, 0o755)
