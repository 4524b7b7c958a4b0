"""What eight visitors who do anything in any order leave behind on the server.

    python -m tests.benchmarks.bench_monkey [--full]

They draw, lie, train, stop, leave and come back, on the server as `make demo` runs it. Before and
after, nobody is there; what the server holds is compared. They begin when what it keeps of others,
such as forty films, has been filled.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

from tests.support.monkey import come_and_go, held, let_them_play
from tests.support.server import serve

__all__ = ["main"]

N_VISITORS = 8
QUICK_SECONDS, FULL_SECONDS = 30, 200
WARM_UP_SECONDS = 170


def main(*, full: bool = False) -> dict[str, Any]:
    """Measure and print the table."""
    seconds = FULL_SECONDS if full else QUICK_SECONDS
    with (
        tempfile.TemporaryDirectory(prefix="inkling-bench-", ignore_cleanup_errors=True) as home,
        serve(Path(home)) as server,
    ):
        let_them_play(server, N_VISITORS, WARM_UP_SECONDS, seed=1)
        come_and_go(server)
        before = held(server)
        done, failed = let_them_play(server, N_VISITORS, seconds, seed=2)
        come_and_go(server)
        after = held(server)
    print(f"{N_VISITORS} visitors who do anything, for {seconds} s")
    print(f"  done                              {done.total():7,}")
    print(f"  without an answer                 {len(failed):7}      (aim: at most 0)")
    print(f"  before                            {before}")
    print(f"  after                             {after}")
    for line in failed:
        print(f"    {line}")
    return {
        "done": dict(done),
        "failed": failed,
        "before": before.__dict__,
        "after": after.__dict__,
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true")
    main(full=parser.parse_args().full)
