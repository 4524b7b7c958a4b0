"""The store of visits: one for the server, opened and written in the background."""

from __future__ import annotations

import functools

from streamlit import runtime

from model.store.keeper import Keeper
from model.store.problem import Problem
from model.store.visit import Visit
from ui.server.store import store
from ui.server.visitors import was_just_given

__all__ = ["forget", "is_live", "keep", "problem", "stop", "visit"]


def stop() -> None:
    """Write what is not written yet."""
    _keeper().close()


def visit(cookie: str | None) -> Visit:
    """Return the visit of a browser, which all its tabs share; an empty one without a cookie."""
    return _keeper().visit(cookie, is_new=cookie is not None and was_just_given(cookie))


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


@functools.cache
def _keeper() -> Keeper:
    return Keeper(store())


def is_live(session: str) -> bool:
    """Whether a session has a connection to a page now."""
    return runtime.exists() and runtime.get_instance().is_active_session(session)
