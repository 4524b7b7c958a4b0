"""The main story, and a room's phone, in Safari's engine: WebKit of GTK, which is no iPhone."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.drawing import DIGITS
from tests.support.server import Server
from tests.support.waiting import wait_until
from tests.support.webkit import Tab, open_webkit
from tools import webkit

pytestmark = pytest.mark.deploy

CANVAS = ".dc-container canvas.upper-canvas"
SAYS = ".reading .says"
CHOICE = ".st-key-model_row [role=radiogroup]"
N_MODELS = "element.querySelectorAll('[role=radio]').length"


@pytest.fixture
def tab(tmp_path: Path) -> Iterator[Tab]:
    """A tab of WebKit. Where it cannot be, the test is skipped, but never where CI runs it."""
    if not webkit.is_here():
        (pytest.fail if os.environ.get("CI") else pytest.skip)(webkit.MISSING)
    with open_webkit(tmp_path) as tab:
        yield tab


def test_a_drawing_is_followed_answered_explained_retrained_and_there_after_a_reload(
    tab: Tab, training_server: Server
) -> None:
    tab.open(training_server.url)
    ready(tab)
    x, y, width, height = tab.box(".st-key-canvas")
    assert width == pytest.approx(height, abs=1)
    assert x >= 0
    assert y >= 0
    (seven,) = DIGITS[7]
    with tab.mouse_held(CANVAS, seven):
        tab.wait_for(".reading", "element.dataset.by", "browser")
        wait_until(lambda: longest_bar(tab) == 7, 10, "the bars do not follow the pen")
    tab.wait_for(".reading", "element.dataset.by", "server")
    tab.wait_for(SAYS, "element.textContent", "Looks like a 7")
    assert longest_bar(tab) == 7

    tab.click(".st-key-why [role=radio]:nth-child(2)")
    assert tab.ask("p.reason", "element.textContent").startswith("7 scores")

    before = tab.ask(CHOICE, N_MODELS)
    tab.click(".st-key-retrain button")
    tab.wait_for(CHOICE, N_MODELS, before + 1)
    tab.wait_for(f"{CHOICE} [aria-checked=true]", "element.textContent.trim()", "yours 1")
    tab.wait_for(SAYS, "element.textContent", "Looks like a 7")

    tab.reload()
    ready(tab)
    tab.wait_for(SAYS, "element.textContent", "Looks like a 7")
    tab.wait_for(f"{CHOICE} [aria-checked=true]", "element.textContent.trim()", "yours 1")


def test_a_rooms_phone_reads_while_it_draws_sends_and_knows_it_after_a_reload(
    tab: Tab, training_server: Server
) -> None:
    tab.open(f"{training_server.url}/room")
    tab.click(".st-key-open_room button")
    code = tab.ask(".room-code", "element.textContent")
    tab.open(f"{training_server.url}/r/{code}")
    tab.wait_for("#asked", "element.textContent.startsWith('Draw a')", wanted=True)
    _, _, width, height = tab.box("#canvas")
    assert width == pytest.approx(height, abs=1)
    (seven,) = DIGITS[7]
    with tab.mouse_held("#canvas", seven):
        wait_until(lambda: longest_bar(tab, "#bars") == 7, 10, "the bars do not follow the pen")
    tab.wait_for("#says", "element.textContent", "Looks like 7")
    tab.click("#send")
    tab.wait_for("#told", "element.textContent", "Sent. Thank you.")
    tab.reload()
    tab.wait_for("#figures", "element.textContent.startsWith('You have sent 1.')", wanted=True)


def ready(tab: Tab) -> None:
    """Wait until the canvas can be drawn on and the page's script has ended."""
    tab.ask("html[data-can-draw]")
    tab.ask(CANVAS)
    tab.ask("[data-test-script-state='notRunning']")


def longest_bar(tab: Tab, bars: str = ".reading .bars") -> int:
    """Return the digit with the longest bar."""
    code = "[...element.querySelectorAll('[role=meter]')].map((bar) => Number(bar.ariaValueNow))"
    percent: list[float] = tab.ask(bars, code)
    return percent.index(max(percent))
