"""A room that is open: the speaker's page shows it, and phones have drawn in it."""

from __future__ import annotations

import asyncio
import itertools
import json
import re
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from playwright.sync_api import Page, expect

from model.room.names import ALPHABET
from tests.support.phones import Phone, written

__all__ = [
    "assert_widest_code_fits",
    "draw_in",
    "elsewhere",
    "expect_all_drawings",
    "hall_url",
    "open_room",
]

OPENS_IN = 120_000
PHONES, DIGITS_EACH, SCRIBBLES = 10, 3, 2
SCRIBBLE = [[[28 + 224 * (i * 7 % 11) / 10, 28 + 224 * (i * 5 % 13) / 12] for i in range(40)]]
"""What no model takes for a digit."""


def hall_url(url: str) -> str:
    """Return a server's address as phones ask for it: by a name, not as this machine's own."""
    return url.replace("127.0.0.1", "inkling.localhost")


def open_room(page: Page, url: str) -> str:
    """Open a room on the speaker's page; return its code."""
    page.goto(f"{url}/room")
    page.get_by_role("button", name="Open a room").click()
    code = page.locator(".room-code")
    expect(code).to_have_text(re.compile(r"^\w{5}$"), timeout=OPENS_IN)
    return code.inner_text()


def assert_widest_code_fits(page: Page) -> None:
    """Assert that the room's code would be whole if it were of the widest letter alone."""
    over = page.locator(".room-code").evaluate(
        """(shown, letters) => {
          const code = shown.textContent;
          const text = document.createRange();
          text.selectNodeContents(shown);
          const over = letters.map((letter) => {
            shown.firstChild.data = letter.repeat(code.length);
            return text.getBoundingClientRect().right - shown.getBoundingClientRect().right;
          });
          shown.firstChild.data = code;
          return Math.max(...over);
        }""",
        list(ALPHABET),
    )
    assert over <= 0, over


def draw_in(url: str, code: str) -> None:
    """Have phones send 30 digits, and another one two scribbles, which wait for the speaker."""
    elsewhere(_sent(url, code))


def expect_all_drawings(page: Page) -> None:
    """Expect on the speaker's page (not on its stage) all that `draw_in` has sent, each once."""
    expect(page.locator(".tile")).to_have_count(PHONES * DIGITS_EACH + SCRIBBLES, timeout=60_000)


def elsewhere(work: Coroutine[Any, Any, None]) -> None:
    """Do this in a thread: the event loop of this one is Playwright's."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, work).result()


async def _sent(url: str, code: str) -> None:
    digits = itertools.islice(written(), PHONES * DIGITS_EACH)
    for number in range(PHONES + 1):
        phone = Phone(url, code)
        await phone.join()
        if number == PHONES:
            answers = [await phone.post(json.dumps(SCRIBBLE), 3) for _ in range(SCRIBBLES)]
        else:
            answers = [await phone.send(next(digits)) for _ in range(DIGITS_EACH)]
        phone.connection.close()
        assert [answer.status for answer in answers] == [200] * len(answers)
