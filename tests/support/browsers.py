"""A real Chromium, started alike for tests, benchmarks and the README's pictures."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.support.server import isolated
from tools import chromium

__all__ = ["ARGUMENTS", "BREACHES", "open_browser"]

ARGUMENTS = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
]

BREACHES = """document.addEventListener("securitypolicyviolation", (breach) => console.error(
  `Content Security Policy: ${breach.effectiveDirective} ${breach.blockedURI}`))"""
"""A script that says each breach of the policy on the console: Chromium says most, not all."""


@contextlib.contextmanager
def open_browser(home: Path, *arguments: str) -> Iterator[Browser]:
    """Open a Chromium with this folder as its home, and these arguments, until the block ends."""
    path = chromium.find()
    assert path is not None, "no Chromium found; `make test` installs one, or set CHROMIUM"
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path,
            args=[*ARGUMENTS, *arguments] + ["--no-sandbox"] * is_root,
            env={**os.environ, **isolated(home)},
        )
        try:
            yield browser
        finally:
            browser.close()
