"""The program's own code, for the view that explains it.

The files are read, not imported: the page's process must stay without TensorFlow.
"""

from __future__ import annotations

import ast
import functools
import textwrap
from pathlib import Path

__all__ = ["source_of"]

_ROOT = Path(__file__).parents[2]


@functools.cache
def source_of(module: str, name: str) -> str:
    """Return the code of a function or method, without its docstring.

    Parameters
    ----------
    module : str
        A path below the project's folder, such as "model/classifier/softmax.py".
    name : str
        A function, or "Class.method".

    Raises
    ------
    LookupError
        Where the module holds no such function.
    """
    text = (_ROOT / module).read_text(encoding="utf-8")
    body: list[ast.stmt] = ast.parse(text).body
    *owners, function = name.split(".")
    for owner in owners:
        body = next((n.body for n in body if isinstance(n, ast.ClassDef) and n.name == owner), [])
    for node in body:
        if isinstance(node, ast.FunctionDef) and node.name == function:
            return _without_docstring(node, text)
    raise LookupError(f"{module} holds no function {name}")


def _without_docstring(node: ast.FunctionDef, text: str) -> str:
    lines = text.splitlines()
    first = node.body[0]
    start, end = node.lineno - 1, node.end_lineno
    kept = lines[start:end]
    if ast.get_docstring(node) is not None and first.end_lineno is not None:
        kept = lines[start : first.lineno - 1] + lines[first.end_lineno : end]
    return textwrap.dedent("\n".join(kept))
