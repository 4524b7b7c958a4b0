"""A machine without TensorFlow and MNIST: all works, and it is said what is missing."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.support.answers import expect_some_reading, go_to, press
from tests.support.drawing import DIGITS, draw
from tests.support.paths import ROOT
from tests.support.server import Server, serve
from tests.support.without_tensorflow import python_without_tensorflow

SLOW = 60_000


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> str:
    return python_without_tensorflow(tmp_path_factory.mktemp("environment"))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, python: str) -> Iterator[Server]:
    home = tmp_path_factory.mktemp("home-without-tensorflow")
    empty = {"INKLING_DATA_DIR": str(home / "no-data")}
    with serve(home, environment=empty, python=python) as running:
        yield running


def test_retrain_says_what_to_expect_and_the_receipt_what_cannot_be_compared(page: Page) -> None:
    warning = page.get_by_text("Retrain learns from the 1,297 built-in digits")
    expect(warning).to_contain_text("Run make fetch")
    draw(page, DIGITS[3])
    expect_some_reading(page)
    press(page, "retrain")
    expect(page.get_by_text(re.compile("test digits of the built-in digits right"))).to_be_visible(
        timeout=SLOW
    )
    expect_some_reading(page)
    go_to(page, "Train")
    told = page.get_by_text(re.compile("^directions: directions, .* on MNIST"))
    expect(told).to_contain_text(re.compile("yours 1: directions, .* on the built-in digits"))
    expect(told).to_contain_text("Only MNIST could compare the two fairly")
    expect(told).to_contain_text("NumPy trained yours 1, as TensorFlow is not installed here")
    expect(page.get_by_text("Your drawings:")).to_be_visible()
    for gain in ("Fixed:", "Broken:", "points"):
        expect(page.get_by_text(gain)).to_have_count(0)


def test_mnist_is_greyed_out_where_it_is_not_on_the_machine(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/train?data=mnist")
    expect(page.get_by_text("MNIST is not on this machine: run make fetch.")).to_be_visible()
    expect(page.locator(".st-key-train button").last).to_be_disabled()
    option = page.get_by_role("radiogroup", name="Data").get_by_role("radio", name="MNIST")
    assert float(option.evaluate("e => getComputedStyle(e).opacity")) < 0.8
    assert option.evaluate("e => getComputedStyle(e).pointerEvents") == "none"
    assert str(Path.home()) not in page.content()


def test_the_command_line_trains_as_well_and_says_what_export_needs(
    python: str, tmp_path: Path
) -> None:
    out = tmp_path / "mine.safetensors"

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [python, "-m", "model", *arguments]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)

    trained = run("train", "--dataset", "digits", "--steps", "50", "--out", str(out), "--json")
    assert trained.returncode == 0, trained.stderr
    assert json.loads(trained.stdout)["trained_by"] == "numpy"
    refused = run(
        "export", "--checkpoint", str(out), "--format", "keras", str(tmp_path / "x.keras")
    )
    assert refused.returncode == 2
    assert "export needs TensorFlow, which is not installed" in refused.stderr
