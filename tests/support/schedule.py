"""Which tests run on one worker, one after another, and which begin first."""

from __future__ import annotations

from typing import Any

import pytest
from xdist.scheduler import LoadFileScheduling

__all__ = ["InGroups", "rank"]

GROUPS = {
    "a server that trains": ("browser/test_train.py", "browser/test_retrain.py"),
    "TensorFlow": (
        "model/test_gradient_descent.py",
        "model/test_export.py",
        "model/test_cli.py",
        "faults/test_data_directory.py",
        "faults/test_disk_full.py",
    ),
}
"""Files that share what takes long to start, by the ends of their paths."""

EARLY = (
    "browser/test_train.py",
    "browser/test_retrain.py",
    "browser/",
    "hostile/",
    "model/test_worker.py",
    *GROUPS["TensorFlow"],
)
"""What takes long begins first, so that the workers end together; by parts of paths."""


class InGroups(LoadFileScheduling):  # type: ignore[misc]  # xdist has no types
    """Gives a worker whole files, and the files of a group together, in the order of `rank`."""

    def __init__(self, config: pytest.Config, log: Any) -> None:
        super().__init__(config, log)
        config.option.loadscopereorder = False  # xdist's own order is by the number of tests

    def _split_scope(self, nodeid: str) -> str:
        path: str = super()._split_scope(nodeid)
        return next((name for name, files in GROUPS.items() if path.endswith(files)), path)


def rank(nodeid: str) -> int:
    """Return the place of a test in the order in which tests begin, 0 for the first."""
    return next((i for i, part in enumerate(EARLY) if part in nodeid), len(EARLY))
