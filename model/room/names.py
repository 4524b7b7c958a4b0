"""A room's code, and the ids of its phones, which the server signs."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets

__all__ = ["CODE_LENGTH", "is_code", "new_code", "new_phone", "new_secret", "phone_of"]

ALPHABET = "CDFHJKMNPRTVWX3479"
"""No two look alike, on a wall or in a hand; without vowels, no code is a word."""
CODE_LENGTH = 5
_TOKEN = re.compile(r"([\w-]{22})\.([\w-]{22})", re.ASCII)
_SIGNATURE_BYTES = 16


def new_code() -> str:
    """Return a code, one of 1.9 million."""
    return "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))


def is_code(text: str) -> bool:
    """Whether this can be a room's code."""
    return len(text) == CODE_LENGTH and set(text) <= set(ALPHABET)


def new_secret() -> str:
    """Return what a room signs its phones' ids with."""
    return secrets.token_urlsafe(32)


def new_phone(secret: str) -> str:
    """Return a token for a phone that joins: its id, and the room's signature of it."""
    id = secrets.token_urlsafe(16)
    return f"{id}.{_signature(id, secret)}"


def phone_of(token: object, secret: str) -> str | None:
    """Return the id in a phone's token; None for a token that this room did not give."""
    found = _TOKEN.fullmatch(token) if isinstance(token, str) else None
    if found is None or not hmac.compare_digest(found[2], _signature(found[1], secret)):
        return None
    return found[1]


def _signature(id: str, secret: str) -> str:
    # BLAKE2 with a key (RFC 7693): unlike HMAC it does not let go of Python's lock, for which
    # everybody else in a busy server waits as well.
    keyed = hashlib.blake2b(id.encode(), key=secret.encode(), digest_size=_SIGNATURE_BYTES)
    return base64.urlsafe_b64encode(keyed.digest()).decode().rstrip("=")
