"""What a finger taps is large enough for one, in every view."""

from __future__ import annotations

import time

from playwright.sync_api import Page, expect

from tests.support.answers import REASONS, expect_digit, open_reason, press
from tests.support.drawing import DIGITS, canvas_ready, draw
from tests.support.hall import draw_in, expect_all_drawings, hall_url, open_room
from tests.support.server import Server

LEAST = 40
"""Pixels, across and down."""
LAYOUT_SECONDS = 3

# What can be tapped, and that a tap does not reach over so many pixels across and down. Left out
# are links in running text, and the confusion matrix's cells, which two boxes choose from as well.
TOO_SMALL = """(whole, least) => {
  const tapped = "a[href], button, input, select, textarea, summary, [role=option], [role=tab]";
  const at = (x, y) => {
    let root = document;
    for (;;) {
      const hit = root.elementFromPoint(x, y);
      if (!hit?.shadowRoot || hit.shadowRoot === root) return hit;
      root = hit.shadowRoot;
    }
  };
  const parent = (node) => node.parentNode ?? node.host;
  const isIn = (node, other) => node && (node === other || isIn(parent(node), other));
  const isInText = (node) => node.matches("a") && getComputedStyle(node).display === "inline"
    && node.parentElement.innerText.trim() !== node.innerText.trim();
  // Streamlit hides the inputs of its sliders, boxes and switches: what is seen takes the tap.
  const seen = (node) => {
    if (node.matches("[type=checkbox], [type=radio]")) return node.closest("label") ?? node;
    return node.closest("[data-testid=stSlider]") ? node.closest("[data-rac][style]") : node;
  };
  const reach = (node, x, y, dx, dy) => {
    let n = 0;
    while (n < least && isIn(at(x + n * dx, y + n * dy), node)) n += 1;
    return n;
  };
  const found = [];
  let n = 0;
  const visit = (root) => {
    for (const each of root.querySelectorAll("*")) {
      if (each.shadowRoot) visit(each.shadowRoot);
      if (!each.matches(tapped) || each.disabled || isInText(each)) continue;
      const node = seen(each);
      if (!node.checkVisibility({opacityProperty: true, visibilityProperty: true})) continue;
      if (node.closest("[inert]") || getComputedStyle(node).pointerEvents === "none") continue;
      let box = node.getBoundingClientRect();
      if (box.width <= 1 || box.right < 0) continue; // a menu that is closed
      const isOut = !isIn(at(box.left + box.width / 2, box.top + box.height / 2), node);
      if (isOut || box.top < least || box.bottom > innerHeight - least || box.right > innerWidth) {
        node.scrollIntoView({block: "center", inline: "center", behavior: "instant"});
        box = node.getBoundingClientRect();
      }
      const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
      n += 1;
      const across = reach(node, x, y, -1, 0) + reach(node, x, y, 1, 0);
      const down = reach(node, x, y, 0, -1) + reach(node, x, y, 0, 1);
      if (Math.min(across, down) < least - 1)
        found.push(`${each.tagName} ${each.ariaLabel ?? node.innerText}: ${across} x ${down}`);
    }
  };
  visit(whole);
  return [n, found];
}"""


def assert_large_enough(page: Page, *, at_least: int, within: str = "body") -> None:
    """Assert that all that can be tapped is, and that so many things are, once all is laid out."""
    if page.get_by_test_id("stApp").count():
        page.locator("[data-test-script-state='notRunning']").first.wait_for()
    deadline = time.monotonic() + LAYOUT_SECONDS
    n, found = page.locator(within).evaluate(TOO_SMALL, LEAST)
    while found and time.monotonic() < deadline:  # a picture in a button may come a moment later
        page.wait_for_timeout(100)
        n, found = page.locator(within).evaluate(TOO_SMALL, LEAST)
    assert not found, found
    assert n >= at_least


def test_on_draw_a_finger_hits_what_it_points_at(phone_page: Page) -> None:
    draw(phone_page, DIGITS[4])
    expect_digit(phone_page, 4)
    assert_large_enough(phone_page, at_least=30)
    for reason in REASONS:
        open_reason(phone_page, reason)
        expect(phone_page.locator(".st-key-reason")).to_be_visible()
        assert_large_enough(phone_page, at_least=30)
    phone_page.set_viewport_size({"width": 844, "height": 390})
    assert_large_enough(phone_page, at_least=30)
    press(phone_page, "clear")
    draw(
        phone_page,
        [[(x / 2, y) for x, y in DIGITS[1][0]], [(0.5 + x / 2, y) for x, y in DIGITS[7][0]]],
    )
    expect(phone_page.locator(".part")).to_have_count(2)
    assert_large_enough(phone_page, at_least=30)
    press(phone_page, "to_upload")
    expect(phone_page.locator(".st-key-upload")).to_be_visible()
    assert_large_enough(phone_page, at_least=15)


def test_on_train_and_in_the_menu_a_finger_hits_what_it_points_at(
    phone_page: Page, server: Server
) -> None:
    phone_page.goto(f"{server.url}/train?steps=20")
    phone_page.locator(".st-key-train button:enabled").tap()
    expect(phone_page.locator(".film .scrub")).to_be_visible(timeout=60_000)
    assert_large_enough(phone_page, at_least=30)
    phone_page.get_by_test_id("stExpandSidebarButton").tap()
    expect(phone_page.get_by_test_id("stSidebarCollapseButton")).to_be_in_viewport()
    assert_large_enough(phone_page, at_least=5, within="[data-testid=stSidebar]")


def test_on_evaluate_and_how_it_works_a_finger_hits_what_it_points_at(
    phone_page: Page, server: Server
) -> None:
    canvas_ready(phone_page)
    phone_page.goto(f"{server.url}/evaluate")
    expect(phone_page.get_by_test_id("stPagination")).to_be_visible()
    assert_large_enough(phone_page, at_least=15)
    phone_page.get_by_role("combobox", name="True digit").tap()
    digits = phone_page.get_by_role("option")
    expect(digits).to_have_count(10)
    assert digits.evaluate_all("all => Math.min(...all.map((each) => each.clientHeight))") >= LEAST
    phone_page.goto(f"{server.url}/how")
    expect(phone_page.locator("h2 .step")).to_have_count(4)
    assert_large_enough(phone_page, at_least=1)


def test_in_a_room_and_on_the_page_of_its_phones_a_finger_hits_what_it_points_at(
    phone_page: Page, server: Server
) -> None:
    phone_page.emulate_media(reduced_motion="reduce")  # a drawing that arrives is smaller at first
    code = open_room(phone_page, hall_url(server.url))
    assert_large_enough(phone_page, at_least=6)
    draw_in(server.url, code)
    expect(phone_page.locator(".room-scores")).to_contain_text("%")
    expect_all_drawings(phone_page)
    assert_large_enough(phone_page, at_least=70)
    phone_page.goto(f"{server.url}/r/{code}")
    canvas = phone_page.locator("#canvas")
    expect(phone_page.locator("#asked")).to_contain_text("Draw a")
    canvas.tap()
    phone_page.get_by_role("button", name="Send").tap()
    expect(phone_page.get_by_role("button", name="Take mine back")).to_be_visible()
    canvas.tap()
    assert_large_enough(phone_page, at_least=5)
