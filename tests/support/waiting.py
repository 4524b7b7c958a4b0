"""Waiting for something to become true, without sleeping for luck."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

__all__ = ["wait_until"]

T = TypeVar("T")


def wait_until(condition: Callable[[], T], timeout: float, message: str) -> T:
    """Call `condition` until what it returns is true, and return that.

    Raises
    ------
    AssertionError
        With `message`, when `timeout` seconds have passed.
    """
    deadline = time.monotonic() + timeout
    while not (result := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"after {timeout:g} s: {message}")
        time.sleep(0.02)
    return result
