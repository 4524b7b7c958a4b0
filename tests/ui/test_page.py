"""The page without a browser: it starts, and says so where something is missing or refused."""

from __future__ import annotations

import html
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from model.jobs.limits import RefusedError
from model.jobs.reason import Reason
from tests.support.paths import ROOT
from ui.server import resources

START_SECONDS = 60


class BusyTrainer:
    """A trainer that takes nothing."""

    def submit(self, *arguments: object, **options: object) -> None:
        raise RefusedError(Reason("queue_full", {"n_waiting": 20}))

    def of_owner(self, owner: str) -> None:
        """Nobody has a job here."""


@pytest.fixture(autouse=True)
def anew() -> Iterator[None]:
    """What visitors share is read again for this test, and for those after it."""
    resources.shipped_models.cache_clear()
    yield
    resources.shipped_models.cache_clear()


@pytest.fixture
def assets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the assets, to be damaged."""
    copy = tmp_path / "assets"
    shutil.copytree(ROOT / "assets", copy)
    monkeypatch.setattr(resources, "ASSETS", copy)
    return copy


def opened() -> AppTest:
    page = AppTest.from_file(str(ROOT / "ui/page.py"), default_timeout=START_SECONDS).run()
    assert not page.exception, page.exception
    return page


def said(page: AppTest) -> str:
    """Return what the page says in words of its own."""
    return "\n".join(html.unescape(element.proto.body) for element in page.get("html"))


def choice(page: AppTest) -> Any:
    """Return the control in which a model is chosen, which has a new key after each new choice."""
    (found,) = [each for each in page.segmented_control if str(each.key).startswith("model_choice")]
    return found


def model_names(page: AppTest) -> list[str]:
    return [name.partition(" :small")[0] for name in choice(page).options]


def test_the_page_starts_with_four_models_and_the_best_one_answers() -> None:
    page = opened()
    assert model_names(page) == ["directions", "moments", "pixels", "network"]
    assert choice(page).value == "directions"
    assert "7,850 numbers" in said(page)
    assert not page.error


@pytest.mark.parametrize("content", [b"", b"not a checkpoint", None])
def test_a_damaged_model_is_left_out_and_another_answers(
    assets: Path, content: bytes | None, caplog: pytest.LogCaptureFixture
) -> None:
    for other in ("moments", "network"):
        (assets / "checkpoints" / f"{other}.safetensors").unlink()
    file = assets / "checkpoints" / "directions.safetensors"
    if content is None:
        file.write_bytes(file.read_bytes()[:-1000])
    else:
        file.write_bytes(content)
    page = opened()
    assert [control.key for control in page.segmented_control] == ["why"]  # no choice of models
    assert "the classic tutorial's" in said(page)
    assert "directions.safetensors" in caplog.text


def test_without_any_model_the_page_says_what_to_do(assets: Path) -> None:
    shutil.rmtree(assets / "checkpoints")
    page = opened()
    assert "missing or damaged. Press Retrain to make one" in said(page)
    assert not page.button(key="retrain").disabled


def test_a_refused_training_is_told_and_the_button_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resources, "trainer", BusyTrainer)
    page = opened()
    page.button(key="retrain").click().run()
    assert not page.exception
    assert "20 trainings are waiting already" in said(page)
    assert not page.button(key="retrain").disabled
    assert choice(page).value == "directions"


def test_the_notice_of_a_refusal_goes_with_the_next_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resources, "trainer", BusyTrainer)
    page = opened()
    page.button(key="retrain").click().run()
    choice(page).set_value("pixels").run()
    assert "waiting already" not in said(page)
    assert "the classic tutorial's" in said(page)
