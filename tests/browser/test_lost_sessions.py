"""A visitor who is lost in the middle of a training: nobody else notices, and nothing runs on."""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Locator,
    Page,
    StorageState,
    expect,
)

from tests.support.answers import expect_digit, press
from tests.support.cable import Cable, plugged
from tests.support.drawing import DIGITS, draw
from tests.support.impatient_server import UNWATCHED_SECONDS
from tests.support.server import Server, serve
from tests.support.training_process import training_process
from tests.support.waiting import wait_until

READY = re.compile("is ready, and answers now")
LONG = "data=Built-in&steps=20000"
SHORT = "data=Built-in&steps=200"
SLOW = 60_000


@pytest.fixture(scope="module")
def impatient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that gives a lost visitor's training up after seconds instead of a minute."""
    script = Path(__file__).with_name("impatient_server.py")
    with serve(tmp_path_factory.mktemp("impatient-home"), script) as server:
        yield server


@pytest.fixture
def cable(impatient: Server) -> Iterator[Cable]:
    """What the lost visitor's connections run through."""
    with plugged(impatient.url) as cable:
        yield cable


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens pages, each in a browser profile of its own."""
    contexts: list[BrowserContext] = []

    def open_page(url: str, state: StorageState | None = None) -> Page:
        contexts.append(browser.new_context(storage_state=state))
        page = contexts[-1].new_page()
        page.goto(url)
        return page

    yield open_page
    for context in contexts:
        context.close()


def train(page: Page) -> None:
    button = page.locator(".st-key-train button").last
    expect(button).to_be_enabled(timeout=SLOW)
    button.click()


def at_work(page: Page) -> Locator:
    return page.locator(".st-key-progress_row").get_by_text(re.compile("^Step [1-9]"))


def watch_it_learn(page: Page) -> None:
    """Begin a run that would take seven minutes."""
    page.get_by_role("radiogroup", name="Speed").get_by_role("radio", name="Watch it").click()
    train(page)
    expect(at_work(page)).to_be_visible(timeout=SLOW)


def runs(server: Server) -> int:
    """Return how many visits the server runs the page's script for."""
    with urllib.request.urlopen(f"{server.url}/threads", timeout=10) as answer:
        names: list[str] = json.load(answer)
    return names.count("ScriptRunner.scriptThread")


def close_browser(page: Page, cable: Cable) -> None:
    page.context.close()


def pull_cable(page: Page, cable: Cable) -> None:
    cable.pull()


@pytest.mark.parametrize("lose", [close_browser, pull_cable])
def test_a_visitor_who_is_lost_holds_nobody_up_and_leaves_nothing_running(
    impatient: Server,
    cable: Cable,
    visit: Callable[..., Page],
    lose: Callable[[Page, Cable], None],
) -> None:
    drawing = visit(impatient.url)
    draw(drawing, DIGITS[7])
    expect_digit(drawing, 7)
    waiting = visit(f"{impatient.url}/train?{SHORT}")
    expect(waiting.locator(".st-key-train button").last).to_be_enabled(timeout=SLOW)

    lost = visit(f"{cable.url}/train?{LONG}")
    watch_it_learn(lost)
    wait_until(lambda: runs(impatient), 10, "no run of the server was seen")
    address = lost.url.replace(cable.url, impatient.url)
    cookies = lost.context.storage_state()
    process = training_process(impatient)
    train(waiting)
    expect(waiting.get_by_text("Waiting: 1 before you")).to_be_visible()
    lose(lost, cable)

    press(drawing, "clear")
    draw(drawing, DIGITS[3])
    expect_digit(drawing, 3)
    expect(waiting.get_by_text(READY)).to_be_visible(timeout=(UNWATCHED_SECONDS + 10) * 1000)
    assert training_process(impatient) == process, "the run had to be killed"
    wait_until(lambda: process.cpu_percent(0.5) < 20, 10, "the training process is still at work")
    wait_until(lambda: not runs(impatient), 10, "a run of the lost visit goes on in the server")

    found_again = visit(address, cookies)
    expect(found_again.get_by_text("nobody was watching any more")).to_be_visible()
    expect(found_again.get_by_text("What it had learned by then is kept as")).to_be_visible()


def test_a_dropped_connection_is_taken_up_and_the_training_goes_on(
    cable: Cable, visit: Callable[..., Page]
) -> None:
    page = visit(f"{cable.url}/train?{SHORT}")
    watch_it_learn(page)
    cable.drop()
    expect(page.get_by_text(READY)).to_be_visible(timeout=SLOW)
