"""The stage: large enough for the last row, without scrolling, on small and large projectors."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests.support.answers import (
    REASONS,
    answered,
    expect_digit,
    expect_some_reading,
    go_to,
    models,
    open_reason,
    press,
)
from tests.support.drawing import DIGITS, canvas_ready, draw
from tests.support.hall import assert_widest_code_fits, draw_in, hall_url, open_room
from tests.support.server import Server
from tests.support.stage import assert_readable
from tests.support.waiting import wait_for

SCREENS: tuple[ViewportSize, ...] = (
    {"width": 1280, "height": 720},
    {"width": 1024, "height": 768},
    {"width": 640, "height": 360},  # the first at 200 % of the browser's zoom
    {"width": 3840, "height": 2160},
)


BELOW_THE_BAR = """step => Math.abs(
  step.getBoundingClientRect().top - document.querySelector("header").getBoundingClientRect().bottom
) < 0.02 * innerHeight"""


def on_stage(page: Page, path: str = "") -> Page:
    page.set_viewport_size(SCREENS[0])
    page.goto(f"{page.url.split('?')[0]}{path}?stage=true")
    return page


def test_on_draw_the_answer_and_every_reason_can_be_read_from_the_last_row_without_scrolling(
    page: Page,
) -> None:
    on_stage(page)
    for stroke in DIGITS[4]:
        draw(page, [stroke])
        expect_some_reading(page)
    expect_digit(page, 4)
    for reason in ("Bars", *REASONS):
        if reason != "Bars":
            open_reason(page, reason)
        shown = page.locator(".st-key-reason" if reason != "Bars" else ".reading .bars")
        expect(shown).to_be_visible()
        if reason == "Teach it":
            page.set_viewport_size(SCREENS[0])
            wrong = page.get_by_role("radiogroup", name="It is a").get_by_role("radio", name="9")
            wrong.click()
            press(page, "learn")
            expect(page.locator(".st-key-lesson_receipt")).to_contain_text("Not learned yet")
            press(page, "learn")
            expect(models(page).filter(has_text="taught 2")).to_be_checked()
            expect(models(page)).to_have_count(5)  # with more, Retrain would be off the screen
            retrain = page.locator(".st-key-retrain button:visible")
            for screen in SCREENS:
                page.set_viewport_size(screen)
                expect(retrain).to_be_in_viewport(ratio=1)
        for screen in SCREENS:
            page.set_viewport_size(screen)
            assert_readable(page)


LONGEST = (
    "Ink at the bottom right (+2.2) and ink at the bottom left (+11.3) speak for it,"
    " ink at the top right (−14.0) against it."
)


def test_a_mistake_has_room_for_what_is_said_of_it_and_of_its_answer(page: Page) -> None:
    on_stage(page)
    canvas_ready(page)
    press(page, "show_mistake")
    said = page.locator(".st-key-upload .note")
    expect(said).to_be_visible(timeout=60_000)
    reason = page.locator(".st-key-reason .reason")
    reason.evaluate("(reason, longest) => (reason.lastChild.data = longest)", LONGEST)
    for screen in SCREENS:
        page.set_viewport_size(screen)
        assert_readable(page)
        picture, note, back = (
            each.bounding_box()
            for each in (page.locator(".brought"), said, page.locator(".st-key-to_canvas"))
        )
        assert picture is not None
        assert note is not None
        assert back is not None
        assert picture["height"] > 0.35 * screen["height"]
        assert picture["y"] + picture["height"] <= note["y"] + 1
        assert note["y"] + note["height"] <= back["y"] + 1
        sum_end, room_end = (
            page.locator(place).evaluate("e => e.getBoundingClientRect().bottom")
            for place in (".st-key-reason .sum", ".st-key-answer")
        )
        assert sum_end <= room_end, "the sum is cut off"


def test_the_whole_canvas_is_seen_on_every_screen(page: Page) -> None:
    on_stage(page)
    canvas_ready(page)
    for screen in SCREENS:
        page.set_viewport_size(screen)
        box = page.locator(".st-key-canvas").bounding_box()
        assert box is not None
        assert box["width"] == pytest.approx(box["height"], abs=1)
        assert 0.55 * screen["height"] < box["height"] < screen["height"]


def test_on_evaluate_the_confusion_matrix_fills_the_screen_and_makes_room_for_a_training(
    page: Page,
) -> None:
    on_stage(page, "evaluate")
    chart = page.get_by_test_id("stVegaLiteChart")
    expect(chart).to_be_visible()
    for screen in SCREENS:
        page.set_viewport_size(screen)
        box = chart.bounding_box()
        assert box is not None
        assert box["height"] > 0.8 * screen["height"]
        assert box["width"] > 0.6 * screen["width"]
        assert_readable(page)
    go_to(page, "Train")
    page.get_by_text("Begin paused").click()
    press(page, "train")
    expect(page.get_by_text("Paused at step 0")).to_be_visible()
    go_to(page, "Evaluate")
    expect(page.get_by_text("Paused at step 0")).to_be_visible()
    expect(chart).to_be_visible()
    for screen in SCREENS:
        page.set_viewport_size(screen)
        assert_readable(page)
    press(page, "stop")


def test_on_train_templates_drawing_and_curves_are_beside_each_other(page: Page) -> None:
    on_stage(page)
    draw(page, DIGITS[4])
    expect_digit(page, 4)
    go_to(page, "Train")
    press(page, "train")
    expect(page.locator(".film .scrub")).to_be_visible(timeout=60_000)
    for screen in SCREENS:
        page.set_viewport_size(screen)
        assert_readable(page)
        templates, bars, curves = (
            page.locator(f".film {part}").bounding_box()
            for part in (".templates", ".bars", ".curves")
        )
        assert templates is not None
        assert bars is not None
        assert curves is not None
        assert templates["x"] + templates["width"] <= curves["x"]
        assert bars["x"] + bars["width"] <= curves["x"]


def test_the_settings_of_a_training_are_not_cut_off_at_150_percent(page: Page) -> None:
    page.set_viewport_size({"width": 853, "height": 480})
    go_to(page, "Train")
    for name in ("Steps", "Seed", "Batch", "Learning rate"):
        box = page.get_by_role("spinbutton", name=name)
        expect(box).to_be_visible()
        assert box.evaluate("box => box.scrollWidth <= box.clientWidth + 1"), name
        right = box.evaluate("box => box.getBoundingClientRect().right")
        column = page.locator(".st-key-settings").evaluate("e => e.getBoundingClientRect().right")
        assert right <= column, name


# Tiles of which a part is below the wall's edge, or the screen's.
CUT_TILES = """wall => {
  const {bottom} = wall.getBoundingClientRect();
  const boxes = [...wall.children].map((tile) => tile.getBoundingClientRect());
  const edge = Math.min(bottom, innerHeight);
  return boxes.filter((box) => box.top < edge - 1 && box.bottom > edge + 1).length;
}"""


def test_a_room_shows_its_code_to_the_last_row_then_whole_drawings_and_what_it_says(
    page: Page, server: Server
) -> None:
    code = open_room(page, hall_url(server.url))
    on_stage(page)
    hand = page.locator(".st-key-room_hand button:visible")
    picture = page.get_by_role("img", name="The address of the room")
    for stage in ("empty", "drawn in", "trained"):
        if stage == "drawn in":
            draw_in(server.url, code)
            expect(page.locator(".room-scores")).to_contain_text("%")
            expect(page.get_by_role("heading", name="wait for you")).to_be_visible()
        if stage == "trained":
            go_to(page, "Train")
            page.get_by_text("Begin paused").click()
            press(page, "train")
            go_to(page, "Room")
            expect(page.get_by_text("Paused at step 0")).to_be_visible()
            expect(page.locator(".room-scores")).to_contain_text("%")
            expect(page.get_by_role("heading", name="wait for you")).to_be_visible()
        for screen in SCREENS:
            page.set_viewport_size(screen)
            # While something is trained, "Train on the room" is away.
            expect(hand).to_have_count(2 if stage == "trained" else 3)
            for shown in (page.locator(".room-code"), picture, *hand.all()):
                expect(shown).to_be_in_viewport(ratio=1)
            side = 0.6 if stage == "empty" else 0.2
            assert picture.evaluate("code => code.clientHeight / innerHeight") > side
            assert page.locator(".tiles").evaluate(CUT_TILES) == 0
            assert_widest_code_fits(page)
            assert_readable(page)
        page.set_viewport_size(SCREENS[0])
    press(page, "stop")
    page.goto(f"{server.url}/r/{code}")  # the wall asks no further


def test_how_it_works_shows_one_step_a_screen(page: Page) -> None:
    on_stage(page, "how")
    steps = page.locator("[class*=st-key-step_]")
    expect(steps).to_have_count(13)
    for step in steps.all():
        step.evaluate("step => step.scrollIntoView()")
        assert_readable(page, scrolls=True)
        assert step.evaluate("step => step.clientHeight / innerHeight") < 1.1
    main = page.get_by_test_id("stMain")
    assert main.evaluate("main => main.scrollWidth - main.clientWidth") == 0
    walk = page.locator(".st-key-walk").bounding_box()
    header = page.get_by_test_id("stHeader").bounding_box()
    assert walk is not None
    assert header is not None
    assert walk["y"] + walk["height"] <= header["height"] + 4, "it covers a step"


def test_page_down_goes_from_step_to_step_also_when_a_key_has_opened_the_view(page: Page) -> None:
    canvas_ready(on_stage(page))
    page.keyboard.press("h")
    expect(page.get_by_role("heading", level=1)).to_be_in_viewport(ratio=1)
    steps = page.locator("[class*=st-key-step_]")
    expect(steps).to_have_count(13)
    page.locator("[data-test-script-state='notRunning']").first.wait_for()
    for step in steps.all()[:3]:
        page.keyboard.press("PageDown")
        handle = step.element_handle()
        wait_for(page, BELOW_THE_BAR, arg=handle)


def test_the_stage_is_in_the_address_and_kept_across_views(page: Page) -> None:
    canvas_ready(page)
    page.locator(".st-key-stage label").click()
    expect(page).to_have_url(re.compile(r"\?stage=true$"))
    for view, path in (("Evaluate", "evaluate"), ("Draw", "")):
        go_to(page, view)
        expect(page).to_have_url(re.compile(rf"/{path}\?stage=true$"))
        expect(page.get_by_role("switch", name="Stage")).to_be_checked()
    press(page, "retrain")
    press(page, "see_changes")
    expect(page).to_have_url(re.compile(r"/train\?stage=true$"))
    go_to(page, "Draw")
    page.locator(".st-key-stage label").click()
    expect(page).not_to_have_url(re.compile("stage"))


@pytest.mark.parametrize("size", [(1280, 720), (1440, 900)])
def test_a_reason_takes_the_place_of_the_bars_and_neither_it_nor_a_stroke_moves_anything(
    page: Page, size: tuple[int, int]
) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    canvas_ready(page)
    places = """() => [".st-key-canvas", ".st-key-undo", ".st-key-sample_strip",
      ".st-key-live_bars", ".st-key-why", ".st-key-model_row"].map((selector) => {
        const {x, y} = document.querySelector(selector).getBoundingClientRect();
        return [Math.round(x), Math.round(y)];
      })"""
    before = page.evaluate(places)
    draw(page, DIGITS[4])
    expect_digit(page, 4)
    assert page.evaluate(places) == before
    for reason in REASONS:
        open_reason(page, reason)
        expect(page.locator(".st-key-reason")).to_be_visible()
        answered(page)
        page.locator("[data-test-script-state='notRunning']").first.wait_for()
        expect(page.locator(".reading .bars")).to_be_hidden()
        bottom = page.locator(".st-key-reason").evaluate("e => e.getBoundingClientRect().bottom")
        assert bottom <= size[1]
        assert page.evaluate(places) == before, reason
    open_reason(page, "Bars")
    expect(page.locator(".reading .bars")).to_be_visible()
    press(page, "clear")
