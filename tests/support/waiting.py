"""Waiting for something to become true, without sleeping for luck."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["wait_for", "wait_until"]

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


def wait_for(page: Page, expression: str, arg: Any = None, *, timeout: float = 20) -> None:
    """Ask the page until an expression, or what a function returns, is true.

    Playwright's own `wait_for_function` has the page evaluate a text, which its
    Content-Security-Policy refuses.
    """
    wait_until(lambda: page.evaluate(expression, arg), timeout, f"it is not so that {expression}")
