"""Teach it one digit: labelled, learned, paid for as told, undone, and kept."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from playwright.sync_api import Page, expect

from model.classifier import checkpoint
from model.data import strokes
from model.preprocessing.centring import centred
from tests.support.answers import (
    choose_model,
    expect_digit,
    go_to,
    models,
    open_reason,
    press,
)
from tests.support.drawing import DIGITS, canvas_ready, draw
from tests.support.specimens import shipped
from ui.server import resources

TOO_WIDE = "all => all.map((each) => each.scrollWidth - each.clientWidth)"


def say(page: Page, digit: int) -> None:
    """Say which digit the drawing is."""
    label = page.get_by_role("radiogroup", name="It is a")
    label.get_by_role("radio", name=str(digit), exact=True).click()


def test_a_drawing_is_learned_at_the_price_that_is_told_and_undone(
    page: Page, tmp_path: Path
) -> None:
    draw(page, DIGITS[4])
    expect_digit(page, 4)
    open_reason(page, "Teach it")
    learn = page.locator(".st-key-learn button:visible")
    expect(learn).to_be_disabled()  # nobody has said yet which digit it is
    say(page, 9)
    expect(learn).to_be_enabled()
    press(page, "learn")
    receipt = page.locator(".st-key-lesson_receipt")
    expect(receipt).to_contain_text(re.compile(r"\d+ steps?, the 9: \d+% → \d+%\."))
    expect(receipt).to_contain_text(re.compile(r"It took \d+ ms"))
    expect(models(page).filter(has_text="taught")).to_be_checked()
    told = re.search(r"Test digits: (\S+%) → (\S+%)\.", receipt.inner_text())
    assert told is not None, receipt.inner_text()
    go_to(page, "Train")
    expect(page.get_by_text("Your drawings: directions → taught")).to_be_visible()
    with page.expect_download() as download:
        page.locator("[class*='st-key-download_taught'] button").last.click()
    path = tmp_path / "taught.safetensors"
    download.value.save_as(path)
    assert [_tested(shipped("directions")), _tested(checkpoint.load(path))] == list(told.groups())
    go_to(page, "Draw")
    columns = receipt.locator("figure").evaluate_all(
        "all => all.map((e) => e.scrollWidth - e.clientWidth)"
    )
    assert columns == [0, 0]
    press(page, "clear")
    draw(page, DIGITS[1])
    expect(page.locator(".reading .says")).to_contain_text("1")
    expect(receipt).to_have_count(0)  # which is of another drawing
    page.reload()
    canvas_ready(page)
    open_reason(page, "Teach it")
    press(page, "lesson_undo")
    expect(models(page).filter(has_text="directions")).to_be_checked()


def test_a_label_belongs_to_its_drawing_and_outlives_a_reload(page: Page, tmp_path: Path) -> None:
    draw(page, DIGITS[7])
    expect_digit(page, 7)
    open_reason(page, "Teach it")
    say(page, 7)
    kept = page.get_by_text(re.compile(r"drawings? with a label"))
    expect(kept).to_be_visible()
    n = kept.inner_text()
    press(page, "clear")
    draw(page, DIGITS[1])
    expect_digit(page, 1)
    expect(page.locator(".st-key-learn button:visible")).to_be_disabled()
    expect(kept).to_have_text(n)
    say(page, 1)
    expect(kept).not_to_have_text(n)
    n = kept.inner_text()
    page.reload()
    canvas_ready(page)
    expect_digit(page, 1)
    open_reason(page, "Teach it")
    expect(kept).to_have_text(n)
    label = page.get_by_role("radiogroup", name="It is a")
    expect(label.get_by_role("radio", name="1", exact=True)).to_be_checked()
    choose_model(page, "pixels")  # what was labelled is no model's
    expect(kept).to_have_text(n)
    with page.expect_download() as download:
        page.locator(".st-key-download_lessons button:visible").click()
    path = tmp_path / "my-digits.jsonl"
    download.value.save_as(path)
    (*_, written, _) = strokes.read(path)
    assert written.label == 7
    drawing = strokes.draw(written.strokes, longer_side=180, right=0.5, down=0.5)
    assert shipped("directions").model.predict(centred(drawing)[np.newaxis]).tolist() == [7]


def _tested(model: checkpoint.Checkpoint) -> str:
    images, labels = resources.builtin_test()
    share = (model.model.predict(images) == labels).mean()
    return f"{share:.2%}"
