"""What is taken home: the zip behind the button, its notebook, and its film without a page."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from model.data import strokes
from model.preprocessing.centring import centred
from model.room.drawing import PEN, SIDE, WIDER
from tests.support.answers import expect_digit, press, shares
from tests.support.axe import grave_violations
from tests.support.drawing import DIGITS, canvas_ready, draw
from tests.support.server import Server
from tests.support.taken import run_notebook, unpacked


@pytest.fixture(scope="module")
def server(training_server: Server) -> Server:
    """A server that trains in earnest."""
    return training_server


def taken(page: Page, place: str, folder: Path) -> Path:
    """Press the button and unpack what comes."""
    with page.expect_download() as begun:
        press(page, f"download_{place}")
    zipped = folder / begun.value.suggested_filename
    begun.value.save_as(zipped)
    return unpacked(zipped, folder)


def test_the_notebook_says_of_the_last_drawing_what_the_page_says(
    page: Page, tmp_path: Path
) -> None:
    canvas_ready(page)
    draw(page, DIGITS[3])
    expect_digit(page, 3)
    press(page, "clear")
    draw(page, DIGITS[4])
    expect_digit(page, 4)
    folder = taken(page, "draw", tmp_path)
    said = run_notebook(folder)
    assert said.argmax(axis=1).tolist() == [3, 4]
    assert (100 * said[-1]).tolist() == pytest.approx(shares(page), abs=0.051)
    with np.load(folder / "drawings.npz") as arrays:
        np.testing.assert_allclose(said, arrays["probabilities"], rtol=0, atol=1e-6)
        pictures = arrays["pictures"]
    written = list(strokes.read(folder / "drawings.jsonl"))
    assert [(each.label, len(each.strokes)) for each in written] == [(3, 1), (4, 2)]
    for each, picture in zip(written, pictures, strict=True):
        again = strokes.inked(each.strokes, side=SIDE, pen=PEN - WIDER, finer=2)
        assert np.abs(centred(again) - picture).mean() < 0.05
    assert np.abs(pictures[0] - pictures[1]).mean() > 0.1, "two digits are further apart"


def test_the_film_is_watched_from_a_file_without_a_request_or_an_error(
    page: Page, browser: Browser, tmp_path: Path
) -> None:
    canvas_ready(page)
    draw(page, DIGITS[4])
    expect_digit(page, 4)
    press(page, "retrain")
    expect(page.get_by_text("See what changed")).to_be_visible(timeout=60_000)
    file = taken(page, "draw", tmp_path) / "film.html"
    context = browser.new_context(viewport={"width": 360, "height": 640}, offline=True)
    asked: list[str] = []
    faults: list[str] = []
    film = context.new_page()
    film.on("request", lambda request: asked.append(request.url))
    film.on("console", lambda message: faults.append(message.text))
    film.on("pageerror", lambda error: faults.append(str(error)))
    film.goto(file.as_uri())
    assert film.evaluate("document.documentElement.scrollWidth") == 360
    slider, templates = film.get_by_role("slider", name="Step"), film.locator(".templates canvas")
    last = templates.nth(4).evaluate("canvas => canvas.toDataURL()")
    slider.press("Home")
    expect(film.locator(".step")).to_have_text("Step 0")
    assert templates.nth(4).evaluate("canvas => canvas.toDataURL()") != last
    film.get_by_role("button", name="Play the film").press("Enter")
    expect(film.locator(".step")).not_to_have_text("Step 0")
    for scheme in ("light", "dark"):
        film.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        assert grave_violations(film) == []
    expect(film.get_by_text("took the place of directions")).to_be_visible()
    context.close()
    assert asked == [file.as_uri()]
    assert faults == []
