"""Print the numbers that the README promises, from the commands that measure them.

    python -m tools.numbers --strokes FILE            print the README's tables
    python -m tools.numbers --strokes FILE --write    put them into README.md

The strokes file holds recorded pen digits (see `model.data.strokes`); without one, that table is
left out. MNIST is downloaded if it is not here.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from model.config import INPUTS
from model.files import write_whole
from tools.nonsense import KINDS

__all__ = ["BEGIN", "END", "TABLES", "Table", "main", "measure", "render"]

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
BEGIN, END = "<!-- numbers:begin -->", "<!-- numbers:end -->"


@dataclasses.dataclass(frozen=True)
class Table:
    """Numbers that one command prints, for each of the shipped models.

    Parameters
    ----------
    command : str
        NAME stands for the model, FILE for the strokes file.
    title : str
        {n} stands for the number of pictures.
    rows : mapping of str to str
        From the key of the command's JSON to what the README calls it.
    """

    command: str
    title: str
    rows: dict[str, str]


_CHECKPOINT = "--checkpoint assets/checkpoints/NAME.safetensors"
_SCORES = {"accuracy": "accuracy", "macro_recall": "macro recall", "macro_f1": "macro F1"}
TABLES = {
    "mnist": Table(
        f"python -m model evaluate {_CHECKPOINT} --dataset mnist",
        "{n} test digits of MNIST",
        _SCORES,
    ),
    "pen": Table(
        f"python -m model evaluate {_CHECKPOINT} --strokes FILE",
        "{n} pen-drawn digits",
        _SCORES,
    ),
    "answered": Table(
        f"python -m tools.answered mnist {_CHECKPOINT}",
        "{n} test digits of MNIST",
        {"answered": "get an answer", "answered_right": "of these answers are right"},
    ),
    "nonsense": Table(
        f"python -m tools.answered nonsense {_CHECKPOINT}",
        "{n} drawings that are no digits",
        {"answered": "get an answer"} | {kind: f"… of the {kind}" for kind in KINDS},
    ),
}


def measure(table: Table, strokes: Path | None = None) -> dict[str, dict[str, Any]]:
    """Run a table's command for each shipped model; return what it printed, by model."""
    return {name: _run(table.command, name, strokes) for name in INPUTS}


def _run(command: str, name: str, strokes: Path | None) -> dict[str, Any]:
    filled = command.replace("NAME", name).replace("FILE", shlex.quote(str(strokes)))
    print(f"$ {filled} --json", file=sys.stderr, flush=True)
    _, *arguments = shlex.split(filled)
    answer = subprocess.run(
        [sys.executable, *arguments, "--json"], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    if answer.returncode:
        raise SystemExit(f"this command ended with code {answer.returncode}")
    result: dict[str, Any] = json.loads(answer.stdout)
    return result


def render(table: Table, measured: dict[str, dict[str, Any]]) -> str:
    """Return the command and its numbers as Markdown."""
    n = measured[INPUTS[0]]["n"]
    lines = [
        f"`{table.command}`",
        "",
        f"| {table.title.format(n=f'{n:,}')} | " + " | ".join(f"`{i}`" for i in INPUTS) + " |",
        "|---|" + "---:|" * len(INPUTS),
    ]
    for key, label in table.rows.items():
        cells = (f"{100 * measured[name][key]:.2f} %" for name in INPUTS)
        lines.append(f"| {label} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure everything and print it; with --write, put it into the README."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.numbers",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--strokes", type=Path, help="recorded pen digits, .jsonl or .jsonl.gz")
    parser.add_argument("--write", action="store_true", help="put the tables into README.md")
    options = parser.parse_args(arguments)
    if options.write and options.strokes is None:
        parser.error("--write needs --strokes FILE, or a table would be missing")
    if options.strokes is not None:
        options.strokes = options.strokes.resolve()
    text = "\n\n".join(
        render(table, measure(table, options.strokes))
        for key, table in TABLES.items()
        if key != "pen" or options.strokes is not None
    )
    print(text)
    if options.write:
        _put_into_readme(text)


def _put_into_readme(text: str) -> None:
    content = README.read_text(encoding="utf-8")
    before, _, rest = content.partition(BEGIN)
    _, _, after = rest.partition(END)
    try:
        write_whole(README, f"{before}{BEGIN}\n{text}\n{END}{after}".encode())
    except OSError as error:
        raise SystemExit(f"{README.name} is unchanged: {error.strerror}") from error


if __name__ == "__main__":
    main()
