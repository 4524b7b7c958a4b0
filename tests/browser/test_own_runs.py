"""A training belongs to the browser that began it; who has its address may watch."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.support.server import Server

SLOW = 60_000
LONG = "data=digits&steps=20000"
SHORT = "data=digits&steps=100"
READY = re.compile("is ready, and answers now")


@pytest.fixture
def people(page: Page, other_page: Page) -> list[BrowserContext]:
    """Two browsers that know nothing of each other."""
    return [page.context, other_page.context]


def open_train(context: BrowserContext, address: str) -> Page:
    page = context.new_page()
    page.goto(address)
    expect(page.locator(".st-key-train_view")).to_be_visible(timeout=SLOW)
    return page


def button(page: Page, key: str) -> Locator:
    return page.locator(f".st-key-{key} button").last


def at_work(page: Page) -> Locator:
    return page.locator(".st-key-progress_row").get_by_text(re.compile("^Step [1-9]"))


def test_another_browser_watches_a_run_and_can_neither_stop_it_nor_take_its_model(
    server: Server, people: list[BrowserContext]
) -> None:
    ann, bob = people
    mine = open_train(ann, f"{server.url}/train?{LONG}")
    expect(button(mine, "train")).to_be_enabled(timeout=SLOW)
    mine.get_by_role("radiogroup", name="Speed").get_by_role("radio", name="Watch it").click()
    button(mine, "train").click()
    expect(at_work(mine)).to_be_visible(timeout=SLOW)
    watched = open_train(bob, mine.url)
    expect(at_work(watched)).to_be_visible(timeout=SLOW)
    expect(watched.get_by_text("begun in another browser")).to_be_visible()
    for key in ("stop", "run_pause", "run_step"):
        expect(watched.locator(f".st-key-{key}")).to_have_count(0)
    second_tab = open_train(ann, f"{server.url}/train")
    expect(button(second_tab, "stop")).to_be_visible(timeout=SLOW)
    assert "run=" not in second_tab.url, "it is found by the browser, not by the address"
    button(second_tab, "stop").click()
    for page in (mine, second_tab):
        expect(page.get_by_text("What it had learned by then is kept as yours 1")).to_be_visible()
    expect(watched.get_by_text("The training that you watched is over.")).to_be_visible()
    expect(watched.locator(".st-key-train_view")).to_be_visible()
    expect(watched.get_by_text("yours 1")).to_have_count(0)


def test_the_film_of_ones_last_run_stays_whoever_trains_since(
    server: Server, people: list[BrowserContext]
) -> None:
    pages = [open_train(context, f"{server.url}/train?{SHORT}") for context in people]
    for page in [*pages, pages[1]]:
        expect(button(page, "train")).to_be_enabled(timeout=SLOW)
        button(page, "train").click()
        expect(page.get_by_text(READY)).to_be_visible(timeout=SLOW)
    film = pages[0].get_by_text("The film of this run")
    expect(film).to_be_visible()
    pages[0].get_by_role("link", name="Draw").click()
    expect(film).to_have_count(0)
    pages[0].get_by_role("link", name="Train").click()
    expect(film).to_be_visible()
