"""Why visits cannot be kept, as codes."""

from __future__ import annotations

from typing import Literal

__all__ = ["Problem", "RefusedError", "StoreError"]

Problem = Literal["full", "unwritable", "locked", "damaged", "newer", "unreachable"]
"""Why nothing can be kept; "damaged" is over as soon as the file has been set aside."""


class StoreError(Exception):
    """The store cannot be read or written; `problem` says why, in a code.

    Parameters
    ----------
    problem : Problem
    detail : str
        For the log.
    """

    def __init__(self, problem: Problem, detail: str) -> None:
        super().__init__(f"{problem}: {detail}")
        self.problem = problem


class RefusedError(StoreError):
    """A row that the tables do not take, such as one whose key is there; the store is sound."""
