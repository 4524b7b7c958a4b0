"""The speaker's card in a browser: who gets it, and a phone that comes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from tests.support.drawing import canvas_ready
from tests.support.server import QUICK_SERVER, Server, serve

SECRET = "only-the-speaker"
SLOW = 60_000


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    home = tmp_path_factory.mktemp("talk-home")
    with serve(home, QUICK_SERVER, {"INKLING_SPEAKER_KEY": SECRET}, address="0.0.0.0") as running:
        yield running


def test_at_the_server_the_card_is_a_click_away_and_turns_when_a_phone_comes(
    page: Page, server: Server
) -> None:
    canvas_ready(page)
    page.get_by_role("link", name="Ready?").click()
    lines = page.locator(".lines li")
    expect(lines).to_have_count(8, timeout=SLOW)
    expect(lines.filter(has_text="one step").get_by_role("img", name="in order:")).to_be_visible()
    code = page.get_by_role("img", name="The address as a QR code")
    if page.get_by_role("heading", name="No network").count():
        pytest.skip("this machine is on no network")
    expect(code).to_be_visible()
    expect(page.locator("p.address")).to_contain_text(f":{server.url.rpartition(':')[2]}")
    expect(page.get_by_text("Waiting for the first phone")).to_be_visible()
    stream = f"{server.url.replace('http', 'ws')}/_stcore/stream"
    phone = {"X-Forwarded-For": "192.0.2.9"}
    with connect(stream, subprotocols=[Subprotocol("streamlit")], additional_headers=phone):
        expect(page.get_by_text("A phone is here")).to_be_visible()
    expect(page.get_by_text("Waiting for the first phone")).to_be_visible()


def test_elsewhere_the_card_is_there_for_who_has_the_secret_link_and_for_nobody_else(
    page: Page, server: Server, console_errors: list[str]
) -> None:
    elsewhere = server.url.replace("127.0.0.1", "inkling.localhost")  # no name of this machine
    page.goto(elsewhere)
    canvas_ready(page)
    ready = page.get_by_role("link", name="Ready?")
    for address in ("", "/ready", "/ready?speaker=wrong"):
        page.goto(elsewhere + address)
        canvas_ready(page)
        expect(ready).to_have_count(0)
        expect(page.locator(".lines")).to_have_count(0)
    assert all("does not seem to exist" in error for error in console_errors)
    console_errors.clear()
    page.goto(f"{elsewhere}/ready?speaker={SECRET}")
    expect(page.locator(".lines li")).to_have_count(8, timeout=SLOW)
    expect(page).not_to_have_url(f"{elsewhere}/ready?speaker={SECRET}")
    assert SECRET not in page.content()
    page.goto(elsewhere)
    expect(ready).to_be_visible()
