"""What the server tells its operator: a line for each training, each refusal and each error.

No line says who it was: it has no address, no cookie, no owner and no name of a file.
"""

from __future__ import annotations

import logging
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path

__all__ = ["begin", "end", "failed", "page_failed", "refused"]

ROOT = Path(__file__).parents[2]
LINE = "%(asctime)s inkling %(topic)s: %(message)s"
TIME = "%Y-%m-%d %H:%M:%S"
SECONDS_BETWEEN = 1.0
"""Of one kind there is at most one line in this time, so that a flood fills no disk."""

_refused = logging.getLogger("inkling.refused")
_failed = logging.getLogger("inkling.error")


class _Lines(logging.Formatter):
    """A line begins with its time and its topic; above INFO it says how bad it is."""

    def format(self, record: logging.LogRecord) -> str:
        topic = record.name.removeprefix("inkling.")
        is_bad = record.levelno > logging.INFO
        record.topic = f"{topic}: {record.levelname.lower()}" if is_bad else topic
        return super().format(record)


class Seldom:
    """Lets one line of a kind through in a while, and counts those that it leaves out."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._said: dict[tuple[logging.Logger, str], tuple[float, int]] = {}

    def say(self, logger: logging.Logger, line: str) -> None:
        """Log a line, unless it was said a moment ago."""
        with self._lock:
            now = self._clock()
            last, left_out = self._said.get((logger, line), (-SECONDS_BETWEEN, 0))
            if now - last < SECONDS_BETWEEN:
                self._said[logger, line] = (last, left_out + 1)
                return
            self._said[logger, line] = (now, 0)
        logger.info("%s%s", line, f", and {left_out:,} more before" if left_out else "")

    def rest(self) -> None:
        """Say how many were left out that no later line has counted."""
        with self._lock:
            said, self._said = self._said, {}
        for (logger, line), (_, left_out) in said.items():
            if left_out:
                logger.info("%s, %s more before", line, f"{left_out:,}")


_seldom = Seldom()


def begin() -> None:
    """Print what is logged, to the standard error stream; a second call changes nothing.

    Streamlit prints the lines of its own loggers alone.
    """
    root = logging.getLogger()
    if not any(isinstance(each.formatter, _Lines) for each in root.handlers):
        handler = logging.StreamHandler()
        handler.setFormatter(_Lines(LINE, TIME))
        root.addHandler(handler)
    logging.getLogger("inkling").setLevel(logging.INFO)


def end() -> None:
    """Say what has been left out and counted."""
    _seldom.rest()


def refused(what: str, why: str) -> None:
    """Log a refusal.

    Parameters
    ----------
    what : str
        What was refused: "training", "upload", "visitor", "room", …
    why : str
        A code, or a few words; nothing that a visitor has written.
    """
    _seldom.say(_refused, f"{what} ({why})")


def failed(what: str, error: BaseException) -> None:
    """Log an error: its type, and where in this program it was; its words may be a visitor's."""
    _seldom.say(_failed, f"{what}: {type(error).__name__} {_place(error)}")


def page_failed(error: Exception) -> bool:
    """Log an error of the page's script, which Streamlit then deals with as always."""
    failed("page", error)
    return False


def _place(error: BaseException) -> str:
    """Return the last line of ours that was run."""
    frames = traceback.extract_tb(error.__traceback__)
    for frame in reversed(frames):
        path = Path(frame.filename)
        if path.is_relative_to(ROOT) and "site-packages" not in path.parts:
            return f"in {path.relative_to(ROOT).as_posix()}, line {frame.lineno}"
    return "outside of this program"
