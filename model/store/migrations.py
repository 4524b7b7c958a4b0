"""The steps by which the tables came to their present form, in order; none is ever changed.

A step that is added makes the next version. It may not use what a later one changes: where the
tables of `visits` become others, step 1 takes their first form along.
"""

from __future__ import annotations

from model.store import rooms, visits
from model.store.database import Migration

__all__ = ["MIGRATIONS"]

MIGRATIONS: tuple[Migration, ...] = (visits.create, rooms.create, rooms.create_learned)
