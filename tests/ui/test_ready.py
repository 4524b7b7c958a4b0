"""The speaker's card, and who gets it."""

from __future__ import annotations

import html
import time
from typing import Any

import pytest
from starlette.types import Scope
from streamlit.testing.v1 import AppTest

from ui.server import addresses, readiness, speaker, visitors
from ui.server.addresses import Address

HOME = Address("192.0.2.7", "wlan0", "network")
TUNNEL = Address("198.51.100.3", "tun0", "vpn")
CARD = "from ui.views.ready import ready_view; ready_view()"


def connection(client: str, **headers: str) -> Scope:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    raw = [(name.encode(), value.encode()) for name, value in names.items()]
    return {"type": "websocket", "client": (client, 50_000), "headers": raw}


@pytest.mark.parametrize(
    ("client", "headers"),
    [
        ("127.0.0.1", {"host": "localhost:8501"}),
        ("127.0.0.1", {"host": "127.0.0.1"}),
        ("::ffff:127.0.0.1", {"host": "localhost:8501"}),
        ("::1", {"host": "[::1]:8501"}),
        ("::1", {"host": "[::1]"}),
    ],
)
def test_who_sits_at_the_server_is_known(client: str, headers: dict[str, str]) -> None:
    assert speaker.is_at_the_server(connection(client, **headers))


@pytest.mark.parametrize(
    ("client", "headers"),
    [
        ("192.0.2.9", {"host": "localhost"}),
        ("127.0.0.1", {"host": "inkling.test"}),
        ("127.0.0.1", {"host": "localhost.inkling.test"}),
        ("127.0.0.1", {}),
        ("127.0.0.1", {"host": "localhost", "x_forwarded_for": "192.0.2.9"}),
        ("127.0.0.1", {"host": "localhost", "forwarded": "for=192.0.2.9"}),
        ("192.0.2.9", {"host": "localhost", "x_inkling_at_the_server": "yes"}),
    ],
)
def test_who_does_not_sit_there_is_not_whatever_is_said(
    client: str, headers: dict[str, str]
) -> None:
    scope = connection(client, **headers)
    assert not speaker.is_at_the_server(scope)
    names = {name for name, _ in speaker.marked(scope)["headers"]}
    assert speaker.AT_THE_SERVER.encode() not in names


def test_only_the_secret_makes_a_browser_the_speakers_and_without_one_nothing_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(speaker, "_known", set())
    monkeypatch.delenv("INKLING_SPEAKER_KEY", raising=False)
    speaker.remember("one", "")
    monkeypatch.setenv("INKLING_SPEAKER_KEY", "secret")
    speaker.remember("two", "secre")
    assert not any(map(speaker.is_known, ("one", "two", "three")))
    speaker.remember("three", "secret")
    assert speaker.is_known("three")
    assert not speaker.is_known("two")


def test_the_terminal_is_told_where_the_page_is_and_the_secret_link(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(speaker, "addresses", lambda only_at: () if only_at else (HOME, TUNNEL))
    monkeypatch.delenv("INKLING_SPEAKER_KEY", raising=False)
    assert speaker.greeting(8501, None) is None
    monkeypatch.setenv("INKLING_SPEAKER_KEY", "secret")
    told = speaker.greeting(8501, None) or ""
    for line in (
        "http://localhost:8501\n",
        "http://192.0.2.7:8501\n",
        "http://192.0.2.7:8501/ready?speaker=secret\n",
    ):
        assert line in told
    alone = speaker.greeting(8501, "127.0.0.1") or ""
    assert "phones" not in alone
    assert "http://127.0.0.1:8501\n" in alone


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        *(("eth0", "network"), ("wlp3s0", "network"), ("en0", "network"), ("Wi-Fi", "network")),
        *(("tun0", "vpn"), ("wg0", "vpn"), ("utun3", "vpn"), ("ProtonVPN", "vpn")),
        *(("docker0", "virtual"), ("br-1a2b", "virtual"), ("vEthernet (WSL)", "virtual")),
    ],
)
def test_an_interface_is_known_by_its_name(name: str, kind: str) -> None:
    assert addresses._kind(name) == kind


class Room:
    """What the card finds: the addresses, and how many pages are open elsewhere."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.found: tuple[Address, ...] = (HOME,)
        self.n = 0
        self.line = readiness.Line("disk", True, "9 MB are free")
        monkeypatch.setattr(addresses, "addresses", lambda only_at: self.found)
        monkeypatch.setattr(visitors, "n_elsewhere", lambda: self.n)
        monkeypatch.setattr(readiness, "lines", lambda port: iter([self.line]))


@pytest.fixture
def room(monkeypatch: pytest.MonkeyPatch) -> Room:
    return Room(monkeypatch)


def said(page: AppTest) -> str:
    assert not page.exception, page.exception
    return "\n".join(html.unescape(element.proto.body) for element in page.get("html"))


def test_the_card_turns_when_a_phone_is_there_and_helps_when_none_comes(room: Room) -> None:
    page = AppTest.from_string(CARD).run()
    assert "http://192.0.2.7:8501" in said(page)
    assert "Waiting for the first phone" in said(page)
    assert "guests" not in said(page)
    page.session_state["card_shown_since"] = time.monotonic() - 31
    for what in ("guests", "firewall", "VPN", "hotspot"):
        assert what in said(page.run())
    room.n = 1
    assert "A phone is here" in said(page.run())
    assert "guests" not in said(page)


def test_a_change_of_network_is_noticed_and_of_several_addresses_one_is_chosen(
    room: Room,
) -> None:
    page = AppTest.from_string(CARD).run()
    assert "has changed" not in said(page)
    room.found = (HOME, TUNNEL)
    assert "has changed" in said(page.run())
    (choice,) = page.selectbox
    assert choice.options == ["192.0.2.7 (wlan0)", "198.51.100.3 (tun0, a VPN)"]
    assert "http://198.51.100.3:8501" in said(choice.set_value(TUNNEL.host).run())
    room.found = (HOME,)
    assert "http://192.0.2.7:8501" in said(page.run())
    room.found = ()
    assert "No network" in said(page.run())


def test_what_is_not_in_order_is_said_until_it_is(room: Room) -> None:
    room.line = readiness.Line("disk", False, "Make <b>room</b>.")
    page = AppTest.from_string(CARD).run()
    assert "Not ready yet" in said(page)
    (line,) = (each.proto.body for each in page.get("html") if "<li>" in each.proto.body)
    assert "not in order" in line
    assert "&lt;b&gt;" in line
    room.line = readiness.Line("disk", True, "9 MB are free")
    assert "Not ready yet" in said(page.run()), "it is looked at once"
    told: Any = said(page.button(key="look_again").click().run())
    assert "Not ready yet" not in told
