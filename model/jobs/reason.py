"""Why a job waits, stopped, failed or was refused: a code and fields, which `ui` words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

__all__ = ["Code", "Reason"]

Code = Literal[
    # What is being done before the first step.
    "loading",
    # Why it stopped.
    "stopped",
    "unwatched",
    "took_too_long",
    "server_stopped",
    # Why it failed.
    "no_mnist",
    "no_tensorflow",  # which training a network needs
    "data",  # error: what is wrong with the data, as `DataError` says it
    "diverged",  # step, loss, guessing, learning_rate, batch_size: see `DivergedError`
    "dark_on_light",  # step: it diverged, since the pictures of one's own have dark ink
    "out_of_memory",
    "training_failed",  # error: a Python exception, with its type
    "process_not_started",  # error: the system's words
    # How the training process ended although it should not have.
    "process_crashed",
    "process_killed",
    "process_signal",  # number
    "process_exit",  # number
    "process_silent",  # seconds
    "process_unable",  # error: the type of the exception that kept it from starting
    # Why it was refused.
    "not_over",
    "too_many",  # n_begun within a minute; seconds until another is taken
    "queue_full",  # n_waiting
    "no_thread",
    "server_stopping",
]


class Reason(NamedTuple):
    """A code, and the numbers and names that belong to it.

    Parameters
    ----------
    code : str
    fields : mapping
        What stands beside the code above; whatever JSON can hold.
    """

    code: Code
    fields: Mapping[str, Any] = {}
