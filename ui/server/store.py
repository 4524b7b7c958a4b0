"""The store that all of the server shares; its database is opened when it is first used."""

from __future__ import annotations

import functools

from model.store.store import Store, usual_store

__all__ = ["stop", "store"]


@functools.cache
def store() -> Store:
    """Return the server's store."""
    return usual_store()


def stop() -> None:
    """Close it, after all who use it."""
    store().close()
