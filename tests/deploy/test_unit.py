"""The unit for systemd, as systemd reads it; it needs no running systemd."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.paths import ROOT

UNIT = ROOT / "deploy" / "inkling@.service"
SYSTEMS = Path("/usr/lib/systemd/system")
"""The units that every unit stands on, such as basic.target."""
PORTS = (8501, 8502)
MOST_EXPOSED = 30
"""Of 100, for `systemd-analyze security`; a unit without hardening has 96."""

ANALYZE = shutil.which("systemd-analyze")
needs_systemd = pytest.mark.skipif(ANALYZE is None, reason="systemd-analyze is not here")


def values(key: str) -> list[str]:
    """Return all that the unit says of one setting."""
    lines = UNIT.read_text(encoding="utf-8").splitlines()
    return [line.partition("=")[2] for line in lines if line.startswith(f"{key}=")]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A tree with the unit and what it names, as on a machine where it was installed."""
    units = tmp_path / "etc" / "systemd" / "system"
    units.mkdir(parents=True)
    shutil.copy(UNIT, units)
    shutil.copytree(SYSTEMS, tmp_path / SYSTEMS.relative_to("/"), symlinks=True)
    program = tmp_path / values("ExecStart")[0].split()[0].removeprefix("/")
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    return tmp_path


def analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    assert ANALYZE is not None
    return subprocess.run(
        [ANALYZE, "--no-pager", *arguments], capture_output=True, text=True, timeout=60
    )


def complaints(root: Path) -> list[str]:
    """Return what systemd has to say of the unit; of a wrong value it warns, and goes on."""
    result = analyze("verify", f"--root={root}", *(f"inkling@{port}.service" for port in PORTS))
    told = [line for line in result.stderr.splitlines() if "inkling" in line]
    return told or ([] if result.returncode == 0 else [result.stderr])


@needs_systemd
def test_systemd_understands_all_of_the_unit(root: Path) -> None:
    assert complaints(root) == []


@needs_systemd
@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("ProtectHome=yes", "ProtectHome=perhaps"),
        ("MemoryMax=", "MemoryMost="),
        ("/opt/inkling-venv/bin/python", "/opt/nowhere/bin/python"),
    ],
)
def test_a_fault_in_the_unit_would_be_seen(root: Path, good: str, bad: str) -> None:
    unit = root / "etc" / "systemd" / "system" / UNIT.name
    text = unit.read_text(encoding="utf-8")
    assert good in text
    unit.write_text(text.replace(good, bad), encoding="utf-8")
    assert complaints(root) != []


@needs_systemd
def test_the_server_may_do_little_beside_serving(root: Path) -> None:
    result = analyze(
        *("security", "--offline=true", f"--root={root}", f"--threshold={MOST_EXPOSED}"),
        f"inkling@{PORTS[0]}.service",
    )
    assert result.returncode == 0, result.stdout[-500:] + result.stderr


def test_two_servers_share_neither_port_nor_files_of_visits() -> None:
    (command,) = values("ExecStart")
    assert "--server.port=%i" in command.split()
    assert "--server.address=127.0.0.1" in command.split()
    assert "INKLING_STORE_DIR=%S/inkling/%i" in values("Environment")
    assert "inkling/%i" in values("StateDirectory")[0].split()


def test_what_has_to_be_there_first_is_in_the_document() -> None:
    text = (ROOT / "docs" / "operate.md").read_text(encoding="utf-8")
    program = values("ExecStart")[0].split()[0]
    environment = values("EnvironmentFile")[0].removeprefix("-")
    venv = program.removesuffix("/bin/python")
    for needed in (*values("WorkingDirectory"), venv, environment, f"deploy/{UNIT.name}"):
        assert needed in text, needed
