"""axe-core on every view: nothing serious or critical that is ours; and texts stand out."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.support.answers import REASONS, expect_digit, go_to, open_reason
from tests.support.axe import grave_violations
from tests.support.contrast import contrast
from tests.support.drawing import DIGITS, canvas_ready, draw
from tests.support.hall import draw_in, hall_url, open_room
from tests.support.server import Server

READABLE = 4.5
"""WCAG 2.2's least contrast of text, level AA."""


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
