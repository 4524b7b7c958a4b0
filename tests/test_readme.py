"""What the README says is so: its numbers, paths, commands, settings, dependencies, pictures."""

from __future__ import annotations

import contextlib
import io
import json
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from model.__main__ import main
from model.classifier import checkpoint
from model.config import INPUTS, TrainingConfig
from tools import numbers

if TYPE_CHECKING:
    from model.data.datasets import Dataset

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
CODE_BLOCKS = re.findall(r"^```sh\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
CODE_SPANS = re.findall(
    r"(?<!`)`([^`\n]+)`(?!`)", re.sub(r"^```.*?^```$", "", README, flags=re.MULTILINE | re.DOTALL)
)
COMMANDS = [
    line.partition("#")[0].strip()
    for block in CODE_BLOCKS
    for line in block.replace("\\\n", "").splitlines()
] + CODE_SPANS
MODEL_COMMANDS = sorted({text for text in COMMANDS if text.startswith("python -m model ")})

Numbers = dict[str, list[float]]


def readme_table(table: numbers.Table) -> Numbers:
    """Return the per cents that the README shows under a table's command, by row."""
    promised = README.partition(numbers.BEGIN)[2].partition(numbers.END)[0]
    _, found, rest = promised.partition(f"`{table.command}`")
    assert found, f"the README lacks the table of {table.command}"
    rows = re.findall(
        r"^\| (.+?) \| ([\d.]+) % \| ([\d.]+) % \|$", rest.partition("`python")[0], re.MULTILINE
    )
    return {label: [float(cell) for cell in cells] for label, *cells in rows}


def as_promised(table: numbers.Table, measured: dict[str, dict[str, Any]]) -> Numbers:
    return {
        label: pytest.approx([100 * measured[name][key] for name in INPUTS], abs=0.1)
        for key, label in table.rows.items()
    }


def model_help(*arguments: str) -> str:
    """Return what `python -m model … --help` prints."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), pytest.raises(SystemExit) as end:
        main([*arguments, "--help"])
    assert end.value.code == 0
    return printed.getvalue()


@pytest.mark.parametrize("name", INPUTS)
def test_the_promised_accuracy_is_the_one_in_the_checkpoints_papers(name: str) -> None:
    papers = checkpoint.load(ROOT / "assets" / "checkpoints" / f"{name}.safetensors")
    promised = readme_table(numbers.TABLES["mnist"])["accuracy"][INPUTS.index(name)]
    assert promised == round(100 * papers.measured["test_accuracy"], 2)


# Within a tenth of a per cent: another machine rounds sums in another order.
@pytest.mark.parametrize("key", ["mnist", "answered"])
def test_the_numbers_on_mnist_are_what_their_command_prints(mnist: Dataset, key: str) -> None:
    table = numbers.TABLES[key]
    assert readme_table(table) == as_promised(table, numbers.measure(table))


def test_the_numbers_on_pen_strokes_are_what_their_command_prints(pen_strokes_path: Path) -> None:
    table = numbers.TABLES["pen"]
    assert readme_table(table) == as_promised(table, numbers.measure(table, pen_strokes_path))


def test_the_numbers_on_nonsense_are_what_their_command_prints() -> None:
    table = numbers.TABLES["nonsense"]
    assert readme_table(table) == as_promised(table, numbers.measure(table))


def test_every_file_and_folder_named_is_there() -> None:
    named = set(re.findall(r"\]\(((?!http)[^)]+)\)", README))
    named |= set(re.findall(r'src(?:set)?="([^"]+)"', README))
    named |= {
        text for text in CODE_SPANS if re.fullmatch(r"[\w./-]+(/|\.(py|toml|txt|css|md))", text)
    }
    assert len(named) > 20
    assert {path for path in named if not (ROOT / path).exists()} == set()


def test_every_make_target_named_is_there_and_every_one_is_named() -> None:
    commands = [text for text in COMMANDS if text.startswith("make ")]
    words = {word for text in commands for word in text.split()[1:] if "=" not in word}
    targets = set(re.findall(r"^([a-z]+):.*## ", MAKEFILE, re.MULTILINE))
    assert words <= targets
    assert targets - words <= {"format", "clean"}


def test_every_variable_of_make_that_is_named_is_used() -> None:
    words = {word for text in COMMANDS if text.startswith("make ") for word in text.split()}
    variables = {word.partition("=")[0] for word in words if "=" in word}
    assert len(variables) == 7
    assert {name for name in variables if f"$({name})" not in MAKEFILE} == set()


def test_help_names_every_command() -> None:
    text = model_help()
    subcommands = {shlex.split(text)[3] for text in MODEL_COMMANDS} - {"--help"}
    assert len(subcommands) == 5
    assert all(re.search(rf"^ +{name} ", text, re.MULTILINE) for name in subcommands)


@pytest.mark.parametrize("command", MODEL_COMMANDS)
def test_a_command_has_the_options_that_are_shown(command: str) -> None:
    words = shlex.split(command)[3:]
    sub = [] if words[0].startswith("-") else words[:1]
    text = model_help(*sub)
    options = set(re.findall(r"--[a-z-]+", text))
    assert {word for word in words if word.startswith("--")} <= options


def test_evaluate_runs_on_the_built_in_digits() -> None:
    command = "python -m model evaluate --dataset digits"
    assert command in MODEL_COMMANDS
    result = subprocess.run(
        [sys.executable, *shlex.split(command)[1:], "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["n"] == 300


@pytest.mark.parametrize("name", INPUTS)
def test_a_shipped_model_was_trained_with_the_settings_of_its_command(name: str) -> None:
    (command,) = (c for c in MODEL_COMMANDS if f"--out assets/checkpoints/{name}.safetensors" in c)
    assert " ".join(command.split()[1:]) in re.sub(r"\s*\\\n\s*", " ", MAKEFILE)
    words = shlex.split(command)[4:]
    options = dict(zip(words[::2], words[1::2], strict=True))
    assert options.pop("--dataset") == "mnist"
    del options["--out"]
    fields = {"--steps": "n_steps"}
    named = {fields.get(key, key[2:].replace("-", "_")): value for key, value in options.items()}
    kept = checkpoint.load(ROOT / "assets" / "checkpoints" / f"{name}.safetensors").config
    defaults = TrainingConfig().as_dict()
    expected = {key: type(default)(named.get(key, default)) for key, default in defaults.items()}
    assert named.keys() <= defaults.keys()
    assert kept.as_dict() == expected


def test_every_dependency_is_named_with_its_reason() -> None:
    reasons = dict(re.findall(r"^\| `([\w-]+)` \| (.{10,}) \|$", README, re.MULTILINE))
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert {line.partition("==")[0] for line in lines if "==" in line} <= reasons.keys()


def test_every_tool_for_development_is_named() -> None:
    lines = (ROOT / "requirements-dev.txt").read_text(encoding="utf-8").splitlines()
    tools = {line.partition("==")[0] for line in lines if "==" in line}
    assert tools <= set(CODE_SPANS)


def test_the_limits_of_a_public_page_are_the_servers_settings() -> None:
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    rows = re.findall(r"^\| ((?:`\w+\.\w+`(?:, )?)+) \| (\w+)", README, re.MULTILINE)
    said = {name: value for names, value in rows for name in re.findall(r"[\w.]+", names)}
    assert len(said) == 6
    for name, value in said.items():
        section, _, option = name.partition(".")
        kept = config[section][option]
        assert value == ("on" if kept is True else str(kept)), name


@pytest.mark.parametrize(
    ("name", "size"), [("screenshot", (1280, 720)), ("screenshot-phone", (390, 844))]
)
def test_the_pictures_are_small_to_load(name: str, size: tuple[int, int]) -> None:
    path = ROOT / "assets" / f"{name}.png"
    assert path.stat().st_size < 150_000
    with Image.open(path) as picture:
        assert picture.size == size


def test_every_aim_of_a_benchmark_is_reached_or_the_miss_is_told() -> None:
    block, after = README.split("<!-- bench:begin -->")[1].split("<!-- bench:end -->")
    rows = [line for line in block.splitlines() if "(aim:" in line]
    assert len(rows) >= 10, block
    told = next(text for text in after.split("\n\n") if text.startswith("Missed"))
    for row in rows:
        found = re.fullmatch(
            r" +(.+?) {2,}.*?([\d.]+)(?: \D+)?\(aim: at (most|least) ([\d.]+)\)", row
        )
        assert found is not None, row
        name, value, kind, aim = found.groups()
        is_reached = float(value) <= float(aim) if kind == "most" else float(value) >= float(aim)
        assert is_reached or name in told, row
