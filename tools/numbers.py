"""Print the numbers that the documents promise, from the commands that measure them.

    python -m tools.numbers --strokes FILE            print the tables
    python -m tools.numbers --strokes FILE --write    put them into docs/models.md and README.md

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
from tools import blocks
from tools.nonsense import KINDS

__all__ = ["BLOCK", "SUMMARY", "TABLES", "Table", "main", "measure", "render", "render_summary"]

ROOT = Path(__file__).resolve().parents[1]
README, MODELS = ROOT / "README.md", ROOT / "docs" / "models.md"
BLOCK = "numbers"
"""The name of the block, in both files; see `tools.blocks`."""

Measured = dict[str, dict[str, Any]]
"""What a table's command printed, by model."""


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
        From the key of the command's JSON to what the table calls it.
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
SUMMARY = (
    ("mnist", "accuracy", "{n} test digits of MNIST: read right"),
    ("pen", "accuracy", "{n} pen-drawn digits: read right"),
    ("answered", "answered", "{n} test digits of MNIST: get an answer"),
    ("answered", "answered_right", "… of these answers are right"),
    ("nonsense", "answered", "{n} drawings that are no digits: get an answer"),
)
"""The README's rows: a table, a key of it, and what the README calls it."""


def measure(table: Table, strokes: Path | None = None) -> Measured:
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


def render(table: Table, measured: Measured) -> str:
    """Return the command and its numbers as Markdown."""
    rows = [_row(label, measured, key) for key, label in table.rows.items()]
    return "\n".join([f"`{table.command}`", "", *_head(_counted(table.title, measured)), *rows])


def render_summary(measured: dict[str, Measured]) -> str:
    """Return the README's few rows as Markdown, of those tables that were measured."""
    rows = [
        _row(_counted(label, measured[table]), measured[table], key)
        for table, key, label in SUMMARY
        if table in measured
    ]
    return "\n".join([*_head("how well it reads"), *rows])


def _counted(text: str, measured: Measured) -> str:
    return text.format(n=f"{measured[INPUTS[0]]['n']:,}")


def _head(title: str) -> list[str]:
    return [
        f"| {title} | " + " | ".join(f"`{name}`" for name in INPUTS) + " |",
        "|---|" + "---:|" * len(INPUTS),
    ]


def _row(label: str, measured: Measured, key: str) -> str:
    cells = (f"{100 * measured[name][key]:.2f} %" for name in INPUTS)
    return f"| {label} | " + " | ".join(cells) + " |"


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure everything and print it; with --write, put it into the documents."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.numbers",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--strokes", type=Path, help="recorded pen digits, .jsonl or .jsonl.gz")
    parser.add_argument(
        "--write", action="store_true", help="put the tables into docs/models.md and README.md"
    )
    options = parser.parse_args(arguments)
    if options.write and options.strokes is None:
        parser.error("--write needs --strokes FILE, or a table would be missing")
    if options.strokes is not None:
        options.strokes = options.strokes.resolve()
    measured = {
        key: measure(table, options.strokes)
        for key, table in TABLES.items()
        if key != "pen" or options.strokes is not None
    }
    tables = "\n\n".join(render(TABLES[key], found) for key, found in measured.items())
    summary = render_summary(measured)
    print(f"{tables}\n\n{summary}")
    if options.write:
        blocks.put(MODELS, BLOCK, tables)
        blocks.put(README, BLOCK, summary)


if __name__ == "__main__":
    main()
