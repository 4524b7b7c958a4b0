"""The folder of uploaded training data: it goes with the server, however that ends."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from ui.server import own_files

SERVER = """
import sys
from ui.server import own_files
folder = own_files.new_folder()
print(folder.name, flush=True)
sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder for temporary files of the test's own."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    yield tmp_path
    own_files.remove()


def left(temporary: Path) -> list[Path]:
    return list(temporary.glob(f"{own_files.PREFIX}*"))


def test_the_folders_of_all_visits_go_with_the_server(temporary: Path) -> None:
    folders = [own_files.new_folder() for _ in range(3)]
    Path(folders[0].name, "mine.npz").write_bytes(b"pictures")
    assert len(left(temporary)) == 1
    own_files.remove()
    assert left(temporary) == []
    own_files.remove()  # twice is once


def test_the_folder_of_a_killed_server_is_removed_by_the_next_one_and_a_living_ones_is_kept(
    temporary: Path,
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        folder = Path(server.stdout.readline().strip())
        own_files.remove_stale()
        assert folder.is_dir(), "another server's folder was removed while it lives"
        server.kill()
    own_files.remove_stale()
    assert not folder.exists()
    assert left(temporary) == []


def test_what_is_not_ours_is_left_alone(temporary: Path) -> None:
    (temporary / f"{own_files.PREFIX}strange").mkdir()
    own_files.remove_stale()
    assert len(left(temporary)) == 1
