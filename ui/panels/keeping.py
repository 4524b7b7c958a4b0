"""What the page says of keeping a visit: why it is not kept, and how to start afresh."""

from __future__ import annotations

import streamlit as st

from ui.elements import notices, wording
from ui.server import visits
from ui.session import visit

__all__ = ["not_kept", "start_afresh"]

TOLD = (
    "Deletes the drawing, the earlier ones, and the models of this visit: here and on the server."
)


def not_kept() -> None:
    """Say why visits are not kept; nothing where they are."""
    problem = visits.problem()
    if problem is not None:
        notices.info(wording.NOT_KEPT[problem])


def start_afresh() -> None:
    """Offer to delete the visit; a second button, out of sight at first, confirms it."""
    with st.popover("Start afresh", type="tertiary", disabled=not visit.is_kept()):
        st.html(f"<p class='note'>{TOLD}</p>")
        st.button("Delete it all", key="afresh", on_click=visit.afresh)
