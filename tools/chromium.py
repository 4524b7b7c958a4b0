"""Find a Chromium that runs, or install one.

    python -m tools.chromium

prints the path of the browser that the tests will drive, after installing one if there is none.
"""

from __future__ import annotations

import functools
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

__all__ = ["ChromiumMissingError", "find", "install", "runs"]

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MAC_APPLICATIONS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
DOWNLOAD_SECONDS = 120
PACKAGES_SECONDS = 600


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
    return _attempt([sys.executable, "-m", "playwright", "install", "chromium"], DOWNLOAD_SECONDS)


def _download_with_libraries() -> str | None:
    """the system libraries for Playwright's download"""
    if not _playwrights_own().exists():
        return "not tried, there is no download"
    command = [sys.executable, "-m", "playwright", "install-deps", "chromium"]
    return _as_root(command, PACKAGES_SECONDS)


def _install_package() -> str | None:
    """the system's package chromium"""
    if shutil.which("apt-get") is None:
        return "not tried, there is no apt-get"
    apt = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]
    _as_root([*apt, "update"], PACKAGES_SECONDS)  # one source may fail and another have it
    packages = ["chromium", "fonts-liberation"]
    return _as_root(
        [*apt, "install", "--yes", "--no-install-recommends", *packages], PACKAGES_SECONDS
    )


def _as_root(command: Sequence[str], seconds: float) -> str | None:
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        return _attempt(command, seconds)
    if shutil.which("sudo") is None:
        return "not tried, it needs root and there is no sudo"
    return _attempt(["sudo", "-n", *command], seconds)


def _attempt(command: Sequence[str], seconds: float) -> str | None:
    """Run a command, its output to stderr; return why it failed, None if it did not."""
    print("+", *command, file=sys.stderr, flush=True)
    try:
        process = subprocess.Popen(command, stdout=sys.stderr, start_new_session=True)
    except OSError as error:
        return str(error)
    try:
        status = process.wait(seconds)
    except subprocess.TimeoutExpired:
        return f"given up after {seconds:.0f} s"
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)  # the children that download, too
            process.wait()
    return f"ended with code {status}" if status else None


if __name__ == "__main__":
    try:
        print(find() or install())
    except ChromiumMissingError as missing:
        sys.exit(str(missing))
