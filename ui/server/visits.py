"""The store of visits: one for the server, opened and written in the background.

It is imported there as well: SQLAlchemy takes half as long as Streamlit.
"""

from __future__ import annotations

import functools
import threading
from typing import TYPE_CHECKING

from streamlit import runtime

from model.store.problem import Problem
from model.store.visit import Visit

if TYPE_CHECKING:
    from model.store.keeper import Keeper

__all__ = ["forget", "is_live", "keep", "problem", "start", "stop", "visit"]


_opening = threading.Lock()


def start() -> None:
    """Open the store, in the background."""
    threading.Thread(target=_keeper, name="opens the store", daemon=True).start()


def stop() -> None:
    """Write what is not written yet."""
    _keeper().close()


def visit(cookie: str | None) -> Visit:
    """Return the visit of a browser, which all its tabs share; an empty one without a cookie."""
    return Visit(None) if cookie is None else _keeper().visit(cookie)


def keep(visit: Visit) -> None:
    """Have a visit written soon; returns at once."""
    if visit.id is not None:
        _keeper().keep(visit)


def forget(visit: Visit) -> None:
    """Delete a visit, on disk as well."""
    if visit.id is not None:
        _keeper().forget(visit)


def problem() -> Problem | None:
    """Return why visits are not kept now; None where they are."""
    return _keeper().problem


def _keeper() -> Keeper:
    with _opening:
        return _opened()


@functools.cache
def _opened() -> Keeper:
    from model.store.database import folder
    from model.store.keeper import Keeper

    keeper = Keeper(folder())
    keeper.start()
    return keeper


def is_live(session: str) -> bool:
    """Whether a session has a connection to a page now."""
    return runtime.exists() and runtime.get_instance().is_active_session(session)
