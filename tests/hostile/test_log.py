"""What the server's log says of trainings, refusals and errors, and what it never says."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.support.canvas_message import png_of
from tests.support.liar import visit
from tests.support.server import Server, serve
from tests.support.waiting import wait_until
from ui.server import log
from ui.server.log import Seldom

FAILING_SERVER = Path(__file__).parents[1] / "support" / "failing_server.py"
COOKIE = "inkling_browser"


@pytest.fixture
def failing_server(tmp_path: Path) -> Iterator[Server]:
    with serve(tmp_path, FAILING_SERVER) as running:
        yield running


def own_lines(server: Server) -> list[str]:
    """Return our lines, without their times, and without what is said of the machine's data."""
    found = re.findall(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d inkling (.+)$", server.log(), re.MULTILINE)
    return [line for line in found if not line.startswith("model.data.datasets")]


def test_a_training_a_refusal_and_an_error_are_a_line_each_and_say_nothing_of_anybody(
    failing_server: Server,
) -> None:
    server = failing_server
    with visit(server, view="train", query="data=Built-in&steps=100") as visitor:
        visitor.set("train", "trigger_value", True)
        wait_until(lambda: "training: ended" in server.log(), 60, "no training ended")
        name = "my-own-name.safetensors"
        visitor.upload("uploaded_model", (name, b"no model"))
    with visit(server) as visitor:
        visitor.set("to_upload", "trigger_value", True)
        visitor.upload("picture", ("my-own-name.png", b"no picture"))
        assert visitor.put("1", "x.png", png_of(3), headers={"X-Xsrftoken": "1"}).status_code == 403
    requests.get(f"{server.url}/fail", timeout=10)
    with visit(server):
        pass
    assert requests.get(f"{server.url}/broken", timeout=10).status_code == 500
    code = "QQQQQ"
    given = {"Origin": server.url, "Cookie": f"{COOKIE}=abcdefghijklmnopqrstuv"}
    found = requests.post(f"{server.url}/r/{code}/join", json={}, headers=given, timeout=10)
    assert found.status_code == 404

    lines = own_lines(server)
    times = [re.sub(r"\d+\.\d\d s", "… s", line) for line in lines]
    places = [re.sub(r", line \d+", "", line) for line in times]
    assert places == [
        "training: begun, 100 steps of softmax on directions",
        "training: ended after 100 steps in … s",
        "refused: upload (model)",
        "refused: upload (picture)",
        "refused: upload (status 403)",
        "error: page: ValueError in tests/support/failing_server.py",
        "error: answer: KeyError in tests/support/failing_server.py",
        "refused: room (no_room)",
    ]
    for said in (code, "abcdefghijkl", "my-own-name", "127.0.0.1", "secret", "cookie"):
        assert said not in "\n".join(lines)
    for said in ("abcdefghijkl", "my-own-name"):
        assert said not in server.log()


def test_a_refused_training_is_a_line(server: Server) -> None:
    before = len(own_lines(server))
    cookie = f"{COOKIE}={'b' * 22}"
    with (
        visit(server, view="train", query="data=Built-in", cookie=cookie) as tab,
        visit(server, view="train", query="data=Built-in", cookie=cookie) as other_tab,
    ):
        tab.set("train", "trigger_value", True)
        other_tab.set("train", "trigger_value", True)
        tab.set("stop", "trigger_value", True)
        wait_until(lambda: "stopped (" in "".join(own_lines(server)[before:]), 30, "not stopped")
    lines = "\n".join(own_lines(server)[before:])
    assert "refused: training (not_over)" in lines
    assert re.search(r"training: stopped \(stopped\) after [\d,]+ steps? in \d+\.\d\d s", lines)
    assert "bbbb" not in server.log()


def test_a_flood_is_a_line_a_second_which_counts_what_it_leaves_out(
    caplog: pytest.LogCaptureFixture,
) -> None:
    now = 100.0
    seldom = Seldom(clock=lambda: now)
    logger = logging.getLogger("inkling.refused")
    with caplog.at_level(logging.INFO, logger.name):
        for _ in range(1_000):
            seldom.say(logger, "room (too_fast)")
        seldom.say(logger, "room (paused)")
        now += 1.5
        for _ in range(3):
            seldom.say(logger, "room (too_fast)")
        seldom.rest()
        seldom.rest()
    assert caplog.messages == [
        "room (too_fast)",
        "room (paused)",
        "room (too_fast), and 999 more before",
        "room (too_fast), 2 more before",
    ]


def test_a_line_begins_with_its_time_and_says_how_bad_it_is(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [])
    log.begin()
    log.begin()
    logging.getLogger("inkling.training").info("ended after %s steps in %.2f s", "1,000", 0.83)
    logging.getLogger("model.store.keeper").error("Visits are not kept")
    first, second = capsys.readouterr().err.splitlines()
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d inkling training: ended after 1,000 steps in 0\.83 s",
        first,
    )
    assert second.endswith(" inkling model.store.keeper: error: Visits are not kept")


def test_an_error_says_where_it_was_and_not_what_a_visitor_wrote(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.INFO, "inkling"):
        try:
            raise RuntimeError("secret words")
        except RuntimeError as error:
            log.failed("page", error)
        log.failed("page", OSError("secret words"))
    first, second = caplog.messages
    assert re.fullmatch(r"page: RuntimeError in tests/hostile/test_log\.py, line \d+", first)
    assert second == "page: OSError outside of this program"
