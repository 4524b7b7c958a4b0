"""What the page says about the drawing, read as people and screen readers read it."""

from __future__ import annotations

import contextlib
import re

from playwright.sync_api import Locator, Page, expect

from tests.support.drawing import canvas_ready
from tests.support.waiting import wait_until

__all__ = [
    "REASONS",
    "TO_UPLOAD",
    "answered",
    "choose_model",
    "expect_digit",
    "expect_doubt",
    "expect_invitation",
    "expect_some_reading",
    "go_to",
    "ink_share",
    "models",
    "open_reason",
    "press",
    "shares",
]

REASONS = (
    "Evidence",
    "Why not another",
    "Smallest change",
    "On its way",
    "Strokes",
    "Teach it",
    "Break it",
)
TO_DRAW, TO_UPLOAD = "Draw a digit from 0 to 9", "Upload a picture of a digit"


def answered(page: Page) -> None:
    """Wait until the bars show Python's answer rather than the browser's own reading."""
    expect(page.locator(".reading")).to_have_attribute("data-by", "server")


def expect_digit(page: Page, digit: int) -> None:
    """Wait until this digit is Python's answer."""
    answered(page)
    expect(page.locator(".reading .answer")).to_have_text(str(digit))
    expect(page.locator(".reading .says")).to_have_text(re.compile(rf"Looks like an? {digit}$"))


def expect_doubt(page: Page) -> None:
    """Wait until Python would rather not answer."""
    answered(page)
    expect(page.locator(".reading .says")).to_have_text("Not sure")
    expect(page.locator(".reading .answer")).to_have_text("?")


def expect_invitation(page: Page, to: str = TO_DRAW) -> None:
    """Wait until the page invites to draw, or to `TO_UPLOAD`, and says nothing else."""
    expect(page.locator(".reading .says")).to_have_text(to)
    assert page.locator(".reading .answer").inner_text() == ""
    assert shares(page) == [0] * 10


def expect_some_reading(page: Page) -> list[float]:
    """Wait until Python says something about a drawing; return the ten shares."""
    answered(page)
    expect(page.locator(".reading")).not_to_have_attribute("data-verdict", "empty")
    return shares(page)


def shares(page: Page) -> list[float]:
    """Return the per cent on the ten meters, in the order of the digits."""
    meters = page.get_by_role("meter")
    expect(meters).to_have_count(10)
    values = meters.evaluate_all("all => all.map(m => [m.ariaLabel, m.ariaValueNow])")
    assert [name for name, _ in values] == [f"Digit {digit}" for digit in range(10)]
    return [float(value) for _, value in values]


def ink_share(page: Page) -> float:
    """Return how much of the canvas is covered with ink, between 0 and 1."""
    share: float = page.locator(".dc-container canvas.dc-canvas.lower-canvas").evaluate(
        """canvas => {
            const {width, height} = canvas;
            const {data} = canvas.getContext("2d").getImageData(0, 0, width, height);
            let n = 0;
            for (let i = 0; i < data.length; i += 4) n += data[i] > 127 && data[i + 3] > 127;
            return n / (width * height);
        }"""
    )
    return share


def press(page: Page, key: str) -> None:
    """Press the button with this key."""
    page.locator(f".st-key-{key} button:visible").click()


def open_reason(page: Page, name: str) -> None:
    """Open one of the `REASONS` for the answer."""
    page.get_by_role("radiogroup", name="Why?").get_by_role("radio", name=name).click()


def go_to(page: Page, view: str) -> None:
    """Change the view by the navigation, and wait until it is there.

    Streamlit forgets a click where the page asks for a run of its own at the same moment, as it
    does just after a reload. People click again.
    """
    link = page.get_by_test_id("stTopNav").get_by_role("link", name=view)

    def arrives() -> bool:
        link.click()
        with contextlib.suppress(AssertionError):
            expect(link).to_have_attribute("aria-current", "page", timeout=10_000)
            return True
        return False

    wait_until(arrives, 30, f"the navigation does not lead to {view}")
    # The address follows a moment later, when the server has answered.
    address = re.escape(str(link.get_attribute("href")))
    expect(page).to_have_url(re.compile(rf"^{address}($|\?)"))
    if view == "Draw":
        canvas_ready(page)


def models(page: Page) -> Locator:
    """Return the choice of models."""
    return page.get_by_role("radiogroup", name="Model").get_by_role("radio")


def choose_model(page: Page, name: str) -> None:
    """Choose a model and wait until it is described."""
    caption = page.get_by_text(re.compile("^(Softmax regression|A convolutional network) with"))
    before = caption.inner_text()
    models(page).filter(has_text=name).click()
    expect(models(page).filter(has_text=name)).to_be_checked()
    wait_until(lambda: caption.inner_text() != before, 15, "the description stays the same")
