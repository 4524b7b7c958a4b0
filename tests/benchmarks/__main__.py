"""All benchmarks, one after another: python -m tests.benchmarks [--json]."""

from __future__ import annotations

import argparse
import contextlib
import json
import sys

from tests.benchmarks import bench_live, bench_reading, bench_retraining, bench_training, bench_why


def main() -> None:
    """Run and print; with --json the tables go to stderr and one JSON object to stdout."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object on stdout")
    options = parser.parse_args()
    with contextlib.redirect_stdout(sys.stderr if options.json else sys.stdout):
        found = {
            "reading": bench_reading.main(),
            "training": bench_training.main(),
            "live": bench_live.main(),
            "retraining": bench_retraining.main(),
            "why": bench_why.main(),
        }
    if options.json:
        print(json.dumps(found))


if __name__ == "__main__":
    main()
