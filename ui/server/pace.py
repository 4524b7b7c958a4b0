"""How often something may be done: a bucket of tokens, filled again at a steady rate."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable

__all__ = ["Bucket", "Buckets"]


class Bucket:
    """So many at once, and so many a second in the long run.

    Parameters
    ----------
    rate : float
        Tokens a second.
    most : float
        Tokens that it holds; it begins full.
    clock : callable, optional
        Tells seconds.
    """

    def __init__(
        self, rate: float, most: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._rate, self._most, self._clock = rate, most, clock
        self._tokens, self._at = most, clock()

    def take(self) -> bool:
        """Take a token; return whether there was one."""
        now = self._clock()
        self._tokens = min(self._most, self._tokens + (now - self._at) * self._rate)
        self._at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


class Buckets:
    """A bucket for each of many, of whom the ones who came last are remembered."""

    def __init__(
        self,
        rate: float,
        most: float,
        remembered: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._rate, self._most, self._remembered = rate, most, remembered
        self._clock = clock
        self._kept: OrderedDict[Hashable, Bucket] = OrderedDict()

    def take(self, who: Hashable) -> bool:
        """Take a token of this one's bucket; return whether there was one."""
        bucket = self._kept.pop(who, None) or Bucket(self._rate, self._most, self._clock)
        self._kept[who] = bucket
        if len(self._kept) > self._remembered:
            self._kept.popitem(last=False)
        return bucket.take()
