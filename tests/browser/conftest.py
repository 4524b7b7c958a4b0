"""A real server, a real Chromium, and pages that are watched while a test uses them."""

from __future__ import annotations

import os
import re
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    expect,
    sync_playwright,
)

from tests.support.server import Server, isolated, serve
from tools import chromium

ARTIFACTS = Path(__file__).with_name("artifacts")
TIMEOUT_MS = 20_000
ARGUMENTS = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
]
HARMLESS = (
    re.compile(r"favicon|Slow network is detected", re.IGNORECASE),  # Chromium's own complaints
    # Where a view is opened by its address, Streamlit's browser side looks for its server below
    # the view first.
    re.compile(r"404 \(Not Found\) \(http://[^/]+/[\w-]+/_stcore/(health|host-config)\)$"),
)

expect.set_options(timeout=TIMEOUT_MS)
_report = pytest.StashKey[pytest.TestReport]()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything below this directory."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.browser)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Keep a test's own outcome where its fixtures find it."""
    report = yield
    if report.when == "call":
        item.stash[_report] = report
    return report


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all browser tests of this worker."""
    with serve(tmp_path_factory.mktemp("server-home")) as running:
        yield running


# Module by module rather than once: while Playwright runs, this thread has a running event loop,
# which other tests must not meet.
@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A Chromium with an empty home."""
    path = chromium.find()
    assert path is not None, "no Chromium found; `make test` installs one, or set CHROMIUM"
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=path,
            args=ARGUMENTS + ["--no-sandbox"] * is_root,
            env={**os.environ, **isolated(tmp_path_factory.mktemp("browser-home"))},
        )
        yield launched
        launched.close()


@pytest.fixture
def console_errors() -> list[str]:
    """What the test's pages have complained about; a test that expects an error clears it."""
    return []


@pytest.fixture
def page(
    browser: Browser, server: Server, console_errors: list[str], request: pytest.FixtureRequest
) -> Iterator[Page]:
    """The page on a desktop's screen, opened."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    yield from _watched(context, server, console_errors, request)


@pytest.fixture
def phone_page(
    browser: Browser, server: Server, console_errors: list[str], request: pytest.FixtureRequest
) -> Iterator[Page]:
    """The page on a phone, opened."""
    context = browser.new_context(
        viewport={"width": 390, "height": 844},
        device_scale_factor=3,
        has_touch=True,
        is_mobile=True,
    )
    yield from _watched(context, server, console_errors, request)


def _watched(
    context: BrowserContext,
    server: Server,
    console_errors: list[str],
    request: pytest.FixtureRequest,
) -> Iterator[Page]:
    """Open the page; afterwards keep a picture if the test failed, and fail on console errors."""

    def note(message: ConsoleMessage) -> None:
        text = f"{message.text} ({message.location.get('url', '')})"
        if message.type == "error" and not any(known.search(text) for known in HARMLESS):
            console_errors.append(text)

    context.set_default_timeout(TIMEOUT_MS)
    page = context.new_page()
    page.on("console", note)
    page.on("pageerror", lambda error: console_errors.append(str(error)))
    page.goto(server.url)
    yield page
    report = request.node.stash.get(_report, None)
    failed = report is None or report.failed
    if failed or console_errors:
        ARTIFACTS.mkdir(exist_ok=True)
        name = re.sub(r"[^\w.-]+", "-", request.node.nodeid)
        page.screenshot(path=ARTIFACTS / f"{name}-{request.fixturename}.png", full_page=True)
        print(server.log()[-4000:])
    context.close()
    assert failed or not console_errors, "the browser's console shows errors:\n" + "\n".join(
        console_errors
    )
