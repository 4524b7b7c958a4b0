"""A tree whose shipped models and data directory are spoilt: the page says so, and trains."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from model.config import INPUTS
from tests.support.answers import expect_some_reading, press
from tests.support.drawing import DIGITS, canvas_ready, draw
from tests.support.paths import ROOT
from tests.support.server import Server, serve

PARTS = ("app.py", "model", "ui", "assets", ".streamlit")
SLOW = 60_000


@pytest.fixture(scope="module")
def spoilt(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with half a model, no other, and a file as its data directory."""
    tree = tmp_path_factory.mktemp("tree")
    for name in PARTS:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, tree / name)
    for name in ("directions", "moments", "network"):
        (tree / f"assets/checkpoints/{name}.safetensors").unlink()
    pixels = tree / "assets/checkpoints/pixels.safetensors"
    pixels.write_bytes(pixels.read_bytes()[:80_000])
    (tree / "data").write_text("not a directory")
    with serve(
        tmp_path_factory.mktemp("spoilt-home"),
        tree / "app.py",
        {"INKLING_DATA_DIR": str(tree / "data")},
        settings=tree,
    ) as server:
        yield server


@pytest.fixture
def page(browser: Browser, spoilt: Server) -> Iterator[Page]:
    """The page of the spoilt tree, opened."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(spoilt.url)
    yield page
    context.close()


def test_without_models_and_data_retrain_makes_one_that_answers(page: Page, spoilt: Server) -> None:
    canvas_ready(page)
    expect(page.get_by_text("missing or damaged. Press Retrain to make one")).to_be_visible()
    for name in (*INPUTS, "network"):
        assert re.search(rf"A shipped model is left out: .*{name}\.safetensors", spoilt.log())
    draw(page, DIGITS[3])
    press(page, "retrain")
    described = page.get_by_text(re.compile("test digits of the built-in digits right"))
    expect(described).to_be_visible(timeout=SLOW)
    assert max(expect_some_reading(page)) > 20
    press(page, "clear")
    draw(page, DIGITS[1])
    expect_some_reading(page)


def test_where_the_data_directory_cannot_be_used_mnist_cannot_be_chosen(
    page: Page, spoilt: Server
) -> None:
    page.goto(f"{spoilt.url}/train?data=MNIST")
    expect(page.get_by_text("MNIST is not on this machine: run make fetch")).to_be_visible()
    expect(page.locator(".st-key-train button").last).to_be_disabled()
    page.get_by_role("radiogroup", name="Data").get_by_role("radio", name="Built-in").click()
    expect(page.locator(".st-key-train button").last).to_be_enabled()
