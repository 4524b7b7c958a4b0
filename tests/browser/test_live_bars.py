"""The bars while the pen is down: read in the browser, as Python would read it."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, Route, WebSocketRoute, expect

from model.classifier import checkpoint
from model.classifier.prediction import read
from model.data import strokes
from model.data.strokes import WrittenDigit
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
from tests.support.drawing import DIGITS, Stroke, canvas_ready, draw, finger_held, mouse_held
from tests.support.paths import ASSETS, SAMPLES
from tests.support.reader import read_in_browser
from tests.support.server import Server
from tests.support.waiting import wait_until

N_DRAWINGS = 200
INPUTS = ["moments", "pixels"]
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
    return box["x"] + 336 * x, box["y"] + 336 * y


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


def readers_agree(page: Page, name: str, digits: Iterable[WrittenDigit]) -> None:
    """Compare the readings of drawings of these digits, in the browser and in Python."""
    model = checkpoint.load(ASSETS / "checkpoints" / f"{name}.safetensors")
    inks = list(strokes.canvas_drawings(digits))
    assert len(inks) == N_DRAWINGS
    levels = [np.rint(255 * ink).astype(np.uint8) for ink in inks]
    differences, n_same = [], 0
    for ink, browsers in zip(inks, read_in_browser(page, model, levels), strict=True):
        pythons = read(model, ink)
        assert pythons is not None
        probabilities = np.array(browsers["probabilities"])
        differences.append(float(np.abs(probabilities - pythons.probabilities).max()))
        n_same += int(
            probabilities.argmax() == pythons.probabilities.argmax()
            and browsers["verdict"] == pythons.verdict
        )
    assert max(differences) <= 0.02
    assert n_same >= 0.99 * N_DRAWINGS


@pytest.mark.parametrize("name", INPUTS)
def test_200_pen_written_digits_are_read_alike_in_browser_and_python(
    browser: Browser, pen_strokes_path: Path, name: str
) -> None:
    digits = itertools.islice(strokes.read(pen_strokes_path), 0, None, 48)
    with browser.new_page() as page:
        readers_agree(page, name, itertools.islice(digits, N_DRAWINGS))


@pytest.mark.parametrize("name", INPUTS)
def test_200_drawings_of_the_samples_are_read_alike_in_browser_and_python(
    browser: Browser, name: str
) -> None:
    samples = itertools.cycle(list(strokes.read(SAMPLES)))
    with browser.new_page() as page:
        readers_agree(page, name, itertools.islice(samples, N_DRAWINGS))


@pytest.mark.parametrize("name", INPUTS)
def test_what_lies_at_the_edges_is_read_alike_in_browser_and_python(
    browser: Browser, name: str
) -> None:
    model = checkpoint.load(ASSETS / "checkpoints" / f"{name}.safetensors")
    dot, line, frame, faint = (np.zeros((336, 336), np.uint8) for _ in range(4))
    dot[7, 330] = 255
    line[20:300, 100] = 255
    frame[[0, -1]] = frame[:, [0, -1]] = 255
    faint[100:200, 50:60] = 30
    faint[100:120, 40:60] = 40
    empty, below = np.zeros_like(dot), np.full_like(dot, 25)
    with browser.new_page() as page:
        found = read_in_browser(page, model, [dot, line, frame, faint, empty, below])
    for level, browsers in zip([dot, line, frame, faint], found, strict=False):
        pythons = read(model, level / np.float32(255))
        assert pythons is not None
        assert browsers["probabilities"] == pytest.approx(pythons.probabilities, abs=0.02)
        assert browsers["verdict"] == pythons.verdict
        assert browsers["picture"] == pytest.approx(255 * pythons.picture.ravel(), abs=1)
    assert [reading["verdict"] for reading in found[4:]] == ["empty", "empty"]


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
    draw(page, [[(0.5, 0.1), (0.52, 0.5)]])
    answered(page)
    page.evaluate("addEventListener('inkling-reading', ({detail}) => (window.live = detail))")
    model = checkpoint.load(ASSETS / "checkpoints" / "moments.safetensors")
    with mouse_held(page, [(0.1, 0.2)]):
        for x, y in [(0.9, 0.3), (0.15, 0.85), (1.2, 0.9), (0.8, 0.95), (0.3, 0.1), (0.3, 0.1)]:
            page.mouse.move(*place_on_canvas(page, x, y))
        page.evaluate("new Promise(requestAnimationFrame)")
        ink = np.array(page.evaluate(LEVELS_ON_CANVAS), np.uint8).reshape(336, 336)
        (whole,) = read_in_browser(page, model, [ink])
        assert page.evaluate("live.isLive && Array.from(live.reading.picture)") == whole["picture"]


def test_the_final_bars_are_pythons_and_the_live_ones_were_the_same(page: Page) -> None:
    for digit in (3, 7):
        live = drawn_and_followed(page, DIGITS[digit][0])
        assert live.index(max(live)) == digit
        press(page, "clear")
        expect_invitation(page)


def test_the_bars_follow_a_finger(phone_page: Page) -> None:
    live = drawn_and_followed(phone_page, DIGITS[3][0], finger_held)
    assert live.index(max(live)) == 3


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
    draw(page, DIGITS[1])
    expect_digit(page, 1)
    with mouse_held(page, DIGITS[3][0]):
        followed(page)
    press(page, "clear")
    expect_invitation(page)
    draw(page, DIGITS[7])
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
    draw(page, [DIGITS[4][0]])
    page.mouse.move(box["x"] + 0.63 * 336, box["y"] + 0.24 * 336)
    page.mouse.down()
    for y in (0.4, 0.6, 0.795, 0.8):
        page.mouse.move(box["x"] + 0.62 * 336, box["y"] + y * 336)
    followed(page, 4)
    live = shares(page)
    wait_until(lambda: page.evaluate("true") and waiting, 20, "Python said nothing")
    while waiting:
        socket, message = waiting.pop(0)
        socket.send(message)
    is_open = True
    page.wait_for_function("heldBack.length === 1")
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
    wait_until(lambda: any("canvas" in text for text in warnings), 5, f"{warnings}")
    draw(page, DIGITS[0])
    expect_digit(page, 0)
    assert sum(text.startswith("Inkling does not know this") for text in warnings) == 1


def with_other_names(route: Route) -> None:
    """Answer with the canvas's code in which a class has another name."""
    response = route.fetch()
    route.fulfill(response=response, body=response.text().replace("dc-canvas", "dc-other"))


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
    draw(page, DIGITS[3])
    expect_digit(page, 3)
    spoken: list[str] = page.evaluate("spoken")
    assert spoken[-1].startswith("Looks like a 3: ")
    assert all(": " not in text for text in spoken[:-1])  # no per cent while the pen is down
    assert all(a != b for a, b in itertools.pairwise(spoken))
