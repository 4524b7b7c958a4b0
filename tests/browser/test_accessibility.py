"""axe-core on every view: nothing serious or critical that is ours; and texts stand out."""

from __future__ import annotations

import re
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.support.answers import REASONS, expect_digit, go_to, open_reason
from tests.support.contrast import contrast
from tests.support.drawing import DIGITS, canvas_ready, draw
from tests.support.hall import draw_in, hall_url, open_room
from tests.support.server import Server

GRAVE = {"serious", "critical"}
READABLE = 4.5
"""WCAG 2.2's least contrast of text, level AA."""

# What comes from the markup of Streamlit and of the canvas component, by rule and element.
NOT_OURS = {
    # st.latex's formula scrolls sideways where it is too wide, and takes no focus.
    "scrollable-region-focusable": r'class="katex-display"',
}


def wait_for_rest(page: Page) -> None:
    """Wait for the colours that stay: while a run or a transition lasts, text may be faded."""
    if page.get_by_test_id("stApp").count():
        page.locator("[data-test-script-state='notRunning']").first.wait_for()
    page.wait_for_function("document.getAnimations().every((each) => each.playState !== 'running')")


def grave_violations(page: Page) -> list[str]:
    """Return the rule and the element of each violation that is ours."""
    wait_for_rest(page)
    found: Any = Axe().run(page).response
    return [
        f"{rule['id']}: {node['html'][:200]}: {node['failureSummary']}"
        for rule in found["violations"]
        if rule["impact"] in GRAVE
        for node in rule["nodes"]
        if not re.search(NOT_OURS.get(rule["id"], "(?!)"), node["html"])
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_view_has_a_grave_violation_and_what_is_written_can_be_read(
    page: Page, scheme: str
) -> None:
    canvas_ready(page)
    assert grave_violations(page) == []
    draw(page, DIGITS[3])
    expect_digit(page, 3)
    shown = page.get_by_test_id("stApp").evaluate("app => getComputedStyle(app).colorScheme")
    assert shown == scheme
    assert faint_texts(page) == {}
    for name in REASONS:
        open_reason(page, name)
        expect(page.get_by_role("radio", name=name)).to_be_checked()
        assert grave_violations(page) == [], name
    for view in ("Train", "Evaluate", "How it works"):
        go_to(page, view)
        expect(page.get_by_role("heading").first).to_be_visible()
        assert grave_violations(page) == [], view


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_neither_a_room_nor_the_page_of_its_phones_has_a_grave_violation(
    page: Page, server: Server, scheme: str
) -> None:
    code = open_room(page, hall_url(server.url))
    assert grave_violations(page) == []
    draw_in(server.url, code)
    expect(page.locator(".room-scores")).to_contain_text("%")
    expect(page.locator(".waiting .tile").first).to_be_visible()
    assert grave_violations(page) == []
    page.goto(f"{server.url}/r/{code}")
    expect(page.locator("#figures")).to_contain_text("drawings from")
    assert grave_violations(page) == []
    page.locator("#canvas").click()
    expect(page.get_by_role("button", name="Send")).to_be_enabled()
    assert grave_violations(page) == []
    assert page.evaluate(f"matchMedia('(prefers-color-scheme: {scheme})').matches")


def faint_texts(page: Page) -> dict[str, float]:
    """Return the texts about the drawing that are hard to read, with their contrast."""
    reading, panel = page.locator(".reading"), page.locator(".st-key-draw_view")
    texts = [
        *(reading.locator(name) for name in (".answer", ".says", ".detail", "figcaption")),
        *reading.locator(".digit").all(),
        *reading.locator(".percent").all(),
        *panel.locator(".note").all(),
        *panel.locator("button:visible p").all(),
    ]
    assert len(texts) > 25
    return {text.inner_text(): contrast(text) for text in texts if contrast(text) < READABLE}
