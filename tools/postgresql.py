"""Find PostgreSQL's server, or install it.

    python -m tools.postgresql

says in one sentence whether it is here, after installing it if it is not; where it cannot be, it
ends with code 1.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from tools import packages

__all__ = ["MISSING", "find", "is_here"]

PACKAGE = "postgresql"
PROGRAMS = ("initdb", "pg_ctl", "postgres")
DEBIAN = Path("/usr/lib/postgresql")
"""Where Debian has a folder for each version, none of them on PATH."""
MISSING = f"PostgreSQL's server is not here: on Debian and Ubuntu, install {PACKAGE}"


def find() -> Path | None:
    """Return the folder of PostgreSQL's programs, of the newest version that is here."""
    versions = sorted(DEBIAN.glob("[0-9]*/bin"), key=lambda path: float(path.parent.name))
    on_path = [Path(found).resolve().parent] if (found := shutil.which("pg_ctl")) else []
    for folder in (*reversed(versions), *on_path):
        if all((folder / program).is_file() for program in PROGRAMS):
            return folder
    return None


def is_here() -> bool:
    """Whether there is a server that can be started."""
    return find() is not None


def main() -> str | None:
    """Install what is missing; return why it cannot be, None if all is here."""
    return packages.get(is_here, MISSING, PACKAGE)


if __name__ == "__main__":
    sys.exit(main())
