"""For people with nothing to draw with: sample digits, and pictures of a digit on paper."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import FilePayload, Page, expect

from tests.support.answers import (
    TO_UPLOAD,
    expect_digit,
    expect_invitation,
    expect_some_reading,
    go_to,
    ink_share,
    press,
)
from tests.support.drawing import DIGITS, canvas_ready, draw
from tests.support.paths import ROOT
from tests.support.uploads import as_file, pen_on_paper
from tests.support.waiting import wait_until

SAMPLES = [
    json.loads(line) for line in (ROOT / "assets" / "samples.jsonl").read_text("utf-8").splitlines()
]


def pick_sample(page: Page, name: str) -> None:
    page.get_by_role("group", name="Sample digits").get_by_role("button", name=name).click()


def test_every_sample_is_answered_with_its_label(page: Page) -> None:
    canvas_ready(page)
    assert sorted(sample["label"] for sample in SAMPLES) == list(range(10))
    for sample in SAMPLES:
        pick_sample(page, sample["name"])
        expect_digit(page, sample["label"])
        assert ink_share(page) > 0.01


def test_a_sample_can_be_undone_and_drawn_over_like_a_drawing(page: Page) -> None:
    canvas_ready(page)
    two_strokes = next(sample for sample in SAMPLES if len(sample["strokes"]) == 2)
    pick_sample(page, two_strokes["name"])
    expect_digit(page, two_strokes["label"])
    whole = ink_share(page)
    press(page, "undo")
    wait_until(lambda: 0 < ink_share(page) < whole, 15, "undo takes no stroke of the sample")
    press(page, "clear")
    expect_invitation(page)
    draw(page, DIGITS[3])
    expect_digit(page, 3)
    pick_sample(page, two_strokes["name"])
    expect_digit(page, two_strokes["label"])
    assert ink_share(page) == pytest.approx(whole, rel=0.05)


def photo(digit: int) -> Image.Image:
    """Return a picture with a shadow falling over it, and a camera's noise."""
    pixels = np.asarray(pen_on_paper(digit, 900, 1200), np.float32)
    light = np.linspace(1.05, 0.55, pixels.shape[1], dtype=np.float32)
    noise = np.random.default_rng(3).normal(0, 6, pixels.shape)
    return Image.fromarray(np.clip(pixels * light + noise, 0, 255).astype(np.uint8)).convert("RGB")


def turned_photo(digit: int) -> FilePayload:
    """Return a JPEG which lies on its side and says so in its EXIF orientation."""
    orientation, turn_right_to_view = 0x0112, 6
    exif = Image.Exif()
    exif[orientation] = turn_right_to_view
    return as_file(photo(digit).transpose(Image.Transpose.ROTATE_90), "JPEG", exif=exif)


def upload(page: Page, file: FilePayload) -> None:
    page.locator(".st-key-picture input[type=file]").set_input_files(file)
    expect(page.locator(".st-key-picture")).to_contain_text(file["name"])


def test_a_png_a_jpeg_photo_on_its_side_and_a_webp_are_read(page: Page) -> None:
    canvas_ready(page)
    press(page, "to_upload")
    expect_invitation(page, TO_UPLOAD)
    for digit, file in (
        (5, as_file(pen_on_paper(5), "PNG")),
        (2, turned_photo(2)),
        (8, as_file(photo(8), "WEBP")),
    ):
        upload(page, file)
        expect_digit(page, digit)
        expect(page.get_by_alt_text("The ink found in the picture")).to_be_visible()


def test_a_file_that_is_no_picture_is_refused_in_words_and_the_page_lives_on(page: Page) -> None:
    draw(page, DIGITS[3])
    expect_digit(page, 3)
    press(page, "to_upload")
    upload(page, {"name": "digit.png", "mimeType": "image/png", "buffer": b"a shopping list"})
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("digit.png was not read")
    assert "Traceback" not in alert.inner_text()
    expect_invitation(page, TO_UPLOAD)
    upload(page, as_file(pen_on_paper(0), "PNG"))
    expect_digit(page, 0)
    expect(alert).to_have_count(0)
    press(page, "to_canvas")
    canvas_ready(page)
    expect_digit(page, 3)
    assert ink_share(page) > 0.01, "the drawing from before has gone"


def test_back_from_the_upload_everything_is_there_again_and_the_bars_never_left(
    page: Page,
) -> None:
    canvas_ready(page)
    page.locator(".reading").evaluate("bars => (bars.isTheSame = true)")
    of_the_canvas = ("undo", "clear", "pen_width", "sample_strip", "to_upload")
    press(page, "to_upload")
    expect(page.locator(".st-key-picture")).to_be_visible()
    expect_invitation(page, TO_UPLOAD)
    for key in of_the_canvas:
        expect(page.locator(f".st-key-{key}")).to_have_count(0)
    press(page, "to_canvas")
    for key in of_the_canvas:
        expect(page.locator(f".st-key-{key}")).to_be_visible()
    expect(page.locator(".st-key-to_canvas")).to_have_count(0)
    expect_invitation(page)
    assert page.locator(".reading").evaluate("bars => bars.isTheSame") is True
    draw(page, DIGITS[3])
    expect_digit(page, 3)
    press(page, "clear")
    expect_invitation(page)


def test_white_paper_is_not_answered(page: Page) -> None:
    canvas_ready(page)
    press(page, "to_upload")
    upload(page, as_file(Image.new("L", (300, 300), 255), "PNG"))
    expect(page.get_by_text("No drawing was found in this picture")).to_be_visible()
    expect_invitation(page, TO_UPLOAD)


def test_after_an_upload_the_other_views_and_the_canvas_still_work(page: Page) -> None:
    canvas_ready(page)
    press(page, "to_upload")
    upload(page, as_file(pen_on_paper(4), "PNG"))
    expect_digit(page, 4)
    go_to(page, "How it works")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.get_by_test_id("stTopNav").get_by_role("link", name="Draw").click()
    press(page, "to_canvas")
    draw(page, DIGITS[6])
    expect_some_reading(page)
    expect_digit(page, 6)
