"""A mistake on demand: a test digit that the model gets wrong, on Draw, with its reasons."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.support.answers import (
    answered,
    expect_digit,
    expect_invitation,
    open_reason,
    press,
    shares,
)
from tests.support.drawing import DIGITS, canvas_ready, draw


def show_one(page: Page, *, after: str = "") -> str:
    """Ask for a mistake; return what is said of it."""
    press(page, "show_mistake")
    about = page.get_by_text(re.compile("^Test digit .* whoever wrote it meant"))
    expect(about).to_be_visible(timeout=60_000)
    if after:
        expect(about).not_to_have_text(after)
    return about.inner_text()


def test_a_mistake_is_read_wrong_and_says_which_digit_was_meant_and_opens_its_reasons(
    page: Page,
) -> None:
    canvas_ready(page)
    meant = int(show_one(page).rstrip(".")[-1])
    answered(page)
    why = page.get_by_role("radiogroup", name="Why?")
    expect(why.get_by_role("radio", name="Why not another")).to_be_checked()
    open_reason(page, "Bars")
    said = shares(page)
    assert max(said) > 0
    assert said.index(max(said)) != meant


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
    press(page, "to_canvas")
    canvas_ready(page)
    expect_invitation(page)
    draw(page, DIGITS[7])
    expect_digit(page, 7)
