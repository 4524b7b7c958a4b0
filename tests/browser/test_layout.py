"""The page on a projector and on phones: all of it seen, nothing in the way."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, FloatRect, Locator, Page, Request, expect

from tests.support.answers import expect_digit, go_to, open_reason, press
from tests.support.drawing import DIGITS, canvas_ready, draw, draw_with_finger
from tests.support.hall import assert_widest_code_fits, draw_in, hall_url, open_room
from tests.support.server import Server


def box(element: Locator) -> FloatRect:
    found = element.bounding_box()
    assert found is not None, f"not on the page: {element}"
    return found


def assert_on_screen(page: Page, *elements: Locator) -> None:
    """Assert that these are wholly visible without scrolling."""
    screen = page.viewport_size
    assert screen is not None
    assert page.locator("main, [data-testid=stMain]").evaluate("main => main.scrollTop") == 0
    assert page.evaluate("scrollY") == 0
    for element in elements:
        place = box(element)
        assert place["x"] >= 0, element
        assert place["y"] >= 0, element
        assert place["x"] + place["width"] <= screen["width"], element
        assert place["y"] + place["height"] <= screen["height"], element


def assert_no_sideways_scrolling(page: Page) -> None:
    for element in (page.locator("html"), page.locator("main, [data-testid=stMain]")):
        wide, seen = element.evaluate("e => [e.scrollWidth, e.clientWidth]")
        assert wide <= seen, f"{wide} pixels of content in {seen}"


def test_a_projector_shows_canvas_answer_bars_and_retrain_without_scrolling_or_a_menu(
    page: Page,
) -> None:
    page.set_viewport_size({"width": 1280, "height": 720})
    canvas = canvas_ready(page)
    draw(page, DIGITS[3])
    expect_digit(page, 3)
    meters = page.get_by_role("meter").all()
    assert len(meters) == 10
    retrain = page.locator(".st-key-retrain button:visible")
    assert_on_screen(page, canvas, page.locator(".reading .answer"), *meters, retrain)
    assert_no_sideways_scrolling(page)
    first = box(meters[0])
    assert first["x"] + first["width"] - box(canvas)["x"] > 900, "a narrow column"
    for name in ("stMainMenu", "stAppDeployButton", "stDeployButton"):
        expect(page.get_by_test_id(name)).to_have_count(0)
    expect(page.get_by_role("button", name="Deploy")).to_have_count(0)


NARROW = (280, 320, 360)
PHONES = {(390, 844): 0, (360, 640): 0.2, (320, 568): 0.35, (844, 390): 0, (667, 375): 0}
"""How far the last bar may be below the screen, in heights of it: one small scroll."""


@pytest.mark.parametrize("is_mobile", [True, False])
def test_a_phone_upright_or_on_its_side_shows_canvas_answer_and_bars_together(
    browser: Browser, server: Server, is_mobile: bool
) -> None:
    with browser.new_context(has_touch=True, is_mobile=is_mobile) as context:
        page = context.new_page()
        page.set_viewport_size({"width": 390, "height": 844})
        page.goto(server.url)
        draw_with_finger(page, DIGITS[3])
        expect_digit(page, 3)
        for reason in ("", "Evidence"):
            if reason:
                open_reason(page, reason)
                expect(page.locator(".st-key-reason")).to_be_visible()
            for (width, height), scroll in PHONES.items():
                page.set_viewport_size({"width": width, "height": height})
                canvas = canvas_ready(page)
                page.get_by_test_id("stMain").evaluate("main => main.scrollTo(0, 0)")
                assert_on_screen(page, canvas, page.locator(".reading .answer"))
                assert_no_sideways_scrolling(page)
                if reason and width > height:  # it is where the bars were
                    bottom = box(page.locator(".reason"))["y"]
                else:
                    bars = box(page.locator(".reading .bars"))
                    bottom = bars["y"] + bars["height"]
                assert bottom <= (1 + scroll) * height, (width, height, reason)


# Texts and boxes that end beyond the screen's right edge, which nobody could scroll to. A room's
# drawings that wait are in a row that scrolls.
CUT_OFF = """() => {
  const found = [];
  const visit = (root) => {
    for (const node of root.querySelectorAll("*")) {
      if (node.shadowRoot) visit(node.shadowRoot);
      if (node.closest(".unseen, .katex-mathml, [type=range], :is(.waiting, .hidden) li")) continue;
      const isSeen = node.checkVisibility({opacityProperty: true, visibilityProperty: true});
      const {right, width} = node.getBoundingClientRect();
      if (isSeen && width > 1 && right > innerWidth + 1)
        found.push(`${node.tagName} ${node.className}: ${right}`);
    }
  };
  visit(document.querySelector("main, [data-testid=stMain]"));
  return found;
}"""


def cut_off(page: Page) -> list[str]:
    found: list[str] = page.evaluate(CUT_OFF)
    return found


def views(page: Page) -> list[str]:
    links = page.get_by_test_id("stTopNavLink")
    expect(links.first).to_be_visible()
    return [link.inner_text().splitlines()[-1].strip() for link in links.all()]


def test_every_view_fits_a_small_phone_sideways_and_asks_nothing_of_another_server(
    page: Page, server: Server
) -> None:
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
        for width in NARROW:
            page.set_viewport_size({"width": width, "height": 640})
            page.locator("[data-test-script-state='notRunning']").first.wait_for()
            assert_no_sideways_scrolling(page)
            assert cut_off(page) == [], width
        page.set_viewport_size({"width": 1280, "height": 720})
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


def test_the_menu_of_a_phone_closes_after_a_choice(phone_page: Page) -> None:
    canvas_ready(phone_page)
    for view, path in (("Train", "train"), ("How it works", "how")):
        phone_page.get_by_test_id("stExpandSidebarButton").tap()
        phone_page.get_by_test_id("stSidebar").get_by_role("link", name=view, exact=True).tap()
        expect(phone_page).to_have_url(re.compile(rf"/{path}"))
        expect(phone_page.get_by_test_id("stSidebarCollapseButton")).not_to_be_in_viewport()


ROOM_SCREENS = ((280, 640), (320, 568), (360, 640), (390, 844), (844, 390), (853, 480), (1280, 720))


def test_a_room_fits_phones_and_projectors_empty_and_with_drawings(
    page: Page, server: Server
) -> None:
    code = open_room(page, hall_url(server.url))
    for has_drawings in (False, True):
        if has_drawings:
            draw_in(server.url, code)
            expect(page.locator(".room-scores")).to_contain_text("%")
            expect(page.locator(".waiting .tile").first).to_be_visible()
        for width, height in ROOM_SCREENS:
            page.set_viewport_size({"width": width, "height": height})
            page.locator("[data-test-script-state='notRunning']").first.wait_for()
            assert_no_sideways_scrolling(page)
            assert_widest_code_fits(page)
            assert cut_off(page) == [], width
            if not has_drawings:
                code_side = box(page.get_by_role("img", name="The address of the room"))["width"]
                assert 0.4 * min(width, height) < code_side < max(height, 0.7 * width)
    page.goto(f"{server.url}/r/{code}")  # the wall asks no further


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_of_a_rooms_phone_shows_canvas_bars_and_send_without_scrolling(
    page: Page, server: Server, scheme: str
) -> None:
    code = open_room(page, server.url)
    draw_in(server.url, code)
    page.goto(f"{server.url}/r/{code}")
    expect(page.locator("#figures")).to_contain_text("drawings from")
    page.locator("#canvas").click()
    ours = page.evaluate("getComputedStyle(document.body).backgroundColor")
    is_dark = max(int(part) for part in re.findall(r"\d+", ours)[:3]) < 128
    assert is_dark == (scheme == "dark")
    for width, height in ROOM_SCREENS:
        page.set_viewport_size({"width": width, "height": height})
        needed = [page.locator(name) for name in ("#asked", "#canvas", "#says", "#bars", "#send")]
        assert_on_screen(page, *needed)
        side = box(needed[1])
        assert side["width"] == pytest.approx(side["height"], abs=1)
        assert side["width"] > 0.4 * min(width, height)
        assert_no_sideways_scrolling(page)
        assert cut_off(page) == [], width
