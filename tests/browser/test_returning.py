"""A server that has forgotten its visitor: the page goes on where it was, and says what is lost."""

from __future__ import annotations

import contextlib
import json
import re
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from tests.support.answers import (
    choose_model,
    expect_digit,
    expect_invitation,
    expect_some_reading,
    go_to,
    ink_share,
    models,
    press,
    shares,
)
from tests.support.cable import Cable, plugged
from tests.support.drawing import CANVAS, DIGITS, canvas_ready, draw, mouse_held
from tests.support.machine import Machine
from tests.support.server import FORGETFUL_SERVER, Server, serve
from tests.support.waiting import wait_for, wait_until

LEFT_OF_4, RIGHT_OF_4 = DIGITS[4]
LINE_BELOW = [(0.1, 0.95), (0.9, 0.95)]
SLOW = 60_000
NOT_CONNECTED = re.compile("^(?!CONNECTED$)")


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    """A machine with a server of its own."""
    with contextlib.ExitStack() as stack:
        yield Machine(tmp_path, stack, FORGETFUL_SERVER, keeps=False)


@pytest.fixture(scope="module")
def forgetful(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that forgets a visitor at once who has no connection."""
    forgets = {"STREAMLIT_SERVER_DISCONNECTED_SESSION_TTL": "0"}
    with serve(tmp_path_factory.mktemp("forgetful-home"), FORGETFUL_SERVER, forgets) as server:
        yield server


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[[str], Page]]:
    """Opens pages, each in a browser profile of its own."""
    contexts: list[BrowserContext] = []

    def open_page(url: str) -> Page:
        contexts.append(browser.new_context(viewport={"width": 1440, "height": 900}))
        contexts[-1].set_default_timeout(SLOW)
        page = contexts[-1].new_page()
        page.goto(url)
        canvas_ready(page, 60)
        return page

    yield open_page
    for context in contexts:
        context.close()


def connection(page: Page, state: str | re.Pattern[str]) -> None:
    app = page.get_by_test_id("stApp")
    expect(app).to_have_attribute("data-test-connection-state", state, timeout=SLOW)


def n_runs(server: Server, way: str = "runs") -> int:
    """Return how often the server has run the whole page (or hold its runs, or let them go)."""
    with urllib.request.urlopen(f"{server.url}/{way}", timeout=30) as answer:
        n: int = json.load(answer)
    return n


@contextlib.contextmanager
def held_runs(server: Server) -> Iterator[None]:
    """The server runs no whole page meanwhile: what is seen here comes before its answer."""
    n_runs(server, "hold")
    try:
        yield
    finally:
        n_runs(server, "go")


def quiet(page: Page, server: Server) -> int:
    """Wait until no run of the whole page is asked for any more; return how many there were."""
    counts = [-1]

    def rests() -> bool:
        page.wait_for_timeout(1500)
        counts.append(n_runs(server))
        return counts[-1] == counts[-2]

    wait_until(rests, 60, "the page is run again and again")
    return counts[-1]


def forget(page: Page, cable: Cable) -> None:
    """Let the connection break, and come back to a server that knows nothing of the page."""
    app = page.get_by_test_id("stApp")
    app.evaluate(
        """app => {
          window.lost = false;
          new MutationObserver(() => {
            if (app.dataset.testConnectionState !== "CONNECTED") window.lost = true;
          }).observe(app, {attributes: true});
        }"""
    )
    cable.drop()
    wait_for(page, "window.lost", timeout=SLOW / 1000)
    connection(page, "CONNECTED")


def test_after_a_restart_in_the_middle_of_a_drawing_it_is_gone_on_with(
    machine: Machine, visit: Callable[[str], Page]
) -> None:
    page = visit(machine.server.url)
    choose_model(page, "pixels")
    draw(page, [LINE_BELOW, LEFT_OF_4])
    expect_some_reading(page)
    press(page, "clear")
    expect_invitation(page)
    draw(page, [LEFT_OF_4])
    expect_some_reading(page)
    left = ink_share(page)
    machine.kill()
    connection(page, NOT_CONNECTED)
    draw_without_waiting(page, RIGHT_OF_4)
    machine.start()
    connection(page, "CONNECTED")
    expect_digit(page, 4)
    assert ink_share(page) > left
    expect(models(page).filter(has_text="pixels")).to_be_checked()
    expect(page.get_by_text("the classic tutorial's")).to_be_visible()
    drawn = ink_share(page)
    draw(page, [LINE_BELOW])
    wait_until(lambda: ink_share(page) > drawn, 15, "the stroke after the restart was wiped")
    page.get_by_role("radiogroup", name="Why?").get_by_text("Strokes").click()
    expect(page.locator(".stages, .note").first).to_be_visible()
    press(page, "undo")
    expect_digit(page, 4)
    press(page, "clear")
    expect_invitation(page)


def draw_without_waiting(page: Page, stroke: list[tuple[float, float]]) -> None:
    """Draw a stroke on a page that has no connection, and so never comes to rest."""
    box = page.locator(".st-key-canvas").bounding_box()
    assert box is not None
    places = [(box["x"] + box["width"] * x, box["y"] + box["height"] * y) for x, y in stroke]
    page.mouse.move(*places[0])
    page.mouse.down()
    page.mouse.move(*places[1], steps=10)
    page.mouse.up()


@pytest.mark.parametrize("last", ["a stroke", "a full run"])
def test_after_a_sleep_the_drawing_is_gone_on_with(
    forgetful: Server, visit: Callable[[str], Page], last: str
) -> None:
    with plugged(forgetful.url) as cable:
        page = visit(cable.url)
        draw(page, [LEFT_OF_4])
        alone = expect_some_reading(page)
        if last == "a full run":
            page.get_by_role("slider", name="Pen width").press("ArrowRight")
            page.get_by_role("slider", name="Pen width").press("ArrowLeft")
            canvas_ready(page)
        forget(page, cable)
        draw(page, [RIGHT_OF_4])
        expect_digit(page, 4)
        press(page, "undo")
        wait_until(lambda: shares(page) == pytest.approx(alone, abs=2), 15, "undo took all")
        assert ink_share(page) > 0
        press(page, "clear")
        expect_invitation(page)
        expect(page.get_by_text("no longer knew")).to_have_count(0)


def test_a_stroke_under_way_while_the_connection_comes_back_is_not_wiped(
    forgetful: Server, visit: Callable[[str], Page]
) -> None:
    with plugged(forgetful.url) as cable:
        page = visit(cable.url)
        page.get_by_role("button", name=re.compile("4")).first.wait_for()
        draw(page, [LEFT_OF_4])
        expect_some_reading(page)
        with mouse_held(page, RIGHT_OF_4):
            forget(page, cable)
            page.wait_for_timeout(1500)
        expect_digit(page, 4)


def test_a_drawing_that_python_put_there_is_known_again(
    forgetful: Server, visit: Callable[[str], Page]
) -> None:
    with plugged(forgetful.url) as cable:
        page = visit(cable.url)
        draw(page, [LEFT_OF_4, RIGHT_OF_4])
        expect_digit(page, 4)
        go_to(page, "How it works")
        go_to(page, "Draw")
        expect_digit(page, 4)
        ink = ink_share(page)
        forget(page, cable)
        draw(page, [LINE_BELOW])
        wait_until(lambda: ink_share(page) > ink, 15, "the drawing was wiped")
        expect_some_reading(page)
        press(page, "undo")
        expect_digit(page, 4)


def test_a_trained_model_comes_back_and_nothing_is_said(
    forgetful: Server, visit: Callable[[str], Page]
) -> None:
    with plugged(forgetful.url) as cable:
        page = visit(cable.url)
        press(page, "retrain")
        expect(models(page).filter(has_text="yours 1")).to_be_checked(timeout=SLOW)
        forget(page, cable)
        quiet(page, forgetful)
        expect(models(page).filter(has_text="yours 1")).to_be_checked()
        expect(page.get_by_text("no longer knew")).to_have_count(0)
        press(page, "retrain")
        expect(models(page).filter(has_text="yours 2")).to_be_checked(timeout=SLOW)


def test_where_the_browser_keeps_no_cookies_a_lost_model_is_said_once(
    forgetful: Server, visit: Callable[[str], Page]
) -> None:
    with plugged(forgetful.url) as cable:
        page = visit(cable.url)
        page.context.clear_cookies()
        page.reload()
        page.context.clear_cookies()
        forget(page, cable)  # from here on the visit has no cookie
        press(page, "retrain")
        expect(models(page).filter(has_text="yours 1")).to_be_checked(timeout=SLOW)
        forget(page, cable)
        gone = page.get_by_text("The server no longer knew this visit: the model that you added")
        expect(gone).to_be_visible()
        expect(gone).to_contain_text("directions answers now.")
        expect(models(page)).to_have_count(4)
        choose_model_quietly(page, "pixels")
        expect(gone).to_have_count(0)
        forget(page, cable)
        draw(page, DIGITS[7])
        expect_digit(page, 7)
        expect(models(page).filter(has_text="pixels")).to_be_checked()
        expect(gone).to_have_count(0)


def choose_model_quietly(page: Page, name: str) -> None:
    models(page).filter(has_text=name).click()
    expect(models(page).filter(has_text=name)).to_be_checked()


def test_an_upload_is_asked_for_again(forgetful: Server, visit: Callable[[str], Page]) -> None:
    with plugged(forgetful.url) as cable:
        page = visit(cable.url)
        press(page, "to_upload")
        expect(page.locator(".st-key-upload")).to_be_visible()
        forget(page, cable)
        quiet(page, forgetful)
        expect(page.locator(".st-key-upload")).to_be_visible()
        press(page, "to_canvas")
        draw(page, DIGITS[7])
        expect_digit(page, 7)


def test_a_connection_that_comes_back_costs_few_runs_and_then_none(
    forgetful: Server, visit: Callable[[str], Page]
) -> None:
    with plugged(forgetful.url) as cable:
        page = visit(cable.url)
        draw(page, DIGITS[3])
        expect_digit(page, 3)
        before = quiet(page, forgetful)
        forget(page, cable)
        assert quiet(page, forgetful) - before <= 3
        before = n_runs(forgetful)
        draw(page, [LINE_BELOW])
        expect_some_reading(page)
        page.wait_for_timeout(7000)
        assert n_runs(forgetful) == before


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that takes seconds for each answer."""
    with serve(tmp_path_factory.mktemp("slow-home"), FORGETFUL_SERVER, {"SLOW": "4"}) as server:
        yield server


def test_a_slow_server_gets_no_more_to_do(slow: Server, visit: Callable[[str], Page]) -> None:
    page = visit(slow.url)
    before = quiet(page, slow)
    for stroke in (LEFT_OF_4, RIGHT_OF_4, LINE_BELOW):
        draw(page, [stroke])
    page.wait_for_timeout(15_000)
    expect_some_reading(page)
    assert n_runs(slow) == before


def test_a_stroke_that_is_never_answered_is_asked_for_after_a_while(
    forgetful: Server, visit: Callable[[str], Page]
) -> None:
    page = visit(forgetful.url)
    before = quiet(page, forgetful)
    page.evaluate(
        """() => {
          const send = WebSocket.prototype.send;
          WebSocket.prototype.send = () => (WebSocket.prototype.send = send);  // one is lost
        }"""
    )
    draw(page, DIGITS[7])
    page.wait_for_timeout(3000)
    assert n_runs(forgetful) == before
    expect_digit(page, 7)
    assert n_runs(forgetful) == before + 1


@pytest.fixture(scope="module")
def slow_runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that takes a second for each run of the whole page."""
    home = tmp_path_factory.mktemp("slow-runs-home")
    with serve(home, FORGETFUL_SERVER, {"SLOW_RUNS": "1"}) as server:
        yield server


def test_a_tab_that_was_here_before_stays_on_its_view_however_slow_the_first_run_is(
    slow_runs: Server, visit: Callable[[str], Page]
) -> None:
    page = visit(slow_runs.url)
    before = quiet(page, slow_runs)
    page.evaluate("sessionStorage.setItem('inkling-tab', 'another')")
    page.goto(f"{slow_runs.url}/train")
    told = "nobody said which tab was here before"
    wait_until(lambda: n_runs(slow_runs) - before >= 2, 30, told)
    quiet(page, slow_runs)
    expect(page.locator(".st-key-train button")).to_be_visible()
    expect(page).to_have_url(re.compile("/train$"))


COUNT_ENDED = """
const { remove } = Element.prototype;
window.nEnded = 0;
Element.prototype.remove = function () {
  if (this.querySelector("canvas")) window.nEnded += 1;
  remove.call(this);
};
"""


def test_a_run_that_another_overtakes_does_not_end_the_canvas_that_both_show(
    forgetful: Server, visit: Callable[[str], Page]
) -> None:
    """What hands had drawn would be gone: another canvas is made in its place."""
    page = visit(forgetful.url)
    held: list[Route] = []
    page.add_init_script(COUNT_ENDED)
    page.route("**/bidi-components/**/*.js", lambda route: held.append(route))
    page.reload()
    page.get_by_role("button", name="a crossed 7").click()
    expect(page.get_by_role("button", name="Undo")).to_be_enabled()
    page.get_by_role("slider", name="Pen width").press("ArrowRight")
    quiet(page, forgetful)
    assert page.locator(CANVAS).count() == 0
    for route in held:
        route.continue_()
    expect_digit(page, 7)
    assert page.evaluate("nEnded") == 0
    press(page, "to_upload")
    expect(page.locator(CANVAS)).to_have_count(0)
    assert page.evaluate("nEnded") == 1, "what has left the page still listens"


PRESS_AT_REST = """() => new MutationObserver((_, itself) => {
  const app = document.querySelector("[data-test-script-state='notRunning']");
  const link = [...document.querySelectorAll("a[href]")].find((a) => a.textContent === "Draw");
  if (!app || !link) return;
  itself.disconnect();
  WHEN(() => link.click());
}).observe(document, {attributes: true, attributeFilter: ["data-test-script-state"], subtree: true})
"""
"""Press a link when the first run ends: of observers, the older one is called first."""


@pytest.mark.parametrize("when", ["(act) => act()", "queueMicrotask"], ids=["before", "after"])
def test_a_view_that_is_chosen_while_a_tab_says_which_one_it_was_is_shown(
    slow_runs: Server, visit: Callable[[str], Page], when: str
) -> None:
    page = visit(slow_runs.url)
    page.evaluate("sessionStorage.setItem('inkling-tab', 'another')")
    page.add_init_script(f"({PRESS_AT_REST.replace('WHEN', f'({when})')})()")
    before = quiet(page, slow_runs)
    page.goto(f"{slow_runs.url}/train")
    wait_until(lambda: n_runs(slow_runs) - before >= 3, 30, "nobody said which tab was here before")
    quiet(page, slow_runs)
    expect(page.locator(CANVAS)).to_be_visible()
    expect(page).to_have_url(re.compile("/$"))


def line_at_once(page: Page) -> None:
    """Draw a line without waiting until the page is at rest, as hands do."""
    box = page.locator(CANVAS).bounding_box()
    assert box is not None
    across = box["x"] + box["width"] / 2
    page.mouse.move(across, box["y"] + 0.2 * box["height"])
    page.mouse.down()
    page.mouse.move(across, box["y"] + 0.8 * box["height"], steps=8)
    page.mouse.up()


def test_a_stroke_right_after_clear_stays_and_undo_brings_back_both(
    slow_runs: Server, visit: Callable[[str], Page]
) -> None:
    page = visit(slow_runs.url)
    draw(page, DIGITS[3])
    expect_digit(page, 3)
    with held_runs(slow_runs):
        press(page, "clear")
        line_at_once(page)
    quiet(page, slow_runs)
    expect_digit(page, 1)
    assert ink_share(page) > 0
    press(page, "undo")
    expect_invitation(page)
    press(page, "undo")
    expect_digit(page, 3)


def test_undo_right_after_clear_brings_back_every_stroke(
    slow_runs: Server, visit: Callable[[str], Page]
) -> None:
    page = visit(slow_runs.url)
    draw(page, DIGITS[4])
    expect_digit(page, 4)
    inked = ink_share(page)
    for _ in range(2):
        page.keyboard.press("c")
        page.keyboard.press("Control+z")
        quiet(page, slow_runs)
        expect_digit(page, 4)
        assert ink_share(page) == pytest.approx(inked, rel=0.02)


def test_each_of_several_presses_at_once_takes_a_stroke_that_the_server_has_put_there(
    slow_runs: Server, visit: Callable[[str], Page]
) -> None:
    page = visit(slow_runs.url)
    across = [[(0.2, y), (0.8, y)] for y in (0.2, 0.35, 0.5, 0.65, 0.8)]
    draw(page, across)
    expect_some_reading(page)
    inked = ink_share(page)
    page.reload()
    expect_some_reading(page)
    quiet(page, slow_runs)
    with held_runs(slow_runs):
        for _ in range(3):
            press(page, "undo")
    wait_until(
        lambda: ink_share(page) == pytest.approx(0.4 * inked, rel=0.1), 20, "not three strokes"
    )
    quiet(page, slow_runs)
    assert ink_share(page) == pytest.approx(0.4 * inked, rel=0.1)


def test_while_the_server_replaces_a_drawing_no_stroke_is_taken_that_would_be_lost(
    slow_runs: Server, visit: Callable[[str], Page]
) -> None:
    page = visit(slow_runs.url)
    draw(page, DIGITS[3])
    expect_digit(page, 3)
    page.reload()
    expect_digit(page, 3)
    inked = ink_share(page)
    quiet(page, slow_runs)
    with held_runs(slow_runs):
        press(page, "undo")  # of a stroke that the server has put on the canvas
        pressed = page.evaluate("performance.now()")
        for after in (0, 1_500):  # an answer may take longer than a second
            wait_until(
                lambda after=after: page.evaluate("performance.now()") >= pressed + after,  # type: ignore[misc]
                10,
                "time stands still",
            )
            line_at_once(page)
            assert ink_share(page) == inked, "it is seen, and gone a moment later"
    expect_invitation(page)
    draw(page, DIGITS[1])
    expect_digit(page, 1)
