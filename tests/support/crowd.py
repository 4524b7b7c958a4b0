"""Many visitors at once, each of whom must get the answers to their own drawings."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import dataclasses
import functools
import itertools
import json
import math
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import psutil
from websockets.exceptions import WebSocketException

from model.classifier.prediction import Reading, read
from tests.support.drawn import Drawing, drawings
from tests.support.protocol import BARS
from tests.support.server import Server
from tests.support.specimens import shipped
from tests.support.visitor import Elements, Visitor, VisitorError

__all__ = ["Crowd", "crowd", "is_right"]

Check = Callable[[Elements, Drawing], bool]

DRAWINGS_EACH = 3
ARRIVING_AT_ONCE = 20


@dataclasses.dataclass
class Crowd:
    """What happened to some people on one page.

    Parameters
    ----------
    people : int
    think : float
        Seconds that each waits between an answer and the next stroke.
    seconds : list of float
        Of each stroke, until its answer was there.
    wrong : int
        Answers that were not the right ones.
    errors : list of str
        Of visits that failed.
    duration : float
        Seconds until the last answer.
    cpu : float
        Seconds of the server's processor time.
    memory : float
        Bytes that the server's process has taken on since it was idle, for each person.
    """

    people: int
    think: float
    seconds: list[float] = dataclasses.field(default_factory=list)
    wrong: int = 0
    errors: list[str] = dataclasses.field(default_factory=list)
    duration: float = math.nan
    cpu: float = math.nan
    memory: float = math.nan

    @property
    def rate(self) -> float:
        """Strokes answered a second."""
        return len(self.seconds) / self.duration


async def crowd(
    check: Check, server: Server, people: int, think: float, duration: float, idle: int = 0
) -> Crowd:
    """Let people arrive, then draw for a while.

    Parameters
    ----------
    check : callable
        Whether what a stroke brought is the answer to the drawing.
    server : Server
    people : int
    think, duration : float
        Seconds between an answer and the next stroke, and until the last stroke.
    idle : int
        Bytes that the server's process holds without them.
    """
    found = Crowd(people, think)
    process = psutil.Process(server.pid)
    stock = list(itertools.islice(drawings(), DRAWINGS_EACH * people))
    door = asyncio.Semaphore(ARRIVING_AT_ONCE)
    async with contextlib.AsyncExitStack() as stack:

        async def arrive() -> Visitor | None:
            async with door:
                try:
                    return await stack.enter_async_context(Visitor(server.url, patience=120))
                except (VisitorError, OSError, WebSocketException) as error:
                    found.errors.append(repr(error))
                    return None

        visitors = await asyncio.gather(*(arrive() for _ in range(people)))
        cpu, began = _cpu(process), time.perf_counter()
        await asyncio.gather(
            *(
                _draw(check, visitor, stock[number::people], think, began, duration, found)
                for number, visitor in enumerate(visitors)
                if visitor is not None
            )
        )
        found.cpu = _cpu(process) - cpu
        found.memory = (process.memory_info().rss - idle) / people
    return found


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


async def _draw(
    check: Check,
    visitor: Visitor,
    own: list[Drawing],
    think: float,
    began: float,
    duration: float,
    found: Crowd,
) -> None:
    """Draw one's own drawings in turn; the first one is spread over the time to think."""
    await asyncio.sleep(think * (hash(visitor) % 997) / 997)
    for drawing in itertools.cycle(own):
        sent = time.perf_counter()
        if sent - began > duration:
            return
        try:
            shown = await visitor.draw(drawing.message)
        except (VisitorError, OSError, WebSocketException) as error:
            found.errors.append(repr(error))
            return
        now = time.perf_counter()
        found.seconds.append(now - sent)
        found.duration = now - began
        found.wrong += not check(shown, drawing)
        await asyncio.sleep(think)


def is_right(shown: Elements, drawing: Drawing) -> bool:
    """Return whether these elements are the page's answer to this drawing and to no other."""
    (bars,) = (
        element.bidi_component for element in shown if element.bidi_component.component_name == BARS
    )
    answer: dict[str, Any] = json.loads(bars.json)
    shares = np.frombuffer(base64.b64decode(answer["probabilities"]), "<f4")
    reading = _reading(drawing)
    return (
        reading is not None
        and answer["verdict"] == reading.verdict
        and bool(np.allclose(shares, reading.probabilities, atol=1e-4))
    )


@functools.lru_cache(maxsize=1_000)  # so that the visitors do not take the server's time
def _reading(drawing: Drawing) -> Reading | None:
    return read(shipped("directions"), drawing.ink)
