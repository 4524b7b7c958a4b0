"""A visitor who must not notice what others do to the server."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import psutil
import pytest

from tests.support.canvas_message import message, png_of
from tests.support.liar import Liar
from tests.support.server import Server

MOST_GROWTH = 80 * 2**20
"""Bytes by which the server may have grown after a test, a garbage collection still to come."""
_digits = itertools.cycle([3, 7])


@pytest.fixture(scope="module")
def neighbour(server: Server) -> Iterator[Liar]:
    """Somebody who draws, in peace; each view was open once, and is imported."""
    for view in ("train", "evaluate", "how"):
        with Liar(server, view=view) as visitor:
            visitor.open()
    with Liar(server) as visitor:
        visitor.open()
        yield visitor


@pytest.fixture
def unharmed(server: Server, neighbour: Liar) -> Iterator[None]:
    """After the test the server has hardly grown, and reads the neighbour's next digit right."""
    process = psutil.Process(server.pid)
    before = process.memory_info().rss
    yield
    next_digit_is_read(neighbour)
    assert process.memory_info().rss - before < MOST_GROWTH


def next_digit_is_read(visitor: Liar) -> None:
    digit = next(_digits)
    bars = visitor.canvas(message(png_of(digit))).bars
    assert bars is not None
    assert bars["verdict"] == "answer"
    assert max(range(10), key=bars["probabilities"].__getitem__) == digit
