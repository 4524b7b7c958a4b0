"""What has to hold on the stage: it can be read from the last row, and nothing scrolls."""

from __future__ import annotations

import time
from typing import Any

from playwright.sync_api import Page

__all__ = ["assert_readable"]

LEAST = 0.04
"""Of the screen's height: the size of a text outside the control bars."""
SETTLES_IN = 10.0
"""Seconds."""

# Texts that are seen and smaller than they should be, or cut off by what they stand in, and how far
# the page can be scrolled.
_WALK = """least => {
  const bars = "[data-testid=stHeader], [data-testid=stSidebar], .st-key-stage_switch,"
    + ".st-key-controls, .st-key-why,"
    + ".st-key-model_panel, .st-key-confusion_numbers, .st-key-tested, .st-key-settings,"
    + ".st-key-run_controls, .st-key-progress_row, .st-key-keep, .st-key-go_back,"
    + ".st-key-show_mistake, .st-key-room_buttons, .st-key-train_on_room, .st-key-room_keep,"
    + ".st-key-room_aside, .st-key-walk, .st-key-lesson";
  const hidden = ".katex-mathml";
  const small = [];
  const cut = [];
  let n = 0;
  const isCut = (node) => {
    const range = document.createRange();
    range.setStartBefore(node.firstChild);
    range.setEndAfter([...node.childNodes].findLast(({nodeType}) => nodeType === 3));
    const {bottom, right} = range.getBoundingClientRect();
    const {height} = range.getClientRects()[0]; // a line's room for letters such as g
    for (let at = node; at; at = at.assignedSlot ?? at.parentElement ?? at.getRootNode().host) {
      const box = at.getBoundingClientRect();
      const isOver = bottom > box.bottom + height / 6 || right > box.right + 3;
      if (at.matches("[data-testid=stMain]")) return false;
      if (isOver && getComputedStyle(at).overflow !== "visible") return true;
    }
    return false;
  };
  const visit = (root, inBar) => {
    for (const node of root.querySelectorAll("*")) {
      const isBar = inBar || node.closest(bars) !== null;
      if (node.shadowRoot) visit(node.shadowRoot, isBar);
      if (isBar || node.closest(hidden) || ["STYLE", "SCRIPT"].includes(node.tagName)) continue;
      const text = [...node.childNodes].filter(({nodeType}) => nodeType === 3)
        .map(({data}) => data).join("").replaceAll("\\u200b", "").trim();
      const box = node.getBoundingClientRect();
      const isSeen = text && box.width > 1 && box.height > 1 && box.bottom > 0
        && box.top < innerHeight && box.right > 0 && box.left < innerWidth
        && node.checkVisibility({opacityProperty: true, visibilityProperty: true});
      if (!isSeen) continue;
      n += 1;
      const matrix = node.getScreenCTM?.();
      const scale = matrix ? Math.hypot(matrix.a, matrix.b) : (node.currentCSSZoom ?? 1);
      const size = scale * parseFloat(getComputedStyle(node).fontSize) / innerHeight;
      if (size < least) small.push(`${text.slice(0, 40)}: ${(100 * size).toFixed(2)} %`);
      if (!node.closest(".katex") && isCut(node)) cut.push(text.slice(0, 40));
    }
  };
  visit(document, false);
  const main = document.querySelector("[data-testid=stMain]");
  return {small, cut, n, further: [main.scrollHeight - main.clientHeight,
                              main.scrollWidth - main.clientWidth]};
}"""


def assert_readable(page: Page, *, scrolls: bool = False) -> None:
    """Assert that nothing that the last row has to read is too small, and that nothing scrolls.

    After a change of the screen's size a chart takes a moment to be laid out anew.
    """
    page.locator("[data-test-script-state='notRunning']").first.wait_for()
    until = time.monotonic() + SETTLES_IN
    while (problems := _problems(page, scrolls)) and time.monotonic() < until:
        page.wait_for_timeout(100)
    assert not problems, problems


def _problems(page: Page, scrolls: bool) -> dict[str, Any]:
    found: dict[str, Any] = page.evaluate(_WALK, LEAST)
    problems = {name: found[name] for name in ("small", "cut") if found[name]}
    if found["n"] <= 2:
        problems["n"] = "a page without text"
    if not scrolls and found["further"] != [0, 0]:
        problems["further"] = found["further"]
    return problems
