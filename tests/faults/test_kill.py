"""`kill -9` while a checkpoint is written: the file is the old one or the new one, never torn."""

from __future__ import annotations

import operator
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from model import files
from model.classifier import checkpoint
from model.files import LEFTOVER_SECONDS
from tests.support.paths import ROOT
from tests.support.specimens import made_up
from tests.support.waiting import wait_until

ROUNDS = 20
LONGEST_DELAY = 0.05
"""Seconds; a save takes a few milliseconds."""
FIRST, SECOND = 1, 2
WRITER = f"""
import signal, sys
from pathlib import Path
from model.classifier import checkpoint
from tests.support.specimens import made_up
# A shell lets what it runs in the background ignore Ctrl-C, and all that starts from there.
signal.signal(signal.SIGINT, signal.default_int_handler)
one, other = made_up(seed={FIRST}), made_up(seed={SECOND})
while True:
    checkpoint.save(one, Path(sys.argv[1]))
    checkpoint.save(other, Path(sys.argv[1]))
    print(flush=True)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A place with an old checkpoint."""
    path = tmp_path / "digits.safetensors"
    checkpoint.save(made_up(seed=FIRST), path)
    return path


def leftovers(folder: Path) -> Iterator[Path]:
    return folder.glob(f"{files.PREFIX}*")


def test_a_writer_killed_at_any_moment_leaves_one_of_the_two_files_whole(path: Path) -> None:
    rng = np.random.default_rng(0)
    found, n_interrupted = [], 0
    for _ in range(ROUNDS):
        before = set(leftovers(path.parent))
        with subprocess.Popen(
            [sys.executable, "-B", "-c", WRITER, str(path)], cwd=ROOT, stdout=subprocess.PIPE
        ) as writer:
            assert writer.stdout
            writer.stdout.readline()  # it writes by now
            time.sleep(rng.uniform(0, LONGEST_DELAY))
            writer.kill()
        now = checkpoint.load(path)
        whole = made_up(seed=now.config.seed)
        for arrays in ("model.weights", "model.bias", "reject_rule.prototypes"):
            np.testing.assert_array_equal(*map(operator.attrgetter(arrays), (now, whole)))
        found.append(now.config.seed)
        n_interrupted += bool(set(leftovers(path.parent)) - before)
    assert set(found) == {FIRST, SECOND}, "every kill came between two saves"
    assert n_interrupted > ROUNDS / 4, "hardly any kill came in the middle of a write"


def test_what_killed_writes_leave_behind_is_removed_by_a_later_save(path: Path) -> None:
    dead, alive = (path.parent / f"{files.PREFIX}{name}{files.SUFFIX}" for name in "ab")
    for file in (dead, alive):
        file.write_bytes(b"half of a checkp")
    long_ago = time.time() - LEFTOVER_SECONDS - 1
    os.utime(dead, (long_ago, long_ago))
    checkpoint.save(made_up(seed=SECOND), path)
    assert set(path.parent.iterdir()) == {path, alive}


def test_a_writer_stopped_by_ctrl_c_leaves_nothing(path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-B", "-c", WRITER, str(path)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as writer:
        assert writer.stdout
        writer.stdout.readline()
        wait_until(lambda: list(leftovers(path.parent)), 5, "no write was seen")
        writer.send_signal(signal.SIGINT)
        writer.wait(10)
    checkpoint.load(path)
    assert list(path.parent.iterdir()) == [path]
