"""The first visit over a slow network: what is loaded, what is seen, and an early stroke."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, CDPSession, Page, Route, expect

from tests.support.answers import expect_some_reading
from tests.support.cable import plugged
from tests.support.drawing import CANVAS, DIGITS, canvas_ready, draw
from tests.support.server import Server

MOST_BYTES = 1_200_000
BYTES_PER_SECOND = 1.5e6 / 8
LATENCY_MS = 100


@pytest.fixture
def new_page(browser: Browser) -> Iterator[Page]:
    """A page of a browser that was never here; nothing is opened yet."""
    with browser.new_context(viewport={"width": 390, "height": 844}) as context:
        yield context.new_page()


@pytest.fixture
def network(new_page: Page) -> CDPSession:
    session = new_page.context.new_cdp_session(new_page)
    session.send("Network.enable")
    return session


def test_a_first_visit_loads_few_bytes_and_no_font_of_icons(new_page: Page, server: Server) -> None:
    urls: list[str] = []
    new_page.on("request", lambda request: urls.append(request.url))
    with plugged(server.url) as cable:
        new_page.goto(cable.url)
        canvas_ready(new_page)
        draw(new_page, DIGITS[3])
        expect_some_reading(new_page)  # what reads in the browser has come before it
        assert 300_000 < cable.n_received < MOST_BYTES
    assert not [url for url in urls if "MaterialSymbols" in url]


def test_something_is_seen_before_the_first_script_arrives_and_goes_with_it(
    new_page: Page, server: Server
) -> None:
    held: list[Route] = []
    new_page.route("**/static/js/index*.js", lambda route: held.append(route))
    new_page.goto(server.url, wait_until="commit")
    look = new_page.get_by_text("in a moment you can draw a digit")
    expect(look).to_be_visible()
    for route in held:
        route.continue_()
    canvas_ready(new_page)
    expect(look).to_have_count(0)


def test_a_view_that_is_opened_by_its_address_begins_in_the_same_way(
    new_page: Page, server: Server
) -> None:
    for view in ("train", "evaluate", "room", "how"):
        answer = new_page.goto(f"{server.url}/{view}")
        assert answer is not None
        assert "in a moment you can draw a digit" in answer.text()
        menu = new_page.get_by_role("button", name="Expand sidebar")
        expect(menu).to_be_visible()
        menu.click()
        new_page.get_by_role("link", name="Draw").click()
        canvas_ready(new_page)
        expect(menu).to_be_visible()  # it has closed by itself, and covers nothing


def test_a_stroke_as_soon_as_the_canvas_is_seen_is_answered(
    new_page: Page, network: CDPSession, server: Server
) -> None:
    speed = {"downloadThroughput": BYTES_PER_SECOND, "uploadThroughput": BYTES_PER_SECOND}
    network.send(
        "Network.emulateNetworkConditions", {"offline": False, "latency": LATENCY_MS, **speed}
    )
    new_page.goto(server.url, wait_until="commit")
    canvas = new_page.locator(CANVAS)
    canvas.wait_for(timeout=60_000)
    new_page.locator("html[data-can-draw]").wait_for(state="attached")
    box = canvas.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 4
    new_page.mouse.move(x, y)
    new_page.mouse.down()
    for step in range(16):
        new_page.mouse.move(x, y + 10 * step)
    new_page.mouse.up()
    expect_some_reading(new_page)
