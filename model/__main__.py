"""`python -m model`: the command line, whatever its streams are and whenever it is stopped."""

from __future__ import annotations

import contextlib
import io
import os
import sys

__all__ = ["run"]


def run() -> int:
    """Run one command; return the exit code, see `model.command_line.main`.

    Ctrl-C ends it in a sentence even while libraries are imported. Where stdout or stderr is
    closed, or knows no more than ASCII, there is no traceback.
    """
    _open_closed_streams()
    try:
        from model.command_line import main  # here: it imports NumPy and more

        return main()
    except KeyboardInterrupt:
        with contextlib.suppress(OSError):
            print("stopped; nothing was written", file=sys.stderr, flush=True)
        return 130


def _open_closed_streams() -> None:
    """Give what is closed somewhere to go, so that no file that is opened takes its number."""
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free: this one
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115  (until the end)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


if __name__ == "__main__":
    sys.exit(run())
