"""Many people at once, each a session without a browser on one real server."""

from __future__ import annotations

import asyncio

from tests.benchmarks.sites import BARE
from tests.support.crowd import crowd, is_right
from tests.support.drawn import drawings
from tests.support.server import Server
from tests.support.visitor import Visitor


def test_each_of_40_visitors_at_once_gets_the_right_answers_to_their_own_drawings(
    server: Server,
) -> None:
    found = asyncio.run(crowd(is_right, server, people=40, think=0, duration=2))
    assert found.errors == []
    assert found.wrong == 0
    assert len(found.seconds) >= 2 * 40


def test_another_visitors_answer_is_noticed(server: Server) -> None:
    """What the load benchmark calls right is right for one drawing alone."""

    async def visit() -> None:
        mine, other = (next(stock) for _ in range(2))
        async with Visitor(server.url) as visitor:
            shown = await visitor.draw(mine.message)
        assert is_right(shown, mine)
        assert not is_right(shown, other)
        assert not BARE.is_right(shown, mine)

    stock = drawings()
    asyncio.run(visit())
