"""How far the bars are behind the pen, and Python's answer behind its lifting.

    python -m tests.benchmarks.bench_live

A real Chromium draws the same strokes on the page and on a bare page with nothing but the canvas,
in turn, so that a busy machine is busy for both. "On screen" is when the browser has painted the
frame that moved the bars.
"""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from tests.benchmarks.pages import pages, spread
from tests.support.drawing import DIGITS, canvas_ready, draw_with_mouse
from tests.support.paths import ROOT
from tests.support.waiting import wait_for

BARE_PAGE = Path(__file__).with_name("bare_page.py")
ROUNDS, FULL_ROUNDS = 2, 12
STROKES = [DIGITS[digit][0] for digit in (3, 2, 7, 0, 5)]
BARS_MS = 34
SCRIPT_MS = 4
ANSWER_RATIO = 1.15

# Times in milliseconds: `bars` from each move of the pen to the paint of the frame that shows it,
# `script` of each such frame, `answer` from pen-up until `watchAnswer` sees Python's.
RECORD = """
  window.times = {bars: [], script: [], answer: []};
  let moves = [], lifted = null;
  window.addEventListener("pointermove", (event) => {
    if (event.buttons) moves.push(event.timeStamp);
  }, true);
  window.addEventListener("pointerup", () => { lifted = performance.now(); moves = []; }, true);
  const request = window.requestAnimationFrame;
  window.requestAnimationFrame = (callback) => callback.name !== "readFrame"
    ? request.call(window, callback)
    : request.call(window, (time) => {
        const start = performance.now();
        callback(time);
        if (lifted !== null) return;
        times.script.push(performance.now() - start);
        const shown = moves;
        moves = [];
        const painted = new MessageChannel();
        painted.port1.onmessage = () => {
          times.bars.push(...shown.map((move) => performance.now() - move));
          painted.port1.close();
        };
        painted.port2.postMessage(null);
      });
  window.addEventListener("pointerdown", () => { lifted = null; }, true);
  window.watchAnswer = (node, what, isAnswer) => new MutationObserver(() => {
    if (lifted === null || !isAnswer()) return;
    times.answer.push(performance.now() - lifted);
    lifted = null;
  }).observe(node, what);
"""
WATCH_PAGE = """() => {
  const root = [...document.querySelectorAll(".st-key-live_bars *")]
    .find((element) => element.shadowRoot).shadowRoot.querySelector(".reading");
  watchAnswer(root, {attributeFilter: ["data-by"]}, () => root.dataset.by === "server");
}"""
WATCH_BARE_PAGE = """() => {
  const text = () => document.querySelector("p.answer")?.textContent;
  let last = text();
  const all = {childList: true, characterData: true, subtree: true};
  watchAnswer(document.body, all, () => text() !== last && Boolean(last = text()));
}"""


# The page draws by itself, a move a frame, so that it has the processor to itself.
SELF_DRAWN = """async (canvas) => {
  const box = canvas.getBoundingClientRect();
  const send = (type, i) => {
    const angle = i / 12, radius = 60 + i / 4;
    const options = {
      bubbles: true, composed: true, isPrimary: true, button: 0, buttons: 1,
      clientX: box.left + 168 + radius * Math.cos(angle),
      clientY: box.top + 168 + radius * Math.sin(angle),
    };
    canvas.dispatchEvent(new PointerEvent(`pointer${type}`, options));
    canvas.dispatchEvent(new MouseEvent(`mouse${type}`, options));
  };
  times.script = [];
  send("down", 0);
  for (let i = 0; i < 240; i++) {
    send("move", i);
    await new Promise(requestAnimationFrame);
  }
  send("up", 240);
  return times.script;
}"""


def run(rounds: int = ROUNDS) -> dict[str, Any]:
    """Measure.

    Returns
    -------
    dict
        `bars_ms`, `answer_ms`, `bare_answer_ms` and `script_ms`, each with `median` and `p95`, and
        `answer_ratio`, the median answer of the page to that of the bare page.
    """
    ours: dict[str, list[float]] = {"bars": [], "answer": []}
    script: list[float] = []
    bare: list[float] = []
    with pages(ROOT / "app.py", BARE_PAGE, record=RECORD) as (page, bare_page):
        for _ in range(rounds):
            times = stroke_times(page, WATCH_PAGE)
            for name, values in ours.items():
                values += times[name]
            bare += stroke_times(bare_page, WATCH_BARE_PAGE)["answer"]
            script += canvas_ready(page).evaluate(SELF_DRAWN)
    return {
        **{f"{name}_ms": spread(values) for name, values in ours.items()},
        "script_ms": spread(script),
        "bare_answer_ms": spread(bare),
        "answer_ratio": statistics.median(ours["answer"]) / statistics.median(bare),
    }


def main(*, full: bool = False) -> dict[str, Any]:
    """Measure and print the table."""
    found = run(FULL_ROUNDS if full else ROUNDS)
    print("Live bars                               median     95 %")
    for name, title, aim in (
        ("bars_ms", "pen moves → bars on screen", f"   (aim: at most {BARS_MS})"),
        ("script_ms", "script of such a frame", f"   (aim: at most {SCRIPT_MS})"),
        ("answer_ms", "pen up → Python's answer", ""),
        ("bare_answer_ms", "the same with only the canvas", ""),
    ):
        print(f"  {title:34} {found[name]['median']:7.1f}  {found[name]['p95']:7.1f} ms{aim}")
    ratio = found["answer_ratio"]
    print(f"  {'answer / only the canvas':34} {ratio:7.2f}   (aim: at most {ANSWER_RATIO:.2f})")
    return found


def stroke_times(page: Page, watch: str) -> dict[str, list[float]]:
    """Open the page anew and draw; return what was recorded, each stroke answered."""
    page.reload()
    canvas_ready(page)
    page.evaluate(watch)
    for number, stroke in enumerate(STROKES, start=1):
        draw_with_mouse(page, [stroke])
        wait_for(page, "n => times.answer.length === n", arg=number)
    times: dict[str, list[float]] = page.evaluate("times")
    return times


if __name__ == "__main__":
    main()
