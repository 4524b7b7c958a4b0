"""Drawing on the canvas: every stroke is answered, and nothing that was drawn gets lost."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.support.answers import (
    answered,
    expect_digit,
    expect_doubt,
    expect_invitation,
    expect_some_reading,
    go_to,
    ink_share,
    press,
    shares,
)
from tests.support.drawing import (
    DIGITS,
    Stroke,
    canvas_ready,
    draw,
    draw_with_finger,
    draw_with_mouse,
)
from tests.support.waiting import wait_until

LINE: list[Stroke] = [[(0.5, 0.2), (0.5, 0.8)]]


def digits_are_named(
    page: Page, digits: Sequence[int], draws: Callable[[Page, Sequence[Stroke]], None]
) -> None:
    for digit in digits:
        draws(page, DIGITS[digit])
        expect_digit(page, digit)
        percent = shares(page)
        assert percent.index(max(percent)) == digit
        assert sum(percent) == pytest.approx(100, abs=0.5), percent
        winner = page.locator(".reading .winner")
        expect(winner).to_have_count(1)
        expect(winner.locator(".digit")).to_have_text(str(digit))
        press(page, "clear")
        expect_invitation(page)


def test_every_digit_drawn_with_a_mouse_is_named_and_wins_the_ten_bars(page: Page) -> None:
    digits_are_named(page, range(10), draw_with_mouse)


def test_digits_drawn_with_a_finger_are_named_and_wins_the_ten_bars(phone_page: Page) -> None:
    digits_are_named(phone_page, (2, 4, 7), draw_with_finger)


def test_an_empty_canvas_invites_and_has_nothing_to_undo_or_clear(page: Page) -> None:
    canvas_ready(page)
    expect_invitation(page)
    for meter in page.get_by_role("meter").all():
        expect(meter).to_have_attribute("aria-valuetext", "no drawing yet")
    for key in ("undo", "clear"):
        expect(page.locator(f".st-key-{key} button")).to_be_disabled()


def test_a_finger_draws_without_scrolling_the_page(phone_page: Page) -> None:
    canvas = canvas_ready(phone_page)
    before = canvas.bounding_box()
    draw_with_finger(phone_page, [[(0.5, 0.9), (0.5, 0.1)]])
    expect_some_reading(phone_page)
    assert canvas.bounding_box() == before


def scribble() -> Stroke:
    chance = random.Random(5)
    return [(chance.uniform(0.1, 0.9), chance.uniform(0.1, 0.9)) for _ in range(30)]


def blob() -> Stroke:
    rows = [0.3 + 0.02 * i for i in range(21)]
    return [(x, y) for i, y in enumerate(rows) for x in ((0.3, 0.7), (0.7, 0.3))[i % 2]]


@pytest.mark.parametrize(
    "strokes",
    [[[(0.5, 0.5), (0.502, 0.5)]], [blob()], [scribble()]],
    ids=["a lone dot", "a blob", "a scribble"],
)
def test_what_is_no_digit_is_not_answered_with_confidence(
    page: Page, strokes: Sequence[Stroke]
) -> None:
    draw(page, strokes)
    expect_some_reading(page)
    expect_doubt(page)
    expect(page.locator(".reading .winner")).to_have_count(0)


def test_undo_takes_away_the_last_stroke_and_its_reading(page: Page) -> None:
    first, second = DIGITS[4]
    draw(page, [first])
    alone = expect_some_reading(page)
    draw(page, [second])
    expect_digit(page, 4)
    press(page, "undo")
    wait_until(
        lambda: shares(page) == pytest.approx(alone, abs=2),
        15,
        f"the reading is not that of the first stroke, {alone}",
    )
    draw(page, [second])
    expect_digit(page, 4)
    press(page, "undo")
    wait_until(lambda: shares(page) == pytest.approx(alone, abs=2), 15, "undo works only once")
    press(page, "undo")
    expect_invitation(page)
    assert ink_share(page) == 0


def test_clear_empties_the_canvas_each_time_and_drawing_goes_on(page: Page) -> None:
    for digit in (3, 0):
        draw(page, DIGITS[digit])
        expect_digit(page, digit)
        press(page, "clear")
        expect_invitation(page)
        assert ink_share(page) == 0
    draw(page, DIGITS[4])
    expect_digit(page, 4)
    press(page, "undo")
    wait_until(lambda: ink_share(page) > 0, 15, "undo after clear took everything")
    press(page, "undo")
    expect_invitation(page)


def test_undo_brings_back_what_clear_and_a_sample_took(page: Page) -> None:
    draw(page, DIGITS[3])
    expect_digit(page, 3)
    for _ in range(2):
        press(page, "clear")
        expect_invitation(page)
        press(page, "undo")
        expect_digit(page, 3)
    press(page, "clear")
    expect_invitation(page)
    draw(page, DIGITS[1])
    expect_digit(page, 1)
    page.keyboard.press("0")  # a sample of one stroke
    expect_digit(page, 0)
    for digit in (1, 3):
        press(page, "undo")
        expect_invitation(page)
        press(page, "undo")
        expect_digit(page, digit)
    press(page, "undo")
    expect_invitation(page)
    expect(page.locator(".st-key-undo button")).to_be_disabled()


def test_undo_pressed_before_a_stroke_has_arrived_takes_that_stroke_alone(page: Page) -> None:
    draw(page, [LINE[0]])
    expect_digit(page, 1)
    alone = shares(page)
    draw(page, [[(0.2, 0.5), (0.8, 0.5)]])
    press(page, "undo")
    expect_digit(page, 1)
    wait_until(lambda: shares(page) == pytest.approx(alone, abs=2), 15, "undo took the first too")
    assert ink_share(page) > 0


@pytest.mark.parametrize("is_lost", [True, False])
@pytest.mark.usefixtures("own_tab")
def test_an_undo_that_is_lost_on_its_way_or_told_twice_takes_one_stroke(
    page: Page, is_lost: bool
) -> None:
    presses: list[tuple[WebSocketRoute, str | bytes]] = []

    def between(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()

        def to_python(message: str | bytes) -> None:
            if isinstance(message, bytes) and b'"by":"server"' in message:
                presses.append((server, message))
                if is_lost and len(presses) == 1:
                    return
            server.send(message)

        socket.on_message(to_python)

    left, right = DIGITS[4]
    draw(page, [left, right])
    expect_digit(page, 4)
    page.route_web_socket("**/_stcore/stream", between)
    page.reload()  # from now on, its strokes are Python's to take back
    expect_digit(page, 4)
    inked = ink_share(page)
    press(page, "undo")
    wait_until(lambda: ink_share(page) < 0.9 * inked, 20, "no stroke was taken")
    answered(page)
    server, message = presses[-1]
    server.send(message)
    draw(page, [right])
    expect_digit(page, 4)
    assert ink_share(page) == pytest.approx(inked, rel=0.1)


def test_the_drawing_is_still_there_after_a_look_at_another_view(page: Page) -> None:
    draw(page, DIGITS[5])
    expect_digit(page, 5)
    percent, ink = shares(page), ink_share(page)
    for _ in range(2):
        go_to(page, "How it works")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        go_to(page, "Draw")
        expect_digit(page, 5)
        assert shares(page) == pytest.approx(percent, abs=2)
        wait_until(
            lambda: ink_share(page) == pytest.approx(ink, rel=0.05), 15, "the canvas lost the 5"
        )
    press(page, "undo")
    expect_invitation(page)
    draw(page, DIGITS[7])
    expect_digit(page, 7)


def test_an_undone_drawing_stays_undone_after_a_look_at_another_view(page: Page) -> None:
    draw(page, DIGITS[5])
    expect_digit(page, 5)
    press(page, "clear")
    expect_invitation(page)
    go_to(page, "How it works")
    go_to(page, "Draw")
    expect_invitation(page)
    assert ink_share(page) == 0


def ink_of_a_line(page: Page) -> float:
    """Draw a line, measure it, and clear it away."""
    draw(page, LINE)
    expect_some_reading(page)
    ink = ink_share(page)
    press(page, "clear")
    expect_invitation(page)
    return ink


def test_a_wider_pen_draws_wider_and_stays_wide_after_a_look_at_another_view(page: Page) -> None:
    usual = ink_of_a_line(page)
    slider = page.locator(".st-key-pen_width input")
    slider.press("End")
    wait_until(lambda: ink_of_a_line(page) > 1.6 * usual, 20, "the pen is not wider")
    go_to(page, "How it works")
    go_to(page, "Draw")
    expect(slider).to_have_attribute("aria-valuetext", "40")
    assert ink_of_a_line(page) > 1.6 * usual
