"""The scripts that the Makefile calls, most of them before anything is installed."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.paths import ROOT
from tools import chromium, deliberate_faults, webkit
from tools.fault_list import FAULTS
from tools.free_port import is_free


def executable(path: Path, script: str) -> Path:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def bare_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH with nothing on it but the shell's own tools."""
    for name in ("sh", "tail", "uname", "dirname"):
        (tmp_path / name).symlink_to(shutil.which(name) or pytest.fail(f"no {name} here"))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("PYTHON", raising=False)
    return tmp_path


def find_python(*wanted: str) -> subprocess.CompletedProcess[str]:
    command = ["sh", str(ROOT / "tools" / "find_python.sh"), *wanted]
    return subprocess.run(command, capture_output=True, text=True)


def test_a_python_that_does_not_run_is_passed_over(bare_path: Path) -> None:
    executable(bare_path / "python3.13", "echo 'pyenv: python3.13: command not found'; exit 127")
    executable(bare_path / "python3", f'exec "{sys.executable}" "$@"')
    result = find_python()
    assert result.returncode == 0, result.stderr
    assert Path(result.stdout.strip()).samefile(sys.executable)


def test_without_a_fitting_python_it_is_said_what_was_found_and_what_to_do(bare_path: Path) -> None:
    executable(bare_path / "python3", "echo 'is Python 3.9; Inkling runs on 3.11'; exit 1")
    result = find_python()
    assert result.returncode == 1
    assert result.stdout == ""
    assert "python3: is Python 3.9" in result.stderr
    assert "make PYTHON=" in result.stderr


def test_a_python_asked_for_by_name_is_not_replaced_by_another(bare_path: Path) -> None:
    executable(bare_path / "python3", f'exec "{sys.executable}" "$@"')
    result = find_python("python3.12")
    assert result.returncode == 1
    assert "python3.12: not found" in result.stderr


def test_a_python_asked_for_may_have_a_space_in_its_path(bare_path: Path) -> None:
    folder = bare_path / "my programs"
    folder.mkdir()
    wanted = executable(folder / "python3", f'exec "{sys.executable}" "$@"')
    result = find_python(str(wanted))
    assert result.returncode == 0, result.stderr


def test_a_chromium_that_does_not_run_is_passed_over(
    bare_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CHROMIUM", raising=False)
    executable(bare_path / "chromium", "echo 'install the snap first'; exit 1")
    real = executable(bare_path / "google-chrome", "echo 'Google Chrome 150.0.0.0'")
    assert chromium.find() == real


def test_a_chromium_asked_for_is_not_replaced_by_another(
    bare_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    executable(bare_path / "chromium", "echo 'Chromium 150.0.0.0'")
    monkeypatch.setenv("CHROMIUM", str(bare_path / "nowhere"))
    with pytest.raises(chromium.ChromiumMissingError, match="nowhere, which does not run"):
        chromium.find()


@pytest.mark.usefixtures("bare_path")
def test_where_webkit_cannot_be_installed_one_sentence_says_what_to_install_and_why() -> None:
    told = webkit.main()
    assert told is not None
    assert "install webkit2gtk-driver and xvfb" in told
    assert "there is no apt-get" in told


def build_image() -> subprocess.CompletedProcess[str]:
    command = ["sh", str(ROOT / "deploy" / "image.sh")]
    return subprocess.run(command, capture_output=True, text=True)


def test_where_no_image_can_be_built_one_sentence_says_what_is_missing(bare_path: Path) -> None:
    executable(bare_path / "docker", "echo 'no daemon' >&2; exit 1")
    result = build_image()
    assert result.returncode == 1
    assert result.stdout == ""
    (told,) = result.stderr.splitlines()
    assert "docker does not run" in told
    assert "podman is not here, buildah is not here" in told


def test_an_image_is_built_with_the_first_builder_that_runs(bare_path: Path) -> None:
    executable(bare_path / "docker", "exit 1")
    executable(bare_path / "podman", '[ "$1" = info ] || echo "$PWD" "$@"')
    executable(bare_path / "buildah", "exit 1")
    result = build_image()
    assert result.returncode == 0, result.stderr
    assert result.stdout.split() == [
        *(str(ROOT), "build", "--format=docker"),  # or else its HEALTHCHECK were lost
        *("--tag", "inkling", "."),
    ]


def test_a_taken_port_is_named_with_another_to_try() -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        port = listening.getsockname()[1]
        assert not is_free(port, "127.0.0.1")
        result = subprocess.run(
            [sys.executable, "-m", "tools.free_port", str(port), "127.0.0.1"],
            cwd=ROOT,
            capture_output=True,
            text=True,
        )
    assert result.returncode == 1
    assert f"make demo PORT={port + 1}" in result.stderr
    assert is_free(port, "127.0.0.1")


def test_every_deliberate_fault_can_be_made_and_has_tests_to_catch_it() -> None:
    assert len(FAULTS) == 40
    for fault in FAULTS:
        place = deliberate_faults.place_of(fault, ROOT)
        assert isinstance(place, deliberate_faults.Place), f"{fault.what}: {place}"
        assert (ROOT / "tests" / fault.tests).is_file(), fault.tests
