"""Say where the page will be, on this machine and for phones on its network.

    python tools/addresses.py 8501

Ends with code 1 and one line if something else listens on the port.
"""

from __future__ import annotations

import errno
import socket
import sys

__all__ = ["is_free", "network_address"]


def network_address() -> str | None:
    """Return this machine's address on its network, None where it has none.

    Nothing is sent: connecting a datagram socket only asks the routing table which of the
    machine's addresses would be used. The target is reserved for documentation (RFC 5737).
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return None
        address: str = probe.getsockname()[0]
    return None if address.startswith(("127.", "0.")) else address


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
    """Print the addresses, one a line."""
    if not is_free(port, address):
        sys.exit(f"Port {port} is taken. Another one: make demo PORT={port + 1}")
    print(f"\n  Inkling on this machine:          http://{address or 'localhost'}:{port}")
    if not address and (here := network_address()):
        print(f"  for phones on the same network:   http://{here}:{port}")
    print("  Ctrl+C ends it.\n", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), *sys.argv[2:3])
