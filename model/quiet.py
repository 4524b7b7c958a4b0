"""TensorFlow kept quiet: its log level, and what its native code writes while it loads."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator

__all__ = ["quietly"]

# TensorFlow reads these once, while it is imported; values that the user has set are kept.
# One thread per operation: the matrices are so small that sharing one out costs more than it
# saves (1,000 steps: 0.10 s instead of 0.18 s on two cores), and sums keep one order.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")


@contextlib.contextmanager
def quietly() -> Iterator[None]:
    """Drop what native code writes to stderr: while it loads, TensorFlow obeys no log level.

    Reference: https://github.com/tensorflow/tensorflow/issues/100442
    """
    sys.stderr.flush()
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
