"""The wall: a room's drawings as they come, and those that wait for the speaker.

The browser asks the server's own routes for what is new, once a second, so that a full hall costs
no run of the page.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

from ui.components.shared.parts import page, script, style

__all__ = ["wall"]

WORDS: dict[str, Any] = {
    "people": ["one person", "{n} people"],
    "drawings": ["one drawing", "{n} drawings"],
    "joined": ["one phone here", "{n} phones here"],
    "waits": ["One drawing waits for you", "{n} drawings wait for you"],
    "empty": "Draw with your phone: read the code, or open the address.",
    "paused": "Paused: phones keep what they draw, and send it later.",
    "closed": "The room is closed.",
    "no_joins": "No new phones are let in now.",
    "lost": "The server does not answer. What is here stays; new drawings come when it is back.",
    "deleted": "This room was deleted.",
    "not_yours": "This browser no longer controls this room. Reload the page.",
    "not_done": "That was not done: the server did not answer. Try again.",
    "newest": ": here are the newest {n}",
    "asked": "asked: {asked}",
    "nothing_asked": "drawn freely",
    "not_stored": (
        "The server cannot store drawings just now. Phones keep theirs, and send them again."
    ),
    "right": "a {asked}, read rightly",
    "wrong": "a {asked}, read as {read}",
    "unsure": "a {asked}: not sure",
    "free": "a free drawing, read as {read}",
    "free_unsure": "a free drawing: not sure",
    "marks": {"right": "✓", "wrong": "✗", "unsure": "?", "free": "✎"},
    "show": "Show",
    "hide": "Hide",
    "hidden": ["One drawing is hidden", "{n} drawings are hidden"],
    "show_phone": "Hide this phone no longer",
    "hide_phone": "Hide all of this phone",
}
LABELS = {"wall": "The wall", "waiting": "What waits for you"}

_HERE = Path(__file__).parent
_mount = st.components.v2.component(
    "inkling_wall",
    html=page(_HERE / "wall.html", LABELS),
    css=style(_HERE / "wall.css"),
    js=script("words.js", _HERE / "wall.js", WORDS=WORDS, SIDE=28),
)


def wall(base: str, known: str, *, is_stage: bool) -> tuple[int | None, str | None]:
    """Show a room's drawings.

    Parameters
    ----------
    base : str
        Where the room's routes are on this server: "/r/CODE/".
    known : str
        What the page says of the room: its state and whether it lets phones join, as "open true".
    is_stage : bool
        Whether everybody sees it: then of what waits for the speaker only the number is shown.

    Returns
    -------
    The number of the drawing that was clicked, in the run that the click begins; None in every
    other. And news, in the run that they begin: "deleted", "not_yours", or another state, as
    another device has changed it.
    """
    found = _mount(
        key="wall",
        data={"base": base, "known": known, "isStage": is_stage},
        on_picked_change=lambda: None,
        on_news_change=lambda: None,
    )
    picked, news = found.picked, found.news
    return (
        picked if type(picked) is int and picked >= 0 else None,
        news if isinstance(news, str) else None,
    )
