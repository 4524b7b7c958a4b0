"""What the reasons for an answer add to a stroke's time on the server.

    python -m tests.benchmarks.bench_why

The time is that from the drawing's message to the last of the server's answers to it, in a real
browser; the same strokes are drawn with the panel closed and with each of its parts open, in turn.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page

from tests.benchmarks.pages import pages
from tests.support.answers import expect_invitation, press
from tests.support.drawing import DIGITS, canvas_ready, draw_with_mouse
from tests.support.paths import ROOT
from tests.support.waiting import wait_for

ROUNDS, FULL_ROUNDS = 2, 9
STROKES = [DIGITS[digit][0] for digit in (3, 2, 7)]
RATIO = 1.3
CLOSED = "closed"
PANELS = (
    *("Evidence", "Why not another", "Smallest change", "On its way", "Strokes"),
    *("Teach it", "Break it"),
)
LEARNED_MS, MEASURED_MS = 300, 100
"""From the click until a drawing is learned; from the slider's release until what the broken model
reads of the test digits is there."""
SILENCE_MS = 400

# `trip` is the time of the last message that was sent, and of the last that came.
RECORD = """
  window.trip = {sent: 0, last: 0};
  const Socket = window.WebSocket;
  window.WebSocket = class extends Socket {
    constructor(...options) {
      super(...options);
      this.addEventListener("message", () => { trip.last = performance.now(); });
    }
    send(message) {
      trip.sent = performance.now();
      super.send(message);
    }
  };
"""
IS_QUIET = f"trip.last > trip.sent && performance.now() - trip.last > {SILENCE_MS}"


def run(rounds: int = ROUNDS) -> dict[str, Any]:
    """Measure.

    Returns
    -------
    dict
        `milliseconds` and `ratio` to the closed panel, by what is open; medians. `learned` and
        `measured`, in milliseconds, of a lesson and of a broken model.
    """
    times: dict[str, list[float]] = {name: [] for name in (CLOSED, *PANELS)}
    learned: list[float] = []
    measured: list[float] = []
    with pages(ROOT / "app.py", record=RECORD) as (page,):
        for _ in range(rounds):
            _begin(page)
            learned.append(_learned(page))
            measured += _measured(page)
            for name, found in times.items():
                _begin(page)
                found += _trips(page, name)
    medians = {name: statistics.median(found) for name, found in times.items()}
    return {
        "milliseconds": medians,
        "learned": statistics.median(learned),
        "measured": statistics.median(measured),
        "ratio": {name: medians[name] / medians[CLOSED] for name in PANELS},
    }


def main(*, full: bool = False) -> dict[str, Any]:
    """Measure and print the table."""
    found = run(FULL_ROUNDS if full else ROUNDS)
    print("The reasons for an answer: a stroke's time on the server")
    print(f"  {'panel closed':34} {found['milliseconds'][CLOSED]:7.1f} ms")
    for name in PANELS:
        print(
            f"  {name + ' open':34} {found['milliseconds'][name]:7.1f} ms,"
            f" {found['ratio'][name]:.2f} times   (aim: at most {RATIO})"
        )
    for name, key, aim in (
        ("a drawing is learned", "learned", LEARNED_MS),
        ("a broken model is measured", "measured", MEASURED_MS),
    ):
        print(f"  {name:34} {found[key]:7.1f} ms   (aim: at most {aim})")
    return found


def _begin(page: Page) -> None:
    """Load the page anew, and clear the drawing that comes back with it."""
    page.reload()
    canvas_ready(page)
    if page.locator(".st-key-clear button:visible:enabled").count():
        press(page, "clear")
        expect_invitation(page)


def _learned(page: Page) -> float:
    """Return how long a lesson takes, from the click until the model answers, with the price."""
    draw_with_mouse(page, DIGITS[4])
    wait_for(page, IS_QUIET)
    _open(page, "Teach it")
    label = page.get_by_role("radiogroup", name="It is a")
    nine = label.get_by_role("radio", name="9", exact=True)
    if not nine.is_checked():  # a second click would take the label back
        nine.click()
    page.locator(".st-key-learn button:visible:enabled").wait_for()
    wait_for(page, IS_QUIET)
    return _trip(page, lambda: page.locator(".st-key-learn button:visible").click())


def _measured(page: Page) -> list[float]:
    """Return how long the accuracy of a broken model takes, after the slider was let go."""
    _open(page, "Break it")
    panel = page.locator(".st-key-break_it")
    panel.get_by_role("radio", name="Noise").click()
    wait_for(page, IS_QUIET)
    slider = panel.get_by_role("slider")
    return [_trip(page, lambda: slider.press("ArrowRight")) for _ in range(3)]


def _open(page: Page, panel: str) -> None:
    page.get_by_role("radiogroup", name="Why?").get_by_role("radio", name=panel).click()
    wait_for(page, IS_QUIET)


def _trip(page: Page, act: Callable[[], None]) -> float:
    """Return the milliseconds from what this sends to the last of the server's answers to it."""
    sent = page.evaluate("trip.sent")
    act()
    wait_for(page, f"trip.sent > {sent} && {IS_QUIET}")
    milliseconds: float = page.evaluate("trip.last - trip.sent")
    return milliseconds


def _trips(page: Page, panel: str) -> list[float]:
    """Draw a first stroke, open the panel, draw the others; return the milliseconds of these."""
    first, *others = STROKES
    draw_with_mouse(page, [first])
    wait_for(page, IS_QUIET)
    if panel != CLOSED:
        _open(page, panel)
    return [
        _trip(page, lambda stroke=stroke: draw_with_mouse(page, [stroke]))  # type: ignore[misc]
        for stroke in others
    ]


if __name__ == "__main__":
    main()
