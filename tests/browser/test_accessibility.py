"""axe-core on every view: nothing serious or critical that is ours."""

from __future__ import annotations

import re
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.support.answers import REASONS, expect_digit, go_to, open_reason
from tests.support.drawing import DIGITS, canvas_ready, draw

GRAVE = {"serious", "critical"}

# What comes from the markup of Streamlit and of the canvas component, by rule and element.
NOT_OURS = {
    # st.latex's formula scrolls sideways where it is too wide, and takes no focus.
    "scrollable-region-focusable": r'class="katex-display"',
}


def reopen(page: Page, scheme: Any) -> None:
    """Open the page in a scheme: changed on the open page, Streamlit's own colours come first."""
    page.emulate_media(color_scheme=scheme)
    page.reload()
    canvas_ready(page)


def wait_for_rest(page: Page) -> None:
    """Wait for the colours that stay: while a run or a transition lasts, text may be faded."""
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
def test_the_draw_view_has_no_grave_violation_with_any_reason_open(page: Page, scheme: Any) -> None:
    reopen(page, scheme)
    assert grave_violations(page) == []
    draw(page, DIGITS[3])
    expect_digit(page, 3)
    for name in REASONS:
        open_reason(page, name)
        expect(page.get_by_role("radio", name=name)).to_be_checked()
        assert grave_violations(page) == [], name


@pytest.mark.parametrize("view", ["Train", "Evaluate", "How it works"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_other_views_have_no_grave_violation(page: Page, view: str, scheme: Any) -> None:
    reopen(page, scheme)
    go_to(page, view)
    expect(page.get_by_role("heading").first).to_be_visible()
    assert grave_violations(page) == []
