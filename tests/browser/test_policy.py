"""The Content-Security-Policy in a browser: it holds, and the page lives with it.

All other tests of this folder fail at a breach as well: see `BREACHES`.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Response, expect

from tests.support.answers import expect_digit, go_to, open_reason, press
from tests.support.browsers import ARGUMENTS, BREACHES
from tests.support.drawing import DIGITS, canvas_ready, draw
from tests.support.server import QUICK_SERVER, Server, serve
from tests.support.waiting import wait_for
from tools import chromium

FAKE_CAMERA = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
SLOW = 60_000

# Each way to run a script, or to tell another server something; what was run is in `ran`.
WAYS = {
    "script-src-elem inline": "add('script', { textContent: 'ran.push(1)' })",
    "script-src-attr inline": "document.body.insertAdjacentHTML('beforeend', "
    "'<img src=data:, onerror=ran.push(2)>')",
    "script-src eval": "setTimeout('ran.push(3)')",
    "script-src-elem foreign": "add('script', { src: foreign })",
    "connect-src foreign": "fetch(foreign).then(() => ran.push(4), () => {})",
    "img-src foreign": "add('img', { src: foreign, onload: () => ran.push(5) })",
    "style-src-elem foreign": "add('link', { rel: 'stylesheet', href: foreign })",
    "frame-src foreign": "add('iframe', { src: foreign })",
    "object-src foreign": "add('object', { data: foreign })",
    "base-uri foreign": "add('base', { href: foreign })",
    "form-action foreign": "add('form', { action: foreign, method: 'post' }).submit()",
}
LISTEN = """foreign => {
  window.ran = [];
  window.refused = [];
  window.foreign = foreign;
  window.add = (name, values) => {
    const made = Object.assign(document.createElement(name), values);
    return document.body.appendChild(made);
  };
  document.addEventListener("securitypolicyviolation", ({ effectiveDirective, blockedURI }) => {
    const what = blockedURI.startsWith(foreign.slice(0, 12)) ? "foreign" : blockedURI;
    refused.push(`${effectiveDirective} ${what}`);
  });
}"""


class Elsewhere(BaseHTTPRequestHandler):
    """Another site: a script at /script.js, and a page that shows the asked address in a frame."""

    def do_GET(self) -> None:
        framed = self.path.partition("?frame=")[2]
        kind, said = (
            ("text/html", f"<!doctype html><iframe src='{framed}' width=900 height=700></iframe>")
            if framed
            else ("text/javascript", "window.ran.push('foreign')")
        )
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Access-Control-Allow-Origin", "*")
        self.end_headers()
        self.wfile.write(said.encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[str]:
    """The address of another site."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere) as site:
        threading.Thread(target=site.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{site.server_port}"
        site.shutdown()


@pytest.mark.usefixtures("own_tab")
def test_what_is_put_into_the_page_neither_runs_nor_tells_anybody(
    page: Page, elsewhere: str, console_errors: list[str]
) -> None:
    canvas_ready(page)
    page.evaluate(LISTEN, f"{elsewhere}/script.js")
    for way, act in WAYS.items():
        console_errors.clear()
        page.evaluate(f"() => {{ refused.length = 0; {act}; }}")
        wait_for(page, "refused.length > 0")
        assert (way, page.evaluate("refused")) == (way, [way])
        assert console_errors != [], "every test of this folder fails at a breach"
    page.wait_for_timeout(300)
    assert page.evaluate("ran") == []
    console_errors.clear()


def test_only_named_sites_show_the_page_in_a_frame(
    browser: Browser, server: Server, elsewhere: str, tmp_path: Path
) -> None:
    with browser.new_page() as page:
        page.goto(f"{elsewhere}/?frame={server.url}/")
        wait_for(page, "!document.querySelector('iframe').contentDocument")
        page.wait_for_timeout(500)
        assert page.frames[1].url.startswith("chrome-error:")
    named = {"INKLING_FRAME_ANCESTORS": f"https://example.org {elsewhere}"}
    with serve(tmp_path, QUICK_SERVER, named) as open_to_it, browser.new_page() as page:
        errors: list[str] = []
        page.on("console", lambda said: said.type == "error" and errors.append(said.text))
        page.goto(f"{elsewhere}/?frame={open_to_it.url}/")
        expect(page.frame_locator("iframe").get_by_role("link", name="Evaluate")).to_be_visible()
        assert errors == []


def test_all_that_a_visit_loads_has_the_policy(page: Page, server: Server) -> None:
    without: list[str] = []
    n = 0

    def look(response: Response) -> None:
        nonlocal n
        n += 1
        if response.url.startswith("http") and not (
            "content-security-policy" in response.headers
            and response.headers["x-content-type-options"] == "nosniff"
        ):
            without.append(response.url)

    page.on("response", look)
    page.goto(server.url)
    canvas_ready(page)
    draw(page, DIGITS[3])
    expect_digit(page, 3)
    open_reason(page, "Evidence")
    with page.expect_download() as begun:
        press(page, "download_draw")
    assert "/media/" in begun.value.url
    answer = page.request.get(begun.value.url)
    assert "content-security-policy" in answer.headers
    go_to(page, "Evaluate")
    expect(page.locator("svg.marks").first).to_be_visible(timeout=SLOW)
    page.remove_listener("response", look)
    assert n > 20
    assert without == []


def test_a_photo_can_be_taken_and_no_sound(browser: Browser, server: Server) -> None:
    found = chromium.find()
    own = browser.browser_type.launch(
        executable_path=found, args=[*ARGUMENTS, *FAKE_CAMERA, "--no-sandbox"]
    )
    errors: list[str] = []
    with own, own.new_page() as page:
        page.add_init_script(BREACHES)
        page.on("console", lambda said: said.type == "error" and errors.append(said.text))
        page.goto(server.url)
        canvas_ready(page)
        press(page, "to_upload")
        page.get_by_role("button", name="Take a photo", exact=True).first.click()
        camera = page.get_by_test_id("stCameraInput")
        wait_for(page, "document.querySelector('video')?.videoWidth > 0")
        camera.get_by_role("button", name="Take Photo").click()
        expect(camera.get_by_role("button", name="Clear photo")).to_be_visible()
        expect(page.locator(".reading")).not_to_have_attribute("data-verdict", "empty")
        refused = (
            "navigator.mediaDevices.getUserMedia({ audio: true }).then(() => 1, (e) => e.name)"
        )
        assert page.evaluate(refused) == "NotAllowedError"
    assert [text for text in errors if "Permissions policy" not in text] == []
