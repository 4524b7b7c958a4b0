"""All benchmarks, one after another: python -m tests.benchmarks [--json] [--write]."""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from model.output import write_whole
from tests.benchmarks import (
    bench_live,
    bench_reading,
    bench_retraining,
    bench_training,
    bench_why,
)

README = Path(__file__).parents[2] / "README.md"
BEGIN, END = "<!-- bench:begin -->", "<!-- bench:end -->"
BENCHMARKS: dict[str, Callable[[], dict[str, Any]]] = {
    "reading": bench_reading.main,
    "training": bench_training.main,
    "retraining": bench_retraining.main,
    "live": bench_live.main,
    "why": bench_why.main,
}


def main() -> None:
    """Run and print; with --json the tables go to stderr and one JSON object to stdout."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object on stdout")
    parser.add_argument("--write", action="store_true", help="put the tables into README.md")
    options = parser.parse_args()
    found, tables = {}, []
    for name, benchmark in BENCHMARKS.items():
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            found[name] = benchmark()
        tables.append(printed.getvalue())
        print(printed.getvalue(), end="", file=sys.stderr if options.json else sys.stdout)
    if options.write:
        text = README.read_text(encoding="utf-8")
        before, rest = text.split(BEGIN)
        block = f"{BEGIN}\n```text\n{''.join(tables)}```\n"
        try:
            write_whole(README, (before + block + END + rest.split(END)[1]).encode())
        except OSError as error:
            raise SystemExit(f"{README.name} is unchanged: {error.strerror}") from error
    if options.json:
        print(json.dumps(found))


if __name__ == "__main__":
    main()
