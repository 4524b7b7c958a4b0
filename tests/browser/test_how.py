"""The How it works view: four steps, each with the code that really runs and a picture of it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from model.config import INPUTS, SHIPPED
from tests.support.answers import choose_model, expect_digit, go_to
from tests.support.drawing import DIGITS, canvas_ready, draw
from tests.support.paths import ROOT
from tests.support.server import Server


@pytest.fixture
def how(page: Page) -> Page:
    """The view, reached from the first one."""
    canvas_ready(page)
    go_to(page, "How it works")
    expect(page.locator("h2 .step")).to_have_count(4)
    page.locator("[data-test-script-state='notRunning']").first.wait_for()
    return page


def squeezed(text: str) -> str:
    return " ".join(text.split())


def test_four_steps_stand_in_order(how: Page) -> None:
    steps = how.locator("h2").filter(has=how.locator(".step")).all()
    assert [step.inner_text()[0] for step in steps] == ["1", "2", "3", "4"]
    for step, word in zip(steps, ("formula", "loss", "hundred", "tested"), strict=True):
        assert word in step.inner_text().lower()


def test_the_code_that_is_shown_is_the_code_that_runs(how: Page) -> None:
    blocks = how.get_by_test_id("stCode")
    expect(blocks.nth(3)).to_be_visible()
    everything = squeezed("\n".join(p.read_text("utf-8") for p in (ROOT / "model").rglob("*.py")))
    for block in blocks.all():
        signature, *lines = (line for line in block.inner_text().splitlines() if line.strip())
        assert signature.startswith("def "), signature
        assert lines
        for line in (signature, *lines):
            assert squeezed(line) in everything, f"not in model/: {line}"


def test_every_picture_says_what_it_shows(how: Page) -> None:
    pictures = how.locator("img.pixels")
    expect(pictures).to_have_count(9)
    for picture in pictures.all():
        assert len(picture.get_attribute("alt") or "") > 10
        assert picture.evaluate("image => image.complete && image.naturalWidth >= 28")


def test_the_product_is_that_of_the_visitors_own_drawing_and_model(page: Page) -> None:
    draw(page, DIGITS[7])
    expect_digit(page, 7)
    go_to(page, "How it works")
    product = page.locator(".product")
    expect(product).to_contain_text("Your drawing, as the model sees it")
    expect(product).to_contain_text("the template of 7")
    score = product.inner_text()
    go_to(page, "Draw")
    choose_model(page, "pixels")
    go_to(page, "How it works")
    expect(product).to_contain_text("Your drawing, as the model sees it")
    expect(product).not_to_have_text(score)


def test_three_models_look_at_the_same_drawing_each_in_its_own_way(page: Page) -> None:
    draw(page, DIGITS[7])
    expect_digit(page, 7)
    go_to(page, "How it works")
    ways = page.locator(".stages figure")
    expect(ways).to_have_count(3)
    for way, name in zip(ways.all(), INPUTS, strict=True):
        expect(way).to_contain_text(name)
        expect(way).to_contain_text(re.compile(r"of the test digits; your drawing: \d"))
    assert len({picture.get_attribute("src") for picture in ways.locator("img").all()}) == 3


def test_every_figure_is_that_of_evaluate_for_each_shipped_model(page: Page) -> None:
    canvas_ready(page)
    for name in (*SHIPPED[1:], SHIPPED[0]):  # the first one answers already
        choose_model(page, name)
        figures = []
        for view in ("How it works", "Evaluate"):
            go_to(page, view)
            expect(page.get_by_test_id("stMetricValue").first).to_be_visible(timeout=60_000)
            found = [
                page.get_by_test_id("stMetric").filter(has_text=title).first.inner_text()
                for title in ("Accuracy", "Recall", "F1")
            ]
            figures.append([re.search(r"\d+\.\d%", each) for each in found])
        how, evaluate = ([each and each[0] for each in found] for found in figures)
        assert how == evaluate
        assert None not in how
        go_to(page, "Draw")


def test_the_view_can_be_opened_by_its_address(page: Page, server: Server) -> None:
    canvas_ready(page)
    page.goto(f"{server.url}/how")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.locator("h2 .step")).to_have_count(4)


def test_a_score_is_added_up_pixel_by_pixel_or_at_once(page: Page) -> None:
    draw(page, DIGITS[7])
    expect_digit(page, 7)
    go_to(page, "How it works")
    found = page.locator(".st-key-running_sum")
    told, slider = found.locator(".told"), found.get_by_role("slider")
    score = re.search(r"score (\S+)", page.locator(".product").inner_text())
    assert score is not None
    expect(told).to_have_text(f"784 of 784 pixels: score {score[1]}")
    found.get_by_role("button", name="Pixel by pixel").click()
    expect(told).not_to_contain_text("784 of 784")
    expect(told).to_have_text(f"784 of 784 pixels: score {score[1]}")
    slider.press("Home")
    expect(told).to_contain_text("0 of 784 pixels: score ")
    found.get_by_role("button", name="At once").click()
    expect(told).to_have_text(f"784 of 784 pixels: score {score[1]}")


def test_a_step_on_the_own_drawing_lowers_its_loss_and_costs_what_is_told(page: Page) -> None:
    draw(page, DIGITS[4])
    expect_digit(page, 4)
    go_to(page, "How it works")
    step = page.locator(".st-key-step_gradient")
    step.get_by_role("radiogroup", name="It is a").get_by_role("radio", name="9").click()
    told = re.compile(r"Probability \S+ → (\S+)%, loss (\S+) → (\S+)\.")
    expect(step.locator(".reason").first).to_have_text(told)
    prices = []
    for rate in ("0.5", "50"):
        step.get_by_role("radiogroup", name="Learning rate").get_by_role("radio", name=rate).click()
        page.locator("[data-test-script-state='notRunning']").first.wait_for()
        found = told.search(step.locator(".reason").first.inner_text())
        assert found is not None
        before, after = float(found[2]), float(found[3])
        assert after < before
        price = step.locator(".reason").nth(1)
        expect(price).to_contain_text("Test digits: 94.33% → ")
        prices.append(price.inner_text())
    expect(page.locator(".losses .least")).to_contain_text("0000100000")
    assert re.search(r"→ (\d\d\.\d\d)%", prices[-1]) is not None


def test_a_higher_temperature_makes_the_answer_less_sure(page: Page) -> None:
    draw(page, DIGITS[4])
    expect_digit(page, 4)
    go_to(page, "How it works")
    bar = page.locator(".st-key-step_softmax").get_by_role("meter", name="Digit 4")
    sure = float(bar.get_attribute("aria-valuenow") or "nan")
    page.locator(".st-key-step_softmax").get_by_role("slider").press("End")
    expect(bar).not_to_have_attribute("aria-valuenow", f"{sure:.1f}")
    assert 10 < float(bar.get_attribute("aria-valuenow") or "nan") < sure


def test_the_arrow_keys_lead_from_thought_to_thought(how: Page) -> None:
    at = how.locator(".st-key-walk .at")
    expect(at).to_have_text("1 / 14")
    how.keyboard.press("ArrowRight")
    expect(at).to_have_text("2 / 14")
    expect(how.get_by_role("heading", name="The model is a formula")).to_be_in_viewport(ratio=1)
    how.get_by_role("button", name="The next thought").click()
    expect(at).to_have_text("3 / 14")
    how.keyboard.press("ArrowLeft")
    expect(at).to_have_text("2 / 14")


def test_train_with_exactly_this_opens_train_with_the_tutorials_recipe(how: Page) -> None:
    how.get_by_role("button", name="Train with exactly this").click()
    expect(how).to_have_url(re.compile("/train"))
    pixels = how.get_by_role("radiogroup", name="Input").get_by_role("radio", name="pixels")
    expect(pixels).to_be_checked()
    for name, value in (("Steps", "1000"), ("Batch", "100"), ("Learning rate", "0.5")):
        expect(how.get_by_label(name, exact=True)).to_have_value(value)
