"""A web server that plays a mirror, well or badly."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

__all__ = ["Mirror", "running_mirror"]


class Mirror:
    """What the server has, how it behaves, and what it was asked.

    Attributes
    ----------
    files : dict
        Contents by name.
    honours_ranges : bool
        Whether it answers a request for the rest of a file with the rest.
    tells_length : bool
        Whether it sends a Content-Length.
    breaks_after : list of int
        The next answers end after so many bytes, one entry an answer.
    stalls_after, dribbles_after : int or None
        From this byte on it sends nothing until `released`, or one byte every 20 ms.
    crowd : Barrier or None
        Every answer waits for this many to be asked for.
    asked : list of (name, Range header or None)
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.files: dict[str, bytes] = {}
        self.honours_ranges = True
        self.tells_length = True
        self.breaks_after: list[int] = []
        self.stalls_after: int | None = None
        self.dribbles_after: int | None = None
        self.crowd: threading.Barrier | None = None
        self.asked: list[tuple[str, str | None]] = []
        self.released = threading.Event()

    @property
    def names_asked(self) -> list[str]:
        return [name for name, _ in self.asked]


@contextmanager
def running_mirror() -> Iterator[Mirror]:
    """Serve on a free port of this machine until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            _answer(self, mirror)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    mirror = Mirror(f"http://127.0.0.1:{server.server_port}/")
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield mirror
    finally:
        mirror.released.set()
        server.shutdown()
        thread.join()
        server.server_close()


def _answer(request: BaseHTTPRequestHandler, mirror: Mirror) -> None:
    name, wanted = request.path.lstrip("/"), request.headers.get("Range")
    mirror.asked.append((name, wanted))
    if mirror.crowd is not None:
        mirror.crowd.wait(10)
    if name not in mirror.files:
        request.send_error(404)
        return
    content = mirror.files[name]
    start = 0
    if wanted is not None and mirror.honours_ranges:
        start = int(wanted.removeprefix("bytes=").removesuffix("-"))
        if start >= len(content):
            request.send_error(416)
            return
        request.send_response(206)
        request.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
    else:
        request.send_response(200)
    body = content[start:]
    if mirror.tells_length:
        request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    with suppress(ConnectionError):  # the client has had enough
        _send(request, mirror, body)
    request.close_connection = True


def _send(request: BaseHTTPRequestHandler, mirror: Mirror, body: bytes) -> None:
    if mirror.breaks_after:
        body = body[: mirror.breaks_after.pop(0)]
    turn = min(
        (after for after in (mirror.stalls_after, mirror.dribbles_after) if after is not None),
        default=len(body),
    )
    request.wfile.write(body[:turn])
    request.wfile.flush()
    if mirror.stalls_after is not None:
        mirror.released.wait(20)
    for position in range(turn, len(body)):
        request.wfile.write(body[position : position + 1])
        if mirror.released.wait(0.02):
            return
