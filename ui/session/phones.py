"""The address by which the phones of a hall reach this server."""

from __future__ import annotations

import os
from urllib.parse import urlsplit

import streamlit as st

from ui.server import addresses
from ui.server.paths import prefix
from ui.session import state

__all__ = ["is_public", "public_url", "url"]

PUBLIC = "INKLING_PUBLIC_URL"
HERE = ("localhost", *addresses.THIS_MACHINE)


def public_url() -> str | None:
    """Return the address that the settings name, as behind a proxy; None where they name none."""
    return os.environ.get(PUBLIC, "").rstrip("/") or None


def is_public() -> bool:
    """Whether phones come by a name, not by an address of this machine."""
    return public_url() is not None or _by_name() is not None


def url() -> str | None:
    """Return the page's address for phones; None where no network has this machine.

    It is the one that the settings name; else the name by which this page was asked for; else the
    address chosen on the speaker's card, or the likeliest one.
    """
    if (public := public_url() or _by_name()) is not None:
        return public
    only_at = st.get_option("server.address")
    if only_at in HERE:
        return None
    hosts = [each.host for each in addresses.addresses(only_at)]
    if not hosts:
        return None
    host = state.HOST.get() if state.HOST.get() in hosts else hosts[0]
    return f"http://{host}:{st.get_option('server.port')}{prefix()}"


def _by_name() -> str | None:
    """Return the server's address as this page was asked for, if it is not this machine's own."""
    asked = urlsplit(st.context.url or "")
    name = (asked.hostname or "").strip("[]")
    if not asked.netloc or name in HERE or name in {a.host for a in addresses.addresses()}:
        return None
    return f"{asked.scheme}://{asked.netloc}{prefix()}"
