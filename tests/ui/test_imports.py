"""What a first visitor waits for: no library that is imported for what comes later."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.support.paths import ROOT

LATER = ("altair", "pillow_heif", "sklearn", "sqlalchemy", "tensorflow")
PROGRAM = f"""
import pathlib, sys
import app
from streamlit.testing.v1 import AppTest
from model.store.keeper import Keeper
assert not AppTest.from_file("ui/page.py", default_timeout=60).run().exception
keeper = Keeper(pathlib.Path(sys.argv[1]))
keeper.visit("a" * 22, is_new=True)
print([name for name in {LATER} if name in sys.modules])
keeper.visit("b" * 22)  # which may have been here before
print("sqlalchemy" in sys.modules)
"""


def test_the_first_answer_waits_for_no_library_that_is_for_later(tmp_path: Path) -> None:
    command = [sys.executable, "-c", PROGRAM, str(tmp_path)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[-2:] == ["[]", "True"]
