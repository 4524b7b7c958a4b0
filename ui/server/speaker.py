"""Who gives the talk: somebody at this machine itself, or with the secret link that it printed."""

from __future__ import annotations

import os
import secrets

from starlette.datastructures import Headers
from starlette.types import Scope

from ui.server.addresses import ALL, THIS_MACHINE, addresses, client_host

__all__ = [
    "AT_THE_SERVER",
    "PARAMETER",
    "greeting",
    "is_at_the_server",
    "is_from_here",
    "is_known",
    "marked",
    "remember",
]

PARAMETER = "speaker"
"""The address parameter of the secret link."""
AT_THE_SERVER = "x-inkling-at-the-server"
"""A header that this server gives a connection; one that comes from outside is taken away."""

_KEY = "INKLING_SPEAKER_KEY"
_known: set[str] = set()  # browsers
_NAMES = ("localhost", *THIS_MACHINE)
_FORWARDED = ("forwarded", "via", "x-forwarded-for", "x-real-ip")
"""What a proxy says of the one who asks it."""


def is_at_the_server(scope: Scope) -> bool:
    """Whether a connection comes directly from this machine, and by the name of this machine."""
    host = Headers(scope=scope).get("host", "")
    name = host.rpartition(":")[0] if ":" in host and not host.endswith("]") else host
    return is_from_here(scope) and name.strip("[]") in _NAMES


def is_from_here(scope: Scope) -> bool:
    """Whether a connection comes from this machine, and through no proxy."""
    headers = Headers(scope=scope)
    return client_host(scope) in THIS_MACHINE and not any(name in headers for name in _FORWARDED)


def marked(scope: Scope) -> Scope:
    """Return the connection with a header where it comes from the server's own machine."""
    name = AT_THE_SERVER.encode()
    headers = [each for each in scope["headers"] if each[0] != name]
    if is_at_the_server(scope):
        headers.append((name, b"yes"))
    return {**scope, "headers": headers}


def remember(browser: str, said: str) -> None:
    """Know this browser as the speaker's where it has said the secret; without one, never."""
    key = os.environ.get(_KEY, "")
    if key and secrets.compare_digest(said.encode(), key.encode()):
        _known.add(browser)


def is_known(browser: str) -> bool:
    """Whether this browser has said the secret, since the server began."""
    return browser in _known


def greeting(port: int, only_at: str | None) -> str | None:
    """Return what is printed once the page is there; None for a server not started by `make demo`.

    Parameters
    ----------
    port : int
    only_at : str or None
        The one address that the server listens to; one of `ALL` for every one.
    """
    if not (key := os.environ.get(_KEY)):
        return None
    here = "localhost" if only_at in ALL else only_at
    lines = [f"Inkling on this machine:          http://{here}:{port}"]
    if found := addresses(only_at):
        host = found[0].host
        lines.append(f"for phones on the same network:   http://{host}:{port}")
        lines.append(
            f"the speaker's card, elsewhere:    http://{host}:{port}/ready?{PARAMETER}={key}"
        )
    lines.append("Ctrl+C ends it.")
    return "\n" + "".join(f"  {line}\n" for line in lines)
