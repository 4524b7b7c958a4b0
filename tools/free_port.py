"""Say so where something else listens on the port, before the server tries it.

    python -m tools.free_port 8501

Ends with code 1 and one line then.
"""

from __future__ import annotations

import errno
import socket
import sys

__all__ = ["is_free"]


def is_free(port: int, address: str = "") -> bool:
    """Return whether a server could listen on the port ("" is every address)."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return False
            raise
    return True


def main(port: int, address: str = "") -> None:
    """End with a line that names another port where this one is taken."""
    if not is_free(port, address):
        sys.exit(f"Port {port} is taken. Another one: make demo PORT={port + 1}")


if __name__ == "__main__":
    main(int(sys.argv[1]), *sys.argv[2:3])
