"""Open files: the limit is raised as far as it goes, and what it holds is told."""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile

import pytest

from ui.server.open_files import OpenFiles, open_files

RAISE = """
import resource
resource.setrlimit(resource.RLIMIT_NOFILE, (256, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
from ui.server.open_files import open_files, raise_limit
raise_limit()
print(open_files().limit)
"""


def test_the_soft_limit_is_raised_to_the_hard_one() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    told = subprocess.run([sys.executable, "-c", RAISE], capture_output=True, text=True, check=True)
    assert int(told.stdout) == hard


def test_an_open_file_counts() -> None:
    before = open_files().n
    with tempfile.TemporaryFile():
        assert open_files().n == before + 1


@pytest.mark.parametrize(("limit", "visitors"), [(256, 0), (1024, 128), (4096, 896)])
def test_four_files_a_visitor_beside_what_is_kept_back(limit: int, visitors: int) -> None:
    assert OpenFiles(50, limit).visitors == visitors


def test_the_last_files_are_kept_back() -> None:
    assert not OpenFiles(896, 1024).is_nearly_full
    assert OpenFiles(897, 1024).is_nearly_full
