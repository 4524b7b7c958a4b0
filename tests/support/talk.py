"""The talk of docs/talk.md, performed: each row's keys and controls are read from the sheet.

What a row says that everybody sees is looked up in `SEEN`. So the sheet says what is done, and a
row that the page does not keep, or that nobody knows how to check, is found.
"""

from __future__ import annotations

import dataclasses
import random
import re
from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

from tests.support.answers import (
    answered,
    expect_digit,
    expect_doubt,
    expect_invitation,
    models,
)
from tests.support.drawing import DIGITS, canvas_ready, draw_with_mouse, mouse_held
from tests.support.hall import elsewhere
from tests.support.paths import ROOT
from tests.support.phones import Phone, written
from ui.components.keys import KEYS

__all__ = ["EMERGENCIES", "SEEN", "SHEET", "SLOW", "Row", "perform", "rows"]

SHEET = ROOT / "docs" / "talk.md"
EMERGENCIES = "When something goes wrong"
"""The part of the sheet that is no part of the talk."""
SLOW = 90_000
"""Milliseconds for what takes seconds: a training, a server that starts."""

_NAMES = {"←": "ArrowLeft", "→": "ArrowRight", "Esc": "Escape", "Ctrl+Z": "Control+z"}
_OF_THE_PAGE = {each.key.upper() for group in KEYS.values() for each in group}
_DIGIT_KEYS = {str(digit) for digit in range(10)}
_CELLS = "[class*='st-key-confusion_'] svg.marks .mark-rect.role-mark path"
_LABEL = re.compile(r"^predicted: (\d); true: (\d); count: (\d+)")


@dataclasses.dataclass(frozen=True)
class Row:
    """A row of the sheet.

    Parameters
    ----------
    part : str
        The heading above it.
    pressed : tuple of str
        In their order: keys and controls in backquotes, and between asterisks what is done by hand.
    seen : str
    """

    part: str
    pressed: tuple[str, ...]
    seen: str


def rows() -> list[Row]:
    """Return the rows of all parts of the sheet."""
    found, part = [], ""
    for line in SHEET.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            part = line[3:]
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("|") and cells[-1] not in ("they see", "---"):
            found.append(Row(part, tuple(re.findall(r"`[^`]+`|\*[^*]+\*", cells[-2])), cells[-1]))
    return found


def perform(page: Page, row: Row) -> None:
    """Do what a row of the sheet says, and wait until what it promises is seen."""
    for pressed in row.pressed:
        _do(page, pressed)
    SEEN[row.seen](page)


def _do(page: Page, pressed: str) -> None:
    """Press a key or a control, or do what is done by hand; a reload is a key, too."""
    name = pressed[1:-1]
    if pressed.startswith("*"):
        _BY_HAND[name](page)
    elif name == "F5":
        page.reload()
    elif name == "PageDown" or name.upper() in _OF_THE_PAGE:
        page.keyboard.press(_NAMES.get(name, name.lower() if len(name) == 1 else name))
        if name in _DIGIT_KEYS or name in "CD":  # the next row may draw
            answered(page) if name in _DIGIT_KEYS else canvas_ready(page)
    else:
        _control(page, name).click()
        if name == "Begin paused":
            expect(page).to_have_url(re.compile("paused=true"))


def _control(page: Page, name: str) -> Locator:
    button = page.get_by_role("button", name=name, exact=True)
    radio = page.get_by_role("radio", name=name, exact=True)
    label = page.locator("label").filter(has_text=re.compile(f"^{name}$"))
    return button.or_(radio).or_(label).locator("visible=true").first


def _draw_slowly(page: Page) -> None:
    """Draw a 4 stroke by stroke; the bars follow before the pen is lifted."""
    first, second = DIGITS[4]
    with mouse_held(page, first):
        expect(page.locator(".reading")).to_have_attribute("data-by", "browser")
        expect(page.locator(".reading")).not_to_have_attribute("data-verdict", "empty")
    answered(page)
    draw_with_mouse(page, [second])
    answered(page)


def _scribble(page: Page) -> None:
    chance = random.Random(5)
    draw_with_mouse(
        page, [[(chance.uniform(0.1, 0.9), chance.uniform(0.1, 0.9)) for _ in "." * 30]]
    )


def _two_digits(page: Page) -> None:
    places = ((0.02, 3), (0.54, 7))
    draw_with_mouse(
        page,
        [
            [(left + 0.42 * x, 0.2 + 0.6 * y) for x, y in stroke]
            for left, digit in places
            for stroke in DIGITS[digit]
        ],
    )


def _beside_the_diagonal(page: Page) -> tuple[Locator, str, int]:
    """Return the first cell with a digit that was read as another, what it is, and how many."""
    for cell in page.locator(_CELLS).all():
        told = _LABEL.match(cell.get_attribute("aria-label") or "")
        if told and told[1] != told[2] and told[3] != "0":
            return cell, f"{told[2]}, read as {told[1]}", int(told[3])
    raise AssertionError("no digit is read wrong")


def _phones_draw(page: Page) -> None:
    """Let four phones join the room on the screen, and each send some digits."""
    code = page.locator(".room-code").inner_text()

    async def draw() -> None:
        digits = written()
        phones = [Phone(page.url.partition("/room")[0], code) for _ in range(4)]
        for phone in phones:
            await phone.load()
        for _ in range(5):  # as many as a phone may send at once
            for phone in phones:
                assert (await phone.send(next(digits))).status == 200
        for phone in phones:
            phone.connection.close()

    elsewhere(draw())


def _nothing(page: Page) -> None:
    """Only time passes."""


_BY_HAND: dict[str, Callable[[Page], None]] = {
    "draw a 4, slowly": _draw_slowly,
    "draw a scribble": _scribble,
    "draw a 3 and a 7": _two_digits,
    "draw a stray stroke": lambda page: draw_with_mouse(page, [[(0.1, 0.9), (0.9, 0.9)]]),
    "click a number beside the diagonal": lambda page: _beside_the_diagonal(page)[0].click(),
    "wait": _nothing,
    "four phones draw": _phones_draw,
    "end the server, and start it again": _nothing,  # by whoever has started it
}


def _reason(page: Page, words: str, *parts: str) -> None:
    expect(page.locator(".st-key-reason p.reason")).to_have_text(re.compile(words))
    for part in parts:
        expect(page.locator(f".st-key-reason {part}").first).to_be_visible()


def _number(page: Page) -> None:
    answered(page)
    expect(page.locator(".reading .says")).to_have_text("Looks like 37")


def _wall(page: Page) -> None:
    expect(page.locator(".counts")).to_have_text(re.compile("^20 drawings · 4 people"))
    expect(page.locator(".room-scores dd")).to_have_count(2)


def _way(page: Page) -> None:
    expect(page.locator(".st-key-reason .stages figure")).to_have_count(6)


def _retrained(page: Page) -> None:
    """The story is shown, then told in a line."""
    playing = page.locator(".st-key-story [data-playing]")
    expect(playing).to_have_count(1, timeout=SLOW)
    expect(page.locator(".st-key-story .templates")).to_be_visible()
    expect(playing).to_have_count(0, timeout=SLOW)
    expect(page.locator(".told")).to_have_text(
        re.compile(r"^\d+\.\d% → 9\d(\.\d)?% of the test digits")
    )
    expect(page.locator(".told")).to_be_visible()
    expect_digit(page, 4)


def _receipt_alone(page: Page) -> None:
    metrics = page.locator(".st-key-receipt").get_by_test_id("stMetricValue")
    expect(metrics).to_have_count(2, timeout=SLOW)
    expect(metrics.last).to_have_text(re.compile(r"^9\d\.\d\d%$"))


def _receipt(page: Page) -> None:
    _receipt_alone(page)
    expect(page.locator(".film .scrub")).to_be_visible()


def _gone_back(page: Page) -> None:
    expect(page.locator(".told")).to_have_count(0)
    expect(models(page).filter(has_text="directions")).to_be_checked()
    expect(models(page)).to_have_count(5)
    expect_digit(page, 4)


def _step_0(page: Page) -> None:
    row = page.locator(".st-key-progress_row")
    expect(row).to_contain_text("Paused at step 0 of 1,000", timeout=SLOW)
    bars = page.locator(".film [role=meter]")
    expect(bars).to_have_count(10)
    assert {bar.get_attribute("aria-valuenow") for bar in bars.all()} == {"10.0"}


def _step_1(page: Page) -> None:
    expect(page.locator(".st-key-progress_row")).to_contain_text("Paused at step 1 of 1,000")
    expect(page.locator(".film .templates")).to_have_attribute(
        "aria-label", re.compile("at step 1")
    )


def _counts_up(page: Page) -> None:
    for step in (r"^Step [2-9] ", r"^Step \d\d "):
        expect(page.locator(".st-key-progress_row").get_by_text(re.compile(step))).to_be_visible()


def _film_plays(page: Page) -> None:
    step = page.locator(".film .step")
    expect(step).to_have_text(re.compile("^Step [1-9]$"))
    expect(page.get_by_role("button", name="Pause the film")).to_be_visible()


def _film_stands(page: Page) -> None:
    expect(page.get_by_role("button", name="Play the film")).to_be_visible()
    step = page.locator(".film .step").inner_text()
    page.wait_for_timeout(1_000)  # three frames, if it went on
    assert page.locator(".film .step").inner_text() == step


def _matrix(page: Page) -> None:
    expect(page.locator(_CELLS).first).to_be_visible(timeout=SLOW)
    expect(page.locator(".scores")).to_contain_text("Accuracy")


def _cell(page: Page) -> None:
    _, label, n = _beside_the_diagonal(page)
    pictures = page.locator(f".st-key-cell_pictures img.pixels[alt='{label}']")
    expect(pictures).to_have_count(min(n, 12))


def _mistake(page: Page) -> None:
    expect(page.get_by_text("whoever wrote it meant")).to_be_visible(timeout=SLOW)
    _reason(page, r"^\d rather than \d", "table.sum")


def _formula(page: Page) -> None:
    expect(page.get_by_role("heading", name="One formula, learned from examples")).to_be_visible()
    expect(page.locator("[class*=st-key-step_]")).to_have_count(13)


def _first_step(page: Page) -> None:
    step = page.locator(".st-key-step_formula")
    expect(step.locator(".katex").first).to_be_in_viewport(ratio=1)
    expect(step).to_be_in_viewport(ratio=0.95)


def _without_it(page: Page) -> None:
    expect_digit(page, 4)
    assert page.locator(".reading .says").inner_text() == "Looks like a 4"


def _as_it_was(page: Page) -> None:
    """The drawing, the models and the receipt, where the reload or the new server left the page."""
    app = page.get_by_test_id("stApp")
    expect(app).to_have_attribute("data-test-connection-state", "CONNECTED", timeout=SLOW)
    canvas_ready(page)
    expect_digit(page, 4)
    expect(models(page).filter(has_text="yours 2")).to_be_checked()
    expect(models(page)).to_have_count(5)  # the stage has room for one of the visit's
    page.keyboard.press("t")
    _receipt_alone(page)
    page.keyboard.press("d")
    canvas_ready(page)
    expect_digit(page, 4)


SEEN: dict[str, Callable[[Page], None]] = {
    "a code, and how to join": lambda page: expect(page.locator(".room-code")).to_be_visible(),
    "the wall fills; this room beside MNIST": _wall,
    "the bars follow the pen, then a large 4": lambda page: expect_digit(page, 4),
    '"Not sure"': expect_doubt,
    "37": _number,
    "a 7 from somebody else's hand": lambda page: expect_digit(page, 7),
    "the evidence, pixel by pixel, and its sum": lambda page: _reason(
        page, "^7 scores", ".evidence canvas", "table.sum"
    ),
    "what decides between two digits": lambda page: _reason(
        page, r"^7 rather than \d", ".evidence canvas", "table.sum"
    ),
    "the smallest change, and who wins then": lambda page: _reason(
        page, r"ahead of 7|until \d won", "figure", ".small-bars"
    ),
    "six pictures, from the canvas to the model": _way,
    "the answer after each stroke": lambda page: _reason(
        page, "mind", ".stages figure:nth-child(2)", ".small-bars"
    ),
    'the templates grow; then "10% → 98%"': _retrained,
    "the receipt: both models, in per cent": _receipt,
    "the model from before answers": _gone_back,
    "step 0: ten bars of 10 %": _step_0,
    "step 1: the first templates": _step_1,
    "the steps count up, and the curves grow": _counts_up,
    "the receipt of this run": _receipt,
    "the film, from step 0 on": _film_plays,
    "the film stands still, a frame back": _film_stands,
    "the confusion matrix": _matrix,
    "the digits of that cell": _cell,
    "which digit was meant, and why another was read": _mistake,
    "an empty canvas": expect_invitation,
    '"One formula, learned from examples"': _formula,
    "the first step fills the screen": _first_step,
    "the drawing without it": _without_it,
    "all as it was, after the reload": _as_it_was,
    "all as it was, on its own": _as_it_was,
}
"""What everybody sees, as the sheet says it, and how it is looked for."""
