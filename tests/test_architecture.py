"""The rules of design: who may import whom, and what the server's process must not load."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LINT_IMPORTS = "from importlinter.cli import lint_imports_command as check; check()"


def lint_imports(directory: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", LINT_IMPORTS, "--no-logo", "--no-cache"],
        cwd=directory,
        capture_output=True,
        text=True,
    )


def imported_packages(path: Path) -> set[str]:
    """Return the top-level packages that a file imports, wherever in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
    return {name.partition(".")[0] for name in names}


def test_imports_run_downwards_only() -> None:
    result = lint_imports(ROOT)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    ("file", "line", "rule"),
    [
        ("model/classifier/softmax.py", "import streamlit", "model does not know Streamlit"),
        ("model/classifier/softmax.py", "import ui", "ui imports model, never the other way round"),
        (
            "model/classifier/softmax.py",
            "import tensorflow",
            "only training.gradient_descent and classifier.export import TensorFlow",
        ),
        ("model/config.py", "import model.files", "the layers of model"),
        ("model/novelty.py", "import json", "the layers of model"),
        ("model/data/mnist.py", "from model.data import datasets", "the layers of model.data"),
        ("model/jobs/job.py", "from model.jobs import trainer", "the layers of model.jobs"),
        (
            "ui/session/state.py",
            "import model.training.gradient_descent",
            "nothing that ui imports",
        ),
        ("ui/__init__.py", "import app", "nothing imports app.py"),
    ],
)
def test_a_forbidden_import_is_found(tmp_path: Path, file: str, line: str, rule: str) -> None:
    for package in ("model", "ui"):
        shutil.copytree(
            ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    with (tmp_path / file).open("a", encoding="utf-8") as source:
        source.write(f"\n{line}\n")
    result = lint_imports(tmp_path)
    assert result.returncode == 1, result.stdout + result.stderr
    broken = [text for text in result.stdout.splitlines() if "BROKEN" in text]
    assert any(text.startswith(rule) for text in broken), result.stdout


def test_the_page_is_made_of_ui() -> None:
    allowed = sys.stdlib_module_names | {"streamlit", "ui", "model"}
    assert imported_packages(ROOT / "ui" / "page.py") <= allowed


def test_importing_all_that_the_page_may_use_loads_no_tensorflow() -> None:
    code = """
import sys
from streamlit.testing.v1 import AppTest

script = '''
import importlib, pkgutil
import model, ui
loads_it = {"model.training.gradient_descent", "model.classifier.export"}
left_out = loads_it | {"model.jobs.worker", "model.__main__", "ui.page"}
for package in (model, ui):
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if module.name not in left_out:
            importlib.import_module(module.name)
'''
page = AppTest.from_string(script, default_timeout=60).run()  # components exist on a page only
assert not page.exception, page.exception
assert "ui.panels.canvas" in sys.modules
print(*sorted({"tensorflow", "keras", "jax", "torch"} & set(sys.modules)))
"""
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert result.stdout.split() == []


def test_the_servers_settings_are_the_measured_ones() -> None:
    settings = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert settings["server"]["fileWatcherType"] == "none"
    assert settings["runner"]["postScriptGC"] is False
    assert settings["browser"]["gatherUsageStats"] is False


def test_streamlit_knows_every_setting() -> None:
    result = subprocess.run(
        [sys.executable, "-m", "streamlit", "config", "show"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr
    assert "not a valid config option" not in result.stdout + result.stderr


def test_what_is_imported_is_pinned() -> None:
    names = {"sklearn": "scikit-learn", "PIL": "pillow", "keras": "tensorflow"}
    pinned = {
        line.partition("==")[0].replace("-", "_")
        for line in (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
        if "==" in line
    }
    sources = [ROOT / "app.py", *(ROOT / "ui").rglob("*.py"), *(ROOT / "model").rglob("*.py")]
    imported = set().union(*map(imported_packages, sources))
    foreign = imported - sys.stdlib_module_names - {"ui", "model"}
    assert {names.get(name, name).replace("-", "_") for name in foreign} == pinned
