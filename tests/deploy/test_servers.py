"""Two servers behind nginx with PostgreSQL: one ends, and nobody who was there loses anything.

All of it is under a path, as where a conference has other things at its address.
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import itertools
import json
import os
import re
import secrets
import signal
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from typing import TypeVar

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, BrowserContext, Page, expect

from model.store import rooms, visits
from model.store.store import Store
from model.store.visit import key
from tests.support.answers import (
    choose_model,
    expect_digit,
    expect_invitation,
    go_to,
    ink_share,
    models,
    press,
)
from tests.support.browsers import open_browser
from tests.support.drawing import DIGITS, canvas_ready, draw
from tests.support.hall import elsewhere, open_room
from tests.support.hosting import Hosting, hosted
from tests.support.machine import Machine
from tests.support.phones import Phone, as_sent, written
from tests.support.server import QUICK_SERVER
from tests.support.uploads import as_file, pen_on_paper
from tests.support.waiting import wait_until
from tools import nginx, postgresql

pytestmark = pytest.mark.deploy

COOKIE, BROWSER = "inkling_server", "inkling_browser"
NAMES = ("one", "two")
SLOW = 60_000
KEPT_SECONDS = 10.0
PHONES, DRAWINGS_EACH = 100, 6
RETRIED = (429, 502, 503, 504)
"""What a phone is told for a drawing that it keeps and sends again."""

T = TypeVar("T")

expect.set_options(timeout=20_000)


@pytest.fixture(scope="module")
def hosting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hosting]:
    """Two servers, nginx and PostgreSQL. Where these cannot be, that fails: CI installs them."""
    if nginx.find() is None or not postgresql.is_here():
        missing = nginx.MISSING if nginx.find() is None else postgresql.MISSING
        (pytest.fail if os.environ.get("CI") else pytest.skip)(missing)
    with hosted(tmp_path_factory.mktemp("hosting"), QUICK_SERVER) as running:
        yield running


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A Chromium with an empty home."""
    with open_browser(tmp_path_factory.mktemp("browser-home")) as browser:
        yield browser


@pytest.fixture
def visitor(browser: Browser) -> Iterator[BrowserContext]:
    """A browser that has never been here."""
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    context.set_default_timeout(SLOW)
    yield context
    context.close()


def retrained(page: Page) -> None:
    """Press Retrain, and let the shipped model answer again: the quick stand-in's reads nothing."""
    press(page, "retrain")
    expect(models(page).filter(has_text="yours 1")).to_be_checked()
    choose_model(page, "directions")


def opened_page(visitor: BrowserContext, hosting: Hosting) -> Page:
    page = visitor.new_page()
    page.goto(hosting.url)
    canvas_ready(page, 60)
    return page


def server_of(visitor: BrowserContext) -> str:
    """Return the name of the server that a browser's cookie says."""
    (name,) = (cookie["value"] for cookie in visitor.cookies() if cookie["name"] == COOKIE)
    return str(name)


def other(name: str) -> str:
    return NAMES[1 - NAMES.index(name)]


def in_database(hosting: Hosting, act: Callable[[sa.Connection], T]) -> T:
    with contextlib.closing(Store(hosting.database)) as store:
        return store.act(act, writes=False)


def wait_until_kept(
    hosting: Hosting, visitor: BrowserContext, strokes: int, *, models: int = 0
) -> None:
    """Wait until the database has a drawing of so many strokes, and so many models."""
    (cookie,) = (each["value"] for each in visitor.cookies() if each["name"] == BROWSER)

    def is_kept() -> bool:
        visit = in_database(hosting, lambda c: visits.read(c, key(cookie)))
        tab = visit.latest()
        is_drawn = tab is not None and len(tab.objects) == strokes and tab.model == "directions"
        return is_drawn and len(visit.models) == models

    wait_until(is_kept, KEPT_SECONDS, "the visit is not in the database")


@contextlib.contextmanager
def gone(machine: Machine, *, killed: bool = True) -> Iterator[None]:
    """End a server, at once or as a person does, and start it again after the block."""
    machine.kill() if killed else machine.end()
    try:
        yield
    finally:
        machine.start()


@contextlib.contextmanager
def all_gone(hosting: Hosting) -> Iterator[None]:
    """Kill both servers; after the block, wait until nginx has noticed that they are back."""
    with gone(hosting.machines[0]), gone(hosting.machines[1]):
        yield
    cookies = ("", *(f"{COOKIE}={name}" for name in NAMES))

    def is_back() -> bool:
        return all(asked(f"{hosting.url}/health", Cookie=each)[0] == 200 for each in cookies)

    wait_until(is_back, 10, "nginx gives nobody to a server that is back")


def test_new_visitors_are_spread_over_the_servers_and_each_stays_at_one(hosting: Hosting) -> None:
    found: Counter[str] = Counter()
    for _ in range(8):
        (said,) = route_cookies(f"{hosting.url}/")
        name = re.match(r"inkling_server=(\w+); Path=/; HttpOnly; SameSite=Lax$", said)
        assert name is not None, said
        found[name[1]] += 1
        for path in ("/", "/_stcore/health", "/health"):
            assert route_cookies(f"{hosting.url}{path}", name[1]) == []
    assert set(found) == set(NAMES)
    assert min(found.values()) >= 2, found


def route_cookies(url: str, name: str = "") -> list[str]:
    """Ask for an address; return what is said of the server."""
    cookie = {"Cookie": f"{COOKIE}={name}"} if name else {}
    question = urllib.request.Request(url, headers={"Accept": "text/html", **cookie})
    with urllib.request.urlopen(question, timeout=30) as answer:
        return [c for c in answer.headers.get_all("Set-Cookie", []) if c.startswith(COOKIE)]


def asked(url: str, body: bytes | None = None, **headers: str) -> tuple[int, bytes]:
    """Ask for an address, or post to it; return the status and what came."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, named), timeout=30) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as refused:
        return refused.code, b""


def test_who_comes_through_the_proxy_is_a_stranger_whatever_they_say(hosting: Hosting) -> None:
    here = {"X_Forwarded_For": "127.0.0.1", "Forwarded": "for=127.0.0.1"}
    for said in ({}, here, here | {"X_Inkling_At_The_Server": "yes"}):
        assert asked(f"{hosting.url}/lines", b"", Host="localhost", **said)[0] == 404
        assert asked(f"{hosting.url}/_stcore/metrics", Host="localhost", **said)[0] == 404
    assert asked(f"{hosting.machines[0].server.url}/lines", b"")[0] == 200, "nobody is asked at all"


def test_a_message_that_is_too_large_is_refused_before_a_server_has_it(hosting: Hosting) -> None:
    drawings = f"{hosting.url}/r/CDFHJ/drawings"
    assert asked(drawings, bytes(400_000), Content_Type="application/json")[0] == 404  # no room
    for address, size in (
        (drawings, 600_000),
        (f"{hosting.url}/lines", 1_100_000),
        (f"{hosting.url}/_stcore/upload_file/session/file", 107_000_000),
    ):
        assert asked(address, b"", Content_Length=str(size))[0] == 413, address


def test_streamlits_own_files_come_compressed_without_any_server(hosting: Hosting) -> None:
    _, page = asked(f"{hosting.url}/")
    script = re.search(rb"static/js/index\.[\w-]+\.js", page)
    assert script is not None
    address = f"{hosting.url}/{script[0].decode()}"
    status, found = asked(address, Accept_Encoding="gzip")
    assert status == 200
    with all_gone(hosting):
        assert asked(f"{hosting.url}/health")[0] == 502
        assert asked(address, Accept_Encoding="gzip") == (200, found)
    assert len(gzip.decompress(found)) > 2 * len(found)


def test_a_server_that_hangs_is_given_up_and_its_visitors_go_to_the_other(
    hosting: Hosting,
) -> None:
    pid = hosting.named("one").server.pid
    os.killpg(pid, signal.SIGSTOP)
    try:
        for path in ("/", "/", "/r/CDFHJ"):
            status, _ = asked(hosting.url + path, Cookie=f"{COOKIE}=one", Accept="text/html")
            assert status == (404 if "/r/" in path else 200), path
    finally:
        os.killpg(pid, signal.SIGCONT)


def test_what_nginx_writes_down_has_neither_visitors_nor_what_they_asked_for(
    hosting: Hosting,
) -> None:
    with all_gone(hosting):
        assert asked(f"{hosting.url}/ready?speaker=SECRET")[0] == 502
    logs = "".join(path.read_text() for path in hosting.proxy_folder.glob("*.log"))
    assert re.search(r"^\S+ 502 GET \S+", logs, re.MULTILINE)
    assert "SECRET" not in logs
    assert "client" not in logs


def test_a_page_behind_the_proxy_draws_trains_gives_its_model_and_takes_a_picture(
    hosting: Hosting, visitor: BrowserContext
) -> None:
    uses_everything(opened_page(visitor, hosting))


def uses_everything(page: Page) -> None:
    """Draw, train, download and upload: all that a page has its server for."""
    draw(page, DIGITS[4])
    expect_digit(page, 4)
    retrained(page)
    download_and_upload(page)


def download_and_upload(page: Page) -> None:
    go_to(page, "Train")
    with page.expect_download() as begun:
        press(page, "download_pixels")
    assert begun.value.path().stat().st_size > 10_000
    go_to(page, "Draw")
    press(page, "to_upload")
    file = as_file(pen_on_paper(7), "PNG")
    page.locator(".st-key-picture input[type=file]").set_input_files(file)
    expect_digit(page, 7)
    press(page, "to_canvas")


def test_a_killed_servers_page_goes_on_at_the_other_by_itself_with_drawing_and_models(
    hosting: Hosting, visitor: BrowserContext
) -> None:
    page = opened_page(visitor, hosting)
    first = server_of(visitor)
    retrained(page)
    draw(page, DIGITS[4])
    expect_digit(page, 4)
    wait_until_kept(hosting, visitor, 2, models=1)
    with gone(hosting.named(first)):
        wait_until(lambda: server_of(visitor) == other(first), 60, "the page stays with nobody")
        press(page, "clear")
        expect_invitation(page)
        draw(page, DIGITS[7])
        expect_digit(page, 7)
        expect(models(page).filter(has_text="yours 1")).to_be_visible()
    download_and_upload(page)  # where its session is, although the first server is there again
    assert server_of(visitor) == other(first)
    expect_digit(page, 7)
    page.reload()
    expect_digit(page, 7)
    expect(models(page).filter(has_text="yours 1")).to_be_visible()


def test_a_server_that_a_visitor_comes_back_to_knows_what_another_has_kept_meanwhile(
    hosting: Hosting, visitor: BrowserContext
) -> None:
    page = opened_page(visitor, hosting)
    draw(page, DIGITS[4])
    expect_digit(page, 4)
    wait_until_kept(hosting, visitor, 2)
    first = server_of(visitor)
    moved(visitor, hosting, other(first))
    page.reload()
    expect_digit(page, 4)
    press(page, "clear")
    expect_invitation(page)
    draw(page, DIGITS[7])
    expect_digit(page, 7)
    retrained(page)
    wait_until_kept(hosting, visitor, len(DIGITS[7]), models=1)
    moved(visitor, hosting, first)  # which has its session of before still
    page.evaluate("sessionStorage.clear()")  # and hears of the drawing from the database alone
    page.reload()
    canvas_ready(page)
    expect_digit(page, 7)
    expect(models(page).filter(has_text="yours 1")).to_be_visible()
    assert server_of(visitor) == first


def moved(visitor: BrowserContext, hosting: Hosting, name: str) -> None:
    """Have the browser's cookie name another server."""
    visitor.add_cookies([{"name": COOKIE, "value": name, "url": hosting.url}])


async def send_all(hosting: Hosting, code: str, then: Callable[[], object]) -> list[str]:
    """Have phones join a room and draw in it, and do something when half is sent; return the ids.

    A phone sends again what was not stored, as the page for phones does.
    """
    digits = itertools.cycle(
        [(json.dumps(as_sent(d)), d.label) for d in itertools.islice(written(), 50)]
    )
    ids: list[str] = []
    is_done = False

    async def one(number: int) -> None:
        nonlocal is_done
        phone = Phone(hosting.url, code)
        await phone.join()
        for _ in range(DRAWINGS_EACH):
            id = secrets.token_hex(12)
            drawing = next(digits)
            while (answer := await phone.post(*drawing, id)).status in RETRIED:
                await asyncio.sleep(0.2)
            assert answer.status == 200, answer.said
            ids.append(id)
            if len(ids) >= PHONES * DRAWINGS_EACH // 2 and not is_done:
                is_done = True
                await asyncio.to_thread(then)
            await asyncio.sleep(0.5)  # between two drawings of a person
        phone.connection.close()

    await asyncio.gather(*map(one, range(PHONES)))
    return ids


def kept_ids(hosting: Hosting, code: str) -> Counter[str]:
    return Counter(each.id for each in in_database(hosting, lambda c: rooms.drawings(c, code)))


@pytest.mark.parametrize("ended", ["killed", "database"])
def test_what_a_hundred_phones_send_while_something_ends_is_kept_once_and_on_the_wall(
    hosting: Hosting, visitor: BrowserContext, ended: str
) -> None:
    page = visitor.new_page()
    code = open_room(page, hosting.url)
    machine = hosting.named(server_of(visitor))

    def end() -> None:
        if ended == "killed":
            machine.kill()  # the one that the speaker's page is at
        else:
            hosting.cluster.stop("immediate")
            hosting.cluster.start()

    ids: list[str] = []

    async def send() -> None:
        ids.extend(await send_all(hosting, code, end))

    try:
        elsewhere(send())
        assert len(ids) == PHONES * DRAWINGS_EACH
        kept = kept_ids(hosting, code)
        assert kept == Counter(ids), "lost, or kept twice"
        counted = page.locator(".counts")
        expect(counted).to_contain_text(f"{len(ids)} drawings", timeout=SLOW)
    finally:
        if ended == "killed":
            machine.start()


def test_servers_that_are_ended_and_started_one_after_the_other_lose_nobody(
    hosting: Hosting, visitor: BrowserContext
) -> None:
    page = opened_page(visitor, hosting)
    retrained(page)
    draw(page, DIGITS[4])
    expect_digit(page, 4)
    wait_until_kept(hosting, visitor, 2, models=1)
    for _ in range(2):
        name = server_of(visitor)
        with gone(hosting.named(name), killed=False):
            wait_until(lambda name=name: server_of(visitor) != name, 60, "the page stays")  # type: ignore[misc]
            expect(page.get_by_test_id("stApp")).to_have_attribute(
                "data-test-connection-state", "CONNECTED", timeout=SLOW
            )
    uses_drawing(page)


def uses_drawing(page: Page) -> None:
    inked = ink_share(page)
    press(page, "undo")
    wait_until(lambda: 0 < ink_share(page) < 0.9 * inked, 20, "undo takes no stroke")
    draw(page, [DIGITS[4][1]])
    expect_digit(page, 4)
    expect(models(page).filter(has_text="yours 1")).to_be_visible()
