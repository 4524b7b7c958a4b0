"""Retraining and choosing a model: for this visitor alone, whatever happens to the process."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.answers import (
    choose_model,
    expect_digit,
    expect_some_reading,
    models,
    press,
    shares,
)
from tests.support.drawing import DIGITS, canvas_ready, draw
from tests.support.server import Server
from tests.support.training_process import holds_tensorflow, slowed, training_process
from tests.support.waiting import wait_until

AT_WORK = re.compile(r"^Step [1-9]")


@pytest.fixture(scope="module")
def server(training_server: Server) -> Server:
    """A server that trains in earnest."""
    return training_server


def yours(page: Page) -> Locator:
    return models(page).filter(has_text=re.compile("^yours"))


def retrain(page: Page) -> None:
    """Press Retrain and wait until the new model answers."""
    canvas_ready(page)
    before = yours(page).count()
    press(page, "retrain")
    expect(yours(page)).to_have_count(before + 1, timeout=60_000)
    expect(yours(page).last).to_be_checked()
    expect(retrain_button(page)).to_be_enabled()


def retrain_button(page: Page) -> Locator:
    return page.locator(".st-key-retrain button:visible")


def progress(page: Page) -> Locator:
    return page.locator(".st-key-progress_row").get_by_text(AT_WORK)


def test_choosing_a_model_changes_description_and_answer_for_this_visitor_alone(
    page: Page, other_page: Page
) -> None:
    draw(page, DIGITS[2])
    expect_digit(page, 2)
    first = shares(page)
    other = other_page
    draw(other, DIGITS[2])
    expect_digit(other, 2)
    others = shares(other)

    choose_model(page, "pixels")
    expect(page.get_by_text("the classic tutorial's")).to_be_visible()
    wait_until(lambda: shares(page) != first, 15, "the bars stay the same")

    expect(models(other).filter(has_text="directions")).to_be_checked()
    draw(other, [[(0.1, 0.9), (0.9, 0.9)]])  # whatever is drawn, the same model answers
    wait_until(lambda: shares(other) != others, 15, "the second stroke is not answered")
    expect(other.get_by_text("the classic tutorial's")).to_have_count(0)
    press(other, "undo")
    wait_until(lambda: shares(other) == pytest.approx(others, abs=2), 15, "another model answers")
    choose_model(page, "directions")
    wait_until(lambda: shares(page) == first, 15, "the first model does not answer again")


def test_retraining_shows_its_progress_while_drawing_goes_on_and_then_yours_answers(
    page: Page, other_page: Page, server: Server
) -> None:
    retrain(page)  # from here on the process is warm
    with slowed(training_process(server)):
        press(page, "retrain")
        expect(progress(page)).to_be_visible(timeout=60_000)
        expect(page.get_by_role("progressbar")).to_be_visible()
        expect(retrain_button(page)).to_be_disabled()
        draw(page, DIGITS[3])
        expect_digit(page, 3)
        press(page, "clear")
    expect(yours(page)).to_have_count(2, timeout=60_000)
    expect(yours(page).last).to_be_checked()
    for digit in (1, 6):
        draw(page, DIGITS[digit])
        expect_digit(page, digit)
        press(page, "clear")
    other_page.reload()
    canvas_ready(other_page)
    expect(yours(other_page)).to_have_count(0)
    expect(models(other_page).filter(has_text="directions")).to_be_checked()


def test_stop_ends_a_training_at_once_and_the_model_from_before_answers(
    page: Page, server: Server
) -> None:
    draw(page, DIGITS[3])
    expect_digit(page, 3)
    percent = shares(page)
    retrain(page)
    choose_model(page, "directions")
    with slowed(training_process(server)):
        press(page, "retrain")
        expect(progress(page)).to_be_visible(timeout=60_000)
        press(page, "stop")
        expect(page.get_by_text("The model from before still answers")).to_be_visible()
    expect(models(page).filter(has_text="directions")).to_be_checked()
    expect(retrain_button(page)).to_be_enabled()
    wait_until(lambda: shares(page) == percent, 15, "another model answers")


def test_the_server_never_holds_tensorflow(page: Page, server: Server) -> None:
    draw(page, DIGITS[3])
    expect_some_reading(page)
    assert not holds_tensorflow(server.pid)
    retrain(page)
    expect_some_reading(page)
    assert holds_tensorflow(training_process(server).pid), "this test would see nothing"
    assert not holds_tensorflow(server.pid)
