"""Print the numbers that the documents promise, from the commands that measure them.

    python -m tools.numbers --strokes FOLDER            print the tables
    python -m tools.numbers --strokes FOLDER --write    put them into docs/models.md and README.md

The folder holds recorded pen digits and letters, `digits-dev.jsonl.gz` and `letters-dev.jsonl.gz`
(see `model.data.strokes`); without one, their tables are left out. MNIST is downloaded if it is not
here.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import io
import json
import shlex
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from model import command_line
from model.config import INPUTS, SHIPPED
from tools import answered, blocks
from tools.negatives import HELD_OUT
from tools.nonsense import KINDS

__all__ = ["BLOCK", "SUMMARY", "TABLES", "Table", "main", "measure", "render", "render_summary"]

ROOT = Path(__file__).resolve().parents[1]
README, MODELS = ROOT / "README.md", ROOT / "docs" / "models.md"
DIGITS, LETTERS = "digits-dev.jsonl.gz", "letters-dev.jsonl.gz"
"""Files in the folder of strokes."""
BLOCK = "numbers"
"""The name of the block, in both files; see `tools.blocks`."""

MODELS_SHOWN = (*INPUTS, *(name for name in SHIPPED if name not in INPUTS))
"""The columns, from the simplest model on."""

Measured = dict[str, dict[str, Any]]
"""What a table's command printed, by model."""


@dataclasses.dataclass(frozen=True)
class Table:
    """Numbers that one command prints, for some of the shipped models.

    Parameters
    ----------
    command : str
        NAME stands for the model, DIGITS and LETTERS for the files of strokes.
    title : str
        {n} stands for the number of pictures.
    rows : mapping of str to str
        From the key of the command's JSON to what the table calls it.
    models : tuple of str
        The shipped models that are measured.
    """

    command: str
    title: str
    rows: dict[str, str]
    models: tuple[str, ...] = MODELS_SHOWN

    @property
    def needs_strokes(self) -> bool:
        """Whether the command reads pen strokes."""
        return "DIGITS" in self.command or "LETTERS" in self.command


_CHECKPOINT = "--checkpoint assets/checkpoints/NAME.safetensors"
COMMANDS: dict[str, Callable[[Sequence[str]], int | None]] = {
    "model": command_line.main,
    "tools.answered": answered.main,
}
"""What `python -m` runs."""
BEST = (INPUTS[-1],)
"""The model that answers first."""
_SCORES = {
    "accuracy": "accuracy",
    "macro_recall": "macro recall",
    "macro_f1": "macro F1",
    "expected_calibration_error": "expected calibration error",
}
TABLES = {
    "mnist": Table(
        f"python -m model evaluate {_CHECKPOINT} --dataset mnist",
        "{n} test digits of MNIST",
        _SCORES,
    ),
    "pen": Table(
        f"python -m model evaluate {_CHECKPOINT} --strokes DIGITS",
        "{n} pen-drawn digits",
        _SCORES,
    ),
    "alone": Table(
        f"python -m tools.answered alone DIGITS {_CHECKPOINT}",
        "{n} pen-drawn digits, of the four models",
        {"right": "it alone is right", "wrong": "it alone is wrong"},
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
    "drawn": Table(
        f"python -m tools.answered drawn DIGITS {_CHECKPOINT}",
        "{n} pen-drawn digits",
        {"answered": "get an answer", "answered_right": "of these answers are right"},
        BEST,
    ),
    "tapped": Table(
        f"python -m tools.answered tapped DIGITS {_CHECKPOINT}",
        "{n} pen-drawn digits, each with one stray tap",
        {"right": "answered right", "wrong": "answered wrongly"},
        BEST,
    ),
    "pairs": Table(
        f"python -m tools.answered pairs DIGITS {_CHECKPOINT}",
        "{n} pairs of pen-drawn digits side by side",
        {
            "both": "answered, both digits right",
            "one": "answered as one digit",
            "wrong": "answered as a wrong number",
        },
        BEST,
    ),
    "letters": Table(
        f"python -m tools.answered letters LETTERS {_CHECKPOINT}",
        "{n} pen-drawn letters that no digit resembles",
        {"answered": "get an answer"},
        BEST,
    ),
    "held-out": Table(
        f"python -m tools.answered held-out {_CHECKPOINT}",
        "{n} pictures of kinds that the rejector was not taught",
        {"answered": "get an answer"} | {family: f"… of the {family}" for family in HELD_OUT},
        BEST,
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
    """Run a table's command for each of its models; return what it printed, by model."""
    return {name: _run(table.command, name, strokes) for name in table.models}


def _run(command: str, name: str, strokes: Path | None) -> dict[str, Any]:
    filled = command.replace("NAME", name)
    for word, file in (("DIGITS", DIGITS), ("LETTERS", LETTERS)):
        filled = filled.replace(word, shlex.quote(str((strokes or Path()) / file)))
    print(f"$ {filled} --json", file=sys.stderr, flush=True)
    _, _, module, *arguments = shlex.split(filled)
    with contextlib.chdir(ROOT), contextlib.redirect_stdout(io.StringIO()) as printed:
        code = COMMANDS[module]([*arguments, "--json"])
    if code:
        raise SystemExit(f"this command ended with code {code}")
    result: dict[str, Any] = json.loads(printed.getvalue())
    return result


def render(table: Table, measured: Measured) -> str:
    """Return the command and its numbers as Markdown."""
    rows = [_row(label, measured, key) for key, label in table.rows.items()]
    head = _head(_counted(table.title, measured), table.models)
    return "\n".join([f"`{table.command}`", "", *head, *rows])


def render_summary(measured: dict[str, Measured]) -> str:
    """Return the README's few rows as Markdown, of those tables that were measured."""
    rows = [
        _row(_counted(label, measured[table]), measured[table], key)
        for table, key, label in SUMMARY
        if table in measured
    ]
    return "\n".join([*_head("how well it reads", MODELS_SHOWN), *rows])


def _counted(text: str, measured: Measured) -> str:
    return text.format(n=f"{next(iter(measured.values()))['n']:,}")


def _head(title: str, models: Sequence[str]) -> list[str]:
    return [
        f"| {title} | " + " | ".join(f"`{name}`" for name in models) + " |",
        "|---|" + "---:|" * len(models),
    ]


def _row(label: str, measured: Measured, key: str) -> str:
    cells = (f"{100 * found[key]:.2f} %" for found in measured.values())
    return f"| {label} | " + " | ".join(cells) + " |"


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure everything and print it; with --write, put it into the documents."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.numbers",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--strokes", type=Path, help="a folder of recorded pen digits and letters")
    parser.add_argument(
        "--write", action="store_true", help="put the tables into docs/models.md and README.md"
    )
    options = parser.parse_args(arguments)
    if options.write and options.strokes is None:
        parser.error("--write needs --strokes FOLDER, or tables would be missing")
    if options.strokes is not None:
        options.strokes = options.strokes.resolve()
    measured = {
        key: measure(table, options.strokes)
        for key, table in TABLES.items()
        if options.strokes is not None or not table.needs_strokes
    }
    tables = "\n\n".join(render(TABLES[key], found) for key, found in measured.items())
    summary = render_summary(measured)
    print(f"{tables}\n\n{summary}")
    if options.write:
        blocks.put(MODELS, BLOCK, tables)
        blocks.put(README, BLOCK, summary)


if __name__ == "__main__":
    main()
