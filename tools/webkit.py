"""Find WebKit of GTK, a driver for it and a screen that nobody sees, or install them.

    python -m tools.webkit

says in one sentence whether they are here, after installing them if they are not; where they cannot
be, it ends with code 1. It is the engine that Safari has too, built for Linux: no iPhone.
"""

from __future__ import annotations

import shutil
import sys

from tools import packages

__all__ = ["DRIVER", "MISSING", "SCREEN", "is_here"]

DRIVER, SCREEN = "WebKitWebDriver", "Xvfb"
PACKAGES = ("webkit2gtk-driver", "xvfb")
MISSING = f"WebKit's driver is not here: on Debian and Ubuntu, install {' and '.join(PACKAGES)}"


def is_here() -> bool:
    """Whether the driver and the screen are on PATH."""
    return all(shutil.which(program) for program in (DRIVER, SCREEN))


def main() -> str | None:
    """Install what is missing; return why it cannot be, None if all is here."""
    return packages.get(is_here, MISSING, *PACKAGES)


if __name__ == "__main__":
    sys.exit(main())
