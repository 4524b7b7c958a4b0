"""The talk of docs/talk.md as it is given, on the stage, with a server that dies in the middle."""

from __future__ import annotations

import contextlib
import itertools
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support import talk
from tests.support.answers import go_to, ink_share
from tests.support.drawing import canvas_ready
from tests.support.machine import Machine
from tests.support.paths import ROOT
from tests.support.stage import assert_readable

pytestmark = pytest.mark.deploy


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    """The speaker's machine.

    Its server trains in earnest, on MNIST where it is there, since what the talk shows of learning,
    the story, the film and the receipt, is not there with the quick stand-in.
    """
    with contextlib.ExitStack() as stack:
        yield Machine(tmp_path, stack, ROOT / "app.py", keeps=True)


@pytest.fixture
def projector(browser: Browser, machine: Machine) -> Iterator[Page]:
    """The page on the projector's screen."""
    with browser.new_context(viewport={"width": 1280, "height": 720}) as context:
        context.set_default_timeout(talk.SLOW)
        page = context.new_page()
        page.goto(machine.server.url)
        canvas_ready(page, 60)
        page.keyboard.press("f")
        expect(page).to_have_url(re.compile("stage=true"))
        yield page


def test_the_sheet_says_nothing_that_cannot_be_performed_and_its_minutes_never_go_back() -> None:
    rows = talk.rows()
    assert len(rows) > 25
    assert {row.seen for row in rows} == talk.SEEN.keys()
    minutes = [int(n) for n in re.findall(r"^\| (\d+) \|", talk.SHEET.read_text(), re.MULTILINE)]
    assert minutes == sorted(minutes)
    assert (minutes[0], minutes[-1]) == (0, 20)


@pytest.mark.timeout(1200)
def test_the_whole_talk_can_be_given_and_all_of_it_read_from_the_last_row(
    projector: Page, machine: Machine
) -> None:
    rows = talk.rows()
    for part, steps in itertools.groupby(rows, key=lambda row: row.part):
        if part == talk.EMERGENCIES:
            continue
        for row in steps:
            perform(projector, row)
        if part == "It learns":
            survive(projector, machine, [row for row in rows if row.part == talk.EMERGENCIES])


def perform(page: Page, row: talk.Row) -> None:
    """Perform a row of the sheet, and see that the whole screen can be read then."""
    print(*row.pressed, "→", row.seen)
    talk.perform(page, row)
    assert_readable(page, scrolls="/how" in page.url)


def survive(page: Page, machine: Machine, emergencies: list[talk.Row]) -> None:
    """Let go wrong what can, the last time the server, on Draw and with a receipt to lose."""
    go_to(page, "Draw")
    stray, reload, dies = emergencies
    before = ink_share(page)
    perform(page, stray)
    assert ink_share(page) == before
    perform(page, reload)
    machine.kill()
    app = page.get_by_test_id("stApp")
    expect(app).not_to_have_attribute("data-test-connection-state", "CONNECTED")
    machine.start()
    perform(page, dies)
    assert ink_share(page) == before
