"""Drawing on the page's canvas as people do, with a mouse or a finger.

Strokes are lists of (x, y) in unit coordinates: (0, 0) is the canvas's top left corner, (1, 1)
its bottom right one.
"""

from __future__ import annotations

import contextlib
import itertools
import math
from collections.abc import Iterator, Sequence

from playwright.sync_api import FloatRect, Locator, Page

from tests.support.waiting import wait_until

__all__ = [
    "CANVAS",
    "DIGITS",
    "Stroke",
    "canvas_ready",
    "draw",
    "draw_with_finger",
    "draw_with_mouse",
    "finger_held",
    "mouse_held",
]

Point = tuple[float, float]
Stroke = Sequence[Point]

STRIDE = 24
"""Pixels between two events of a pointer: a hand that draws a digit in a second is faster."""

# The component's canvases live in an open shadow root; Playwright's selectors look into those.
CANVAS = ".dc-container canvas.upper-canvas"


def canvas_ready(page: Page, timeout: float = 30) -> Locator:
    """Wait until the canvas can be drawn on, the page's script has ended and nothing moves."""
    canvas = page.locator(CANVAS).first
    canvas.wait_for(state="visible", timeout=timeout * 1000)
    page.locator("[data-test-script-state='notRunning']").first.wait_for(timeout=timeout * 1000)
    canvas.scroll_into_view_if_needed()

    def rests() -> bool:
        before = canvas.bounding_box()
        page.wait_for_timeout(100)
        takes_strokes = canvas.evaluate("c => getComputedStyle(c).pointerEvents !== 'none'")
        return takes_strokes and before is not None and canvas.bounding_box() == before

    wait_until(rests, timeout, "the canvas keeps moving")
    return canvas


# What a browser says of a pen, a stroke at a time.
PEN = """async (canvas, strokes) => {
  const box = canvas.getBoundingClientRect();
  const say = (type, [x, y], buttons) => canvas.dispatchEvent(new PointerEvent(type, {
    bubbles: true, composed: true, cancelable: true, isPrimary: true, pointerId: 1,
    pointerType: "mouse", button: type === "pointermove" ? -1 : 0, buttons,
    clientX: box.left + x, clientY: box.top + y,
  }));
  for (const stroke of strokes) {
    say("pointerdown", stroke[0], 1);
    for (const point of stroke.slice(1)) say("pointermove", point, 1);
    say("pointerup", stroke.at(-1), 0);
    await new Promise(requestAnimationFrame); // the canvas takes note of a stroke after its end
  }
}"""


def draw(page: Page, strokes: Sequence[Stroke]) -> None:
    """Draw at once: the page hears what it hears of a pen, which takes a hand a second or two.

    Where the time between these events matters, or whose they are, `draw_with_mouse` moves a mouse.
    """
    canvas = canvas_ready(page)
    box = canvas.bounding_box()
    assert box is not None, "the canvas is not on the page"
    size = FloatRect(x=0, y=0, width=box["width"], height=box["height"])
    canvas.evaluate(PEN, [list(map(list, _on_page(stroke, size))) for stroke in strokes])


def draw_with_mouse(page: Page, strokes: Sequence[Stroke]) -> None:
    """Draw with the mouse: press, move along, let go, for each stroke."""
    box = _box(page)
    for stroke in strokes:
        start, *rest = _on_page(stroke, box)
        page.mouse.move(*start)
        page.mouse.down()
        for point in rest:
            page.mouse.move(*point)
        page.mouse.up()


def draw_with_finger(page: Page, strokes: Sequence[Stroke]) -> None:
    """Draw with one finger: touch, move along, lift, for each stroke."""
    box = _box(page)
    session = page.context.new_cdp_session(page)
    for stroke in strokes:
        for number, (x, y) in enumerate(_on_page(stroke, box)):
            kind = "touchMove" if number else "touchStart"
            touch = {"type": kind, "touchPoints": [{"x": x, "y": y, "id": 1}]}
            session.send("Input.dispatchTouchEvent", touch)
        session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    session.detach()


@contextlib.contextmanager
def mouse_held(page: Page, stroke: Stroke) -> Iterator[None]:
    """Draw a stroke with the mouse, and let go when the block ends."""
    start, *rest = _on_page(stroke, _box(page))
    page.mouse.move(*start)
    page.mouse.down()
    for point in rest:
        page.mouse.move(*point)
    yield
    page.mouse.up()


@contextlib.contextmanager
def finger_held(page: Page, stroke: Stroke) -> Iterator[None]:
    """Draw a stroke with one finger, and lift it when the block ends."""
    points = list(_on_page(stroke, _box(page)))
    session = page.context.new_cdp_session(page)
    for number, (x, y) in enumerate(points):
        kind = "touchMove" if number else "touchStart"
        touch = {"type": kind, "touchPoints": [{"x": x, "y": y, "id": 1}]}
        session.send("Input.dispatchTouchEvent", touch)
    yield
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    session.detach()


def _box(page: Page) -> FloatRect:
    box = canvas_ready(page).bounding_box()
    assert box is not None, "the canvas is not on the page"
    return box


def _on_page(stroke: Stroke, box: FloatRect) -> Iterator[Point]:
    """Yield the stroke's points in the page's pixels, each at most `STRIDE` from the last."""
    scaled = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in stroke]
    yield scaled[0]
    for (x0, y0), (x1, y1) in itertools.pairwise(scaled):
        n = max(1, math.ceil(math.dist((x0, y0), (x1, y1)) / STRIDE))
        for i in range(1, n + 1):
            yield x0 + (x1 - x0) * i / n, y0 + (y1 - y0) * i / n


def _arc(cx: float, cy: float, rx: float, ry: float, start: float, end: float) -> list[Point]:
    """Return 25 points on an ellipse; angles in degrees, 0 to the right, 90 down, as on a clock."""
    angles = [math.radians(start + (end - start) * i / 24) for i in range(25)]
    return [(cx + rx * math.cos(angle), cy + ry * math.sin(angle)) for angle in angles]


DIGITS: dict[int, list[list[Point]]] = {
    0: [_arc(0.5, 0.5, 0.2, 0.28, -90, 270)],
    1: [[(0.53, 0.2), (0.47, 0.8)]],
    2: [[*_arc(0.48, 0.37, 0.18, 0.16, -165, 40), (0.3, 0.76), (0.72, 0.76)]],
    3: [[*_arc(0.47, 0.36, 0.17, 0.15, -150, 90), *_arc(0.47, 0.65, 0.19, 0.15, -90, 150)]],
    4: [[(0.37, 0.22), (0.31, 0.52), (0.7, 0.52)], [(0.63, 0.24), (0.6, 0.8)]],
    5: [[(0.68, 0.24), (0.4, 0.24), (0.37, 0.48), *_arc(0.48, 0.62, 0.18, 0.17, -110, 150)]],
    6: [[(0.6, 0.2), (0.46, 0.32), (0.37, 0.5), *_arc(0.5, 0.64, 0.14, 0.15, 180, -180)]],
    7: [[(0.3, 0.24), (0.7, 0.24), (0.58, 0.48), (0.47, 0.8)]],
    8: [[*_arc(0.5, 0.36, 0.14, 0.14, 90, -270), *_arc(0.5, 0.65, 0.17, 0.15, -90, 270)]],
    9: [[*_arc(0.5, 0.38, 0.15, 0.16, 0, -360), (0.64, 0.55), (0.6, 0.8)]],
}
