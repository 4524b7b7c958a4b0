"""A real Chromium, and pages that are watched while a test uses them.

The visitors of a worker's tests keep one tab each, since a new one costs more than half a load;
each test opens the page anew in it, which is a new session of the page.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Page,
    ViewportSize,
    expect,
)

from tests.support.browsers import BREACHES, open_browser
from tests.support.server import Server

ARTIFACTS = Path(__file__).with_name("artifacts")
TIMEOUT_MS = 20_000
DESKTOP: ViewportSize = {"width": 1440, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
HARMLESS = (
    re.compile(r"favicon|Slow network is detected", re.IGNORECASE),  # Chromium's own complaints
    # Where a view is opened by its address, Streamlit's browser side looks for its server below
    # the view first.
    re.compile(r"404 \(Not Found\) \(http://[^/]+/[\w-]+/_stcore/(health|host-config)\)$"),
)

expect.set_options(timeout=TIMEOUT_MS)
_report = pytest.StashKey[pytest.TestReport]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Keep a test's own outcome where its fixtures find it."""
    report = yield
    if report.when == "call":
        item.stash[_report] = report
    return report


# For this folder alone: while Playwright runs, this thread has a running event loop, which other
# tests must not meet.
@pytest.fixture(scope="package")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A Chromium with an empty home."""
    with open_browser(tmp_path_factory.mktemp("browser-home")) as browser:
        yield browser


@pytest.fixture(scope="package")
def desktop(browser: Browser) -> BrowserContext:
    """A desktop's browser; its tabs share what has been loaded."""
    return _with_patience(browser.new_context(viewport=DESKTOP))


@pytest.fixture(scope="package")
def other_desktop(browser: Browser) -> BrowserContext:
    """Another visitor's browser."""
    return _with_patience(browser.new_context(viewport=DESKTOP))


@pytest.fixture(scope="package")
def phone(browser: Browser) -> BrowserContext:
    """A phone's browser."""
    return _with_patience(
        browser.new_context(
            viewport=PHONE,
            device_scale_factor=3,
            has_touch=True,
            is_mobile=True,
        )
    )


def _with_patience(context: BrowserContext) -> BrowserContext:
    context.set_default_timeout(TIMEOUT_MS)
    context.add_init_script(BREACHES)
    return context


@pytest.fixture
def console_errors() -> list[str]:
    """What the test's pages have complained about; a test that expects an error clears it."""
    return []


@pytest.fixture
def scheme() -> Literal["light", "dark"]:
    """The colour scheme in which pages are opened; a test's parameter may be another."""
    return "light"


@pytest.fixture
def own_tab() -> None:
    """To be used by a test that leaves something in its tabs, such as a script: they are closed."""


@pytest.fixture
def page(
    desktop: BrowserContext,
    server: Server,
    scheme: Literal["light", "dark"],
    console_errors: list[str],
    request: pytest.FixtureRequest,
) -> Iterator[Page]:
    """The page on a desktop's screen, opened."""
    with _watched(desktop, server, console_errors, request) as page:
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size(DESKTOP)
        page.goto(server.url)
        yield page


@pytest.fixture
def phone_page(
    phone: BrowserContext,
    server: Server,
    console_errors: list[str],
    request: pytest.FixtureRequest,
) -> Iterator[Page]:
    """The page on a phone, opened."""
    with _watched(phone, server, console_errors, request) as page:
        page.set_viewport_size(PHONE)
        page.goto(server.url)
        yield page


@pytest.fixture
def other_page(
    other_desktop: BrowserContext,
    server: Server,
    console_errors: list[str],
    request: pytest.FixtureRequest,
) -> Iterator[Page]:
    """The page in another visitor's browser, opened."""
    with _watched(other_desktop, server, console_errors, request) as page:
        page.goto(server.url)
        yield page


@contextlib.contextmanager
def _watched(
    context: BrowserContext,
    server: Server,
    console_errors: list[str],
    request: pytest.FixtureRequest,
) -> Iterator[Page]:
    """Lend the kept tab; keep a picture if the test failed, and fail on console errors."""

    def note(message: ConsoleMessage) -> None:
        text = f"{message.text} ({message.location.get('url', '')})"
        if message.type == "error" and not any(known.search(text) for known in HARMLESS):
            console_errors.append(text)

    def note_error(error: Error) -> None:
        console_errors.append(str(error))

    page = context.pages[0] if context.pages else context.new_page()
    page.mouse.up()
    page.mouse.move(0, 0)
    page.emulate_media(reduced_motion="no-preference")
    page.on("console", note)
    page.on("pageerror", note_error)
    yield page
    report = request.node.stash.get(_report, None)
    failed = report is None or report.failed
    if failed or console_errors:
        ARTIFACTS.mkdir(exist_ok=True)
        name = re.sub(r"[^\w.-]+", "-", request.node.nodeid)
        page.screenshot(path=ARTIFACTS / f"{name}-{request.fixturename}.png", full_page=True)
        print(server.log()[-4000:])
    page.evaluate("localStorage.clear(); sessionStorage.clear()")
    page.goto("about:blank")  # a room's wall asks on and on, by the cookie that goes now
    page.remove_listener("console", note)
    page.remove_listener("pageerror", note_error)
    is_spoilt = failed or bool(console_errors) or "own_tab" in request.fixturenames
    for tab in context.pages[0 if is_spoilt else 1 :]:
        tab.close()
    context.clear_cookies()
    assert failed or not console_errors, "the browser's console shows errors:\n" + "\n".join(
        console_errors
    )
