"""The keys: each presses the control that is there, and none where something else wants it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.support.answers import expect_digit, expect_invitation, go_to
from tests.support.drawing import canvas_ready
from tests.support.waiting import wait_until


def ready(page: Page) -> Page:
    canvas_ready(page)
    expect(page.locator(".samples button")).to_have_count(10)
    return page


def test_a_talk_needs_no_mouse_samples_undo_clear_and_the_reasons_have_keys(page: Page) -> None:
    ready(page).keyboard.press("3")
    expect_digit(page, 3)
    for key, reason in (("e", "Evidence"), ("s", "Smallest change"), ("b", "Bars")):
        page.keyboard.press(key)
        expect(page.get_by_role("radio", name=reason)).to_be_checked()
    page.keyboard.press("n")
    expect(page.locator(".st-key-reason")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".st-key-reason")).to_have_count(0)
    page.keyboard.press("Control+z")
    expect_invitation(page)
    page.keyboard.press("7")
    expect_digit(page, 7)
    page.keyboard.press("c")
    expect_invitation(page)


@pytest.mark.parametrize("width", [1280, 640])  # the latter has a menu in the top bar's place
def test_keys_open_the_views_and_the_stage(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 360})
    ready(page)
    for key, path in (("v", "evaluate"), ("t", "train"), ("h", "how"), ("d", "")):
        page.keyboard.press(key)
        expect(page).to_have_url(re.compile(rf"/{path}$"))
    ready(page).keyboard.press("f")
    expect(page).to_have_url(re.compile("stage=true"))
    page.locator("main").focus()
    frame = "main => getComputedStyle(main, '::before').display"
    main = page.locator("main:focus-visible")
    wait_until(lambda: main.evaluate(frame) == "none", 15, "a frame around the page")
    page.keyboard.press("f")
    expect(page).not_to_have_url(re.compile("stage"))


def test_r_retrains_and_does_not_run_the_page_again(page: Page) -> None:
    ready(page).keyboard.press("r")
    expect(page.get_by_role("radio", name="yours 1")).to_be_checked(timeout=60_000)


def test_the_focus_that_a_click_leaves_behind_does_not_take_the_keys_of_a_run_from_it(
    page: Page,
) -> None:
    go_to(page, "Train")
    page.get_by_text("Begin paused").click()
    expect(page).to_have_url(re.compile("paused=true"))
    page.keyboard.press("r")
    row = page.locator(".st-key-progress_row")
    expect(row).to_contain_text("Paused at step 0")
    page.keyboard.press("ArrowRight")  # the box is focused, and has no use for an arrow
    expect(row).to_contain_text("Paused at step 1 ")
    page.locator("main").focus()
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Pause", exact=True)).to_be_visible()


def test_the_card_lists_every_key_and_closes_with_escape(page: Page) -> None:
    ready(page).keyboard.press("?")
    card = page.get_by_role("dialog", name="Keys")
    expect(card).to_be_visible()
    assert set("CMRBENSWKDTVHF?") <= set(card.locator("kbd").all_inner_texts())
    page.keyboard.press("4")  # not for the page below
    page.keyboard.press("Escape")
    expect(card).to_be_hidden()
    expect_invitation(page)


def test_keys_are_silent_while_text_is_typed_and_with_other_modifiers(page: Page) -> None:
    ready(page)
    go_to(page, "Train")
    steps = page.get_by_role("spinbutton", name="Steps")
    steps.fill("250")
    steps.press("3")
    expect(steps).to_have_value("2503")
    page.keyboard.press("Tab")
    page.keyboard.press("Alt+d")
    page.keyboard.press("Shift+D")
    expect(page).to_have_url(re.compile("/train"))


def test_a_key_whose_control_is_not_there_does_nothing(page: Page) -> None:
    ready(page).keyboard.press("e")  # nothing is drawn, so there is nothing to explain
    page.keyboard.press("5")
    expect_digit(page, 5)
    expect(page.get_by_role("radio", name="Bars")).to_be_checked()
    expect(page.locator(".st-key-reason")).to_have_count(0)


def test_the_canvas_has_a_name_and_draw_a_heading(page: Page) -> None:
    ready(page).keyboard.press("Tab")
    expect(page.get_by_role("img", name="The canvas: draw a digit here")).to_be_visible()
    expect(page.get_by_role("heading", name="Draw a digit", level=1)).to_be_attached()
