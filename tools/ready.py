"""Is this machine ready for a talk? A line for each thing that has to be there.

    python -m tools.ready [PORT]

The server on that port is asked; where none runs, one is started for as long as that takes. Ends
with code 1 where something is missing.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
START_SECONDS = 40.0
"""How long a server may take until it answers; 5 are usual."""
ANSWER_SECONDS = 120.0
"""How long it may take to look at everything; a second is usual, 5 after its start."""


@contextlib.contextmanager
def _server(port: int) -> Iterator[str]:
    """Yield the address of the server on this port, which is started where there is none."""
    url = f"http://127.0.0.1:{port}"
    if _answers(url):
        yield url
        return
    command = (
        *(sys.executable, "-m", "streamlit", "run", str(ROOT / "app.py")),
        *(f"--server.port={port}", "--server.address=127.0.0.1", "--server.headless=true"),
    )
    silent = subprocess.DEVNULL
    with subprocess.Popen(command, cwd=ROOT, stdin=silent, stdout=silent, stderr=silent) as process:
        try:
            yield url
        finally:
            process.terminate()


def _answers(url: str) -> bool:
    """Whether this server, and no other program, answers there."""
    try:
        with urllib.request.urlopen(f"{url}/health", timeout=2) as answer:
            return "training" in json.load(answer)
    except urllib.error.HTTPError as error:  # 503 where no training can run
        with contextlib.suppress(ValueError):
            return "training" in json.load(error)
    except (OSError, ValueError):
        pass
    return False


def _will_answer(url: str) -> bool:
    end = time.monotonic() + START_SECONDS
    while not (answers := _answers(url)) and time.monotonic() < end:
        time.sleep(0.1)
    return answers


def _lines(port: int) -> list[dict[str, Any]]:
    with _server(port) as url:
        if not _will_answer(url):
            told = (
                f"port {port} does not answer. Has another program it? make ready PORT={port + 1}"
            )
            return [{"name": "server", "is_good": False, "told": told}]
        asked = urllib.request.Request(f"{url}/lines", data=b"")
        try:
            with urllib.request.urlopen(asked, timeout=ANSWER_SECONDS) as answer:
                lines: list[dict[str, Any]] = json.load(answer)["lines"]
        except (OSError, ValueError) as error:
            told = f"did not say how it is: {error}. End it, and start it again with make demo."
            return [{"name": "server", "is_good": False, "told": told}]
        return lines


def main(port: int = 8501) -> int:
    """Print the lines; return 1 where something is missing, else 0."""
    is_terminal = sys.stdout.isatty()
    all_good = True
    for line in _lines(port):
        mark = "ok " if line["is_good"] else "NOT"
        if is_terminal:
            mark = f"\033[{'32' if line['is_good'] else '31'}m{mark}\033[0m"
        print(f"  {mark}  {line['name']:<17} {line['told']}")
        all_good &= line["is_good"]
    print("  Ready." if all_good else "  Not ready.")
    return 0 if all_good else 1


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:2])))
