"""Modules that are imported when they are first used: TensorFlow takes seconds to load."""

from __future__ import annotations

import importlib
from typing import Any

__all__ = ["Later"]


class Later:
    """Stands for a module, which is imported when it is first asked for a public name.

    Where every worker collects all tests, what a test file imports is loaded in each of them.

    Parameters
    ----------
    name : str
        The module's, such as "model.classifier.export".
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Any:
        if name.startswith(("_", "pytest")):  # pytest looks for its own in all names of a test file
            raise AttributeError(name)
        return getattr(importlib.import_module(self._name), name)
