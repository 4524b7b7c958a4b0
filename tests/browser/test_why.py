"""The reasons for an answer: they add up, follow every stroke, and can be read without eyes."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.answers import expect_digit, expect_some_reading, open_reason, press
from tests.support.drawing import DIGITS, draw
from tests.support.waiting import wait_until


def pick(page: Page, group: str, option: str) -> None:
    radios = page.get_by_role("radiogroup", name=group, exact=True)
    radios.get_by_role("radio", name=option, exact=True).click()


def reason(page: Page) -> Locator:
    return page.locator("p.reason")


def sum_rows(page: Page) -> list[Decimal]:
    cells = page.locator("table.sum td")
    expect(cells).to_have_count(4)
    return [Decimal(text.replace("−", "-")) for text in cells.all_inner_texts()]


def small_shares(page: Page) -> list[float]:
    meters = page.locator(".small-bars [role=meter]")
    expect(meters).to_have_count(10)
    return [float(meter.get_attribute("aria-valuenow") or "nan") for meter in meters.all()]


def test_nothing_is_explained_before_something_is_drawn(page: Page) -> None:
    expect(page.get_by_role("radiogroup", name="Model")).to_be_visible()
    expect(page.get_by_role("radiogroup", name="Why?")).to_have_count(0)


def test_the_evidence_of_every_digit_adds_up_as_printed(page: Page) -> None:
    draw(page, DIGITS[3])
    expect_digit(page, 3)
    open_reason(page, "Evidence")
    expect(reason(page)).to_have_text(re.compile("^3 scores"))
    for digit in "0259":
        pick(page, "For", digit)
        expect(reason(page)).to_have_text(re.compile(f"^{digit} scores"))
        bias, positive, negative, logit = sum_rows(page)
        assert bias + positive - negative == logit


def test_a_pixel_says_its_share_to_the_pointer_and_to_the_keyboard(page: Page) -> None:
    draw(page, DIGITS[3])
    expect_digit(page, 3)
    open_reason(page, "Evidence")
    canvas, said = page.locator(".evidence canvas"), page.locator(".evidence output")
    canvas.hover(position={"x": 5, "y": 5})
    expect(said).to_have_text(re.compile("^Row 1, column 1: ink 0.00, share 0$"))
    page.mouse.move(0, 0)
    canvas.focus()
    page.keyboard.press("ArrowDown")
    expect(said).to_have_text(re.compile("^Row 15, column 14: ink"))
    expect(canvas).to_have_attribute("aria-label", re.compile("Map of the evidence. 3 scores"))


def test_a_tapped_pixel_keeps_saying_its_share_and_a_finger_on_the_map_scrolls_the_page(
    phone_page: Page,
) -> None:
    draw(phone_page, DIGITS[3])
    expect_digit(phone_page, 3)
    open_reason(phone_page, "Evidence")
    canvas, said = phone_page.locator(".evidence canvas"), phone_page.locator(".evidence output")
    canvas.tap(position={"x": 5, "y": 5})
    first = re.compile("^Row 1, column 1: ink 0.00, share 0$")
    expect(said).to_have_text(first)
    main = phone_page.get_by_test_id("stMain")
    before = main.evaluate("main => main.scrollTop")
    swipe_up(phone_page, canvas)
    wait_until(lambda: main.evaluate("main => main.scrollTop") > before + 60, 5, "it stays")
    expect(said).to_have_text(first)
    canvas.tap(position={"x": 5, "y": 100})
    expect(said).not_to_have_text(first)
    expect(said).to_have_text(re.compile(r"^Row \d+, column 1: ink"))


def swipe_up(page: Page, place: Locator) -> None:
    """Put a finger on the middle of a place, move it up by 120 pixels, and lift it."""
    box = place.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    session = page.context.new_cdp_session(page)
    for kind, moved in (("touchStart", 0), *(("touchMove", 10 * i) for i in range(1, 13))):
        touch = {"type": kind, "touchPoints": [{"x": x, "y": y - moved, "id": 1}]}
        session.send("Input.dispatchTouchEvent", touch)
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    session.detach()


def test_the_contrast_is_with_the_runner_up_unless_picked(page: Page) -> None:
    draw(page, DIGITS[3])
    expect_digit(page, 3)
    open_reason(page, "Why not another")
    expect(reason(page)).to_have_text(re.compile(r"^3 rather than \d"))
    pick(page, "And not", "8")
    expect(reason(page)).to_have_text(re.compile("^3 rather than 8, by"))
    bias, positive, negative, lead = sum_rows(page)
    assert bias + positive - negative == lead > 0


@pytest.mark.parametrize("target", [8, 1])
def test_the_smallest_change_really_makes_the_picked_digit_win(page: Page, target: int) -> None:
    draw(page, DIGITS[3])
    expect_digit(page, 3)
    open_reason(page, "Smallest change")
    pick(page, "To make it", str(target))
    expect(reason(page)).to_have_text(
        re.compile(rf"pixels? puts? {target} ahead of 3|until {target} won")
    )

    def is_ahead() -> bool:
        shares = small_shares(page)
        return shares.index(max(shares)) == target

    wait_until(is_ahead, 10, "the bars after the change have another winner")


def test_the_film_strip_has_six_stages_and_a_switch_takes_one_away(page: Page) -> None:
    draw(page, [[(x * 0.4, y * 0.4) for x, y in stroke] for stroke in DIGITS[3]])
    expect_digit(page, 3)
    open_reason(page, "On its way")
    figures = page.locator(".stages figure")
    expect(figures).to_have_count(6)
    with_all = small_shares(page)
    page.get_by_role("button", name="moments", exact=True).click()
    expect(figures).to_have_count(5)
    wait_until(lambda: small_shares(page) != with_all, 15, "the bars do not follow")


def test_the_moment_at_which_it_changed_its_mind_is_marked(page: Page) -> None:
    draw(page, DIGITS[7])
    expect_digit(page, 7)
    open_reason(page, "Strokes")
    expect(page.get_by_text("Draw with more than one stroke")).to_be_visible()
    draw(page, [[(0.3, 0.85), (0.7, 0.8)]])
    expect(page.locator(".stages figure")).to_have_count(2)
    expect(reason(page)).to_have_text(re.compile("changed its mind"))
    press(page, "undo")
    expect(page.get_by_text("Draw with more than one stroke")).to_be_visible()


def test_a_sample_has_no_strokes_of_the_drawing_before_it(page: Page) -> None:
    draw(page, DIGITS[4][:1])
    expect_some_reading(page)
    draw(page, DIGITS[4][1:])
    expect_digit(page, 4)
    open_reason(page, "Strokes")
    expect(page.locator(".stages figure")).to_have_count(2)
    page.keyboard.press("7")
    expect_digit(page, 7)
    expect(page.get_by_text("Draw with more than one stroke")).to_be_visible()


def test_what_is_open_follows_the_next_stroke(page: Page) -> None:
    draw(page, DIGITS[1])
    expect_digit(page, 1)
    open_reason(page, "Evidence")
    expect(reason(page)).to_have_text(re.compile("^1 scores"))
    press(page, "clear")
    expect(reason(page)).to_have_count(0)
    draw(page, DIGITS[0])
    expect(reason(page)).to_have_text(re.compile("^0 scores"))


def test_a_click_on_a_bar_shows_the_evidence_for_its_digit(page: Page) -> None:
    draw(page, DIGITS[3])
    expect_digit(page, 3)
    hint = "row => getComputedStyle(row, '::after').content"
    assert page.locator(".reading .row.winner").evaluate(hint) == '"why?"'
    page.get_by_role("button", name="Evidence for 5").click()
    expect(reason(page)).to_have_text(re.compile("^5 scores"))
    open_reason(page, "Bars")
    page.locator(".reading .row").nth(8).locator(".track").click()
    expect(reason(page)).to_have_text(re.compile("^8 scores"))
