"""The bars while the pen is down: read in the browser, as Python would read it."""

from __future__ import annotations

import contextlib
import itertools
import math
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Browser, Page, Route, WebSocketRoute, expect

from model.classifier.prediction import read_parts
from model.classifier.reject import Verdict
from model.config import INPUTS, Input
from model.data import strokes
from model.data.strokes import WrittenDigit
from model.preprocessing.segmentation import MOST_PARTS
from tests.support.answers import (
    TO_UPLOAD,
    answered,
    choose_model,
    expect_digit,
    expect_invitation,
    go_to,
    press,
    shares,
)
from tests.support.drawing import (
    DIGITS,
    Stroke,
    canvas_ready,
    draw_with_mouse,
    finger_held,
    mouse_held,
)
from tests.support.reader import read_in_browser
from tests.support.server import Server
from tests.support.specimens import sample_digits, shipped
from tests.support.waiting import wait_for, wait_until

N_DRAWINGS = 200
AGREEMENT = 1e-4
"""Largest difference of a probability in browser and Python; measured are 3e-6."""
UPPER_3 = DIGITS[3][0][:25]
LOWER_3 = DIGITS[3][0][24:]

Held = Callable[[Page, Stroke], contextlib.AbstractContextManager[None]]


def followed(page: Page, digit: int | None = None) -> None:
    """Wait until the bars show the browser's own reading, of this digit if one is given."""
    expect(page.locator(".reading")).to_have_attribute("data-by", "browser")
    if digit is not None:
        expect(page.locator(".reading .answer")).to_have_text(str(digit))


# What the bars show, change by change.
RECORD = """root => {
  window.shown = [];
  const note = () => window.shown.push({
    by: root.dataset.by,
    percent: Array.from(root.querySelectorAll("[role=meter]"), (meter) => +meter.ariaValueNow),
  });
  const observer = new MutationObserver(note);
  observer.observe(root, {subtree: true, attributeFilter: ["data-by", "aria-valuenow"]});
}"""


# The grey levels of all that the canvas shows, its layers one upon the other.
LEVELS_ON_CANVAS = """() => {
  const host = [...document.querySelectorAll(".st-key-canvas *")].find((node) => node.shadowRoot);
  const context = new OffscreenCanvas(336, 336).getContext("2d", {alpha: false});
  for (const layer of host.shadowRoot.querySelectorAll("canvas.dc-canvas"))
    context.drawImage(layer, 0, 0, 336, 336);
  return Array.from(context.getImageData(0, 0, 336, 336).data).filter((_, i) => i % 4 === 0);
}"""


def place_on_canvas(page: Page, x: float, y: float) -> tuple[float, float]:
    """Return where a point in unit coordinates is on the page, in pixels."""
    box = page.locator(".st-key-canvas").bounding_box()
    assert box is not None
    return box["x"] + box["width"] * x, box["y"] + box["height"] * y


def drawn_and_followed(page: Page, stroke: Stroke, held: Held = mouse_held) -> list[float]:
    """Draw; the bars must follow, and end where Python says. Return the last live per cent.

    The stroke under way ends half a step behind the pen, so the last live reading is the one after
    the pen was lifted.
    """
    canvas_ready(page)
    page.locator(".reading").evaluate(RECORD)
    with held(page, stroke):
        followed(page)
    answered(page)
    shown = page.evaluate("shown")
    live = [reading["percent"] for reading in shown if reading["by"] == "browser"]
    assert len(live) > 2
    assert shares(page) == pytest.approx(live[-1], abs=2)
    last: list[float] = live[-1]
    return last


Level = NDArray[np.uint8]


def readers_agree(page: Page, input: Input, levels: list[Level]) -> list[list[Verdict]]:
    """Compare what browser and Python read on drawings; return the verdicts on their parts."""
    model = shipped(input)
    verdicts: list[list[Verdict]] = []
    for level, browsers in zip(levels, read_in_browser(page, model, levels), strict=True):
        pythons = read_parts(model, (level / 255).astype(np.float32))
        verdicts.append([reading.verdict for reading in pythons])
        assert [reading["verdict"] for reading in browsers] == verdicts[-1]
        for ours, theirs in zip(pythons, browsers, strict=True):
            assert theirs["probabilities"] == pytest.approx(ours.probabilities, abs=AGREEMENT)
            assert theirs["picture"] == pytest.approx(255 * ours.picture.ravel(), abs=1)
    return verdicts


def drawings(digits: Iterable[WrittenDigit], n: int = N_DRAWINGS) -> list[Level]:
    """Draw n digits, somewhere on the canvas."""
    inks = strokes.canvas_drawings(itertools.islice(digits, n))
    levels = [np.rint(255 * ink).astype(np.uint8) for ink in inks]
    assert len(levels) == n
    return levels


@pytest.mark.parametrize("input", INPUTS)
def test_200_pen_written_digits_are_read_alike_in_browser_and_python(
    browser: Browser, pen_strokes_path: Path, input: Input
) -> None:
    digits = itertools.islice(strokes.read(pen_strokes_path), 0, None, 48)
    with browser.new_page() as page:
        readers_agree(page, input, drawings(digits))


@pytest.mark.parametrize("input", INPUTS)
def test_the_samples_are_read_alike_in_browser_and_python(browser: Browser, input: Input) -> None:
    with browser.new_page() as page:
        readers_agree(page, input, drawings(sample_digits(), 10))


def beside(*digits: WrittenDigit, tap: bool = False) -> Level:
    """Draw digits side by side, on 336 pixels, perhaps with a tap of the pen in a corner."""
    level = np.zeros((336, 336), np.uint8)
    for i, digit in enumerate(digits):
        ink = strokes.draw(digit.strokes, longer_side=110, right=0, down=0.2 + 0.3 * i)
        left = 15 + 150 * i
        level[:280, left:280] = np.maximum(level[:280, left:280], 255 * ink[:, : 280 - left])
    if tap:
        level[300:318, 300:320] = 255
    return level


def specks(share: float, seed: int) -> Level:
    """Ink a share of the squares of a grid, unevenly: none is symmetric, for then a rounded half
    would decide where it is put."""
    rng = np.random.default_rng(seed)
    squares = np.kron(rng.random((42, 42)) < share, np.ones((8, 8)))
    return (squares * rng.integers(100, 256, squares.shape)).astype(np.uint8)


@pytest.mark.parametrize("input", INPUTS)
def test_the_parts_of_a_drawing_are_found_alike_in_browser_and_python(
    browser: Browser, input: Input
) -> None:
    samples = sample_digits()
    with browser.new_page() as page:
        tapped = readers_agree(page, input, [beside(digit, tap=True) for digit in samples])
        assert [len(parts) for parts in tapped] == [1] * 10
        pairs = [beside(*pair) for pair in itertools.combinations(samples, 2)]
        assert sum(len(parts) == 2 for parts in readers_agree(page, input, pairs)) > 40
        noise = [specks(share, seed) for seed in range(10) for share in (0.003, 0.01, 0.1)]
        found = {tuple(parts) for parts in readers_agree(page, input, noise)}
        assert ("crowded",) in found
        assert max(map(len, found)) > 2


@pytest.mark.parametrize("input", INPUTS)
def test_a_bar_of_any_pen_is_read_alike_in_browser_and_python(
    browser: Browser, input: Input
) -> None:
    bars = []
    for breadth in range(8, 41, 4):
        bars.append(np.zeros((336, 336), np.uint8))
        bars[-1][60:260, 150 : 150 + breadth] = 255
    with browser.new_page() as page:
        readers_agree(page, input, bars)


@pytest.mark.parametrize("input", INPUTS)
def test_what_lies_at_the_edges_is_read_alike_in_browser_and_python(
    browser: Browser, input: Input
) -> None:
    dot, line, frame, faint = (np.zeros((336, 336), np.uint8) for _ in range(4))
    dot[7, 330] = 255
    line[20:300, 100] = 255
    frame[[0, -1]] = frame[:, [0, -1]] = 255
    faint[100:200, 50:60] = 30
    faint[100:120, 40:60] = 40
    empty, below = np.zeros_like(dot), np.full_like(dot, 25)
    with browser.new_page() as page:
        verdicts = readers_agree(page, input, [dot, line, frame, faint, empty, below])
    assert [len(parts) for parts in verdicts] == [1, 1, 1, 1, 0, 0]


@pytest.mark.parametrize(("n", "expected"), [(MOST_PARTS, MOST_PARTS), (MOST_PARTS + 1, 1)])
def test_so_many_digits_are_read_and_no_more(browser: Browser, n: int, expected: int) -> None:
    level = np.zeros((336, 336), np.uint8)
    for i in range(n):
        level[100:200, 8 + 25 * i : 12 + 25 * i] = 255
    with browser.new_page() as page:
        (verdicts,) = readers_agree(page, "moments", [level])
    assert len(verdicts) == expected
    assert ("crowded" in verdicts) == (n > MOST_PARTS)


def test_a_digit_that_has_not_changed_is_read_as_before(browser: Browser) -> None:
    """Only what changed from one drawing to the next is read again; nothing else may show."""
    three, seven = sample_digits()[3], sample_digits()[7]
    both, one, other = beside(three, seven), beside(three), beside(seven)
    longer = both.copy()
    longer[150:300, 200:212] = 255
    thinner = both.copy()
    thinner[100] = 0
    small = both[:300, :330].copy()
    with browser.new_page() as page:
        frames = [both, one, both, longer, both, other, thinner, small, both, both]
        readers_agree(page, "moments", frames)


def test_the_bars_follow_the_pen_before_it_is_lifted(page: Page) -> None:
    with mouse_held(page, UPPER_3):
        followed(page)
        half_drawn = shares(page)
        assert sum(half_drawn) == pytest.approx(100, abs=0.5)
        assert half_drawn.index(max(half_drawn)) != 3
        for x, y in LOWER_3:
            page.mouse.move(*place_on_canvas(page, x, y))
        wait_until(lambda: shares(page)[3] > 90, 10, "the bars do not follow the pen")
        followed(page, 3)
    expect_digit(page, 3)


def test_with_the_pen_down_the_bars_show_all_that_is_on_the_canvas(page: Page) -> None:
    """The browser looks only where the pen was: the widest pen goes far between two looks."""
    pen = page.get_by_role("slider", name="Pen width")
    pen.press("End")
    expect(pen).to_have_value("40")
    draw_with_mouse(page, [[(0.5, 0.1), (0.52, 0.5)]])
    answered(page)
    page.evaluate("addEventListener('inkling-reading', ({detail}) => (window.live = detail))")
    with mouse_held(page, [(0.1, 0.2)]):
        for x, y in [(0.9, 0.3), (0.15, 0.85), (1.2, 0.9), (0.8, 0.95), (0.3, 0.1), (0.3, 0.1)]:
            page.mouse.move(*place_on_canvas(page, x, y))
        page.evaluate("new Promise(requestAnimationFrame)")
        ink = np.array(page.evaluate(LEVELS_ON_CANVAS), np.uint8).reshape(336, 336)
        (whole,) = read_in_browser(page, shipped("moments"), [ink])
        live = "live.isLive && live.answer.readings.map(({picture}) => Array.from(picture))"
        assert page.evaluate(live) == [reading["picture"] for reading in whole]


def test_the_final_bars_are_pythons_and_the_live_ones_were_the_same(page: Page) -> None:
    for digit in (3, 7):
        live = drawn_and_followed(page, DIGITS[digit][0])
        assert live.index(max(live)) == digit
        press(page, "clear")
        expect_invitation(page)


@pytest.mark.parametrize("scale", [0.8, 1, 2.5])
def test_a_canvas_shown_smaller_or_larger_is_read_alike_with_the_pen_down_and_up(
    page: Page, scale: float
) -> None:
    page.add_style_tag(content=f".st-key-draw_view {{ --side: {336 * scale}px !important }}")
    live = drawn_and_followed(page, DIGITS[3][0])
    assert live.index(max(live)) == 3
    expect_digit(page, 3)


def test_the_bars_follow_a_finger(phone_page: Page) -> None:
    live = drawn_and_followed(phone_page, DIGITS[3][0], finger_held)
    assert live.index(max(live)) == 3


def test_on_a_narrow_phone_a_finger_draws_up_to_the_edges_and_nothing_is_lost(
    phone_page: Page,
) -> None:
    turns = [math.tau * i / 40 for i in range(41)]
    rim = [(0.5 + 0.46 * math.sin(turn), 0.5 - 0.46 * math.cos(turn)) for turn in turns]
    for width in (280, 320, 360):
        phone_page.set_viewport_size({"width": width, "height": 640})
        live = drawn_and_followed(phone_page, rim, finger_held)
        assert live.index(max(live)) == 0
        expect_digit(phone_page, 0)
        ink = np.array(phone_page.evaluate(LEVELS_ON_CANVAS), np.uint8).reshape(336, 336)
        assert all(ink[round(336 * y), round(336 * x)] > 0 for x, y in rim), width
        press(phone_page, "clear")
        expect_invitation(phone_page)


def test_the_bars_follow_after_a_stroke_a_view_a_model_and_a_clear(page: Page) -> None:
    first, second = DIGITS[4]
    drawn_and_followed(page, first)
    live = drawn_and_followed(page, second)
    assert live.index(max(live)) == 4
    go_to(page, "How it works")
    go_to(page, "Draw")
    answered(page)
    drawn_and_followed(page, [(0.3, 0.85), (0.7, 0.85)])
    press(page, "clear")
    expect_invitation(page)
    for name in ("pixels", "moments"):
        choose_model(page, name)
        live = drawn_and_followed(page, DIGITS[2][0])
        press(page, "clear")
        expect_invitation(page)


def test_the_bars_follow_in_two_browsers_at_once_one_dark_and_on_a_dense_screen(
    page: Page, browser: Browser, server: Server
) -> None:
    with browser.new_context(color_scheme="dark", device_scale_factor=2) as context:
        other = context.new_page()
        other.goto(server.url)
        canvas_ready(other)
        with mouse_held(page, DIGITS[2][0]), mouse_held(other, DIGITS[7][0]):
            followed(page, 2)
            followed(other, 7)
        for each, digit in ((page, 2), (other, 7)):
            expect_digit(each, digit)


def test_a_stroke_that_is_cleared_before_python_has_it_does_not_stay_on_the_bars(
    page: Page,
) -> None:
    draw_with_mouse(page, DIGITS[1])
    expect_digit(page, 1)
    with mouse_held(page, DIGITS[3][0]):
        followed(page)
    press(page, "clear")
    expect_invitation(page)
    draw_with_mouse(page, DIGITS[7])
    expect_digit(page, 7)


def test_a_stroke_that_is_left_for_an_upload_does_not_stay_on_the_bars(page: Page) -> None:
    with mouse_held(page, DIGITS[3][0]):
        followed(page, 3)
    press(page, "to_upload")
    expect_invitation(page, TO_UPLOAD)


@pytest.mark.usefixtures("own_tab")
def test_an_answer_about_an_older_drawing_does_not_move_the_bars(page: Page) -> None:
    # What Python says waits here until the second stroke is under way: else the machine's speed
    # decides whether the answer comes before that stroke.
    waiting: list[tuple[WebSocketRoute, str | bytes]] = []
    is_open = True

    def between(socket: WebSocketRoute) -> None:
        def from_python(message: str | bytes) -> None:
            if is_open:
                socket.send(message)
            else:
                waiting.append((socket, message))

        socket.connect_to_server().on_message(from_python)

    page.route_web_socket("**/_stcore/stream", between)
    page.reload()
    box = canvas_ready(page).bounding_box()
    assert box is not None
    page.evaluate(
        """() => {
          window.heldBack = [];
          addEventListener("inkling-answer", (event) => heldBack.push(event.defaultPrevented));
        }"""
    )
    is_open = False
    draw_with_mouse(page, [DIGITS[4][0]])
    page.mouse.move(box["x"] + 0.63 * box["width"], box["y"] + 0.24 * box["height"])
    page.mouse.down()
    for y in (0.4, 0.6, 0.795, 0.8):
        page.mouse.move(box["x"] + 0.62 * box["width"], box["y"] + y * box["height"])
    followed(page, 4)
    live = shares(page)
    wait_until(lambda: page.evaluate("true") and waiting, 20, "Python said nothing")
    while waiting:
        socket, message = waiting.pop(0)
        socket.send(message)
    is_open = True
    wait_for(page, "heldBack.length === 1")
    assert page.evaluate("heldBack") == [True]
    followed(page)
    assert shares(page) == live
    page.mouse.up()
    expect_digit(page, 4)
    assert page.evaluate("heldBack") == [True, False]


# Counts what our modules ask for: Streamlit names its source in every stack.
COUNT = """
  window.asked = {};
  for (const name of ["requestAnimationFrame", "setTimeout", "setInterval"]) {
    const original = window[name];
    window[name] = function (...rest) {
      if (new Error().stack.includes("inkling_live_"))
        window.asked[name] = (window.asked[name] ?? 0) + 1;
      return original.apply(window, rest);
    };
  }
"""


@pytest.mark.usefixtures("own_tab")
def test_nothing_runs_while_nobody_draws(page: Page) -> None:
    page.add_init_script(COUNT)
    page.reload()
    drawn_and_followed(page, DIGITS[3][0])
    asked: dict[str, int] = page.evaluate("asked")
    assert asked["requestAnimationFrame"] > 5
    assert "setInterval" not in asked
    canvas = canvas_ready(page)
    canvas.hover(position={"x": 100, "y": 100})
    canvas.hover(position={"x": 200, "y": 200})
    page.evaluate(
        "async () => { for (let i = 0; i < 30; i++) await new Promise(requestAnimationFrame); }"
    )
    assert page.evaluate("asked") == asked


# What the canvas itself draws from, but beside it, where nothing draws.
STROKES = """async (canvas, n) => {
  const event = (type, x) => new MouseEvent(type, {
    bubbles: true, composed: true, button: 0, clientX: x, clientY: x,
  });
  const container = canvas.closest(".dc-container");
  for (let i = 0; i < n; i++) {
    for (const type of ["mousedown", "mousemove", "mouseup"])
      container.dispatchEvent(event(type, i % 300));
    if (i % 10 === 9) await new Promise(requestAnimationFrame);
  }
  for (let i = 0; i < 3; i++) await new Promise(requestAnimationFrame);
}"""


@pytest.mark.usefixtures("own_tab")
def test_a_thousand_strokes_leave_no_listeners_nodes_or_memory_behind(page: Page) -> None:
    drawn_and_followed(page, DIGITS[3][0])
    canvas = canvas_ready(page)
    canvas.evaluate(STROKES, 100)
    before = counters(page)
    canvas.evaluate(STROKES, 1000)
    after = counters(page)
    assert after["JSEventListeners"] <= before["JSEventListeners"]
    assert after["Nodes"] <= before["Nodes"]
    assert after["JSHeapUsedSize"] <= before["JSHeapUsedSize"] + 500_000
    expect_digit(page, 3)


def counters(page: Page) -> dict[str, float]:
    """Return what the browser counts in the page, garbage collected."""
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    session.send("HeapProfiler.collectGarbage")
    metrics: list[dict[str, Any]] = session.send("Performance.getMetrics")["metrics"]
    session.detach()
    return {metric["name"]: metric["value"] for metric in metrics}


@pytest.mark.usefixtures("own_tab")
def test_an_unknown_canvas_is_named_once_and_python_answers_alone(page: Page) -> None:
    warnings: list[str] = []
    page.on("console", lambda message: warnings.append(message.text))
    page.route("**/streamlit_drawable_canvas/**/*.js", with_other_names)
    page.route("**/*drawable-canvas*/**/*.js", with_other_names)
    page.reload()
    for digit in (3, 7):
        with mouse_held(page, DIGITS[digit][0]):
            answered(page)
        expect_digit(page, digit)
        press(page, "clear")
        expect_invitation(page)

    def is_told() -> bool:
        page.evaluate("0")  # Playwright hands over what the console says only while it is asked
        return any("canvas" in text for text in warnings)

    wait_until(is_told, 5, "nothing is said of the canvas")
    draw_with_mouse(page, DIGITS[0])
    expect_digit(page, 0)
    assert sum(text.startswith("Inkling does not know this") for text in warnings) == 1


def with_other_names(route: Route) -> None:
    """Answer with the canvas's code in which a class has another name."""
    response = route.fetch()
    route.fulfill(response=response, body=response.text().replace("dc-canvas", "dc-other"))


LEFT_AND_RIGHT = [
    [(left + 0.42 * x, 0.2 + 0.6 * y) for x, y in stroke]
    for left, digit in ((0.02, 3), (0.54, 7))
    for stroke in DIGITS[digit]
]


def likeliest(page: Page) -> int:
    """Return the digit with the longest bar."""
    percent = shares(page)
    return percent.index(max(percent))


def test_a_click_on_another_digit_shows_its_bars_and_pythons_answer_keeps_them(page: Page) -> None:
    draw_with_mouse(page, LEFT_AND_RIGHT)
    answered(page)
    reading = page.locator(".reading")
    expect(reading.locator(".answer")).to_have_text("37")
    expect(reading.locator(".says")).to_have_text("Looks like 37")
    first, second = (
        reading.get_by_role("button", name=f"Show the bars of the {digit}, digit {i} of 2")
        for i, digit in ((1, 3), (2, 7))
    )
    expect(second).to_have_attribute("aria-pressed", "true")
    assert likeliest(page) == 7
    page.evaluate("addEventListener('inkling-answer', ({detail}) => (window.said = detail))")
    first.click()
    assert likeliest(page) == 3  # at once
    expect(first).to_have_attribute("aria-pressed", "true")
    expect(second).to_have_attribute("aria-pressed", "false")
    wait_for(page, "window.said?.shown === 0")
    answered(page)
    assert likeliest(page) == 3
    expect(reading.locator(".detail")).to_have_text(re.compile("^The bars are of the 3: "))
    expect(first).to_be_focused()
    second.focus()
    page.keyboard.press("Enter")
    assert likeliest(page) == 7
    wait_for(page, "said.shown === 1")
    expect(second).to_be_focused()


def test_a_picked_digit_stays_picked_until_their_number_changes(page: Page) -> None:
    draw_with_mouse(page, LEFT_AND_RIGHT[:1])
    expect_digit(page, 3)
    draw_with_mouse(page, LEFT_AND_RIGHT[1:])
    expect(page.locator(".reading .answer")).to_have_text("37")
    page.get_by_role("button", name="digit 1 of 2").click()
    with mouse_held(page, [(0.62, 0.5), (0.7, 0.5), (0.78, 0.5)]):  # a bar for the seven
        followed(page)
        assert likeliest(page) == 3
    answered(page)
    assert likeliest(page) == 3
    press(page, "clear")
    expect_invitation(page)
    draw_with_mouse(page, LEFT_AND_RIGHT)
    answered(page)
    expect(page.locator(".reading .answer")).to_have_text("37")
    assert likeliest(page) == 7


def test_what_is_announced_changes_with_the_answer_not_with_every_frame(page: Page) -> None:
    canvas_ready(page)
    page.locator(".reading").evaluate(
        """root => {
          window.spoken = [];
          const node = root.querySelector("[role=status]");
          new MutationObserver(() => window.spoken.push(node.textContent))
            .observe(node, {childList: true, characterData: true, subtree: true});
        }"""
    )
    draw_with_mouse(page, DIGITS[3])
    expect_digit(page, 3)
    spoken: list[str] = page.evaluate("spoken")
    assert spoken[-1].startswith("Looks like a 3: ")
    assert all(": " not in text for text in spoken[:-1])  # no per cent while the pen is down
    assert all(a != b for a, b in itertools.pairwise(spoken))
