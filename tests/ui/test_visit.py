"""A tab that says which one it was before it was loaded."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

STROKE = {"type": "Path", "path": [["M", 1, 2], ["L", 3, 4]]}


def _copied(objects):  # type: ignore[no-untyped-def]  # AppTest runs its text alone
    import numpy as np

    from model.store.visit import Tab, Visit
    from ui.session import state, visit

    ink = np.ones((336, 336), np.float32) if objects else None
    other = Tab("another", objects, ink, (), (), 22, "draw", None, None, None)
    state.VISIT.set(Visit(None, tabs={"another": other}))
    state.CANVAS_START.set({"objects": [], "number": 3})
    visit.copy("another")


@pytest.mark.parametrize("objects", [[], [STROKE]], ids=["empty", "drawn in"])
def test_only_a_drawing_takes_the_place_of_what_the_canvas_shows(
    objects: list[dict[str, Any]],
) -> None:
    """What was drawn a moment ago may not have been told yet: nothing is no reason to wipe it."""
    page = AppTest.from_function(_copied, args=(objects,)).run()
    assert not page.exception
    start = page.session_state["canvas_start"]
    assert start == {"objects": objects, "number": 4 if objects else 3}
