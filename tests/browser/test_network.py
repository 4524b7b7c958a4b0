"""The network: it answers, says what needs a linear model, and is compared with the others."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.support.answers import (
    choose_model,
    expect_digit,
    go_to,
    open_reason,
    press,
    shares,
)
from tests.support.drawing import DIGITS, canvas_ready, draw, mouse_held
from tests.support.server import Server

SLOW = 60_000


def test_it_answers_when_the_pen_is_lifted_and_a_linear_reason_says_what_it_needs(
    page: Page,
) -> None:
    canvas_ready(page)
    choose_model(page, "network")
    reading = page.locator(".reading")
    first, *others = DIGITS[4]
    with mouse_held(page, first):
        expect(reading).to_have_attribute("data-verdict", "empty")
    draw(page, others)
    expect_digit(page, 4)
    expect(reading).to_have_attribute("data-by", "server")
    open_reason(page, "Evidence")
    expect(page.get_by_text("This needs a linear model")).to_be_visible()
    open_reason(page, "Strokes")
    expect(page.locator("p.reason")).to_contain_text("its mind")
    choose_model(page, "directions")
    open_reason(page, "Evidence")
    expect(page.locator("p.reason")).to_have_text(re.compile("^4 scores"))


def test_a_drawing_is_compared_side_by_side(page: Page) -> None:
    draw(page, DIGITS[3])
    expect_digit(page, 3)
    here = shares(page)
    open_reason(page, "Compare")
    figures = page.locator(".compared figure")
    expect(figures).to_have_count(4)
    for figure, name in zip(
        figures.all(), ("directions", "moments", "pixels", "network"), strict=True
    ):
        expect(figure.locator("b")).to_have_text(name)
        expect(figure.get_by_role("meter")).to_have_count(10)
    meters = figures.first.get_by_role("meter").all()
    assert [float(m.get_attribute("aria-valuenow") or "nan") for m in meters] == here
    expect(page.locator("p.reason")).to_have_text(re.compile(r"All of them say 3\.|says? 3"))


def test_on_test_digits_each_says_what_it_alone_gets_right_and_a_click_shows_it(
    page: Page,
) -> None:
    canvas_ready(page)
    go_to(page, "Evaluate")
    page.get_by_text("Compare the shipped models").click()
    tables = page.locator(".st-key-four_ideas table")
    expect(tables).to_have_count(2, timeout=SLOW)
    expect(tables.first.locator("tbody tr")).to_have_count(4)
    expect(tables.first.get_by_role("row", name=re.compile("^network 7,820"))).to_be_visible()
    shifted = tables.last.get_by_role("row", name=re.compile("^shifted by 3 pixels"))
    directions, _, pixels, network = (
        float(text.rstrip("%")) for text in shifted.locator("td").all_inner_texts()
    )
    assert directions - pixels > 20 < network - pixels
    page.locator(".st-key-four_ideas button.pick").first.click()
    expect(page.get_by_role("radiogroup", name="Why?")).to_be_visible(timeout=SLOW)


def test_a_network_that_is_fed_no_pictures_is_refused_with_a_reason(
    page: Page, server: Server
) -> None:
    page.goto(f"{server.url}/train?data=digits&kind=network&input=directions")
    expect(page.get_by_text("Its filters begin at random")).to_be_visible()
    press(page, "train")
    expect(page.get_by_text("its input must be pixels or moments")).to_be_visible()
