"""A middleware that gives every answer the headers by which a browser guards the page."""

from __future__ import annotations

import base64
import hashlib
import os
import re
from collections.abc import Iterable

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.server import first_look, log

__all__ = [
    "FRAME_ANCESTORS",
    "OF_A_PART",
    "Headers",
    "frame_ancestors",
    "headers",
    "inline_scripts",
]

FRAME_ANCESTORS = "INKLING_FRAME_ANCESTORS"
"""The variable with the origins, beside our own, whose pages may show ours in a frame."""

_NAME = r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?"
_ORIGIN = re.compile(rf"https?://(\*\.)?{_NAME}(:[0-9]{{1,5}})?")
_INLINE = re.compile(rb"<script(?![^>]*\ssrc=)[^>]*>(.*?)</script>", re.DOTALL | re.IGNORECASE)
_WITHOUT = (
    *("accelerometer", "display-capture", "geolocation", "gyroscope", "hid", "magnetometer"),
    *("microphone", "midi", "payment", "serial", "usb", "xr-spatial-tracking"),
)
"""What of a device no part of the page may use. A browser complains of names that it does not know,
so these are the ones that have long been known."""

_PARTS = (b"text/javascript", b"application/javascript", b"text/css", b"font/", b"image/png")
"""Of a page: a browser asks the page's policy for them, not their own."""
OF_A_PART = {
    "Content-Security-Policy": "default-src 'self'",  # for a worker, which has one of its own
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
"""A first visit loads 90 of them: with the whole 850 bytes of headers it would load 7 % more."""


class Headers:
    """Add the headers to every answer, one to an error as well; parts of a page have fewer.

    They are made once, when the server begins.
    """

    def __init__(self, app: ASGIApp, added: dict[str, str]) -> None:
        self.app = app
        self._added, self._of_a_part = _raw(added), _raw(OF_A_PART)
        self._names = {name for name, _ in self._added}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection or one request."""
        has_begun = False

        async def with_headers(message: Message) -> None:
            nonlocal has_begun
            if message["type"] == "http.response.start":
                has_begun = True
                # A new message: another middleware may keep its own, and send it again.
                others = [each for each in message["headers"] if each[0].lower() not in self._names]
                added = self._of_a_part if _is_a_part(others) else self._added
                message = {**message, "headers": [*others, *added]}
            await send(message)

        try:
            await self.app(scope, receive, with_headers)
        except Exception as error:
            if scope["type"] != "lifespan":
                log.failed("answer", error)
            # Starlette would answer outside of all middleware; what is raised goes to the log.
            if scope["type"] == "http" and not has_begun:
                await PlainTextResponse("Internal Server Error", 500)(scope, receive, with_headers)
            raise


def _raw(added: dict[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode(), value.encode()) for name, value in added.items()]


def _is_a_part(found: list[tuple[bytes, bytes]]) -> bool:
    return any(name.lower() == b"content-type" and kind.startswith(_PARTS) for name, kind in found)


def headers(environment: str | None = None) -> dict[str, str]:
    """Return the headers of every answer that is no part of a page.

    Parameters
    ----------
    environment : str, optional
        What `INKLING_FRAME_ANCESTORS` says; the variable is read unless given.

    Raises
    ------
    ValueError
        Where the variable has something that is no origin.
    """
    said = os.environ.get(FRAME_ANCESTORS, "") if environment is None else environment
    hashes = " ".join(f"'{_hash(each)}'" for each in inline_scripts(first_look.page()))
    policy = {
        "default-src": "'self'",
        # Streamlit loads the scripts of components from addresses that it makes itself (blob:),
        # and its protocol counts beyond 53 bits in WebAssembly. Nothing needs 'unsafe-eval': it
        # draws charts with Vega's interpreter.
        "script-src": f"'self' blob: 'wasm-unsafe-eval' {hashes}",
        # Streamlit's styles are made by its scripts.
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data: blob:",
        "font-src": "'self' data:",
        # The websocket is of our own origin; a photo comes from the camera's own part as data.
        "connect-src": "'self' data:",
        "worker-src": "'self' blob:",
        "frame-src": "'none'",
        "object-src": "'none'",
        "base-uri": "'self'",
        "form-action": "'self'",
        "frame-ancestors": frame_ancestors(said),
    }
    without = [f"{name}=()" for name in _WITHOUT]
    return {
        "Content-Security-Policy": "; ".join(f"{name} {said}" for name, said in policy.items()),
        "Permissions-Policy": ", ".join(["camera=(self)", *without]),
        # Not no-referrer: browsers then say "Origin: null", and uploads are refused.
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
    }


def frame_ancestors(said: str) -> str:
    """Return whose pages may frame ours: our own, and the origins that are said, after spaces."""
    origins = said.split()
    for origin in origins:
        if not _ORIGIN.fullmatch(origin):
            raise ValueError(
                f"{FRAME_ANCESTORS} has {origin[:100]!r}, which is no origin: "
                "expected some like https://example.org, with spaces between them"
            )
    return " ".join(["'self'", *origins])


def inline_scripts(page: bytes) -> Iterable[bytes]:
    """Return the scripts that stand in a page itself, as a browser reads them."""
    return (each.replace(b"\r\n", b"\n") for each in _INLINE.findall(page))


def _hash(script: bytes) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(script).digest()).decode()}"
