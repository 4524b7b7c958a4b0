"""The code that the page shows: read from the files, without its docstring."""

from __future__ import annotations

import ast
import subprocess
import sys

import pytest

from tests.support.paths import ROOT
from ui.elements.source import source_of


def shown_on_the_page() -> list[tuple[str, str]]:
    """Return the arguments of every source_of(...) in ui/."""
    return [
        tuple(ast.literal_eval(argument) for argument in call.args)
        for file in sorted((ROOT / "ui").rglob("*.py"))
        for call in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id == "source_of"
    ]


def test_every_function_that_the_page_shows_is_there_as_it_stands_in_its_file() -> None:
    shown = shown_on_the_page()
    assert len(shown) >= 4
    for module, name in shown:
        code = source_of(module, name)
        function = ast.parse(code).body[0]
        assert isinstance(function, ast.FunctionDef)
        assert function.name == name.split(".")[-1]
        assert ast.get_docstring(function) is None
        whole = (ROOT / module).read_text("utf-8")
        assert all(line.strip() in whole for line in code.splitlines())


def test_a_method_is_found_in_its_class_and_stands_at_the_margin() -> None:
    assert source_of(
        "model/classifier/softmax.py", "SoftmaxRegression.decision_function"
    ).startswith("def decision_function(")


@pytest.mark.parametrize("name", ["nothing_like_it", "Nobody.logits", "SoftmaxRegression"])
def test_a_name_that_is_no_function_is_named_in_the_error(name: str) -> None:
    with pytest.raises(LookupError, match=f"model/classifier/softmax.py holds no function {name}"):
        source_of("model/classifier/softmax.py", name)


def test_showing_the_training_code_does_not_import_tensorflow() -> None:
    code = (
        "import sys; from ui.elements.source import source_of;"
        "assert source_of('model/training/tensorflow_steps.py', 'cross_entropy');"
        "sys.exit('tensorflow' in sys.modules or 'model.training.tensorflow_steps' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0
