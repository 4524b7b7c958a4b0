"""Take the pictures of the page for the README, and for the talk, which is performed for them.

python -m tests.screenshots
"""

from __future__ import annotations

import io
import json
import re
import tempfile
from pathlib import Path
from typing import Literal

from PIL import Image
from playwright.sync_api import Browser, Page

from model.data import datasets
from model.files import write_whole
from tests.support import talk
from tests.support.browsers import open_browser
from tests.support.drawing import Stroke, canvas_ready, draw
from tests.support.paths import ASSETS, ROOT, SAMPLES
from tests.support.server import serve

__all__ = ["main"]

SAMPLES_SIDE = 336
"""Of the canvas on which the sample digits were drawn, in pixels."""
OF_THE_TALK = {
    "the evidence, pixel by pixel, and its sum": "talk-why",
    "step 1: the first templates": "talk-train",
    "the digits of that cell": "talk-evaluate",
    "the wall fills; this room beside MNIST": "talk-room",
}
"""The names of the talk's pictures, by what everybody sees on them."""


def main() -> None:
    """Draw a digit on a projector's page and on a phone's, perform the talk, keep the pictures."""
    mnist = datasets.find_mnist()
    data = {} if mnist is None else {"INKLING_DATA_DIR": str(mnist)}
    data["INKLING_PUBLIC_URL"] = "https://inkling.example"
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        with serve(home, environment=data) as server, open_browser(home) as browser:
            light = _picture(browser, server.url, _sample(5), (1280, 720), "light")
            dark = _picture(browser, server.url, _sample(4), (390, 844), "dark")
            talked = _pictures_of_the_talk(browser, server.url)
    _save(light, ASSETS / "screenshot.png")
    _save(dark, ASSETS / "screenshot-phone.png")
    for name, content in talked.items():
        _save(content, ASSETS / f"{name}.png")


def _picture(
    browser: Browser,
    url: str,
    strokes: list[Stroke],
    size: tuple[int, int],
    scheme: Literal["light", "dark"],
) -> bytes:
    """Draw on a page of this size, wait for the answer, and return the page as a PNG."""
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme=scheme,
        has_touch=size[0] < size[1],  # a phone
    )
    page = context.new_page()
    page.goto(url)
    draw(page, strokes)
    page.locator(".reading[data-verdict=answer]").wait_for()
    content = _at_rest(page)
    context.close()
    return content


def _pictures_of_the_talk(browser: Browser, url: str) -> dict[str, bytes]:
    """Perform the talk on the stage; return its pictures as PNGs, by their names."""
    context = browser.new_context(viewport={"width": 1280, "height": 720}, color_scheme="light")
    context.set_default_timeout(talk.SLOW)
    page = context.new_page()
    page.goto(f"{url}/?stage=true")
    canvas_ready(page)
    found = {}
    for row in talk.rows():
        if row.part == talk.EMERGENCIES:
            continue
        talk.perform(page, row)
        if row.seen in OF_THE_TALK:
            found[OF_THE_TALK[row.seen]] = _at_rest(page)
            if OF_THE_TALK[row.seen] == "talk-room":
                code = page.locator(".room-code").inner_text()
                found["room-phone"] = _of_a_phone(browser, f"{url}/r/{code}")
    context.close()
    return found


def _of_a_phone(browser: Browser, address: str) -> bytes:
    """Draw what the phone's page asks for; return the page as a PNG."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, color_scheme="dark")
    page = context.new_page()
    page.goto(address)
    asked = page.get_by_role("heading").filter(has_text=re.compile(r"\d$")).inner_text()
    box = page.locator("#canvas").bounding_box()
    assert box is not None, "the phone's page has no canvas"
    for stroke in _sample(int(asked[-1])):
        for number, (x, y) in enumerate(stroke):
            page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
            if number == 0:
                page.mouse.down()
        page.mouse.up()
    page.get_by_text(f"Looks like {asked[-1]}").wait_for()
    content = page.screenshot()
    context.close()
    return content


def _at_rest(page: Page) -> bytes:
    """Return the page as a PNG, once nothing moves on it."""
    page.locator("[data-test-script-state='notRunning']").first.wait_for()
    page.mouse.move(0, 0)
    page.evaluate("window.scrollTo(0, 0)")
    page.wait_for_timeout(1_000)  # the bars glide to their places
    return page.screenshot()


def _sample(digit: int) -> list[Stroke]:
    """Return a sample digit's strokes in unit coordinates."""
    lines = SAMPLES.read_text(encoding="utf-8").splitlines()
    strokes = next(
        record["strokes"] for record in map(json.loads, lines) if record["label"] == digit
    )
    return [[(x / SAMPLES_SIDE, y / SAMPLES_SIDE) for x, y in stroke] for stroke in strokes]


def _save(content: bytes, path: Path) -> None:
    """Keep a PNG with 256 colours, which a page of few colours does not show."""
    picture = Image.open(io.BytesIO(content)).convert("RGB")
    file = io.BytesIO()
    picture.quantize(256, dither=Image.Dither.NONE).save(file, "PNG", optimize=True)
    try:
        write_whole(path, file.getvalue())
    except OSError as error:
        raise SystemExit(f"{path.name} is unchanged: {error.strerror}") from error
    print(f"{path.relative_to(ROOT)}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
