"""The page on a projector and on phones, light and dark: all of it seen, nothing in the way."""

from __future__ import annotations

from typing import Literal

import pytest
from playwright.sync_api import FloatRect, Locator, Page, Request, expect

from tests.support.answers import expect_digit, go_to, press
from tests.support.contrast import contrast
from tests.support.drawing import DIGITS, canvas_ready, draw, draw_with_finger
from tests.support.server import Server

READABLE = 4.5
"""WCAG 2.2's least contrast of text, level AA."""


def box(element: Locator) -> FloatRect:
    found = element.bounding_box()
    assert found is not None, f"not on the page: {element}"
    return found


def assert_on_screen(page: Page, *elements: Locator) -> None:
    """Assert that these are wholly visible without scrolling."""
    screen = page.viewport_size
    assert screen is not None
    assert page.get_by_test_id("stMain").evaluate("main => main.scrollTop") == 0
    for element in elements:
        place = box(element)
        assert place["x"] >= 0, element
        assert place["y"] >= 0, element
        assert place["x"] + place["width"] <= screen["width"], element
        assert place["y"] + place["height"] <= screen["height"], element


def assert_no_sideways_scrolling(page: Page) -> None:
    for element in (page.locator("html"), page.get_by_test_id("stMain")):
        wide, seen = element.evaluate("e => [e.scrollWidth, e.clientWidth]")
        assert wide <= seen, f"{wide} pixels of content in {seen}"


def test_a_projector_shows_canvas_answer_bars_and_retrain_without_scrolling(page: Page) -> None:
    page.set_viewport_size({"width": 1280, "height": 720})
    canvas = canvas_ready(page)
    draw(page, DIGITS[3])
    expect_digit(page, 3)
    meters = page.get_by_role("meter").all()
    assert len(meters) == 10
    retrain = page.locator(".st-key-retrain button:visible")
    assert_on_screen(page, canvas, page.locator(".reading .answer"), *meters, retrain)
    assert_no_sideways_scrolling(page)


def test_a_phone_shows_canvas_and_answer_without_scrolling(phone_page: Page) -> None:
    canvas = canvas_ready(phone_page)
    draw_with_finger(phone_page, DIGITS[3])
    expect_digit(phone_page, 3)
    assert_on_screen(phone_page, canvas, phone_page.locator(".reading .answer"))


@pytest.mark.parametrize("size", [(390, 844), (360, 640), (320, 568)], ids=str)
def test_on_any_phone_the_page_is_no_wider_than_the_screen_and_a_digit_fits_the_canvas(
    phone_page: Page, size: tuple[int, int]
) -> None:
    width, height = size
    phone_page.set_viewport_size({"width": width, "height": height})
    assert_on_screen(phone_page, canvas_ready(phone_page))
    assert_no_sideways_scrolling(phone_page)
    draw_with_finger(phone_page, DIGITS[3])
    expect_digit(phone_page, 3)
    assert_no_sideways_scrolling(phone_page)


def views(page: Page) -> list[str]:
    links = page.get_by_test_id("stTopNavLink")
    expect(links.first).to_be_visible()
    return [link.inner_text().splitlines()[-1].strip() for link in links.all()]


def test_every_view_fits_a_small_phone_sideways(page: Page) -> None:
    canvas_ready(page)
    for view in views(page):
        go_to(page, view)
        page.set_viewport_size({"width": 360, "height": 640})
        page.locator("[data-test-script-state='notRunning']").first.wait_for()
        assert_no_sideways_scrolling(page)
        page.set_viewport_size({"width": 1280, "height": 720})


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_is_written_can_be_read(page: Page, scheme: Literal["light", "dark"]) -> None:
    page.emulate_media(color_scheme=scheme)
    page.reload()
    draw(page, DIGITS[3])
    expect_digit(page, 3)
    dark = page.get_by_test_id("stApp").evaluate("app => getComputedStyle(app).colorScheme")
    assert dark == scheme
    reading, panel = page.locator(".reading"), page.locator(".st-key-draw_view")
    texts = [
        *(reading.locator(name) for name in (".answer", ".says", ".detail", "figcaption")),
        *reading.locator(".digit").all(),
        *reading.locator(".percent").all(),
        *panel.locator(".note").all(),
        *panel.locator("button:visible p").all(),
    ]
    assert len(texts) > 25
    faint = {text.inner_text(): contrast(text) for text in texts if contrast(text) < READABLE}
    assert not faint


def test_streamlits_own_menu_and_deploy_button_are_not_there(page: Page) -> None:
    canvas_ready(page)
    for name in ("stMainMenu", "stAppDeployButton", "stDeployButton"):
        expect(page.get_by_test_id(name)).to_have_count(0)
    expect(page.get_by_role("button", name="Deploy")).to_have_count(0)


def test_nothing_is_asked_of_another_server_in_any_view(page: Page, server: Server) -> None:
    asked: list[str] = []

    def note(request: Request) -> None:
        asked.append(request.url)

    page.on("request", note)
    page.on("websocket", lambda socket: asked.append(socket.url))
    page.reload()
    draw(page, DIGITS[3])
    expect_digit(page, 3)
    for view in views(page):
        go_to(page, view)
        page.locator("[data-test-script-state='notRunning']").first.wait_for()
    page.wait_for_load_state("networkidle")
    own = (server.url, server.url.replace("http", "ws", 1), "data:", "blob:")
    assert any(url.startswith("ws") for url in asked)
    assert not [url for url in asked if not url.startswith(own)]


def test_on_a_phone_the_answer_comes_before_the_choice_of_models(phone_page: Page) -> None:
    canvas_ready(phone_page)
    answer, models = phone_page.locator(".reading"), phone_page.locator(".st-key-retrain")
    for picture in ("canvas", "upload"):
        if picture == "upload":
            press(phone_page, "to_upload")
        shown = phone_page.locator(f".st-key-{picture}")
        expect(shown).to_be_visible()
        tops = [box(place)["y"] for place in (shown, answer, models)]
        assert tops == sorted(tops)
