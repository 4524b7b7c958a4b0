"""Visitors who do anything in any order: all are answered, and little is left of them."""

from __future__ import annotations

from pathlib import Path

from tests.support.monkey import held, let_them_play
from tests.support.server import QUICK_SERVER, serve

OF_THOSE_WHO_LEFT = 3 * 128
"""Descriptors that the server keeps for an hour, so that they can come back."""


def test_eight_visitors_who_do_anything_are_answered_and_leave_nothing_running(
    tmp_path: Path,
) -> None:
    with serve(tmp_path, QUICK_SERVER) as server:
        let_them_play(server, 8, 2, seed=1)  # from here on everything is imported
        before = held(server)
        done, failed = let_them_play(server, 8, 6, seed=2, least=40)
        after = held(server)
    assert failed == []
    assert done.total() >= 40
    assert len(done) >= 4
    assert after.waiting == 0
    assert after.processes <= before.processes
    assert after.threads <= before.threads + 8
    assert after.files <= before.files + OF_THOSE_WHO_LEFT
    assert after.memory_mb < before.memory_mb + 80
