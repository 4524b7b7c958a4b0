"""The speaker's card: is all ready for the talk, and the address that phones can open."""

from __future__ import annotations

import html
import sys
import time

import streamlit as st

from ui.elements import qr, wording
from ui.server import addresses, readiness, resources, visitors
from ui.server.addresses import Address
from ui.server.paths import prefix
from ui.session import phones, state

__all__ = ["ready_view"]

POLL_SECONDS = 1.0
PATIENCE = 30.0
"""Seconds without a phone until it is said what may keep it away."""
KINDS = {"network": "", "vpn": ", a VPN", "virtual": ", within this machine"}
HOTSPOT = {
    "darwin": "System Settings, General, Sharing, Internet Sharing",
    "win32": "Settings, Network & internet, Mobile hotspot",
}
HOTSPOT_OF_LINUX = "Settings, Wi-Fi, Turn On Wi-Fi Hotspot"
GOOD = "<i class='good' role='img' aria-label='in order:'>✓</i>"
BAD = "<i class='bad' role='img' aria-label='not in order:'>✗</i>"


def ready_view() -> None:
    """Show the address as a code beside a line for each thing that has to be there."""
    st.html(f"<style>{resources.ready_style()}</style>")
    if state.READINESS.get() is None:
        _look()
    with st.container(key="ready_card"):
        with st.container(key="address_card"):
            st.fragment(_address, run_every=POLL_SECONDS)()
        with st.container(key="ready_lines"):
            lines = state.READINESS.get() or ()
            all_good = all(line.is_good for line in lines)
            st.html(f"<h1>{'Ready' if all_good else 'Not ready yet'}</h1>{_listed(lines)}")
            st.button("Look again", key="look_again", on_click=_look_later)


def _look() -> None:
    with st.spinner("Looking at everything, and training one step"):
        state.READINESS.set(tuple(readiness.lines(st.get_option("server.port"))))
    state.NETWORK.set(addresses.addresses(st.get_option("server.address")))
    state.SHOWN_SINCE.set(time.monotonic())


def _look_later() -> None:
    state.READINESS.set(None)


def _listed(lines: tuple[readiness.Line, ...]) -> str:
    items = (
        f"<li>{GOOD if line.is_good else BAD}<b>{html.escape(line.name)}</b>"
        f" <span>{wording.in_html(line.told)}</span></li>"
        for line in lines
    )
    return f"<ul class='lines'>{''.join(items)}</ul>"


def _address() -> None:
    """Show the code, whether a phone has come, and what to do where none does: a fragment."""
    if (public := phones.public_url()) is not None:
        _show_code(public, addresses.addresses())
        return
    only_at = st.get_option("server.address")
    found = addresses.addresses(only_at)
    if only_at in ("localhost", *addresses.THIS_MACHINE):
        st.html(
            "<h2>For this machine only</h2><p class='note'>The server was told to listen to no"
            " network. End it, and start it with <code>make demo</code>.</p>"
        )
        return
    if not found:
        st.html(
            "<h2>No network</h2><p class='note'>Phones find this machine when it is on a network."
            f" Join one, or make a hotspot of it: {_hotspot()}. This page notices it.</p>"
        )
        return
    host = found[0].host if len(found) == 1 else _chosen(found)
    _show_code(f"http://{host}:{st.get_option('server.port')}{prefix()}", found)


def _show_code(url: str, found: tuple[Address, ...]) -> None:
    st.html(
        f"<h2>Open this on your phone</h2><img class='code' alt='The address as a QR code'"
        f" src='{qr.code(url)}'><p class='address'>{html.escape(url)}</p>{_arrival(found)}"
    )


def _chosen(found: tuple[Address, ...]) -> str:
    """Ask by which of several addresses phones come."""
    words = {each.host: f"{each.host} ({each.interface}{KINDS[each.kind]})" for each in found}
    chosen = st.selectbox(
        "This machine has several addresses",
        list(words),
        format_func=lambda host: words.get(host, host),
        key=state.HOST.name,
        persist_state="session",
    )
    return chosen if chosen in words else found[0].host


def _arrival(found: tuple[Address, ...]) -> str:
    """Say whether a phone is there, whether the network has changed, and what may keep it away."""
    told = ""
    if found != state.NETWORK.get():
        told += "<p class='note'>The network has changed, and the address with it.</p>"
    if (n := visitors.n_elsewhere()) > 0:
        here = "A phone is here." if n == 1 else f"{n:,} pages are open on other machines."
        return f"{told}<p class='arrived' role='status'>{here}</p>"
    told += "<p class='waits' role='status'>Waiting for the first phone.</p>"
    if time.monotonic() - state.SHOWN_SINCE.get() < PATIENCE:
        return told
    port = st.get_option("server.port")
    return (
        f"{told}<p class='note'>None has come for a while. What usually keeps one away: it is in"
        " another network than this machine; a network for guests keeps its devices apart; the"
        f" firewall of this machine does not let port {port} in; a VPN, here or on the phone. A"
        f" hotspot of this machine gets around most of it: {_hotspot()}. Join it with the phone."
        "</p>"
    )


def _hotspot() -> str:
    return html.escape(HOTSPOT.get(sys.platform, HOTSPOT_OF_LINUX))
