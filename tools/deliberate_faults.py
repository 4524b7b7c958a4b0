"""Make deliberate faults in the program, one by one, and see whether the tests notice each.

    python -m tools.deliberate_faults                 all faults, each with the tests named for it
    python -m tools.deliberate_faults --only 7        one of them (may be given more than once)
    python -m tools.deliberate_faults --list          what they are and where they stand
    python -m tools.deliberate_faults --confirm       run what failed again, with and without it
    python -m tools.deliberate_faults --whole         the whole suite where the named tests miss one

They are in `tools/fault_list.py`. Each is made in a copy of the tree of its own; the tree itself is
only read. The exit code is 0 where every fault asked for was caught, else 1.

On a busy machine a test of the browser may fail without any fault. With `--confirm` a fault counts
as caught only where the test that failed fails with it once more, and passes without it.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import contextlib
import dataclasses
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from tools.fault_list import FAULTS, Fault

ROOT = Path(__file__).resolve().parents[1]
PLACES = ("model/**/*", "ui/**/*", "assets/*.css", "app.py")
"""Where faults are made: patterns of files below the project's folder."""
ENDINGS = (".py", ".js", ".css", ".html")
NOT_COPIED = (".git", ".venv", "__pycache__", ".*_cache", ".hypothesis", "artifacts")
NAMED_SECONDS, WHOLE_SECONDS = 180, 1_800
"""How long the tests of one fault may take: the named ones, the whole suite."""
LAST_WORDS_SECONDS = 20
"""For pytest to end what it has started, when its time is over."""

Outcome = Literal["caught", "survived", "unclear", "too slow", "does not apply", "broken"]


@dataclasses.dataclass(frozen=True)
class Place:
    """Where a fault is made: a file, the text in it from `start` to `end`, and the new text."""

    file: Path
    start: int
    end: int
    new: str


@dataclasses.dataclass(frozen=True)
class Result:
    """What came of one fault."""

    outcome: Outcome
    seconds: float = 0.0
    note: str = ""
    failed: str = ""
    """The test that failed, without its parameters, as pytest takes it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the faults that are asked for and print a table; return the exit code."""
    options = _parser().parse_args(arguments)
    numbers: list[int] = sorted(set(options.only)) or list(range(1, len(FAULTS) + 1))
    if options.list:
        for number in numbers:
            _print_row(number, Result("caught"), with_outcome=False)
        return 0
    signal.signal(signal.SIGINT, signal.default_int_handler)  # also where a shell has it ignored
    results: dict[int, Result] = {}
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        running = {
            pool.submit(_tried, FAULTS[n - 1], options.seconds, options.whole, options.confirm): n
            for n in numbers
        }
        for done in concurrent.futures.as_completed(running):
            number = running[done]
            results[number] = done.result()
            _print_row(number, results[number])
    missed = [number for number in numbers if results[number].outcome != "caught"]
    print(f"{len(numbers) - len(missed)} of {len(numbers)} faults are caught.")
    for number in missed:
        print(f"  {number}: {results[number].outcome}")
    return 1 if missed else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description="Make deliberate faults one by one and see whether the tests notice each."
    )
    parser.add_argument(
        "--only",
        type=int,
        action="append",
        default=[],
        choices=range(1, len(FAULTS) + 1),
        metavar="N",
        help=f"the number of a fault, 1 to {len(FAULTS)}; may be repeated",
    )
    parser.add_argument("--list", action="store_true", help="print the faults and make none")
    parser.add_argument(
        "--confirm",
        action="store_true",
        help="run the test that failed once more with the fault, and once without",
    )
    parser.add_argument(
        "--whole",
        action="store_true",
        help="run the whole suite where the named tests do not catch a fault",
    )
    parser.add_argument(
        "--seconds",
        type=float,
        default=NAMED_SECONDS,
        metavar="X",
        help="how long the named tests of one fault may take; default: %(default)s",
    )
    parser.add_argument(
        "--jobs", type=int, default=1, metavar="N", help="faults at a time; default: %(default)s"
    )
    return parser


def _print_row(number: int, result: Result, *, with_outcome: bool = True) -> None:
    fault = FAULTS[number - 1]
    place = place_of(fault, ROOT)
    if isinstance(place, Place):
        text = place.file.read_text(encoding="utf-8")
        line = text.count("\n", 0, place.start) + 1
        where = f"{place.file.relative_to(ROOT)}:{line}"
    else:
        where = place
    outcome = f"{result.outcome:14} {result.seconds:4.0f} s  " if with_outcome else ""
    print(f"{number:2}  {outcome}{fault.part:14} {fault.what} ({where})", flush=True)
    if with_outcome and result.note:
        print(f"      {result.note}", flush=True)


def place_of(fault: Fault, root: Path) -> Place | str:
    """Return where the fault is made in this tree; where it cannot be made, the reason."""
    files = [
        (file, file.read_text(encoding="utf-8"))
        for pattern in PLACES
        for file in sorted(root.glob(pattern))
        if file.suffix in ENDINGS and file.is_file()
    ]
    pattern = re.compile(r"\s+".join(map(re.escape, fault.old.split())))
    found = [(file, match) for file, text in files for match in pattern.finditer(text)]
    if len(found) != 1:
        return f"its text occurs {len(found)} times"
    ((file, match),) = found
    return Place(file, match.start(), match.end(), fault.new)


def _tried(fault: Fault, seconds: float, whole: bool, confirm: bool) -> Result:
    """Make one fault in a copy of the tree and run its tests there."""
    with tempfile.TemporaryDirectory(prefix="fault-", ignore_cleanup_errors=True) as folder:
        root = Path(folder) / "tree"
        shutil.copytree(ROOT, root, ignore=shutil.ignore_patterns(*NOT_COPIED), symlinks=True)
        (root / ".venv").symlink_to(sys.prefix, target_is_directory=True)
        place = place_of(fault, root)
        if isinstance(place, str):
            return Result("does not apply", note=place)
        text = place.file.read_text(encoding="utf-8")
        place.file.write_text(text[: place.start] + place.new + text[place.end :], encoding="utf-8")
        only = ["-k", fault.only] if fault.only else []
        result = _run(root, [f"tests/{fault.tests}", *only], seconds)
        if whole and result.outcome != "caught":
            result = _run(root, ["tests"], WHOLE_SECONDS)
        if confirm and result.outcome == "caught":
            again = _run(root, [result.failed], seconds)
            place.file.write_text(text, encoding="utf-8")
            without = _run(root, [result.failed], seconds)
            if (again.outcome, without.outcome) != ("caught", "survived"):
                note = f"again: {again.outcome}, without the fault: {without.outcome}"
                return dataclasses.replace(result, outcome="unclear", note=note)
        return result


def _run(root: Path, arguments: Sequence[str], seconds: float) -> Result:
    """Run pytest in this tree until the first failure."""
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *arguments],
        cwd=root,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env={**os.environ, "COLUMNS": "1000"},  # pytest shortens its reasons to a line
        start_new_session=True,
    )
    try:
        said, _ = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        _end(process)
        return Result("too slow", time.monotonic() - began, f"not done in {seconds:.0f} s")
    lines = said.strip().splitlines()
    failures = [line for line in lines if line.startswith(("FAILED ", "ERROR "))]
    note = (failures or lines or ["pytest said nothing"])[-1]
    failed = re.split(r"\[| - ", note.partition(" ")[2])[0] if failures else ""
    outcomes: dict[int, Outcome] = {0: "survived", 1: "caught", 5: "does not apply"}
    outcome = outcomes.get(process.returncode, "broken")
    return Result(outcome, time.monotonic() - began, note[:250], failed)


def _end(process: subprocess.Popen[str]) -> None:
    """Let pytest end what it has started, as after Ctrl-C; then end it and its group at once."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGINT)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.communicate(timeout=LAST_WORDS_SECONDS)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


if __name__ == "__main__":
    sys.exit(main())
