"""More than one button, hand or click at a time: no pen sticks, draws by itself, or is lost."""

from __future__ import annotations

import contextlib
import itertools
import math
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.support.answers import (
    TO_UPLOAD,
    expect_digit,
    expect_invitation,
    expect_some_reading,
    go_to,
    ink_share,
    press,
    shares,
)
from tests.support.drawing import DIGITS, Stroke, canvas_ready, draw_with_mouse, mouse_held
from tests.support.waiting import wait_until

LEFT_OF_4, RIGHT_OF_4 = DIGITS[4]
PALM = (0.85, 0.9)


class Input:
    """Raw input on the canvas, as the browser gets it; places are in unit coordinates."""

    def __init__(self, page: Page) -> None:
        box = canvas_ready(page).bounding_box()
        assert box is not None
        self._box = box
        self._session = page.context.new_cdp_session(page)

    def place(self, x: float, y: float) -> dict[str, float]:
        """Return where a place of the canvas is on the page."""
        box = self._box
        return {"x": box["x"] + x * box["width"], "y": box["y"] + y * box["height"]}

    def mouse(self, kind: str, x: float, y: float, **more: Any) -> None:
        """Say what a mouse does: "Pressed", "Moved" or "Released"."""
        told = {"type": f"mouse{kind}", "pointerType": "mouse", **self.place(x, y), **more}
        self._session.send("Input.dispatchMouseEvent", told)

    def touch(self, kind: str, **fingers: tuple[float, float]) -> None:
        """Say where all contacts are, at "Start" and "Move"; which of them "End" or "Cancel"."""
        points = [
            {**self.place(*at), "id": 1 + ["palm", "pen"].index(name)}
            for name, at in fingers.items()
        ]
        told = {"type": f"touch{kind}", "touchPoints": points}
        self._session.send("Input.dispatchTouchEvent", told)

    def close(self) -> None:
        """Let go of the browser."""
        self._session.detach()


@contextlib.contextmanager
def raw_input(page: Page) -> Iterator[Input]:
    """Give raw input until the block ends."""
    hands = Input(page)
    yield hands
    hands.close()


def along(stroke: Stroke) -> Iterator[tuple[float, float]]:
    """Yield a stroke's places after its first, at most 0.03 apart."""
    for (x0, y0), (x1, y1) in itertools.pairwise(stroke):
        n = max(1, math.ceil(math.dist((x0, y0), (x1, y1)) / 0.03))
        yield from ((x0 + (x1 - x0) * i / n, y0 + (y1 - y0) * i / n) for i in range(1, n + 1))


def nothing_is_drawn_without_a_button(page: Page) -> None:
    """Move to and fro over the canvas; the drawing and its bars must stay as they are."""
    expect_some_reading(page)
    before, percent = ink_share(page), shares(page)
    with raw_input(page) as hands:
        for x, y in along([(0.1, 0.1), (0.9, 0.15), (0.1, 0.9)]):
            hands.mouse("Moved", x, y)
    page.wait_for_timeout(400)  # twice as long as the library waits before it sends
    assert page.evaluate(STROKE_UNDER_WAY) == 0
    assert (ink_share(page), shares(page)) == (before, percent)


# How many pixels the library's upper canvas shows: the stroke under way.
STROKE_UNDER_WAY = """() => {
  for (const host of document.querySelectorAll(".st-key-canvas *")) {
    const canvas = host.shadowRoot?.querySelector("canvas.upper-canvas");
    if (!canvas) continue;
    const {data} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return data.filter((level, i) => i % 4 === 3 && level > 0).length;
  }
}"""

PENS = {
    "a mouse": {"pointerType": "mouse"},
    "a pen": {"pointerType": "pen"},
}


@pytest.mark.parametrize("pen", PENS)
@pytest.mark.parametrize("other", ["right", "middle", "back"])
def test_another_button_pressed_and_released_during_a_stroke_changes_nothing(
    page: Page, pen: str, other: str
) -> None:
    kind: dict[str, Any] = PENS[pen]
    held = {"right": 2, "middle": 4, "back": 8}[other]
    places = list(along(LEFT_OF_4))
    with raw_input(page) as hands:
        hands.mouse("Moved", *LEFT_OF_4[0], **kind)
        hands.mouse("Pressed", *LEFT_OF_4[0], button="left", buttons=1, clickCount=1, **kind)
        for i, (x, y) in enumerate(places):
            if i == 4:
                more = {"button": other, "clickCount": 1, **kind}
                hands.mouse("Pressed", x, y, buttons=1 | held, **more)
                hands.mouse("Released", x, y, buttons=1, **more)
            hands.mouse("Moved", x, y, button="left", buttons=1, **kind)
        hands.mouse("Released", *places[-1], button="left", buttons=0, clickCount=1, **kind)
    nothing_is_drawn_without_a_button(page)
    draw_with_mouse(page, [RIGHT_OF_4])
    expect_digit(page, 4)


def test_a_left_button_released_before_the_right_one_ends_the_stroke(page: Page) -> None:
    with raw_input(page) as hands:
        hands.mouse("Moved", *LEFT_OF_4[0])
        hands.mouse("Pressed", *LEFT_OF_4[0], button="left", buttons=1, clickCount=1)
        for x, y in along(LEFT_OF_4):
            hands.mouse("Moved", x, y, button="left", buttons=1)
        hands.mouse("Pressed", x, y, button="right", buttons=3, clickCount=1)
        hands.mouse("Released", x, y, button="left", buttons=2, clickCount=1)
        hands.mouse("Moved", 0.1, 0.9, button="right", buttons=2)
        hands.mouse("Released", 0.1, 0.9, button="right", buttons=0, clickCount=1)
    nothing_is_drawn_without_a_button(page)
    draw_with_mouse(page, [RIGHT_OF_4])
    expect_digit(page, 4)


def test_a_button_released_where_the_page_does_not_hear_it_ends_the_stroke(page: Page) -> None:
    with raw_input(page) as hands:
        hands.mouse("Moved", *LEFT_OF_4[0])
        hands.mouse("Pressed", *LEFT_OF_4[0], button="left", buttons=1, clickCount=1)
        for x, y in along(LEFT_OF_4):
            hands.mouse("Moved", x, y, button="left", buttons=1)
        hands.mouse("Moved", 0.1, 0.9, button="none", buttons=0)
    nothing_is_drawn_without_a_button(page)
    draw_with_mouse(page, [RIGHT_OF_4])
    expect_digit(page, 4)


PALMS = {"on the canvas": PALM, "beside the canvas": (0.9, 1.08)}


@pytest.mark.parametrize("palm", PALMS)
def test_a_palm_that_comes_first_does_not_swallow_the_pen(phone_page: Page, palm: str) -> None:
    at = PALMS[palm]
    with raw_input(phone_page) as hands:
        hands.touch("Start", palm=at)
        for stroke in DIGITS[4]:
            hands.touch("Start", palm=at, pen=stroke[0])
            for place in along(stroke):
                hands.touch("Move", palm=at, pen=place)
            hands.touch("End", pen=place)
        expect_digit(phone_page, 4)
        only_the_digit = ink_share(phone_page)
        hands.touch("End")
    phone_page.wait_for_timeout(400)
    assert ink_share(phone_page) == only_the_digit
    expect_digit(phone_page, 4)


def test_a_palm_that_comes_and_goes_during_a_stroke_changes_nothing(phone_page: Page) -> None:
    places = list(along(DIGITS[7][0]))
    middle = len(places) // 2
    with raw_input(phone_page) as hands:
        hands.touch("Start", pen=DIGITS[7][0][0])
        for place in places[:middle]:
            hands.touch("Move", pen=place)
        hands.touch("Start", pen=places[middle], palm=PALM)
        hands.touch("Move", pen=places[middle], palm=(0.8, 0.85))
        hands.touch("End", palm=(0.8, 0.85))
        for place in places[middle:]:
            hands.touch("Move", pen=place)
        hands.touch("End")
    expect_digit(phone_page, 7)


def test_a_finger_that_the_system_takes_away_ends_its_stroke(phone_page: Page) -> None:
    with raw_input(phone_page) as hands:
        hands.touch("Start", pen=LEFT_OF_4[0])
        for place in along(LEFT_OF_4):
            hands.touch("Move", pen=place)
        hands.touch("Cancel")
        expect_some_reading(phone_page)
        hands.touch("Start", pen=RIGHT_OF_4[0])
        for place in along(RIGHT_OF_4):
            hands.touch("Move", pen=place)
        hands.touch("End")
    expect_digit(phone_page, 4)


def test_a_tap_is_a_dot(phone_page: Page) -> None:
    with raw_input(phone_page) as hands:
        hands.touch("Start", pen=(0.5, 0.5))
        assert ink_share(phone_page) == 0
        hands.touch("End")
    expect_some_reading(phone_page)
    assert ink_share(phone_page) > 0


def test_a_stroke_made_just_before_a_change_of_view_is_kept(page: Page) -> None:
    link = page.get_by_test_id("stTopNav").get_by_role("link", name="How it works")
    draw_with_mouse(page, [LEFT_OF_4])
    expect_some_reading(page)
    place = link.bounding_box()
    assert place is not None
    draw_with_mouse(page, [RIGHT_OF_4])
    page.mouse.click(place["x"] + place["width"] / 2, place["y"] + place["height"] / 2)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    go_to(page, "Draw")
    expect_digit(page, 4)
    press(page, "undo")
    wait_until(lambda: "4" not in page.locator(".reading .answer").inner_text(), 15, "still a 4")
    assert ink_share(page) > 0


def test_a_stroke_made_just_before_an_upload_is_kept(page: Page) -> None:
    draw_with_mouse(page, [LEFT_OF_4])
    expect_some_reading(page)
    canvas_ready(page)
    button = page.locator(".st-key-to_upload button").bounding_box()
    assert button is not None
    draw_with_mouse(page, [RIGHT_OF_4])
    page.mouse.click(button["x"] + 20, button["y"] + button["height"] / 2)
    expect_invitation(page, TO_UPLOAD)
    press(page, "to_canvas")
    expect_digit(page, 4)


def test_a_stroke_made_just_before_undo_is_the_one_that_undo_takes(page: Page) -> None:
    draw_with_mouse(page, [LEFT_OF_4])
    alone = expect_some_reading(page)
    for _ in range(3):
        with mouse_held(page, RIGHT_OF_4):
            pass
        press(page, "undo")
        wait_until(lambda: shares(page) == pytest.approx(alone, abs=2), 15, "undo took another")
        assert ink_share(page) > 0


def test_strokes_in_quick_succession_before_undo_lose_only_the_last(page: Page) -> None:
    undo = page.locator(".st-key-undo button:visible")
    draw_with_mouse(page, [LEFT_OF_4])
    expect_some_reading(page)
    place = undo.bounding_box()
    assert place is not None
    draw_with_mouse(page, [RIGHT_OF_4, [(0.1, 0.9), (0.9, 0.9)]])
    page.mouse.click(place["x"] + 20, place["y"] + place["height"] / 2)
    expect_digit(page, 4)
    press(page, "undo")
    wait_until(lambda: "4" not in page.locator(".reading .answer").inner_text(), 15, "still a 4")
    assert ink_share(page) > 0


FOCUSED = """() => {
  let node = document.activeElement;
  while (node?.shadowRoot?.activeElement) node = node.shadowRoot.activeElement;
  return node?.closest?.(".dc-toolbar") ? node.ariaLabel : null;
}"""


def test_the_librarys_toolbar_cannot_be_reached_by_keyboard(page: Page) -> None:
    canvas_ready(page)
    for _ in range(30):
        page.keyboard.press("Tab")
        reached = page.evaluate(FOCUSED)
        assert reached is None, f"the hidden {reached} has the focus"
    draw_with_mouse(page, DIGITS[3])
    expect_digit(page, 3)


def test_the_librarys_hidden_buttons_cannot_be_pressed(page: Page) -> None:
    edit = page.locator(".dc-toolbar button[aria-label='Edit']")
    edit.wait_for(state="attached")
    page.evaluate(
        """() => {
          for (const host of document.querySelectorAll(".st-key-canvas *"))
            host.shadowRoot?.querySelector(".dc-toolbar button[aria-label='Edit']")?.focus();
        }"""
    )
    page.keyboard.press("Enter")
    expect(edit).to_have_attribute("aria-pressed", "false")
    draw_with_mouse(page, DIGITS[3])
    expect_digit(page, 3)
