"""The stage mode, the same page in letters that the last row can read, and the page's keys."""

from __future__ import annotations

import streamlit as st

from ui.components.keys import keys
from ui.session import state

__all__ = ["stage_switch"]


def stage_switch(card: st.Page | None) -> bool:
    """Show the switch, which every view has and the address carries; return whether it is on.

    Beside it are the button that lists the page's keys, and for the speaker the way to the card.
    """
    with st.container(key="stage_switch", horizontal=True, vertical_alignment="center"):
        if card is not None:
            st.page_link(card)
        keys()
        return st.toggle(
            "Stage",
            key=state.STAGE.name,
            bind="query-params",
        )
