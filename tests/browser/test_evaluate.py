"""The Evaluate view: measures, a confusion matrix to click on, mistakes and calibration."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.answers import choose_model, go_to
from tests.support.drawing import canvas_ready
from tests.support.server import Server

CHART = "[class*='st-key-confusion_'] svg.marks"
CELLS = f"{CHART} .mark-rect.role-mark path"
PICTURES = ".st-key-cell_pictures img.pixels"
FRAMED = f"{CELLS}[stroke-opacity='1']"


@pytest.fixture
def view(page: Page) -> Page:
    """The view, reached from the first one."""
    canvas_ready(page)
    go_to(page, "Evaluate")
    settled(page)
    return page


def settled(page: Page) -> None:
    expect(page.get_by_role("heading", name="Is it as sure as it is right?")).to_be_visible()
    expect(page.locator(".stVegaLiteChart svg.marks")).to_have_count(3)
    page.locator("[data-test-script-state='notRunning']").first.wait_for()


def cell(page: Page, true: int, predicted: int) -> Locator:
    """Return the frame of a cell, which lies above it; its label tells the count."""
    return page.locator(f"{CELLS}[aria-label^='predicted: {predicted}; true: {true}; count']")


def count(page: Page, true: int, predicted: int) -> int:
    found = re.search(
        r"count: (\d+)", cell(page, true, predicted).get_attribute("aria-label") or ""
    )
    assert found is not None
    return int(found[1])


def choose(page: Page, label: str, digit: int) -> None:
    """Choose a digit in a box with the keyboard alone."""
    box = page.get_by_role("combobox", name=label)
    box.focus()
    page.keyboard.type(str(digit))
    page.keyboard.press("Enter")
    expect(box).to_have_value(str(digit))


def expect_chosen(page: Page, true: int, predicted: int) -> None:
    """Expect boxes, frame and pictures to agree."""
    expect(page.get_by_role("combobox", name="True digit")).to_have_value(str(true))
    expect(page.get_by_role("combobox", name="Read as")).to_have_value(str(predicted))
    label = f"[aria-label^='predicted: {predicted}; true: {true};']"
    expect(page.locator(f"{FRAMED}{label}")).to_have_count(1)
    expect(page.locator(FRAMED)).to_have_count(1)
    n = min(count(page, true, predicted), 48)
    expect(page.locator(f"{PICTURES}[alt='{true}, read as {predicted}']")).to_have_count(n)
    expect(page.locator(PICTURES)).to_have_count(n)


def test_a_click_on_a_cell_shows_its_digits_and_again_after_the_keyboard(view: Page) -> None:
    for true, predicted in ((3, 3), (9, 9), (3, 3)):
        cell(view, true, predicted).click()
        expect_chosen(view, true, predicted)
    choose(view, "True digit", 8)
    expect_chosen(view, 8, 3)
    choose(view, "Read as", 8)
    expect_chosen(view, 8, 8)
    cell(view, 3, 3).click()
    expect_chosen(view, 3, 3)


def test_the_numbers_can_be_per_cent_of_the_row_and_the_choice_stays(view: Page) -> None:
    cell(view, 6, 6).click()
    expect_chosen(view, 6, 6)
    view.get_by_text("Per cent of the row").click()
    numbers = view.locator(f"{CHART} .mark-text.role-mark text")
    expect(numbers.first).to_have_text(re.compile(r"^\d+\.\d$"))
    expect_chosen(view, 6, 6)


def test_the_matrix_and_the_table_tell_the_same(view: Page) -> None:
    rows = view.locator(".scores tbody tr")
    expect(rows).to_have_count(10)
    for true, row in enumerate(rows.all()):
        digit, n, _, recall, _ = row.inner_text().split()
        counts = [count(view, true, predicted) for predicted in range(10)]
        assert digit == str(true)
        assert n.replace(",", "") == str(sum(counts))
        assert recall == f"{counts[true] / sum(counts):.1%}"


def test_the_mistakes_come_surest_first_over_all_pages(view: Page) -> None:
    captions = view.locator(".contact figcaption")
    pages = view.get_by_role("navigation", name="Pagination")
    sure: list[float] = []
    while True:
        for caption in captions.all_inner_texts():
            digits, share = caption.split("\n")
            true, said = digits.split(" → ")
            assert true != said
            sure.append(float(share.strip(">%")))
        following = pages.get_by_role("button", name="Next page")
        if following.is_disabled():
            break
        before = captions.all_inner_texts()
        following.click()
        expect(captions).not_to_have_text(before)
    assert sure == sorted(sure, reverse=True)
    wrong = sum(count(view, t, p) for t in range(10) for p in range(10) if t != p)
    assert len(sure) == wrong > 0


def test_another_model_has_other_numbers(view: Page) -> None:
    accuracy = view.get_by_test_id("stMetric").first
    expect(accuracy).to_contain_text("Accuracy")
    before = accuracy.inner_text()
    go_to(view, "Draw")
    choose_model(view, "pixels")
    go_to(view, "Evaluate")
    settled(view)
    expect(accuracy).not_to_have_text(before)
    expect(view.locator(".lead")).to_contain_text("the centred pixels as they are")


def test_the_calibration_error_is_printed_and_the_two_charts_are_aligned(view: Page) -> None:
    note = view.get_by_text("Expected calibration error")
    expect(note).to_have_text(re.compile(r"^Expected calibration error \d+\.\d%"))
    charts = view.locator(".stVegaLiteChart svg.marks").all()[1:]
    places = [chart.locator(".background").first.bounding_box() for chart in charts]
    first, second = (place for place in places if place is not None)
    assert first["x"] == pytest.approx(second["x"], abs=1)
    assert first["width"] == pytest.approx(second["width"], abs=2)


def test_on_a_phone_nothing_is_cut_off_and_a_tap_chooses_a_cell(
    phone_page: Page, server: Server
) -> None:
    canvas_ready(phone_page)
    phone_page.goto(f"{server.url}/evaluate")
    settled(phone_page)
    main = phone_page.get_by_test_id("stMain")
    wide, seen = main.evaluate("e => [e.scrollWidth, e.clientWidth]")
    assert wide <= seen
    cell(phone_page, 5, 5).tap()
    expect_chosen(phone_page, 5, 5)
