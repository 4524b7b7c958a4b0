"""The story of a retraining on Draw: a show in the bars' place, then a line, once for each run."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.answers import expect_digit, go_to, models, press
from tests.support.drawing import DIGITS, canvas_ready, draw
from tests.support.server import Server

SLOW = 60_000
LINE = re.compile(
    r"[\d.]+% → 9\d(\.\d)?% of the test digits, learned from [\d,]+ pictures in [\d.]+ s"
    r" · seed \d+"
)
NOTE_SHOWS = """() => {
  window.shown = [];
  new MutationObserver(() => {
    const host = document.querySelector(".st-key-story [data-playing]");
    if (host === null || !host.checkVisibility()) return;
    const story = host.shadowRoot.querySelector(".story");
    const bars = [...story.querySelectorAll("[role=meter]")];
    const said = story.querySelector(".step").textContent;
    window.shown.push([said, bars.map((bar) => bar.getAttribute("aria-valuenow"))]);
  }).observe(document.body, {subtree: true, attributes: true, childList: true});
}"""


@pytest.fixture(scope="module")
def server(training_server: Server) -> Server:
    """A server that trains in earnest."""
    return training_server


def playing(page: Page) -> Locator:
    return page.locator(".st-key-story [data-playing]")


def retrain_and_see(page: Page) -> None:
    canvas_ready(page)
    press(page, "retrain")
    expect(playing(page)).to_have_count(1, timeout=SLOW)


def told(page: Page) -> Locator:
    return page.locator(".st-key-draw_view").get_by_text(LINE)


@pytest.mark.usefixtures("own_tab")
def test_the_templates_grow_and_the_drawing_finds_its_answer_then_one_line_remains(
    page: Page,
) -> None:
    draw(page, DIGITS[3])
    expect_digit(page, 3)
    page.evaluate(NOTE_SHOWS)
    retrain_and_see(page)
    expect(models(page).filter(has_text="yours 1")).to_be_checked()  # it answers during the show
    expect(playing(page)).to_have_count(0, timeout=SLOW)
    expect(page.locator(".st-key-story .story")).to_be_hidden()
    first = page.evaluate("window.shown[0]")
    assert first == ["Step 0 of 1,000", ["10.0"] * 10]
    last = page.locator(".st-key-story [role=meter]").nth(3)
    assert float(last.get_attribute("aria-valuenow") or 0) > 80
    expect(told(page)).to_have_count(1)
    expect_digit(page, 3)


def test_a_stroke_ends_the_show_and_is_answered(page: Page) -> None:
    retrain_and_see(page)
    draw(page, DIGITS[7])
    expect(playing(page)).to_have_count(0, timeout=1000)
    expect_digit(page, 7)


def test_a_key_ends_the_show(page: Page) -> None:
    retrain_and_see(page)
    page.keyboard.press("Shift")
    expect(playing(page)).to_have_count(0, timeout=1000)


def test_who_asked_for_less_motion_gets_the_line_alone(page: Page) -> None:
    page.emulate_media(reduced_motion="reduce")
    page.reload()
    canvas_ready(page)
    press(page, "retrain")
    expect(told(page)).to_have_count(1, timeout=SLOW)
    expect(page.locator(".st-key-story .story")).to_have_count(1)
    assert playing(page).count() == 0
    page.emulate_media(reduced_motion="no-preference")


def test_each_press_has_another_seed_and_the_receipt_compares_with_the_model_before(
    page: Page,
) -> None:
    seeds = []
    for number in (1, 2):
        retrain_and_see(page)
        expect(models(page).filter(has_text=f"yours {number}")).to_be_checked()
        words = told(page).inner_text()
        seeds.append(re.findall(r"seed (\d+)", words)[0])
    assert len({"0", *seeds}) == 3
    page.locator(".st-key-see_changes button").click()
    expect(page.get_by_text("yours 2 is ready, and answers now")).to_be_visible()
    receipt = page.locator(".st-key-train_view")
    for seed in seeds:
        expect(receipt).to_contain_text(f"seed {seed}")
    expect(receipt).to_contain_text("The recipe is the same, but for the seed")
    go_to(page, "Draw")
    canvas_ready(page)
    assert playing(page).count() == 0, "the story is told a second time"
    press(page, "go_back")
    expect(models(page).filter(has_text="yours 1")).to_be_checked()
    expect(told(page)).to_have_count(0)


def test_nine_retrainings_leave_the_shipped_models_in_reach(page: Page) -> None:
    for number in range(1, 10):
        canvas_ready(page)
        press(page, "retrain")
        expect(models(page).filter(has_text=f"yours {number}")).to_be_checked(timeout=SLOW)
    for name in ("directions", "moments", "pixels", "yours 9"):
        box = models(page).filter(has_text=name).bounding_box()
        row = page.locator(".st-key-model_row").bounding_box()
        assert box is not None
        assert row is not None
        assert row["x"] <= box["x"]
        assert box["x"] + box["width"] <= row["x"] + row["width"]
