"""A disk that takes no more, at every write: told in one line, and the old state is kept."""

from __future__ import annotations

import contextlib
import io
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from model.classifier import checkpoint
from model.command_line import main
from tests import screenshots
from tests.support.mirror import running_mirror
from tests.support.paths import CHECKPOINTS, ROOT
from tests.support.specimens import made_up
from tools import numbers

ROOM = 5_000
"""Bytes that fit into a file while the disk is full; everything written here is larger."""
PIXELS = str(CHECKPOINTS / "pixels.safetensors")
NO_ROOM = "File too large"
"""The system's words for a file at its limit."""


@contextlib.contextmanager
def full_disk() -> Iterator[None]:
    """Let no file grow beyond `ROOM`, which a full disk does to a file that has this size."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def complaint(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Run a command on a full disk; return the one line that it says."""
    with full_disk():
        code = main(arguments)
    captured = capsys.readouterr()
    assert code == 2
    assert captured.out == ""
    assert captured.err.startswith("error: ")
    assert captured.err.count("\n") == 1
    return captured.err


def test_train_tells_and_keeps_the_old_checkpoint(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    out = tmp_path / "mine.safetensors"
    checkpoint.save(made_up(), out)
    old = out.read_bytes()
    line = complaint(capsys, "train", "--dataset", "digits", "--steps", "20", "--out", str(out))
    assert f"mine.safetensors could not be written to {tmp_path}: {NO_ROOM}" in line
    assert out.read_bytes() == old
    assert list(tmp_path.iterdir()) == [out]


@pytest.mark.parametrize("name", ["digits", "digits.keras", "digits.tflite"])
def test_export_tells_in_every_format_and_leaves_nothing(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, name: str
) -> None:
    out = tmp_path / name
    format = out.suffix[1:] or "saved_model"
    line = complaint(capsys, "export", "--format", format, str(out), "--checkpoint", PIXELS)
    assert line == f"error: {name} could not be written to {tmp_path}: {NO_ROOM}\n"
    assert list(tmp_path.iterdir()) == []


def test_fetch_tells_what_to_do_and_keeps_what_was_there(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INKLING_DATA_DIR", str(tmp_path))
    old = tmp_path / "mnist" / "train-images-idx3-ubyte.gz"
    old.parent.mkdir()
    old.write_bytes(b"old")
    with running_mirror() as mirror:
        monkeypatch.setenv("INKLING_MNIST_MIRRORS", mirror.url)
        mirror.files[old.name] = bytes(10 * ROOM)
        line = complaint(capsys, "fetch")
    assert f"{old.parent}: cannot be written ({NO_ROOM}). Make room" in line
    assert old.read_bytes() == b"old"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="/dev/full is Linux's")
@pytest.mark.parametrize(
    ("unbuffered", "program"),
    [
        ("", ["-m", "model", "evaluate", "--strokes", "assets/samples.jsonl", "--json"]),
        ("1", ["-m", "model", "evaluate", "--strokes", "assets/samples.jsonl"]),
        ("", ["-m", "tools.answered", "digits", "--json"]),
    ],
    ids=["model", "model, unbuffered", "tools.answered"],
)
def test_a_result_that_cannot_be_printed_is_a_failure_in_one_line(
    unbuffered: str, program: list[str]
) -> None:
    with open("/dev/full", "w") as full:
        ended = subprocess.run(
            [sys.executable, *program],
            cwd=ROOT,
            env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert ended.returncode == 2
    assert ended.stderr == "error: the result could not be printed: No space left on device\n"


def test_the_numbers_tool_keeps_the_documents(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    block = f"<!-- {numbers.BLOCK}:begin -->\nold\n<!-- {numbers.BLOCK}:end -->\n"
    old = block + ROOM * "x"
    for name in ("MODELS", "README"):
        (tmp_path / name).write_text(old)
        monkeypatch.setattr(numbers, name, tmp_path / name)
    monkeypatch.setattr(numbers, "TABLES", {})
    with full_disk(), pytest.raises(SystemExit, match=f"MODELS is unchanged: {NO_ROOM}"):
        numbers.main(["--write", "--strokes", "none.jsonl"])
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {
        "MODELS": old,
        "README": old,
    }


def test_the_screenshots_tool_keeps_the_picture(tmp_path: Path) -> None:
    path = tmp_path / "screenshot.png"
    path.write_bytes(b"old")
    noise = io.BytesIO()
    pixels = np.random.default_rng(0).integers(0, 256, (100, 100, 3), np.uint8)
    Image.fromarray(pixels).save(noise, "PNG")
    with full_disk(), pytest.raises(SystemExit, match=f"screenshot.png is unchanged: {NO_ROOM}"):
        screenshots._save(noise.getvalue(), path)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
