"""Words that visitors bring, in names and in files: shown as they are, run and loaded never."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect
from safetensors.numpy import save as save_tensors

from tests.support.answers import press
from tests.support.drawing import canvas_ready
from tests.support.server import Server
from tests.support.specimens import made_up

FOREIGN = "http://evil.example"
SCRIPT = "<script>window.harmed = 1</script>"
ELEMENT = f"<img src='{FOREIGN}/i.png' onerror='window.harmed = 1'>"
IMAGE = f"![a]({FOREIGN}/m.png)"
LINK = f"[a](javascript:window.harmed=1) {FOREIGN}/l"
SIGNS = ":material/delete: $x^2$ **bold** :red[red]"
WORDS = [SCRIPT, ELEMENT, IMAGE, LINK, SIGNS]


@pytest.fixture(autouse=True)
def nothing_foreign(page: Page, server: Server, console_errors: list[str]) -> Iterator[None]:
    """During the test nothing is asked of another host, no script runs, no element comes in."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    yield
    kinds = ("data:", "blob:", server.url, server.url.replace("http:", "ws:"))
    assert [url for url in asked if not url.startswith(kinds)] == []
    assert page.evaluate("window.harmed") is None
    for injected in (f"[src*='{FOREIGN}']", f"[href*='{FOREIGN}']", "[href^='javascript:']"):
        expect(page.locator(injected)).to_have_count(0)
    assert console_errors == []


def alert_says(page: Page, words: str) -> None:
    """Wait for an alert that holds exactly these words, and no element of theirs."""
    alert = page.locator(".box[role=alert]")
    expect(alert).to_contain_text(words)
    assert alert.locator("*").count() == 0


def test_a_pictures_name_is_shown_as_it_is(page: Page) -> None:
    canvas_ready(page)
    press(page, "to_upload")
    for words in WORDS:
        name = f"{words.replace('/', '_')}.png"  # no file's name has a slash
        page.locator(".st-key-picture input[type=file]").set_input_files(
            {"name": name, "mimeType": "image/png", "buffer": b"no picture"}
        )
        alert_says(page, f"{name} was not read")


def test_what_is_wrong_with_data_of_ones_own_is_quoted_as_it_is(
    page: Page, server: Server, tmp_path: Path
) -> None:
    names = [words.replace("/", "_") for words in (SCRIPT, ELEMENT, IMAGE)]
    path = tmp_path / "own.npz"
    np.savez(path, **dict.fromkeys(names, np.zeros(1)))
    page.goto(f"{server.url}/train?data=My%20own")
    page.locator(".st-key-own_files input").set_input_files(path)
    alert_says(page, ", ".join(names))


def model_with(setting: str) -> bytes:
    """Return a checkpoint with a training setting that does not exist."""
    made = made_up()
    content: bytes = save_tensors(
        {
            "weights": made.model.weights,
            "bias": made.model.bias,
            "prototypes": made.reject_rule.prototypes,
        },
        {
            "format": "inkling-softmax",
            "version": "1",
            "config": json.dumps({setting: 1}),
            "data": "{}",
            "reject_rule": "{}",
            "measured": "{}",
        },
    )
    return content


def test_what_is_wrong_with_a_model_is_quoted_as_it_is(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/train")
    for words in WORDS:
        page.locator(".st-key-uploaded_model input").set_input_files(
            {"name": "m.safetensors", "mimeType": "", "buffer": model_with(words)}
        )
        alert_says(page, f"no training setting is called {words}"[:60])


def test_a_script_in_the_address_is_not_run(page: Page, server: Server) -> None:
    for view in ("", "train", "evaluate"):
        page.goto(f"{server.url}/{view}?run={SCRIPT}&data={ELEMENT}&seed={IMAGE}&steps=inf")
        expect(page.locator("[data-test-script-state='notRunning']").first).to_be_attached()
        expect(page.get_by_text(re.compile("harmed|evil"))).to_have_count(0)
