"""What trains: TensorFlow wherever it is installed, else the same gradient descent in NumPy."""

from __future__ import annotations

import functools
import importlib.util
import os
from typing import Literal

__all__ = ["Engine", "NoTensorFlowError", "engine"]

Engine = Literal["tensorflow", "numpy"]


class NoTensorFlowError(ValueError):
    """A network was to be trained on a machine without TensorFlow."""

    def __init__(self) -> None:
        super().__init__("training a network needs TensorFlow, which is not installed here")


@functools.cache
def engine() -> Engine:
    """Return what trains on this machine; nothing is imported for it.

    INKLING_ENGINE=numpy is for a machine on which TensorFlow is installed but does not run, as on
    processors that it does not know.
    """
    if os.environ.get("INKLING_ENGINE") == "numpy" or not importlib.util.find_spec("tensorflow"):
        return "numpy"
    return "tensorflow"
