"""The stage mode, the same page in letters that the last row can read, and the page's keys."""

from __future__ import annotations

import streamlit as st

from ui.components.keys import keys
from ui.session import state

__all__ = ["stage_switch"]


def stage_switch() -> bool:
    """Show the switch, which every view has and the address carries; return whether it is on.

    Beside it is the button that lists the page's keys.
    """
    with st.container(key="stage_switch", horizontal=True, vertical_alignment="center"):
        keys()
        return st.toggle(
            "Stage",
            key=state.STAGE.name,
            bind="query-params",
        )
