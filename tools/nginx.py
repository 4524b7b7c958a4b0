"""Find nginx, or install it.

    python -m tools.nginx

says in one sentence whether it is here, after installing it if it is not; where it cannot be, it
ends with code 1.
"""

from __future__ import annotations

import os
import shutil
import sys

from tools import packages

__all__ = ["MISSING", "find"]

PACKAGE = "nginx-light"
MISSING = f"nginx is not here: on Debian and Ubuntu, install {PACKAGE}"
FOLDERS = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"))
"""Debian has it where only root's PATH leads."""


def find() -> str | None:
    """Return the path of nginx; None where it is not here."""
    return shutil.which("nginx", path=FOLDERS)


def main() -> str | None:
    """Install what is missing; return why it cannot be, None if all is here."""
    return packages.get(find, MISSING, PACKAGE)


if __name__ == "__main__":
    sys.exit(main())
