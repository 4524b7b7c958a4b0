"""The rules of design: who may import whom, and what the server's process must not load."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.paths import ROOT

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CONTRACTS = {
    contract["id"]: contract["name"] for contract in PYPROJECT["tool"]["importlinter"]["contracts"]
}
LINT_IMPORTS = "from importlinter.cli import lint_imports_command as check; check()"


def lint_imports(directory: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", LINT_IMPORTS, "--no-logo", "--no-cache"],
        cwd=directory,
        capture_output=True,
        text=True,
    )


def imported_modules(path: Path) -> set[str]:
    """Return what a file imports, wherever in it: a module, or a name in one."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def imported_packages(path: Path) -> set[str]:
    """Return the top-level packages that a file imports."""
    return {name.partition(".")[0] for name in imported_modules(path)}


def test_imports_run_downwards_only() -> None:
    result = lint_imports(ROOT)
    assert result.returncode == 0, result.stdout + result.stderr


FORBIDDEN = [
    ("house", "model/classifier/base.py", "import ui"),
    ("house", "tools/answered.py", "import ui.elements.pixels"),
    ("app", "ui/session/drawings.py", "import app"),
    ("tests", "tools/nonsense.py", "import tests.support.paths"),
    ("ui", "ui/panels/why.py", "import ui.views.draw"),
    ("ui", "ui/session/state.py", "import ui.panels.why"),
    ("ui", "ui/elements/charts.py", "import ui.session.state"),
    ("ui", "ui/elements/source.py", "import ui.server.resources"),
    ("ui", "ui/novelty.py", "import json"),
    ("views", "ui/views/draw.py", "import ui.views.train"),
    ("ui", "ui/components/film/__init__.py", "import ui.elements.charts"),
    ("components", "ui/components/film/__init__.py", "import ui.components.samples"),
    ("shared", "ui/components/shared/colours.py", "import ui.components.shared.parts"),
    ("elements", "ui/elements/notices.py", "import ui.elements.pixels"),
    ("model", "model/config.py", "import model.files"),
    ("model", "model/classifier/reject.py", "import model.evaluation"),
    ("model", "model/novelty.py", "import json"),
    ("preprocessing", "model/preprocessing/ink.py", "import model.preprocessing.features"),
    ("data", "model/data/mnist.py", "from model.data import datasets"),
    ("forms", "model/data/forms/parts.py", "import model.data.forms.table"),
    ("classifier", "model/classifier/softmax.py", "import model.classifier.checkpoint"),
    ("evaluation", "model/evaluation/metrics.py", "import model.evaluation.comparison"),
    ("explanation", "model/explanation/evidence.py", "import model.explanation.pipeline"),
    ("training", "model/training/training_data.py", "import model.training.result"),
    ("jobs", "model/jobs/job.py", "from model.jobs import trainer"),
    ("store", "model/store/visits.py", "import model.store.keeper"),
    ("room", "model/room/names.py", "import model.room.wall"),
    ("streamlit", "model/classifier/softmax.py", "import streamlit"),
    ("tensorflow", "model/classifier/softmax.py", "import tensorflow"),
    ("server", "ui/session/models.py", "import model.training.gradient_descent"),
    ("tensorflow", "tools/numbers.py", "import keras"),
]
"""Imports that are not allowed: the contract that they break, where, and what."""


@pytest.fixture(scope="module")
def complaints(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What the checker says of each broken contract, in a tree with all that is forbidden."""
    tree = tmp_path_factory.mktemp("tree")
    for package in ("model", "ui", "tools"):
        shutil.copytree(
            ROOT / package, tree / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    shutil.copy(ROOT / "pyproject.toml", tree)
    for _, file, line in FORBIDDEN:
        with (tree / file).open("a", encoding="utf-8") as source:
            source.write(f"\n{line}\n")
    result = lint_imports(tree)
    assert result.returncode == 1, result.stdout + result.stderr
    told = result.stdout.partition("Broken contracts\n----------------\n")[2]
    _, *parts = re.split(r"^(.+)\n-+$", told, flags=re.MULTILINE)
    return dict(zip(parts[::2], parts[1::2], strict=True))


def test_every_contract_is_broken_by_one_of_the_forbidden_imports() -> None:
    assert CONTRACTS.keys() == {contract for contract, *_ in FORBIDDEN}


@pytest.mark.parametrize(("contract", "file", "line"), FORBIDDEN)
def test_a_forbidden_import_is_found(
    complaints: dict[str, str], contract: str, file: str, line: str
) -> None:
    module = file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    complaint = complaints[CONTRACTS[contract]]
    assert re.search(rf"^- +{re.escape(module)}( -> .*)?$", complaint, re.MULTILINE), complaint


TESTS_MAY_IMPORT = {
    "tests/support/*.py": {"tests.support"},
    "tests/benchmarks/*.py": {"tests.support", "tests.benchmarks"},
    "tests/*.py": {"tests.support", "tests.benchmarks", "tests.screenshots"},
    "tests/*/*.py": {"tests.support", "tests.benchmarks", "tests.screenshots"},
}
"""The first pattern that fits a file counts. Benchmarks and pictures are programs to be tested."""


def test_tests_share_helpers_by_the_support_folder_only() -> None:
    files = {path for pattern in TESTS_MAY_IMPORT for path in ROOT.glob(pattern)}
    assert len(files) > 60
    for path in sorted(files):
        name = path.relative_to(ROOT)
        pattern = next(pattern for pattern in TESTS_MAY_IMPORT if name.match(pattern))
        for module in imported_modules(path):
            if module.split(".")[0] == "tests":
                shared = ".".join(module.split(".")[:2])
                assert shared in TESTS_MAY_IMPORT[pattern], f"{name} imports {module}"


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
loads_it = {"model.training." + name for name in
            ("gradient_descent", "tensorflow_steps", "network_steps")}
loads_it.add("model.classifier.export")
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


ONLY_POSIX_HAS = {"fcntl", "grp", "posix", "pty", "pwd", "resource", "syslog", "termios", "tty"}


def test_nothing_that_only_posix_has_is_imported_by_a_module_of_the_program() -> None:
    for path in [ROOT / "app.py", *(ROOT / "model").rglob("*.py"), *(ROOT / "ui").rglob("*.py")]:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in tree.body:  # a function may ask for the system first
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not ONLY_POSIX_HAS & set(names), path


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


BY_NAME = {"httptools", "psycopg[binary]"}
"""What others import for us where it is there: uvicorn and SQLAlchemy."""


def test_what_is_imported_is_pinned() -> None:
    names = {"sklearn": "scikit-learn", "PIL": "pillow", "keras": "tensorflow"}
    pinned = {
        line.partition("==")[0].replace("-", "_").replace("_cpu", "")
        for line in (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
        if "==" in line
    }
    sources = [ROOT / "app.py", *(ROOT / "ui").rglob("*.py"), *(ROOT / "model").rglob("*.py")]
    imported = set().union(*map(imported_packages, sources))
    foreign = imported - sys.stdlib_module_names - {"ui", "model"}
    assert {names.get(name, name).replace("-", "_") for name in foreign} | BY_NAME == pinned


# What a visitor reads is worded above `model/`; the command line words its own.

COMMAND_LINE = {
    *("__main__.py", "command_line.py", "command_words.py", "commands.py", "room_commands.py"),
    "terminal.py",
}
LOGGER = "_log"


def texts(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield the texts in a program, with their lines, but not those that only programmers read
    and not those of error messages.

    Left out are docstrings, what is logged, what is raised, exception classes, and functions whose
    result is part of what is raised. A field of an f-string is written as …, which is no word.
    """
    raised = [node for node in ast.walk(tree) if isinstance(node, ast.Raise)]
    helpers = {
        node.func.id
        for part in raised
        for node in ast.walk(part)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }

    def is_left_out(node: ast.AST) -> bool:
        match node:
            case ast.Raise() | ast.Expr(value=ast.Constant()):
                return True
            case ast.FunctionDef(name=name):
                return name in helpers
            case ast.ClassDef(name=name):
                return name.endswith("Error")
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name))):
                return name == LOGGER
        return False

    def visit(node: ast.AST) -> Iterator[tuple[int, str]]:
        if is_left_out(node):
            return
        match node:
            case ast.JoinedStr(values=parts):
                pieces = (part.value if isinstance(part, ast.Constant) else "…" for part in parts)
                yield node.lineno, "".join(map(str, pieces))
            case ast.Constant(value=str(text)):
                yield node.lineno, text
            case _:
                for child in ast.iter_child_nodes(node):
                    yield from visit(child)

    return visit(tree)


def is_sentence(text: str) -> bool:
    """Whether a text is one that people read: three words, or two parts and a full stop."""
    return " " in text and (len(re.findall(r"[^\W\d_]+", text)) >= 3 or text.rstrip().endswith("."))


def sentences(path: Path) -> list[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [f"{path}:{line} {text}" for line, text in texts(tree) if is_sentence(text)]


def test_model_says_no_sentence_to_a_visitor() -> None:
    files = [path for path in (ROOT / "model").rglob("*.py") if path.name not in COMMAND_LINE]
    assert [sentence for path in files for sentence in sentences(path)] == []


@pytest.mark.parametrize(
    "line",
    [
        'NEXT = "The next press starts a new process."',
        'CAPTIONS = {"crop": "Cropped to the ink"}',
        'def told(name: str) -> str:\n    return f"Downloading {name}."',
        'job.end("failed", message=f"{n} pixels put {a} ahead")',
    ],
)
def test_a_sentence_to_a_visitor_is_found(tmp_path: Path, line: str) -> None:
    (tmp_path / "novelty.py").write_text(line, encoding="utf-8")
    assert len(sentences(tmp_path / "novelty.py")) == 1


@pytest.mark.parametrize(
    "line",
    [
        '"""This is what the module does."""',
        'raise ValueError(f"expected a picture, got {x}")',
        'def _reason(x: int) -> str:\n    return "it was too large"\nraise ValueError(_reason(3))',
        '_log.warning("Not used, but looked at: %s", error)',
        'Reason("process_exit", {"number": 3})',
    ],
)
def test_what_programmers_and_the_command_lines_errors_say_is_no_sentence_to_a_visitor(
    tmp_path: Path, line: str
) -> None:
    (tmp_path / "novelty.py").write_text(line, encoding="utf-8")
    assert sentences(tmp_path / "novelty.py") == []


# The model's formula stands in one place.

PRODUCTS = {"dot", "einsum", "inner", "matmul", "matvec", "tensordot", "vdot", "vecdot"}
MAY_MULTIPLY_WEIGHTS = (
    "model/classifier/softmax.py",  # only `logits`, see the test
    "model/training/tensorflow_steps.py",
    "model/training/numpy_steps.py",
    "model/explanation/",
)


def products_with_weights(path: Path, *, outside: str = "") -> list[str]:
    """Return where a matrix product has a model's weights in it, in a function other than one."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    left_out = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.name == outside
        for inner in ast.walk(node)
    }
    found = []
    for node in ast.walk(tree):
        match node:
            case ast.BinOp(op=ast.MatMult()) | ast.AugAssign(op=ast.MatMult()):
                is_product = True
            case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name)):
                is_product = name in PRODUCTS
            case _:
                is_product = False
        names = {
            getattr(inner, "id", None) or getattr(inner, "attr", "") for inner in ast.walk(node)
        }
        if is_product and id(node) not in left_out and any("weight" in n.lower() for n in names):
            found.append(f"{path}:{node.lineno} {ast.unparse(node)}")
    return found


def test_weights_are_multiplied_in_one_function_in_training_and_in_explanations_only() -> None:
    sources = [ROOT / "app.py"]
    for package in ("model", "ui", "tools"):
        sources += (ROOT / package).rglob("*.py")
    found = []
    for path in sources:
        place = path.relative_to(ROOT).as_posix()
        if place == "model/classifier/softmax.py":
            assert len(products_with_weights(path)) == 1
            found += products_with_weights(path, outside="logits")
        elif not place.startswith(MAY_MULTIPLY_WEIGHTS):
            found += products_with_weights(path)
    assert found == []


@pytest.mark.parametrize(
    "line",
    [
        "scores = x @ model.weights + model.bias",
        "x @= weights",
        "scores = features.dot(self._weights)",
        "scores = np.matmul(x, model.weights.T)",
        'scores = einsum("nf,fd->nd", x, weights)',
        "scores = tf.tensordot(WEIGHTS, x, 1)",
    ],
)
def test_a_product_with_weights_is_found(tmp_path: Path, line: str) -> None:
    (tmp_path / "novelty.py").write_text(line, encoding="utf-8")
    assert len(products_with_weights(tmp_path / "novelty.py")) == 1
