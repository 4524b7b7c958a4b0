from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from model.data import download as download_module
from model.data.download import DownloadError, download
from tests.support.mirror import Mirror, running_mirror
from tests.support.paths import ROOT
from tests.support.waiting import wait_until

CONTENT = np.random.default_rng(7).bytes(300_000)


@pytest.fixture
def mirror() -> Iterator[Mirror]:
    with running_mirror() as mirror:
        mirror.files["file"] = CONTENT
        yield mirror


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download_module, "SILENCE_SECONDS", 0.3)


def is_content(path: Path) -> None:
    if path.read_bytes() != CONTENT:
        raise ValueError(f"{path}: not the right bytes")


def parts(folder: Path) -> list[Path]:
    return list(folder.glob("*.part"))


def leave_part(mirror: Mirror, target: Path, content: bytes) -> None:
    """Leave behind what an interrupted download of `target` would."""
    mirror.breaks_after = [1000, 0]
    with pytest.raises(DownloadError):
        download(f"{mirror.url}file", target, check=is_content)
    (part,) = parts(target.parent)
    part.write_bytes(content)
    mirror.asked.clear()


def test_a_file_arrives_whole_and_nothing_else_is_left(mirror: Mirror, tmp_path: Path) -> None:
    seen: list[tuple[int, int, str]] = []
    download(
        f"{mirror.url}file",
        tmp_path / "target",
        check=is_content,
        progress=lambda *state: seen.append(state),
    )
    assert (tmp_path / "target").read_bytes() == CONTENT
    assert os.listdir(tmp_path) == ["target"]
    assert seen[-1] == (300_000, 300_000, "target")
    assert [done for done, _, _ in seen] == sorted(done for done, _, _ in seen)


def test_a_length_that_is_not_told_is_0(mirror: Mirror, tmp_path: Path) -> None:
    mirror.tells_length = False
    totals: set[int] = set()
    download(
        f"{mirror.url}file",
        tmp_path / "target",
        check=is_content,
        progress=lambda done, total, name: totals.add(total),
    )
    assert totals == {0}
    assert (tmp_path / "target").read_bytes() == CONTENT


def test_a_missing_file_is_reported_with_address_and_answer(mirror: Mirror, tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match=r"http://127\.0\.0\.1:\d+/nothing: .* 404 Not Found"):
        download(f"{mirror.url}nothing", tmp_path / "target", check=is_content)
    assert os.listdir(tmp_path) == []


def test_a_server_that_is_not_there_is_reported(tmp_path: Path) -> None:
    with running_mirror() as mirror:
        gone = mirror.url
    with pytest.raises(DownloadError, match="no connection"):
        download(f"{gone}file", tmp_path / "target", check=is_content)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "nonsense", "http://", "http://[/x"])
def test_what_is_no_http_address_is_reported(url: str, tmp_path: Path) -> None:
    with pytest.raises(DownloadError):
        download(url, tmp_path / "target", check=is_content)


def test_wrong_bytes_are_thrown_away_and_the_old_file_is_kept(
    mirror: Mirror, tmp_path: Path
) -> None:
    (tmp_path / "target").write_text("old")
    mirror.files["file"] = b"something else"
    with pytest.raises(DownloadError, match="/file: not the right bytes"):
        download(f"{mirror.url}file", tmp_path / "target", check=is_content)
    assert (tmp_path / "target").read_text() == "old"
    assert os.listdir(tmp_path) == ["target"]


def test_a_broken_connection_is_taken_up_where_it_broke(mirror: Mirror, tmp_path: Path) -> None:
    mirror.breaks_after = [100_000, 50_000]
    download(f"{mirror.url}file", tmp_path / "target", check=is_content)
    assert mirror.asked == [
        ("file", None), ("file", "bytes=100000-"), ("file", "bytes=150000-"),
    ]  # fmt: skip
    assert (tmp_path / "target").read_bytes() == CONTENT


def test_a_server_that_keeps_breaking_off_is_given_up_and_what_came_is_kept(
    mirror: Mirror, tmp_path: Path
) -> None:
    mirror.breaks_after = [100_000, 0]
    with pytest.raises(DownloadError, match=r"broke off after 100,000 of 300,000 bytes"):
        download(f"{mirror.url}file", tmp_path / "target", check=is_content)
    assert len(mirror.asked) == 2
    (part,) = parts(tmp_path)
    assert part.read_bytes() == CONTENT[:100_000]


def test_a_later_call_continues_what_is_kept(mirror: Mirror, tmp_path: Path) -> None:
    target = tmp_path / "target"
    leave_part(mirror, target, CONTENT[:200_000])
    first_done: list[int] = []
    download(
        f"{mirror.url}file",
        target,
        check=is_content,
        progress=lambda done, total, name: first_done.append(done),
    )
    assert mirror.asked == [("file", "bytes=200000-")]
    assert first_done[0] > 200_000
    assert target.read_bytes() == CONTENT
    assert parts(tmp_path) == []


def test_a_server_without_ranges_sends_it_all_again(mirror: Mirror, tmp_path: Path) -> None:
    target = tmp_path / "target"
    leave_part(mirror, target, CONTENT[:200_000])
    mirror.honours_ranges = False
    download(f"{mirror.url}file", target, check=is_content)
    assert len(mirror.asked) == 1
    assert target.read_bytes() == CONTENT


@pytest.mark.parametrize(
    "kept", [CONTENT[:1000][::-1], CONTENT + b"more", b"?" * 300_000], ids=["early", "long", "same"]
)
def test_what_is_kept_and_wrong_is_fetched_again(
    mirror: Mirror, tmp_path: Path, kept: bytes
) -> None:
    target = tmp_path / "target"
    leave_part(mirror, target, kept)
    download(f"{mirror.url}file", target, check=is_content)
    assert mirror.asked == [("file", f"bytes={len(kept)}-"), ("file", None)]
    assert target.read_bytes() == CONTENT


def test_a_complete_part_needs_no_more_bytes(mirror: Mirror, tmp_path: Path) -> None:
    target = tmp_path / "target"
    leave_part(mirror, target, CONTENT)
    download(f"{mirror.url}file", target, check=is_content)
    assert mirror.asked == [("file", "bytes=300000-")]
    assert target.read_bytes() == CONTENT


@pytest.mark.usefixtures("impatient")
def test_a_server_that_falls_silent_is_given_up(mirror: Mirror, tmp_path: Path) -> None:
    mirror.stalls_after = 100_000
    mirror.honours_ranges = False
    with pytest.raises(DownloadError, match=r"no byte for 0\.3 s after 100,000"):
        download(f"{mirror.url}file", tmp_path / "target", check=is_content)


@pytest.mark.usefixtures("impatient")
def test_a_server_that_dribbles_is_given_up(mirror: Mirror, tmp_path: Path) -> None:
    mirror.dribbles_after = 10
    with pytest.raises(DownloadError, match=r"too slow \(\d+ bytes a second\)"):
        download(f"{mirror.url}file", tmp_path / "target", check=is_content)


@pytest.mark.parametrize("tells_length", [True, False])
def test_a_flood_is_stopped_and_thrown_away(
    mirror: Mirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tells_length: bool
) -> None:
    monkeypatch.setattr(download_module, "MAX_BYTES", 100_000)
    mirror.tells_length = tells_length
    with pytest.raises(DownloadError, match="larger than 100,000 bytes"):
        download(f"{mirror.url}file", tmp_path / "target", check=is_content)
    assert sum(part.stat().st_size for part in parts(tmp_path)) == 0


def test_two_downloads_at_once_end_in_one_right_file(mirror: Mirror, tmp_path: Path) -> None:
    mirror.crowd = threading.Barrier(2)
    troubles: list[Exception] = []

    def run() -> None:
        try:
            download(f"{mirror.url}file", tmp_path / "target", check=is_content)
        except Exception as error:
            troubles.append(error)

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert troubles == []
    assert (tmp_path / "target").read_bytes() == CONTENT
    assert os.listdir(tmp_path) == ["target"]


DOWNLOADER = """
import sys
from pathlib import Path
from model.data.download import download
download(sys.argv[1], Path(sys.argv[2]), check=lambda path: None)
"""


def test_a_killed_download_leaves_the_old_file_and_is_continued(
    mirror: Mirror, tmp_path: Path
) -> None:
    target = tmp_path / "target"
    target.write_text("old")
    mirror.stalls_after = 200_000
    process = subprocess.Popen(
        [sys.executable, "-c", DOWNLOADER, f"{mirror.url}file", str(target)], cwd=ROOT
    )
    try:
        wait_until(
            lambda: any(part.stat().st_size > 100_000 for part in parts(tmp_path)),
            timeout=30,
            message="no part of the file arrived",
        )
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert target.read_text() == "old"
    (part,) = parts(tmp_path)
    kept = part.stat().st_size
    assert kept < 300_000

    mirror.stalls_after = None
    download(f"{mirror.url}file", target, check=is_content)
    assert mirror.asked[-1] == ("file", f"bytes={kept}-")
    assert target.read_bytes() == CONTENT


def test_a_file_that_finds_no_room_is_an_os_error_and_the_old_file_is_kept(
    mirror: Mirror, tmp_path: Path
) -> None:
    target = tmp_path / "target"
    target.write_text("old")
    result = subprocess.run(
        [sys.executable, "-c", DOWNLOADER, f"{mirror.url}file", str(target)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000)),
    )
    assert "OSError: [Errno 27] File too large" in result.stderr
    assert target.read_text() == "old"
