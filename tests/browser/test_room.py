"""A room in a browser: the speaker's wall, and phones that draw with a finger."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from model.classifier import checkpoint
from model.room.drawing import SIDE, pictured
from model.store import rooms
from model.store.store import Store
from tests.support.browsers import BREACHES
from tests.support.drawing import DIGITS, Stroke
from tests.support.hall import open_room
from tests.support.phones import as_sent, written
from tests.support.server import Server
from tests.support.waiting import wait_until

SCREENS = ((390, 844), (320, 568), (360, 640), (844, 390))
LONG = 120_000
SIDE_OF_DIGITS = 6
COMPARED = 100
NEARLY_ALL = 0.99
PER_CENT = 2.0

# What the phone's page has painted last: its strokes, as it would send them.
RECORDER = """
const { moveTo, lineTo, fillRect } = CanvasRenderingContext2D.prototype;
Object.assign(CanvasRenderingContext2D.prototype, {
  fillRect(...box) { window.painted = []; return fillRect.apply(this, box); },
  moveTo(...at) { window.painted.push([at]); return moveTo.apply(this, at); },
  lineTo(...at) { window.painted.at(-1).push(at); return lineTo.apply(this, at); },
});
"""
POINTERS = """([strokes, side]) => {
  const canvas = document.getElementById("canvas");
  const box = canvas.getBoundingClientRect();
  const say = (type, [x, y]) => canvas.dispatchEvent(new PointerEvent(type, {
    bubbles: true, cancelable: true, isPrimary: true, pointerId: 5, pointerType: "touch",
    button: type === "pointermove" ? -1 : 0,
    clientX: box.left + (x / side) * box.width, clientY: box.top + (y / side) * box.height,
  }));
  for (const stroke of strokes) {
    say("pointerdown", stroke[0]);
    for (const point of stroke.slice(1)) say("pointermove", point);
    say("pointerup", stroke.at(-1));
  }
}"""


# A stroke in whose middle a button is pressed.
CUT_SHORT = """(button) => {
  const canvas = document.getElementById("canvas");
  const say = (type, x) => canvas.dispatchEvent(new PointerEvent(type, {
    bubbles: true, cancelable: true, pointerId: 6, pointerType: "touch",
    button: type === "pointermove" ? -1 : 0, clientX: x, clientY: 200,
  }));
  document.getElementById("clear").click();
  say("pointerdown", 100);
  say("pointermove", 130);
  document.getElementById(button).click();
  say("pointermove", 160);
  say("pointerup", 160);
}"""


@pytest.fixture
def phones(browser: Browser) -> Iterator[Callable[[str, tuple[int, int]], Page]]:
    """Open phones, each a browser of its own with a touch screen."""
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def open_phone(address: str, screen: tuple[int, int]) -> Page:
        context = browser.new_context(
            viewport={"width": screen[0], "height": screen[1]},
            has_touch=True,
            is_mobile=True,
            device_scale_factor=2,
            color_scheme="dark" if len(contexts) % 2 else "light",
        )
        contexts.append(context)
        page = context.new_page()
        page.add_init_script(RECORDER)
        page.add_init_script(BREACHES)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda said: "Security Policy" in said.text and errors.append(said.text))
        page.goto(address)
        expect(page.locator("#asked")).to_contain_text("Draw a")
        return page

    yield open_phone
    for context in contexts:
        context.close()
    assert not errors, errors


def asked(phone: Page) -> int:
    found = re.fullmatch(r"Draw an? (\d)", phone.locator("#asked").inner_text())
    assert found is not None
    return int(found[1])


def touch(phone: Page, strokes: tuple[Stroke, ...]) -> None:
    """Draw with a finger, in unit coordinates of the canvas."""
    box = phone.locator("#canvas").bounding_box()
    assert box is not None
    session = phone.context.new_cdp_session(phone)
    for stroke in strokes:
        for number, (x, y) in enumerate(stroke):
            point = {"x": box["x"] + x * box["width"], "y": box["y"] + y * box["height"], "id": 1}
            kind = "touchMove" if number else "touchStart"
            session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [point]})
        session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    session.detach()


def send(phone: Page) -> None:
    phone.get_by_role("button", name="Send").click()
    expect(phone.locator("#told")).to_have_text("Sent. Thank you.")


def draw_and_send(phone: Page) -> None:
    touch(phone, tuple(DIGITS[asked(phone)]))
    send(phone)


def shown(phone: Page) -> list[float]:
    """The bars, in per cent."""
    meters = phone.get_by_role("meter")
    values = meters.evaluate_all("meters => meters.map((m) => Number(m.ariaValueNow))")
    return [float(value) for value in values]


def tiles(page: Page) -> int:
    return page.locator(".tiles .tile").count()


def test_a_room_draws_and_is_moderated_and_the_model_that_learned_from_it_reads_on_every_phone(
    page: Page,
    training_server: Server,
    phones: Callable[[str, tuple[int, int]], Page],
    mnist: Any,
    console_errors: list[str],
) -> None:
    code = open_room(page, training_server.url)
    hall = [phones(f"{training_server.url}/r/{code}", screen) for screen in SCREENS]
    for _ in range(SIDE_OF_DIGITS):
        for phone in hall:
            draw_and_send(phone)
    n = SIDE_OF_DIGITS * len(hall)
    expect(page.locator(".counts")).to_have_text(re.compile(rf"^{n} drawings · 4 people"))
    wait_until(lambda: tiles(page) == n, 10, "not all drawings came to the wall")
    expect(page.locator(".room-scores")).to_contain_text("%")

    page.locator(".tiles .tile").first.hover()
    page.locator(".tiles .away").first.click()
    wait_until(lambda: tiles(page) == n - 1, 10, "the hidden drawing stays")
    page.get_by_text("One drawing is hidden").click()
    page.locator(".hidden").get_by_role("button", name="Show", exact=True).click()
    wait_until(lambda: tiles(page) == n, 10, "it does not come back")
    page.locator(".tiles .tile").first.hover()
    page.locator(".tiles .away").first.click()
    wait_until(lambda: tiles(page) == n - 1, 10, "the hidden drawing stays")
    last = hall[-1]
    last.on("dialog", lambda dialog: dialog.accept())
    last.get_by_role("button", name="Take mine back").click()
    expect(last.locator("#told")).to_have_text("Yours are deleted.")
    expect(page.locator(".counts")).to_have_text(re.compile(rf"^{n - SIDE_OF_DIGITS} drawings"))
    for _ in range(SIDE_OF_DIGITS):
        draw_and_send(last)
    expect(page.locator(".counts")).to_have_text(re.compile(rf"^{n} drawings"))

    before = _model(training_server, code)
    page.get_by_role("button", name="Train on the room").click()
    receipt = page.locator(".st-key-room_receipt")
    expect(receipt).to_contain_text("unseen phones", timeout=LONG)
    page.get_by_role("button", name="Keep", exact=True).click()
    expect(receipt).to_contain_text("It reads in the room now", timeout=LONG)
    kept = _model(training_server, code)
    assert kept != before
    surely = page.locator(".room-scores + .sure")
    n_learned = len(hall) - 1
    expect(surely).to_contain_text(f"learned from {n_learned} phones, which are left out here")
    expect(surely).to_contain_text("from one phone;")
    with _store(training_server) as store:
        (learned,) = store.act(lambda c: rooms.learned(c, code, ()), writes=False).values()
    assert len(learned) == n_learned, "the others of several servers would count them"
    model = checkpoint.from_bytes(kept)
    for phone in hall:
        with phone.expect_response(re.compile("/model/weights-")):
            draw_and_send(phone)

    digits = written()
    agreed = []
    for number in range(COMPARED):
        phone = hall[number % len(hall)]
        bars = phone.locator("#bars")
        phone.evaluate(POINTERS, [as_sent(next(digits)), SIDE])
        phone.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
        strokes = phone.evaluate("window.painted")
        picture, n_parts = pictured(tuple(tuple(map(tuple, stroke)) for stroke in strokes))
        image = np.frombuffer(picture, np.uint8).reshape(1, 28, 28)
        features = model.model.features(image)
        probabilities = model.model.predict_proba(features)
        verdict = model.reject_rule.verdicts(features, probabilities)[0]
        says = phone.locator("#says").inner_text()
        if n_parts == 1:
            differs = np.abs(np.array(shown(phone)) - 100 * probabilities[0]).max() > PER_CENT
            is_same = _said(verdict, int(probabilities.argmax())) == says
            agreed.append((not differs, is_same))
        phone.get_by_role("button", name="Clear").click()
        expect(bars.locator(".winner")).to_have_count(0)
    bars_agree, words_agree = np.mean(agreed, axis=0)
    assert words_agree >= NEARLY_ALL
    assert bars_agree >= NEARLY_ALL
    console_errors.clear()


def _said(verdict: str, digit: int) -> str:
    return {
        "answer": f"Looks like {digit}",
        "unsure": f"Not sure, perhaps {digit}",
        "unfamiliar": "Not sure what this is",
    }[verdict]


def _store(server: Server) -> contextlib.closing[Store]:
    """Return the server's store, as another program opens it."""
    return contextlib.closing(Store(server.log_file.parent / "store"))


def _model(server: Server, code: str) -> bytes:
    """Return the model of a room, as its server's store has it."""
    with _store(server) as store:
        room = store.act(lambda connection: rooms.read(connection, code), writes=False)
    assert room is not None
    return room.model


def test_a_phone_without_a_network_reads_on_and_sends_each_drawing_once_when_it_is_back(
    page: Page, server: Server, phones: Callable[[str, tuple[int, int]], Page]
) -> None:
    code = open_room(page, server.url)
    phone = phones(f"{server.url}/r/{code}", SCREENS[0])
    expect(phone.get_by_role("meter")).to_have_count(10)
    draw_and_send(phone)
    phone.context.set_offline(True)
    touch(phone, tuple(DIGITS[4]))
    expect(phone.locator("#says")).to_have_text("Looks like 4")
    for _ in range(2):
        phone.get_by_role("button", name="Send").click()
        touch(phone, tuple(DIGITS[1]))
    expect(phone.locator("#told")).to_contain_text("drawings will be sent")
    phone.context.set_offline(False)
    expect(page.locator(".counts")).to_have_text(re.compile("^3 drawings"))
    expect(phone.locator("#figures")).to_contain_text("You have sent 3.")
    phone.reload()
    expect(phone.locator("#figures")).to_contain_text("You have sent 3.")
    assert json.loads(phone.evaluate(f"localStorage['inkling-room-{code}']"))["waiting"] == []

    phone.context.set_offline(True)
    touch(phone, tuple(DIGITS[1]))
    phone.get_by_role("button", name="Send").click()
    page.get_by_role("button", name="Clear or close").click()
    page.get_by_role("button", name="Close the room").click()
    expect(page.get_by_text("This room is closed.")).to_be_visible()
    expect(page.locator(".tile")).to_have_count(3)
    expect(page.get_by_role("button", name="Strokes")).to_be_visible()
    expect(page.get_by_role("button", name="Open a new room")).to_be_visible()
    phone.context.set_offline(False)
    expect(phone.locator("#asked")).to_contain_text("The room is closed")
    expect(phone.locator("#told")).to_have_text("One drawing was not sent.")
    expect(phone.get_by_role("button", name="Draw what you like")).to_be_hidden()


def touches(phone: Page, *steps: tuple[str, dict[int, tuple[float, float]]]) -> None:
    """Lay fingers on the canvas, move and lift them: at each step the kind, and where each is."""
    box = phone.locator("#canvas").bounding_box()
    assert box is not None
    session = phone.context.new_cdp_session(phone)
    for kind, fingers in steps:
        points = [
            {"x": box["x"] + x * box["width"], "y": box["y"] + y * box["height"], "id": id}
            for id, (x, y) in fingers.items()
        ]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    session.detach()


def test_a_palm_that_rests_and_a_pinch_leave_nothing_and_the_page_stays_where_it_is(
    page: Page, server: Server, phones: Callable[[str, tuple[int, int]], Page]
) -> None:
    code = open_room(page, server.url)
    phone = phones(f"{server.url}/r/{code}", SCREENS[1])
    palm = {0: (0.9, 0.9)}
    down = [(0.5, 0.1 + 0.1 * i) for i in range(9)]
    touches(
        phone,
        ("touchStart", palm),
        ("touchStart", palm | {1: down[0]}),
        *(("touchMove", palm | {1: point}) for point in down[1:]),
        ("touchEnd", palm),
        ("touchEnd", {}),
    )
    expect(phone.locator("#says")).to_have_text("Looks like 1")
    assert len(phone.evaluate("window.painted")) == 1, "the palm has left a mark"
    phone.get_by_role("button", name="Clear").click()
    apart = [{0: (0.5 - d, 0.5), 1: (0.5 + d, 0.5)} for d in (0.05, 0.1, 0.2, 0.3, 0.4)]
    touches(
        phone,
        ("touchStart", {0: apart[0][0]}),
        ("touchStart", apart[0]),
        *(("touchMove", fingers) for fingers in apart[1:]),
        ("touchEnd", {}),
    )
    expect(phone.locator("#says")).to_have_text("Draw with a finger")
    assert phone.evaluate("[scrollX, scrollY, visualViewport.scale]") == [0, 0, 1]
    for button in ("clear", "undo"):  # pressed by another finger while one draws
        phone.evaluate(CUT_SHORT, button)
        expect(phone.locator("#says")).to_have_text("Draw with a finger")
    touch(phone, tuple(DIGITS[4]))
    expect(phone.locator("#says")).to_have_text("Looks like 4")


def test_a_scribble_waits_for_the_speaker_and_on_the_stage_only_its_number_is_seen(
    page: Page,
    server: Server,
    phones: Callable[[str, tuple[int, int]], Page],
    console_errors: list[str],
) -> None:
    code = open_room(page, server.url)
    phone = phones(f"{server.url}/r/{code}", SCREENS[2])
    draw_and_send(phone)
    scribble = [(0.1 + 0.8 * (i * 7 % 11) / 10, 0.1 + 0.8 * (i * 5 % 13) / 12) for i in range(40)]
    touch(phone, (scribble,))
    expect(phone.locator("#says")).to_contain_text("Not sure")
    send(phone)
    waiting = page.locator(".waiting")
    expect(waiting.get_by_role("heading")).to_have_text("One drawing waits for you")
    expect(page.locator(".tiles .tile")).to_have_count(1)
    expect(waiting.locator(".tile")).to_have_count(1)
    page.keyboard.press("f")
    expect(waiting.locator(".tile")).to_have_count(0)
    expect(waiting.get_by_role("heading")).to_have_text("One drawing waits for you")
    page.keyboard.press("f")
    expect(waiting.locator(".asked")).to_have_text(re.compile(r"^asked: \d$"))
    refused = {"error": "not_now", "say": "The server cannot store anything just now."}
    page.route("**/act", lambda route: route.fulfill(status=503, json=refused))
    waiting.get_by_role("button", name="Show").click()
    for _ in range(2):  # the wall asks on, and what was refused is still said
        with page.expect_response(re.compile("/wall")):
            pass
        expect(page.locator(".trouble")).to_have_text(refused["say"])
    page.unroute("**/act")
    console_errors.clear()
    waiting.get_by_role("button", name="Show").click()
    expect(page.locator(".tiles .tile")).to_have_count(2)
    page.locator(".tiles .look").first.click()
    expect(page.get_by_text("Drawn in the room, where")).to_be_visible()


def test_who_did_not_open_the_room_can_join_it_and_sees_no_wall(
    page: Page, other_page: Page, server: Server
) -> None:
    code = open_room(page, server.url)
    other_page.goto(f"{server.url}/room")
    other_page.goto(f"{server.url}/room?hand={code}.wrong")
    expect(other_page.get_by_text("This link controls no room.")).to_be_visible()
    other_page.get_by_label("Or join one: its code").fill("ab1o0")
    other_page.keyboard.press("Enter")
    expect(other_page.get_by_text("That is no code.")).to_be_visible()
    other_page.get_by_label("Or join one: its code").fill(code.lower())
    other_page.keyboard.press("Enter")
    other_page.get_by_role("link", name=f"Draw in room {code}").click()
    expect(other_page.locator("#asked")).to_contain_text("Draw a")
    answer = other_page.request.get(f"{server.url}/r/{code}/wall")
    assert answer.status == 403
    other_page.goto(f"{server.url}/room")
    expect(other_page.get_by_role("button", name="Open a room")).to_be_visible()
    expect(other_page.locator(".tiles")).to_have_count(0)


def test_another_tab_hears_of_a_pause_and_of_a_room_that_is_deleted(
    page: Page, server: Server, console_errors: list[str]
) -> None:
    code = open_room(page, server.url)
    tab = page.context.new_page()
    tab.goto(f"{server.url}/room")
    tab.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("button", name="Go on")).to_be_visible()
    page.get_by_role("button", name="Go on").click()
    expect(tab.get_by_role("button", name="Pause")).to_be_visible()
    tab.close()
    with _store(server) as store:
        assert store.act(lambda connection: rooms.delete(connection, code), deletes=True)
    expect(page.get_by_text(f"Room {code} was deleted.")).to_be_visible()
    expect(page.get_by_role("button", name="Open a room")).to_be_visible()
    expect(page.locator(".room-code")).to_have_count(0)
    console_errors.clear()  # the answer that says so is a 404
