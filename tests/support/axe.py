"""axe-core on a page: what is grave, and ours."""

from __future__ import annotations

import re
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.support.waiting import wait_for

__all__ = ["grave_violations"]

GRAVE = {"serious", "critical"}
LOOKS = 3
# What comes from the markup of Streamlit and of the canvas component, by rule and element.
NOT_OURS = {
    # st.latex's formula scrolls sideways where it is too wide, and takes no focus.
    "scrollable-region-focusable": r'class="katex-display"',
}


def _wait_for_rest(page: Page) -> None:
    """Wait for the colours that stay: while a run or a transition lasts, text may be faded."""
    if page.get_by_test_id("stApp").count():
        page.locator("[data-test-script-state='notRunning']").first.wait_for()
    wait_for(page, "document.getAnimations().every((each) => each.playState !== 'running')")


def grave_violations(page: Page) -> list[str]:
    """Return the rule and the element of each violation that is ours, and stays.

    A run that a click has asked for may begin while axe looks, and fades what it will replace.
    """
    found: list[str] = []
    for _ in range(LOOKS):
        _wait_for_rest(page)
        if not (found := _violations(page)):
            break
    return found


def _violations(page: Page) -> list[str]:
    found: Any = Axe().run(page).response
    return [
        f"{rule['id']}: {node['html'][:200]}: {node['failureSummary']}"
        for rule in found["violations"]
        if rule["impact"] in GRAVE
        for node in rule["nodes"]
        if not re.search(NOT_OURS.get(rule["id"], "(?!)"), node["html"])
    ]
