"""The network between a browser and a server, as a cable that a test can pull."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator

__all__ = ["Cable", "plugged"]

PIECE = 1 << 16


class Cable:
    """Carries bytes from a port of its own to a server's, and back.

    Parameters
    ----------
    port : int
        The server's, on this machine.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._sockets: list[socket.socket] = []
        self._whole = threading.Event()
        self._whole.set()
        self._websockets: list[threading.Event] = []
        self._carried: list[int] = []
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        """Where the server is found at this end."""
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    @property
    def n_received(self) -> int:
        """Bytes that have come from the server so far, headers and websockets among them."""
        return sum(self._carried)

    def pull(self) -> None:
        """Carry nothing any more; neither side is told, as when a phone leaves its network."""
        self._whole.clear()

    def strand(self) -> None:
        """Carry nothing any more on present websockets, whose ends are not told."""
        for websocket in self._websockets:
            websocket.clear()

    def drop(self) -> None:
        """Break all connections; new ones are carried."""
        for end in self._sockets:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Break all connections, for good."""
        self._listener.close()
        for whole in (*self._websockets, self._whole):
            whole.set()
        self.drop()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection(("127.0.0.1", self._port))
                self._sockets += [near, far]
                own = threading.Event()
                own.set()
                for ends in ((near, far, []), (far, near, self._carried)):
                    threading.Thread(target=self._carry, args=(*ends, own), daemon=True).start()

    def _carry(
        self, source: socket.socket, target: socket.socket, sizes: list[int], own: threading.Event
    ) -> None:
        with contextlib.suppress(OSError), source, target:
            while piece := source.recv(PIECE):
                sizes.append(len(piece))
                if b"upgrade: websocket" in piece.lower():
                    self._websockets.append(own)
                self._whole.wait()
                own.wait()
                target.sendall(piece)
            own.wait()
            target.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def plugged(server_url: str) -> Iterator[Cable]:
    """Lay a cable to a server until the block ends."""
    cable = Cable(int(server_url.rpartition(":")[2]))
    try:
        yield cable
    finally:
        cable.close()
