"""A visit outlives its page and its server: the drawing, the models and the receipt are kept."""

from __future__ import annotations

import contextlib
import json
import re
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.support.answers import (
    choose_model,
    expect_digit,
    expect_invitation,
    expect_some_reading,
    go_to,
    ink_share,
    models,
    press,
    shares,
)
from tests.support.cable import plugged
from tests.support.drawing import DIGITS, canvas_ready, draw
from tests.support.machine import Machine
from tests.support.server import QUICK_SERVER, Server, serve
from tests.support.waiting import wait_until

SLOW = 60_000
KEPT_MS = 1_000
"""Within this time after the answer, a drawing is kept."""
READY = re.compile("is ready, and answers now")
NOT_CONNECTED = re.compile("^(?!CONNECTED$)")


@pytest.fixture
def own_browser(browser: Browser) -> Iterator[BrowserContext]:
    """A browser that has never been here."""
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    context.set_default_timeout(SLOW)
    yield context
    context.close()


@pytest.fixture
def tab(own_browser: BrowserContext, server: Server) -> Page:
    """A tab in it, with the page."""
    return opened(own_browser, server.url)


def opened(context: BrowserContext, url: str) -> Page:
    page = context.new_page()
    page.goto(url)
    canvas_ready(page, 60)
    return page


def retrained(page: Page, name: str = "yours 1") -> None:
    press(page, "retrain")
    expect(models(page).filter(has_text=name)).to_be_checked(timeout=SLOW)


def test_a_reload_keeps_the_drawing_the_models_and_the_receipt(tab: Page) -> None:
    draw(tab, DIGITS[4])
    expect_digit(tab, 4)
    tab.get_by_role("slider", name="Pen width").press("ArrowRight")
    expect(tab.get_by_role("slider", name="Pen width")).to_have_value("24")
    choose_model(tab, "pixels")
    retrained(tab)  # seconds: the server has heard of the pen
    choose_model(tab, "pixels")
    expect_some_reading(tab)
    before, ink = shares(tab), ink_share(tab)
    tab.reload()
    canvas_ready(tab)
    expect(models(tab)).to_have_count(5)
    expect(models(tab).filter(has_text="pixels")).to_be_checked()
    expect_some_reading(tab)
    wait_until(lambda: ink_share(tab) == ink, 10, "the drawing is another")
    assert shares(tab) == before
    expect(tab.get_by_role("slider", name="Pen width")).to_have_value("24")
    press(tab, "undo")
    wait_until(lambda: 0 < ink_share(tab) < ink, 10, "undo does not take back one stroke")
    models(tab).filter(has_text="yours 1").click()
    go_to(tab, "Train")
    expect(tab.get_by_text(READY)).to_be_visible()
    tab.reload()
    expect(tab.get_by_text(READY)).to_be_visible()
    expect(tab.get_by_text("Your drawings: pixels → yours 1")).to_be_visible()
    press(tab, "go_back")
    expect(tab.locator(".st-key-use_pixels")).to_contain_text("In use")


def test_a_reload_on_another_view_keeps_the_drawing(tab: Page) -> None:
    draw(tab, DIGITS[3])
    expect_digit(tab, 3)
    go_to(tab, "How it works")
    tab.reload()
    expect(tab.get_by_role("heading").first).to_be_visible()
    go_to(tab, "Draw")
    expect_digit(tab, 3)


def test_a_second_tab_shares_the_models_and_begins_with_an_empty_canvas(
    tab: Page, own_browser: BrowserContext, server: Server
) -> None:
    draw(tab, DIGITS[4])
    expect_digit(tab, 4)
    retrained(tab)
    second = opened(own_browser, server.url)
    expect_invitation(second)
    expect(models(second)).to_have_count(5)
    expect(models(second).filter(has_text="yours 1")).to_be_checked()
    retrained(second, "yours 2")
    choose_model(second, "directions")
    draw(second, DIGITS[7])
    expect_digit(second, 7)
    choose_model(tab, "directions")
    expect(models(tab)).to_have_count(6)
    expect_digit(tab, 4)
    for page, digit in ((second, 7), (tab, 4)):  # each comes back with its own
        page.reload()
        canvas_ready(page)
        expect_digit(page, digit)
        expect(models(page)).to_have_count(6)


def test_another_browser_finds_nothing_of_it(tab: Page, browser: Browser, server: Server) -> None:
    draw(tab, DIGITS[4])
    expect_digit(tab, 4)
    retrained(tab)
    other = browser.new_context()
    page = opened(other, server.url)
    expect_invitation(page)
    expect(models(page)).to_have_count(4)
    other.close()


def test_a_tab_whose_lost_connection_nobody_has_missed_gets_its_drawing(
    own_browser: BrowserContext, server: Server
) -> None:
    with plugged(server.url) as cable:
        page = opened(own_browser, cable.url)
        draw(page, DIGITS[4])
        expect_digit(page, 4)
        cable.strand()  # the server hears of no end
        page.reload()
        canvas_ready(page)
        expect_digit(page, 4)


def test_start_afresh_deletes_the_visit_here_and_on_the_server(
    tab: Page, own_browser: BrowserContext, server: Server
) -> None:
    draw(tab, DIGITS[4])
    expect_digit(tab, 4)
    retrained(tab)
    second = opened(own_browser, server.url)
    expect(models(second).filter(has_text="yours 1")).to_be_checked()
    go_to(tab, "Train")
    tab.get_by_role("button", name="Start afresh").click()
    press(tab, "afresh")
    expect(tab.locator(".st-key-use_directions")).to_contain_text("In use")
    for _ in range(2):
        expect(tab.get_by_text("yours 1")).to_have_count(0)
        expect(tab.get_by_text(READY)).to_have_count(0)
        expect(tab.get_by_role("button", name="Start afresh")).to_be_disabled()
        go_to(tab, "Draw")
        expect_invitation(tab)
        expect(models(tab)).to_have_count(4)
        go_to(tab, "Train")
        tab.reload()
    second.get_by_role("slider", name="Pen width").press("ArrowRight")
    expect(models(second)).to_have_count(4)
    expect(models(second).filter(has_text="directions")).to_be_checked()
    go_to(tab, "Draw")
    draw(tab, DIGITS[7])
    expect_digit(tab, 7)
    retrained(tab)


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    """A machine with a server of its own."""
    with contextlib.ExitStack() as stack:
        yield Machine(tmp_path, stack, QUICK_SERVER, keeps=True)


def connection(page: Page, state: str | re.Pattern[str]) -> None:
    app = page.get_by_test_id("stApp")
    expect(app).to_have_attribute("data-test-connection-state", state, timeout=SLOW)


def back(page: Page) -> None:
    """Come back by itself."""
    connection(page, "CONNECTED")


def loaded_again(page: Page) -> None:
    """Come back as a page that is loaded anew."""
    page.reload()
    canvas_ready(page)


@pytest.mark.parametrize("return_to_it", [back, loaded_again])
def test_a_server_that_is_killed_a_second_after_the_answer_loses_nothing(
    machine: Machine, own_browser: BrowserContext, return_to_it: Callable[[Page], None]
) -> None:
    page = opened(own_browser, machine.server.url)
    retrained(page)
    choose_model(page, "directions")
    draw(page, DIGITS[4][:1])
    expect_some_reading(page)
    draw(page, DIGITS[4][1:])
    expect_digit(page, 4)
    ink = ink_share(page)
    page.wait_for_timeout(KEPT_MS)
    machine.kill()
    connection(page, NOT_CONNECTED)
    machine.start()
    return_to_it(page)
    expect_digit(page, 4)
    assert ink_share(page) == ink
    expect(models(page)).to_have_count(5)
    expect(models(page).filter(has_text="directions")).to_be_checked()
    expect(page.get_by_text("no longer knew")).to_have_count(0)
    go_to(page, "Train")
    expect(page.locator(".st-key-use_directions")).to_contain_text("In use")
    expect(page.locator("[class*='st-key-use_yours']")).to_have_count(1)


def test_a_server_that_is_ended_at_once_after_the_answer_loses_nothing(
    machine: Machine, own_browser: BrowserContext
) -> None:
    page = opened(own_browser, machine.server.url)
    for stroke in DIGITS[4]:
        draw(page, [stroke])
        expect_some_reading(page)
    expect_digit(page, 4)
    machine.end()
    connection(page, NOT_CONNECTED)
    page.close()
    machine.start()
    expect_digit(opened(own_browser, machine.server.url), 4)


def _not_kept(server: Server) -> str | None:
    """Return what the server says of itself: why it does not keep visits."""
    with urllib.request.urlopen(f"{server.url}/health", timeout=10) as health:
        reason: str | None = json.load(health)["visits_not_kept"]
        return reason


def test_a_disk_that_takes_nothing_is_told_and_all_else_works(
    own_browser: BrowserContext, tmp_path: Path
) -> None:
    place = tmp_path / "store"
    place.write_text("a file where a folder should be")
    with serve(tmp_path, QUICK_SERVER, {"INKLING_STORE_DIR": str(place)}) as server:
        page = opened(own_browser, server.url)
        draw(page, DIGITS[7])
        expect_digit(page, 7)
        retrained(page)
        told = page.get_by_text("The server cannot write to its folder for visits")
        expect(told).to_be_visible()
        assert _not_kept(server) == "unwritable"
        press(page, "clear")
        choose_model(page, "directions")
        draw(page, DIGITS[3])
        expect_digit(page, 3)
        place.unlink()
        wait_until(lambda: _not_kept(server) is None, 15, "it is not tried again")
        assert (place / "inkling.sqlite3").exists()
        choose_model(page, "pixels")
        expect(told).to_have_count(0)
        page.reload()
        canvas_ready(page)
        expect(models(page)).to_have_count(5)
