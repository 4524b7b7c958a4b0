"""Pictures that the page brings to Draw, with their reasons: a mistake, or one that was clicked."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.answers import (
    answered,
    expect_digit,
    expect_invitation,
    ink_share,
    open_reason,
    press,
    shares,
)
from tests.support.drawing import DIGITS, Stroke, canvas_ready, draw


def show_one(page: Page, *, after: str = "") -> str:
    """Ask for a mistake; return what is said of it."""
    press(page, "show_mistake")
    expect(about(page)).to_be_visible(timeout=60_000)
    if after:
        expect(about(page)).not_to_have_text(after)
    page.locator("[data-test-script-state='notRunning']").first.wait_for()
    return about(page).inner_text()


def about(page: Page) -> Locator:
    return page.get_by_text(re.compile("^Test digit .* whoever wrote it meant"))


def meant(words: str) -> int:
    found = re.search(r"meant (\d)\.", words)
    assert found is not None
    return int(found[1])


def draw_on_picture(page: Page, stroke: Stroke) -> None:
    """Draw with a mouse on a picture that the page brought."""
    picture = page.locator(".brought")
    picture.scroll_into_view_if_needed()
    box = picture.bounding_box()
    assert box is not None
    for number, (x, y) in enumerate(stroke):
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=6)
        if number == 0:
            page.mouse.down()
    page.mouse.up()


def test_a_mistake_is_read_wrong_and_says_which_digit_was_meant_and_opens_its_reasons(
    page: Page,
) -> None:
    canvas_ready(page)
    wanted = meant(show_one(page))
    answered(page)
    why = page.get_by_role("radiogroup", name="Why?")
    expect(why.get_by_role("radio", name="Why not another")).to_be_checked()
    open_reason(page, "Bars")
    said = shares(page)
    assert max(said) > 0
    assert said.index(max(said)) != wanted


def test_each_press_shows_another_one(page: Page) -> None:
    canvas_ready(page)
    first = show_one(page)
    assert show_one(page, after=first) != first


def test_the_canvas_is_empty_behind_a_mistake_and_the_next_stroke_is_read_alone(
    page: Page,
) -> None:
    draw(page, DIGITS[3])
    expect_digit(page, 3)
    show_one(page)
    page.reload()
    expect_digit(page, 3)  # what was drawn is what a reload keeps
    show_one(page)
    press(page, "to_canvas")
    canvas_ready(page)
    expect_invitation(page)
    draw(page, DIGITS[7])
    expect_digit(page, 7)


def test_the_first_stroke_on_a_mistake_begins_an_empty_canvas_and_undo_leads_back(
    page: Page,
) -> None:
    draw(page, DIGITS[3])
    expect_digit(page, 3)
    show_one(page)
    draw_on_picture(page, [(0.5, 0.2), (0.5, 0.8)])
    expect_digit(page, 1)
    canvas_ready(page)
    assert 0.02 < ink_share(page) < 0.08, "not this stroke alone"
    open_reason(page, "Bars")
    draw(page, [[(0.2, 0.8), (0.8, 0.8)]])
    for _ in range(2):
        press(page, "undo")
    expect_invitation(page)
    press(page, "undo")
    expect_digit(page, 3)


def test_a_digit_of_two_strokes_is_begun_on_a_picture_and_kept_whole(page: Page) -> None:
    canvas_ready(page)
    show_one(page)
    for stroke in DIGITS[4]:
        draw_on_picture(page, stroke)
    expect_digit(page, 4)


def test_a_tap_on_a_picture_is_a_dot_that_can_be_seen(page: Page) -> None:
    canvas_ready(page)
    show_one(page)
    draw_on_picture(page, [(0.5, 0.5)])
    canvas_ready(page)
    assert 0.001 < ink_share(page) < 0.01


def test_a_stroke_that_is_too_long_ends_where_it_is_and_leaves_nobody_stuck(page: Page) -> None:
    canvas_ready(page)
    show_one(page)
    page.locator(".brought").evaluate(
        """picture => {
          const {left, top, width, height} = picture.getBoundingClientRect();
          const say = (type, share) => picture.dispatchEvent(new PointerEvent(type, {
            bubbles: true, pointerId: 1, button: 0, isPrimary: true,
            clientX: left + width / 2, clientY: top + height * (0.2 + 0.6 * share),
          }));
          say("pointerdown", 0);
          for (let i = 0; i < 6000; i++) say("pointermove", (i % 1000) / 1000);
          say("pointerup", 1);
        }"""
    )
    expect_digit(page, 1)
    canvas_ready(page)
    expect(page.locator("canvas.sheet")).to_have_count(0)


@pytest.mark.parametrize("address", ["evaluate", "evaluate?stage=true"])
def test_a_click_on_a_picture_in_evaluate_shows_it_on_draw_with_a_reason(
    page: Page, address: str
) -> None:
    page.goto(page.url + address)
    pictures = page.locator(".st-key-cell_pictures .pick")
    pictures.first.click()
    expect(about(page)).to_be_visible()
    answered(page)
    why = page.get_by_role("radiogroup", name="Why?")
    expect(why.get_by_role("radio", name="Why not another")).to_be_checked()
    assert ("stage=true" in page.url) == ("stage" in address)
    expect(page.get_by_role("switch", name="Stage")).to_be_checked(checked="stage" in address)


def test_on_the_stage_what_a_training_changed_is_seen_and_a_drawing_of_the_receipt_goes_to_draw(
    page: Page,
) -> None:
    page.goto(page.url + "?stage=true")
    draw(page, DIGITS[7])
    expect_digit(page, 7)
    press(page, "retrain")
    page.locator(".st-key-see_changes button").click(timeout=60_000)
    expect(page.locator(".film")).to_be_visible()
    stage = page.get_by_role("switch", name="Stage")
    expect(stage).to_be_checked()
    page.keyboard.press("f")
    expect(stage).not_to_be_checked()
    page.get_by_role("button", name="your drawing").click()
    expect(page.get_by_text("Drawing 1 of this visit")).to_be_visible()
    expect(page.locator(".brought img")).to_be_visible()
    answered(page)
