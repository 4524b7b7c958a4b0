"""Find a Chromium that runs, or install one.

    python -m tools.chromium

prints the path of the browser that the tests will drive, after installing one if there is none.
"""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tools import packages

__all__ = ["ChromiumMissingError", "find", "install", "runs"]

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MAC_APPLICATIONS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
DOWNLOAD_SECONDS = 120


class ChromiumMissingError(RuntimeError):
    """No Chromium is here and none could be installed; the message says what was tried."""


def runs(path: str | Path) -> bool:
    """Return whether this is a browser that starts (some distributions ship a stand-in)."""
    try:
        answer = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return answer.returncode == 0 and "chrom" in answer.stdout.lower()


def find() -> Path | None:
    """Return the Chromium to drive: $CHROMIUM, one on PATH, the Mac's, Playwright's; else None.

    Raises
    ------
    ChromiumMissingError
        Where $CHROMIUM is set and does not run: what was asked for is not quietly replaced.
    """
    if wanted := os.environ.get("CHROMIUM"):
        if runs(wanted):
            return Path(wanted)
        raise ChromiumMissingError(f"CHROMIUM is set to {wanted}, which does not run as a browser")
    return next((path for path in _candidates() if runs(path)), None)


def _candidates() -> Iterator[Path]:
    for name in NAMES:
        if path := shutil.which(name):
            yield Path(path)
    yield from (path for path in map(Path, MAC_APPLICATIONS) if path.exists())
    yield from (path for path in [_playwrights_own()] if path.exists())


@functools.cache
def _playwrights_own() -> Path:
    # In a process of its own: Playwright's event loop must not linger in the caller's.
    code = (
        "from playwright.sync_api import sync_playwright as start\n"
        "with start() as playwright: print(playwright.chromium.executable_path)"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    return Path(answer.stdout.strip())


def install() -> Path:
    """Install a Chromium: Playwright's build, else the system's package. Return its path.

    Raises
    ------
    ChromiumMissingError
        Where neither way led to a browser that starts.
    """
    failures = []
    for way in (_download, _download_with_libraries, _install_package):
        failure = way()
        if (path := find()) is not None:
            return path
        failures.append(f"  {way.__doc__}: {failure or 'done, but no browser starts'}")
    raise ChromiumMissingError(
        "The browser tests need Chromium; none was found and none could be installed.\n"
        + "\n".join(failures)
        + "\nInstall Chromium or Chrome yourself, or set CHROMIUM to the path of one."
    )


def _download() -> str | None:
    """Playwright's download"""
    return packages.attempt(
        [sys.executable, "-m", "playwright", "install", "chromium"], DOWNLOAD_SECONDS
    )


def _download_with_libraries() -> str | None:
    """the system libraries for Playwright's download"""
    if not _playwrights_own().exists():
        return "not tried, there is no download"
    command = [sys.executable, "-m", "playwright", "install-deps", "chromium"]
    return packages.as_root(command, packages.SECONDS)


def _install_package() -> str | None:
    """the system's package chromium"""
    return packages.install("chromium", "fonts-liberation")


if __name__ == "__main__":
    try:
        print(find() or install())
    except ChromiumMissingError as missing:
        sys.exit(str(missing))
