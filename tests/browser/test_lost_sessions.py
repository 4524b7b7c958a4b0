"""A visitor who is lost in the middle of a training: nobody else notices, and nothing runs on."""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import psutil
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.support.answers import (
    choose_model,
    expect_digit,
    expect_invitation,
    models,
    press,
    shares,
)
from tests.support.cable import Cable, plugged
from tests.support.drawing import DIGITS, draw
from tests.support.server import UNWATCHED_SECONDS, Server
from tests.support.training_process import slowed, training_process
from tests.support.waiting import wait_until

READY = re.compile("is ready, and answers now")
LONG = "data=Built-in&steps=20000"
SHORT = "data=Built-in&steps=200"
SLOW = 60_000
AT_WORK = re.compile(r"^Step [1-9]")


@pytest.fixture
def cable(server: Server) -> Iterator[Cable]:
    """What the lost visitor's connections run through."""
    with plugged(server.url) as cable:
        yield cable


@pytest.fixture
def lost(browser: Browser) -> Iterator[Page]:
    """A tab in a browser of its own, which may be closed before the test ends."""
    context = browser.new_context()
    yield context.new_page()
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
    page: Page,
    other_page: Page,
    lost: Page,
    server: Server,
    cable: Cable,
    lose: Callable[[Page, Cable], None],
) -> None:
    drawing, waiting = page, other_page
    draw(drawing, DIGITS[7])
    expect_digit(drawing, 7)
    waiting.goto(f"{server.url}/train?{SHORT}")
    expect(waiting.locator(".st-key-train button").last).to_be_enabled(timeout=SLOW)

    lost.goto(f"{cable.url}/train?{LONG}")
    watch_it_learn(lost)
    wait_until(lambda: runs(server), 10, "no run of the server was seen")
    address = lost.url.replace(cable.url, server.url)
    kept: Any = lost.context.cookies()
    process = training_process(server)
    train(waiting)
    expect(waiting.get_by_text("Waiting: 1 before you")).to_be_visible()
    lose(lost, cable)

    press(drawing, "clear")
    expect_invitation(drawing)
    draw(drawing, DIGITS[3])
    expect_digit(drawing, 3)
    expect(waiting.get_by_text(READY)).to_be_visible(timeout=(UNWATCHED_SECONDS + 10) * 1000)
    assert training_process(server) == process, "the run had to be killed"
    wait_until(lambda: process.cpu_percent(0.5) < 20, 10, "the training process is still at work")
    wait_until(lambda: not runs(server), 10, "a run of the lost visit goes on in the server")

    waiting.context.clear_cookies()
    waiting.context.add_cookies(kept)
    waiting.goto(address)
    expect(waiting.get_by_text("nobody was watching any more")).to_be_visible()
    expect(waiting.get_by_text("What it had learned by then is kept as")).to_be_visible()


def test_a_dropped_connection_is_taken_up_and_the_training_goes_on(
    cable: Cable, lost: Page
) -> None:
    lost.goto(f"{cable.url}/train?{SHORT}")
    watch_it_learn(lost)
    cable.drop()
    expect(lost.get_by_text(READY)).to_be_visible(timeout=SLOW)


def test_a_killed_training_process_is_told_in_words_and_the_next_press_trains(
    page: Page, server: Server
) -> None:
    draw(page, DIGITS[3])
    expect_digit(page, 3)
    percent = shares(page)
    press(page, "retrain")
    expect(models(page)).to_have_count(5, timeout=SLOW)
    choose_model(page, "directions")
    process = training_process(server)
    with slowed(process):
        press(page, "retrain")
        expect(page.locator(".st-key-progress_row").get_by_text(AT_WORK)).to_be_visible()
        process.kill()
    expect(page.get_by_text("The training process ended unexpectedly")).to_be_visible()
    expect(models(page).filter(has_text="directions")).to_be_checked()
    wait_until(lambda: shares(page) == percent, 15, "another model answers")
    press(page, "retrain")
    expect(models(page)).to_have_count(6, timeout=SLOW)


def test_a_frozen_server_is_told_while_the_bars_go_on_and_so_is_its_return(
    lost: Page, server: Server
) -> None:
    lost.goto(server.url)
    draw(lost, DIGITS[3])
    expect_digit(lost, 3)
    notice = lost.locator("body > p[role=status]")
    process = psutil.Process(server.pid)
    process.suspend()
    try:
        draw(lost, [[(0.3, 0.9), (0.7, 0.9)]])
        expect(lost.locator(".reading[data-by=browser]")).to_be_visible()
        expect(notice).to_contain_text("The server has not answered yet", timeout=SLOW)
    finally:
        process.resume()
    expect(notice).to_contain_text("The server is back", timeout=SLOW)
    expect(lost.locator(".reading[data-by=server]")).to_be_visible()
    expect(notice).to_have_count(0)
