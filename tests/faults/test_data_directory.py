"""A data directory that is missing, read-only or a file: told by fetch, no matter to train."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from model.classifier import checkpoint
from model.command_line import main
from tests.support.mirror import running_mirror
from tests.support.rights import folder_with_mode


@pytest.fixture(scope="module", autouse=True)
def tensorflow() -> None:
    """Load TensorFlow, before rights are lost."""
    importlib.import_module("model.training.gradient_descent")


@pytest.fixture(params=["missing", "a file", "read-only"])
def data_directory(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Path]:
    """The directory that INKLING_DATA_DIR names."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    if request.param == "read-only":
        with folder_with_mode(0o555) as folder:
            monkeypatch.setenv("INKLING_DATA_DIR", str(folder))
            yield folder
        return
    path = tmp_path / "data"
    if request.param == "a file":
        path.write_text("not a directory")
    monkeypatch.setenv("INKLING_DATA_DIR", str(path))
    yield path


@pytest.mark.parametrize("data_directory", ["a file", "read-only"], indirect=True)
def test_fetch_names_the_directory_and_what_to_do(
    data_directory: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with running_mirror() as mirror:
        monkeypatch.setenv("INKLING_MNIST_MIRRORS", mirror.url)
        assert main(["fetch"]) == 2
        assert mirror.asked == []
    line = capsys.readouterr().err
    assert line.count("\n") == 1
    assert line.startswith(f"error: {data_directory}/mnist: cannot be written (")
    assert "INKLING_DATA_DIR" in line


def test_train_takes_the_built_in_digits(data_directory: Path) -> None:
    with folder_with_mode(0o777) as folder:
        out = folder / "mine.safetensors"
        assert main(["train", "--steps", "20", "--out", str(out)]) == 0
        assert checkpoint.load(out).model.training_data.name == "digits"
