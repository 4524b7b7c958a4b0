"""Whether this session is the speaker's: at the server itself, or come by the secret link."""

from __future__ import annotations

import streamlit as st

from ui.server import speaker
from ui.session import state

__all__ = ["is_speaker"]


def is_speaker() -> bool:
    """Whether this session may see what is for the speaker only.

    The secret goes out of the address at once: the screen may be on a projector.
    """
    if (said := st.query_params.get(speaker.PARAMETER)) is not None:
        del st.query_params[speaker.PARAMETER]
        speaker.remember(state.OWNER.get(), said)
    is_here = speaker.AT_THE_SERVER in st.context.headers
    return is_here or speaker.is_known(state.OWNER.get())
