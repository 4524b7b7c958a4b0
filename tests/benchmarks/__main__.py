"""All benchmarks, one after another.

python -m tests.benchmarks [--full] [--only NAME,NAME] [--json] [--write]
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import io
import json
import re
import sys
from typing import Any, Protocol

from tests.benchmarks import curves_picture
from tests.benchmarks.curve import Curve
from tests.support.paths import ROOT
from tools import blocks

BLOCK = "bench"
"""The name of the block that holds what is measured, in both files; see `tools.blocks`."""


class Benchmark(Protocol):
    """Measures, prints its table, and returns what it found; "curves" among it are drawn."""

    def __call__(self, *, full: bool = False) -> dict[str, Any]: ...


def _benchmark(name: str) -> Benchmark:
    """Return the benchmark in the module bench_NAME, which is imported when it is run."""

    def main(*, full: bool = False) -> dict[str, Any]:
        module = importlib.import_module(f"tests.benchmarks.bench_{name}")
        found: dict[str, Any] = module.main(full=full)
        return found

    return main


NAMES = (
    *("reading", "training", "growth", "start", "people", "memory", "footprint", "monkey"),
    *("retraining", "live", "phone", "why", "store", "room", "servers"),
)
BENCHMARKS: dict[str, Benchmark] = {name: _benchmark(name) for name in NAMES}
ONLY_FULL = ("footprint", "monkey", "phone", "retraining", "why", "store", "room", "servers")
"""Left out of a quick run, which is to take less than five minutes."""
SUMMARY = {
    "ink to probabilities, one drawing": ("the model reads a drawing", "in {} ms"),
    "pen moves → bars on screen": ("the bars follow the pen", "in {} ms"),
    "Retrain pressed → it answers": ("the new model answers after Retrain", "in {} s"),
    "ours / tutorial's session loop": (
        "1,000 training steps, compared with the tutorial's own loop",
        "{} of the time",
    ),
    "30 people, ours / usual pattern": (
        "30 people at once, compared with the usual pattern",
        "{} times the strokes",
    ),
}
"""The README's rows: from a line of the tables to what the README says of its first number."""


def main(arguments: list[str] | None = None) -> None:
    """Run and print; with --json the tables go to stderr and one JSON object to stdout."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks", description="Measure speed, memory and growth."
    )
    parser.add_argument("--full", action="store_true", help="more rounds and larger sizes")
    parser.add_argument(
        "--only",
        type=_names,
        metavar="NAME[,NAME]",
        help=f"some of {', '.join(BENCHMARKS)}",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object on stdout")
    parser.add_argument(
        "--write",
        action="store_true",
        help="put the tables into docs/benchmarks.md and README.md, the curves into assets",
    )
    options = parser.parse_args(arguments)
    names = options.only or [name for name in BENCHMARKS if options.full or name not in ONLY_FULL]
    if options.write and not options.full:
        parser.error("--write needs --full: the documents have what was measured in full")
    found, tables = {}, []
    for name in names:
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            found[name] = BENCHMARKS[name](full=options.full)
        tables.append(printed.getvalue())
        print(printed.getvalue(), end="", file=sys.stderr if options.json else sys.stdout)
    if options.write:
        _write(dict(zip(names, tables, strict=True)), found)
    if options.json:
        print(json.dumps(found))


def _names(text: str) -> list[str]:
    """Return the benchmarks named, in their own order."""
    names = {name.strip() for name in text.split(",")}
    if unknown := names - BENCHMARKS.keys():
        raise argparse.ArgumentTypeError(
            f"no benchmark is called {', '.join(sorted(unknown))};"
            f" there are {', '.join(BENCHMARKS)}"
        )
    return [name for name in BENCHMARKS if name in names]


def summary(tables: str) -> str:
    """Return the README's few rows, as Markdown, from the printed tables."""
    rows = []
    for line, (label, words) in SUMMARY.items():
        found = re.search(rf"^ +{re.escape(line)} +([\d.]+)", tables, re.MULTILINE)
        assert found is not None, f"the tables have no line {line!r}"
        rows.append(f"| {label} | {words.format(found[1])} |")
    return "\n".join(["| how fast it is | |", "|---|---:|", *rows])


def merged(before: str, tables: dict[str, str]) -> str:
    """Return the documents' tables with some of them replaced, each known by its first words.

    Those that were not measured now stay as they are; a table that is new comes at the end.
    """
    parts = [*re.split(r"^(?=\S)", before, flags=re.MULTILINE), *tables.values()]
    return "".join({" ".join(part.split()[:3]): part for part in parts if part}.values())


def _write(tables: dict[str, str], found: dict[str, dict[str, Any]]) -> None:
    """Put the tables into the documents; after all benchmarks also the picture of all curves."""
    place = ROOT / "docs" / "benchmarks.md"
    is_all = tables.keys() == BENCHMARKS.keys()
    before = blocks.get(place.read_text(encoding="utf-8"), BLOCK)
    kept = "" if is_all else before.strip().removeprefix("```text\n").removesuffix("```")
    text = merged(kept, tables)
    blocks.put(place, BLOCK, f"```text\n{text}```")
    blocks.put(ROOT / "README.md", BLOCK, summary(text))
    if not is_all:
        return
    curves = [Curve.from_dict(each) for one in found.values() for each in one.get("curves", [])]
    curves_picture.write(curves, ROOT / "assets")


if __name__ == "__main__":
    main()
