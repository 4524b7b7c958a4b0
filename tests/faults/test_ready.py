"""Ready for a talk: each line has been seen to say no, and a machine that is ready is told so."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.paths import ROOT
from tests.support.server import LAME_SERVER, Server, free_port, isolated, serve
from tools import ready
from tools.free_port import is_free
from ui.server import readiness

LINES = ("models", "MNIST", "a drawing", "disk", "phones", "training process", "one step")


@pytest.fixture(scope="module")
def lame(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose training process cannot be started."""
    with serve(tmp_path_factory.mktemp("lame-home"), LAME_SERVER) as server:
        yield server


def asked(server: Server, headers: dict[str, str] | None = None) -> dict[str, Any]:
    """Return the lines that the server answers with, by name."""
    request = urllib.request.Request(f"{server.url}/lines", data=b"", headers=headers or {})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return {line["name"]: line for line in json.load(answer)["lines"]}


def test_a_damaged_model_is_named(tmp_path: Path) -> None:
    copy = tmp_path / "checkpoints"
    shutil.copytree(ROOT / "assets" / "checkpoints", copy)
    assert readiness.models(copy).is_good
    (copy / "moments.safetensors").write_bytes(b"damaged")
    line = readiness.models(copy)
    assert not line.is_good
    assert "moments" in line.told
    assert "pixels" not in line.told


def test_without_mnist_it_is_said_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("INKLING_DATA_DIR", "KERAS_HOME", "HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))
    line = readiness.mnist()
    assert not line.is_good
    assert "make fetch" in line.told


def test_a_machine_that_reads_too_slowly_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert readiness.reading().is_good
    read = readiness.read_parts

    def slow(*arguments: Any) -> Any:
        time.sleep(readiness.MOST_READING_MS / 1000)
        return read(*arguments)

    monkeypatch.setattr(readiness, "read_parts", slow)
    assert not readiness.reading().is_good


def test_a_full_disk_is_told_also_where_the_folder_is_not_there_yet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "not" / "yet"
    monkeypatch.setattr(shutil, "disk_usage", lambda place: shutil._ntuple_diskusage(1, 1, 2**29))
    assert readiness.disk(place).is_good
    monkeypatch.setattr(shutil, "disk_usage", lambda place: shutil._ntuple_diskusage(1, 1, 2**28))
    line = readiness.disk(place)
    assert not line.is_good
    assert str(tmp_path) in line.told


def test_a_machine_on_no_network_has_no_address_for_phones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def unreachable(*arguments: object) -> None:
        raise OSError("Network is unreachable")

    monkeypatch.setattr(socket.socket, "connect", unreachable)
    line = readiness.address(8501)
    assert not line.is_good
    assert "hotspot" in line.told


def test_a_page_that_asks_another_host_is_told() -> None:
    own = b'<script src="./static/a.js"></script><a href="https://elsewhere.test">read on</a>'
    assert readiness.self_contained(own).is_good
    line = readiness.self_contained(own + b'<link rel="x" href="//fonts.test/a.css">')
    assert not line.is_good
    assert "fonts.test" in line.told


def test_a_server_that_cannot_train_is_told(lame: Server) -> None:
    lines = asked(lame)
    assert not lines["training process"]["is_good"]
    assert not lines["one step"]["is_good"]
    assert lines["models"]["is_good"]
    assert not readiness.one_step(readiness.MOST_STEP_SECONDS + 1).is_good


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "inkling.test"},
        {"X-Forwarded-For": "192.0.2.7"},
        {"Origin": "http://elsewhere.test"},
    ],
    ids=["name", "proxy", "page"],
)
def test_nobody_else_is_told_or_has_a_step_trained(lame: Server, headers: dict[str, str]) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        asked(lame, headers)
    assert refused.value.code == 404


def test_a_server_is_started_asked_and_ended_and_every_line_is_there(tmp_path: Path) -> None:
    port = free_port()
    ran = subprocess.run(
        [sys.executable, "-m", "tools.ready", str(port)],
        cwd=ROOT,
        env={**isolated(tmp_path), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
    )
    said = ran.stdout.splitlines()
    assert len(said) == len(LINES) + 2, ran.stdout + ran.stderr
    for line, name in zip(said, (*LINES, "no network"), strict=False):
        assert name in line
    wrong = [line for line in said if line.startswith("  NOT")]
    assert ran.returncode == bool(wrong)
    assert {line.split("  ")[2] for line in wrong} <= {"MNIST", "phones"}  # not here, perhaps
    assert is_free(port)


def test_a_port_that_another_program_has_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(ready, "START_SECONDS", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert ready.main(port) == 1
    last = capsys.readouterr().out.splitlines()[-2:]
    assert f"port {port} does not answer" in last[0]
    assert last[1] == "  Not ready."
