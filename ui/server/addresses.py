"""At which addresses of its network this machine can be reached."""

from __future__ import annotations

import dataclasses
import ipaddress
import re
import socket
from typing import Literal

import psutil
from starlette.types import Scope

__all__ = ["ALL", "THIS_MACHINE", "Address", "addresses", "client_host", "usual_address"]

THIS_MACHINE = ("127.0.0.1", "::1")
ALL = (None, "", "0.0.0.0", "::")
"""What a server is told that is to listen to all addresses."""

Kind = Literal["network", "vpn", "virtual"]
VPN = re.compile(
    r"^(tun|tap|wg|utun|ppp|tailscale|zt|nordlynx|proton)|vpn|wireguard", re.IGNORECASE
)
VIRTUAL = re.compile(
    r"^(docker|br-|veth|virbr|vmnet|vboxnet|lxc|lxd|podman|cni|bridge\d)"
    r"|vethernet|virtualbox|vmware|hyper-v",
    re.IGNORECASE,
)
ORDER: tuple[Kind, ...] = ("network", "vpn", "virtual")


@dataclasses.dataclass(frozen=True)
class Address:
    """An IPv4 address of this machine, and by which interface it has it."""

    host: str
    interface: str
    kind: Kind
    """By the interface's name: one that phones may be on, a VPN, or one within the machine."""


def addresses(only_at: str | None = None) -> tuple[Address, ...]:
    """Return this machine's addresses, first the one that phones will most likely reach."""
    usual = usual_address()
    is_up = {name: state.isup for name, state in psutil.net_if_stats().items()}
    found = [
        Address(each.address, name, _kind(name))
        for name, several in psutil.net_if_addrs().items()
        for each in several
        if each.family == socket.AF_INET
        and is_up.get(name, False)
        and _is_of_a_network(each.address)
    ]
    return tuple(
        each
        for kind in ORDER
        for is_usual in (True, False)
        for each in found
        if each.kind == kind and (each.host == usual) == is_usual
        if only_at in (*ALL, each.host)
    )


def client_host(scope: Scope) -> str:
    """Return the address that a connection comes from; an empty text where it has none.

    A server that listens to IPv6 and IPv4 at once names those of IPv4 as "::ffff:192.0.2.1".
    """
    client = scope.get("client")
    return client[0].removeprefix("::ffff:") if client else ""


def usual_address() -> str | None:
    """Return the address by which this machine reaches others, None where it has none.

    Nothing is sent: connecting a datagram socket only asks the routing table which of the
    machine's addresses would be used. The target is reserved for documentation (RFC 5737).
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return None
        address: str = probe.getsockname()[0]
    return address if _is_of_a_network(address) else None


def _is_of_a_network(host: str) -> bool:
    address = ipaddress.ip_address(host)
    return not (address.is_loopback or address.is_unspecified or address.is_link_local)


def _kind(interface: str) -> Kind:
    if VIRTUAL.search(interface):
        return "virtual"
    return "vpn" if VPN.search(interface) else "network"
