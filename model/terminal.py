"""The terminal: a progress bar, and the result of a command."""

from __future__ import annotations

import argparse
import errno
import os
import sys

from tqdm import tqdm

__all__ = ["Bar", "print_result"]


class Bar:
    """A progress bar on a terminal's stderr; none with --json or without a terminal."""

    def __init__(self, options: argparse.Namespace, *, unit: str) -> None:
        hidden = options.json or not sys.stderr.isatty()
        self._bar = tqdm(unit=unit, unit_scale=unit == "B", disable=hidden, leave=False, delay=0.2)

    def __enter__(self) -> Bar:
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.close()

    def downloading(self, done: int, total: int, name: str) -> None:
        self.at(done, total, name)

    def at(self, done: int, total: int, note: str = "") -> None:
        self._bar.total = total or None
        self._bar.set_postfix_str(note, refresh=False)
        self._bar.update(done - self._bar.n)


def print_result(text: str) -> None:
    """Print and flush: a buffer that is written at the program's end would fail unnoticed.

    Raises
    ------
    OSError
        Where stdout cannot be written, as on a full disk.
    """
    if sys.stdout is None:  # it was closed before the program began
        raise OSError(errno.EBADF, "the result could not be printed: stdout is closed")
    try:
        print(text, flush=True)
    except OSError as error:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())  # Python writes the rest of the buffer when it ends
        os.close(nowhere)
        reason = f"the result could not be printed: {error.strerror}"
        raise OSError(error.errno, reason) from error
