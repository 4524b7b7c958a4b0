"""The Train view: settings, a run to watch and to steer, the film, the receipt, the models."""

from __future__ import annotations

import contextlib
import re
import sys
from pathlib import Path

import numpy as np
import psutil
import pytest
from playwright.sync_api import Browser, Locator, Page, WebSocket, expect
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from model.data import datasets
from tests.support.answers import expect_digit, go_to, models, press
from tests.support.drawing import DIGITS, canvas_ready, draw
from tests.support.server import Server
from tests.support.waiting import wait_until

READY = re.compile("is ready, and answers now")
SLOW = 60_000


@pytest.fixture(scope="module")
def server(training_server: Server) -> Server:
    """A server that trains in earnest."""
    return training_server


def open_train(page: Page, server: Server, settings: str = "data=Built-in") -> None:
    page.goto(f"{server.url}/train?{settings}")
    expect(train_button(page)).to_be_enabled(timeout=SLOW)


def train_button(page: Page) -> Locator:
    return page.locator(".st-key-train button").last  # a rerun may show the old one for a moment


def press_train(page: Page) -> None:
    """Press Train once the page is at rest: while it is run again, a button may be replaced between
    a mouse's press and its release, and hears neither."""
    expect(train_button(page)).to_be_enabled(timeout=SLOW)
    page.locator("[data-test-script-state='notRunning']").first.wait_for()
    train_button(page).click()


def choose(page: Page, group: str, option: str) -> None:
    page.get_by_role("radiogroup", name=group).get_by_role("radio", name=option).click()


def start_watched(page: Page) -> None:
    """Train slowly enough to be watched, and wait until it has begun."""
    choose(page, "Speed", "Watch it learn")
    press_train(page)
    expect(step_text(page)).to_be_visible(timeout=SLOW)


def step_text(page: Page) -> Locator:
    return page.locator(".st-key-progress_row").get_by_text(
        re.compile(r"^(Step|Paused at step) [1-9]")
    )


def steps_done(page: Page) -> int:
    found = re.search(r"step ([\d,]+)", step_text(page).inner_text(), re.IGNORECASE)
    assert found is not None
    return int(found[1].replace(",", ""))


def steps_when_at_rest(page: Page) -> int:
    """Wait until a paused run stands still; watched, it would report ten times a second.

    On a busy machine the page may show a report a second late: three looks must agree.
    """
    seen: list[int] = []

    def rests() -> int:
        page.wait_for_timeout(800)
        seen.append(steps_done(page))
        return seen[-1] if seen[-3:] == [seen[-1]] * 3 else 0

    return wait_until(rests, 30, "the run does not pause")


def train_to_the_end(page: Page) -> None:
    press_train(page)
    expect(page.get_by_text(READY)).to_be_visible(timeout=SLOW)


def remove_own_files(page: Page) -> None:
    """Remove the only file, and wait until the page has taken note of it."""
    page.locator(".st-key-own_files button[aria-label^='Remove']").click()
    expect(page.locator(".st-key-own_files button[aria-label^='Remove']")).to_have_count(0)
    expect(page.locator(".st-key-train_view [role=alert]")).to_have_count(0)


def in_use(page: Page) -> Locator:
    """Return the row of the model that answers."""
    rows = page.locator("[class*='st-key-model_']")
    return rows.filter(has=page.get_by_role("button", name="In use"))


def test_the_address_holds_the_settings_and_a_link_brings_them_back(
    page: Page, other_page: Page, server: Server
) -> None:
    open_train(page, server, "data=digits&input=pixels&steps=300&batch=50&rate=0.25&seed=7")
    expect(page.get_by_role("spinbutton", name="Steps")).to_have_value("300")
    expect(page.get_by_role("spinbutton", name="Batch")).to_have_value("50")
    expect(page.get_by_role("spinbutton", name="Learning rate")).to_have_value("0.25")
    expect(page.get_by_role("spinbutton", name="Seed")).to_have_value("7")
    page.get_by_role("spinbutton", name="Steps").fill("450")
    page.get_by_role("spinbutton", name="Steps").press("Enter")
    expect(page).to_have_url(re.compile("steps=450"))
    other_page.goto(page.url)
    expect(other_page.get_by_role("spinbutton", name="Steps")).to_have_value("450", timeout=SLOW)
    expect(other_page.get_by_role("radio", name="pixels")).to_be_checked()


def test_the_data_stands_in_the_address_as_a_code_and_outlives_another_view(
    page: Page, other_page: Page, server: Server
) -> None:
    open_train(page, server, "")
    choose(page, "Data", "My own")
    expect(page).to_have_url(re.compile(r"[?&]data=own\b"))
    other_page.goto(page.url)
    expect(other_page.get_by_role("radio", name="My own")).to_be_checked(timeout=SLOW)
    go_to(page, "Evaluate")
    expect(page).not_to_have_url(re.compile("data="))
    go_to(page, "Train")
    expect(page.get_by_role("radio", name="My own")).to_be_checked()
    expect(page).to_have_url(re.compile(r"[?&]data=own\b"))


def test_nonsense_in_the_address_leaves_the_page_usable(page: Page, server: Server) -> None:
    open_train(page, server, "steps=abc&rate=-1&batch=1e99&seed=<script>&input=x&run=nothing")
    expect(page.get_by_role("spinbutton", name="Steps")).to_have_value("1000")
    expect(page.get_by_text("That training is gone")).to_be_visible()


def test_the_tutorials_recipe_is_one_press(page: Page, server: Server) -> None:
    open_train(page, server, "data=Built-in&steps=5&rate=3&batch=7&seed=9")
    press(page, "tutorial")
    expect(page.get_by_role("spinbutton", name="Steps")).to_have_value("1000")
    expect(page.get_by_role("spinbutton", name="Batch")).to_have_value("100")
    expect(page.get_by_role("spinbutton", name="Learning rate")).to_have_value("0.5")
    expect(page.get_by_role("radio", name="pixels")).to_be_checked()
    assert "default value" not in server.log(), "Streamlit warns about settings that the page sets"


def test_a_run_is_watched_paused_stepped_sped_up_and_kept(page: Page, server: Server) -> None:
    draw(page, DIGITS[3])
    expect_digit(page, 3)
    go_to(page, "Train")
    choose(page, "Data", "Built-in")
    start_watched(page)
    templates = page.locator(".film .templates")
    expect(templates).to_have_attribute("aria-label", re.compile("at step [1-9]"))

    page.get_by_role("button", name="Pause", exact=True).click()
    expect(page.get_by_role("button", name="Go on")).to_be_visible()
    paused_at = steps_when_at_rest(page)
    page.get_by_role("button", name="One step").click()
    wait_until(lambda: steps_done(page) == paused_at + 1, 15, "it does not take one step")

    choose(page, "Speed", "Full speed")
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_text(READY)).to_be_visible(timeout=SLOW)
    press(page, "keep")
    expect(page.get_by_text(READY)).to_have_count(0)
    expect(in_use(page)).to_contain_text("yours 1")
    go_to(page, "Draw")
    expect_digit(page, 3)
    expect(models(page).filter(has_text="yours 1")).to_be_checked()


def test_a_run_that_begins_paused_shows_the_untrained_model_and_then_one_step(
    page: Page, server: Server
) -> None:
    draw(page, DIGITS[3])
    expect_digit(page, 3)
    go_to(page, "Train")
    choose(page, "Data", "Built-in")
    expect(page).to_have_url(re.compile("data=digits"))  # of two changes at once it may miss one
    page.get_by_text("Begin paused").click()
    expect(page).to_have_url(re.compile("paused=true"))
    press_train(page)
    row = page.locator(".st-key-progress_row")
    expect(row).to_contain_text("Paused at step 0 of 1,000", timeout=SLOW)
    bars = page.locator(".film [role=meter]")
    expect(bars.first).to_have_attribute("aria-valuenow", "10.0")
    assert {bar.get_attribute("aria-valuenow") for bar in bars.all()} == {"10.0"}
    page.get_by_role("button", name="One step").click()
    expect(row).to_contain_text("Paused at step 1 of 1,000")
    expect(bars.nth(3)).not_to_have_attribute("aria-valuenow", "10.0")
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_text(READY)).to_be_visible(timeout=SLOW)


def test_no_message_of_a_run_is_sent_as_a_reference_to_an_earlier_one(
    page: Page, server: Server
) -> None:
    """Of fast clicks' messages Streamlit may drop all but the references: the page turns white."""
    messages: list[ForwardMsg] = []

    def listen(socket: WebSocket) -> None:
        socket.on("framereceived", lambda content: messages.append(ForwardMsg.FromString(content)))

    def n_runs() -> int:
        page.evaluate("0")  # Playwright tells what has come while it is asked for something
        return sum(message.HasField("new_session") for message in messages)

    page.on("websocket", listen)
    open_train(page, server)
    start_watched(page)
    page.get_by_role("button", name="Pause", exact=True).click()
    expect(page.get_by_role("button", name="Go on")).to_be_visible()
    n_before = n_runs()
    wait_until(lambda: n_runs() >= n_before + 5, 15, "the paused run is not shown again")
    assert sum(message.HasField("ref_hash") for message in messages) == 0
    press(page, "stop")  # or the next test's run would wait for it
    expect(page.locator(".st-key-progress_row")).to_have_count(0)


def test_a_training_is_seen_on_views_that_are_about_something_else(
    page: Page, server: Server
) -> None:
    open_train(page, server)
    page.get_by_text("Begin paused").click()
    expect(page).to_have_url(re.compile("paused=true"))
    press_train(page)
    row = page.locator(".st-key-progress_row")
    for view in ("Train", "Draw", "Evaluate", "How it works"):
        go_to(page, view)
        expect(row).to_contain_text("Paused at step 0 of 1,000", timeout=SLOW)
    press(page, "stop")
    expect(row).to_have_count(0)


# All texts that an element has from now on: a frame is too short for whoever looks now and then.
NOTE_STEPS = """step => {
  window.shownSteps = [];
  new MutationObserver(() => {
    if (window.shownSteps.at(-1) !== step.textContent) window.shownSteps.push(step.textContent);
  }).observe(step, {childList: true, characterData: true, subtree: true});
}"""


def test_the_film_is_scrubbed_and_played(page: Page, server: Server) -> None:
    draw(page, DIGITS[3])
    expect_digit(page, 3)
    go_to(page, "Train")
    choose(page, "Data", "Built-in")
    train_to_the_end(page)
    step, slider = page.locator(".film .step"), page.locator(".film .slider")
    expect(page.locator(".film .slider[max='60']")).to_have_count(1)  # the run's own film is there
    expect(slider).to_have_count(1)  # and what was shown while it ran has gone
    expect(step).to_have_text("Step 1,000")
    slider.fill("0")
    expect(step).to_have_text("Step 0")
    expect(page.locator(".film .accuracy-now")).to_have_text("10.0%")
    bars = page.locator(".film [role=meter]")
    assert {bar.get_attribute("aria-valuenow") for bar in bars.all()} == {"10.0"}
    step.evaluate(NOTE_STEPS)
    page.get_by_role("button", name="Play the film").click()
    expect(page.get_by_role("button", name="Pause the film")).to_be_visible()
    expect(step).to_have_text("Step 1,000", timeout=SLOW)
    first = [f"Step {n}" for n in range(31)]  # they have a frame each
    assert page.evaluate("shownSteps")[: len(first)] == first
    expect(page.get_by_role("button", name="Play the film")).to_be_visible()


def test_the_receipt_compares_and_going_back_works_as_often_as_one_likes(
    page: Page, server: Server
) -> None:
    draw(page, DIGITS[3])
    expect_digit(page, 3)
    go_to(page, "Train")
    choose(page, "Data", "Built-in")
    train_to_the_end(page)
    expect(page.get_by_text(re.compile(r"^Fixed: \d"))).to_be_visible()
    expect(page.get_by_text(re.compile(r"^Broken: \d"))).to_be_visible()
    drawings = page.locator("[data-testid='stHtml']").filter(has_text="Your drawings")
    expect(drawings.locator("figure")).to_have_count(1)
    expect(drawings).to_contain_text("3 →")
    page.get_by_text("Digit by digit").click()
    expect(page.locator("table.figures tbody tr")).to_have_count(10)
    press(page, "go_back")
    expect(page.get_by_text(READY)).to_have_count(0)
    expect(in_use(page)).to_contain_text("directions")
    for name in ("yours 1", "pixels", "moments", "directions", "yours 1"):
        button = page.locator(f".st-key-use_{name.replace(' ', '-')} button")
        button.click()
        expect(button).to_contain_text("In use")
        expect(in_use(page)).to_have_count(1)


def test_stop_keeps_what_was_learned_and_the_model_from_before(page: Page, server: Server) -> None:
    open_train(page, server)
    start_watched(page)
    press(page, "stop")
    expect(page.get_by_text("The model from before still answers")).to_be_visible()
    expect(page.get_by_text("What it had learned by then is kept as yours 1")).to_be_visible()
    expect(in_use(page)).to_contain_text("directions")
    expect(page.locator(".st-key-use_yours-1 button")).to_be_enabled()


def test_a_diverging_run_is_explained_and_changes_nothing(page: Page, server: Server) -> None:
    open_train(page, server, "data=Built-in&input=pixels&rate=1000")
    press_train(page)
    expect(page.get_by_text(re.compile("diverged"))).to_be_visible(timeout=SLOW)
    expect(page.get_by_text("The model from before still answers")).to_be_visible()
    expect(in_use(page)).to_contain_text("directions")


def test_a_reload_in_the_middle_finds_the_run_again(page: Page, server: Server) -> None:
    open_train(page, server)
    start_watched(page)
    before = steps_done(page)
    page.reload()
    expect(step_text(page)).to_be_visible(timeout=SLOW)
    wait_until(lambda: steps_done(page) > before, 30, "the run does not go on")
    choose(page, "Speed", "Full speed")
    expect(page.get_by_text(READY)).to_be_visible(timeout=SLOW)
    assert "run=" not in page.url


def test_a_model_is_downloaded_and_uploaded_again(
    page: Page, server: Server, tmp_path: Path
) -> None:
    open_train(page, server)
    with page.expect_download() as begun:
        press(page, "download_pixels")
    file = tmp_path / begun.value.suggested_filename
    begun.value.save_as(file)
    page.locator(".st-key-uploaded_model input").set_input_files(file)
    expect(in_use(page)).to_contain_text("uploaded 1")

    hostile = tmp_path / "pickle.safetensors"
    hostile.write_bytes(b"\x80\x04\x95" + bytes(1000))
    page.locator(".st-key-uploaded_model input").set_input_files(hostile)
    expect(page.get_by_text("That model was not taken")).to_be_visible()
    expect(in_use(page)).to_contain_text("uploaded 1")


@pytest.mark.parametrize("data", ["Built-in", "MNIST"])
def test_two_visitors_train_at_once_and_both_get_theirs_while_a_third_draws(
    page: Page,
    other_page: Page,
    browser: Browser,
    server: Server,
    data: str,
    request: pytest.FixtureRequest,
) -> None:
    if data == "MNIST":
        request.getfixturevalue("mnist")
    open_train(page, server, f"data={data}")
    start_watched(page)
    open_train(other_page, server, f"data={data}&steps=200")
    train_button(other_page).click()
    expect(other_page.get_by_text("Waiting: 1 before you")).to_be_visible(timeout=SLOW)
    with contextlib.closing(browser.new_context()) as third:
        canvas = third.new_page()
        canvas.goto(server.url)
        canvas_ready(canvas)
        draw(canvas, DIGITS[7])
        expect_digit(canvas, 7)
    choose(page, "Speed", "Full speed")
    for visitor in (page, other_page):
        expect(visitor.get_by_text(READY)).to_be_visible(timeout=SLOW)
        expect(in_use(visitor)).to_contain_text("yours 1")
    go_to(other_page, "Draw")
    draw(other_page, DIGITS[2])
    expect_digit(other_page, 2)


def test_data_of_ones_own_is_uploaded_and_trained_on(
    page: Page, server: Server, tmp_path: Path
) -> None:
    digits = datasets.load("digits")
    own = tmp_path / "mine.npz"
    np.savez_compressed(
        own,
        x_train=digits.train.images,
        y_train=digits.train.labels,
        x_test=digits.test.images,
        y_test=digits.test.labels,
    )
    broken = tmp_path / "broken.npz"
    broken.write_bytes(own.read_bytes()[:5000])
    open_train(page, server)
    choose(page, "Data", "My own")
    expect(train_button(page)).to_be_disabled()
    page.locator(".st-key-own_files input").set_input_files(broken)
    expect(page.get_by_text("These files cannot be trained on")).to_be_visible()
    expect(train_button(page)).to_be_disabled()
    remove_own_files(page)
    page.locator(".st-key-own_files input").set_input_files(own)
    expect(train_button(page)).to_be_enabled()
    train_to_the_end(page)
    expect(in_use(page)).to_contain_text("on own data")


def test_a_click_on_train_right_behind_a_choice_of_data_trains_nothing_else(
    page: Page, server: Server
) -> None:
    open_train(page, server)
    own = page.get_by_role("radiogroup", name="Data").get_by_role("radio", name="My own")
    clicked = [own.element_handle(), train_button(page).element_handle()]
    page.evaluate("elements => elements.forEach((element) => element.click())", clicked)
    expect(page.get_by_text("there are no files of your own yet")).to_be_visible()
    expect(page.locator(".st-key-own_files")).to_be_visible()
    expect(page.locator(".st-key-progress_row")).to_have_count(0)
    choose(page, "Data", "Built-in")
    train_to_the_end(page)
    expect(in_use(page)).to_contain_text("on the built-in digits")
    expect(page.get_by_text("there are no files of your own yet")).to_have_count(0)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits another process")
def test_own_data_that_finds_no_room_on_the_server_is_told_and_taken_when_there_is_room(
    page: Page, server: Server, tmp_path: Path
) -> None:
    images, labels = np.full((40, 28, 28), 128, np.uint8), np.arange(40) % 10
    first, second = tmp_path / "first.npz", tmp_path / "second.npz"
    for own in (first, second):
        np.savez(own, x_train=images, y_train=labels, x_test=images, y_test=labels)
    open_train(page, server)
    choose(page, "Data", "My own")
    process = psutil.Process(server.pid)
    limits = process.rlimit(psutil.RLIMIT_FSIZE)
    log_size = server.log_file.stat().st_size  # the log shall find room
    process.rlimit(psutil.RLIMIT_FSIZE, (max(log_size + 1000, 20_000), limits[1]))
    try:
        page.locator(".st-key-own_files input").set_input_files(first)
        told = page.get_by_text("The server could not keep these files: File too large.")
        expect(told).to_be_visible()
        expect(train_button(page)).to_be_disabled()
    finally:
        process.rlimit(psutil.RLIMIT_FSIZE, limits)
    remove_own_files(page)
    page.locator(".st-key-own_files input").set_input_files(second)
    expect(train_button(page)).to_be_enabled()
