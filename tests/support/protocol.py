"""Streamlit's websocket protocol, as far as the visitors without a browser speak it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState

__all__ = ["BARS", "CANVASES", "Run", "Shown", "rerun", "stream_url"]

BARS = "inkling_live_bars"
CANVASES = ("inkling_canvas", "streamlit-drawable-canvas.streamlit_drawable_canvas")
"""Ours, and the library's, which the benchmarks' bare pages have."""


def stream_url(server_url: str) -> str:
    """Return the address of the websocket of a server, such as "http://127.0.0.1:8501"."""
    return server_url.replace("http", "ws", 1) + "/_stcore/stream"


def rerun(widgets: Iterable[WidgetState], **fields: str) -> BackMsg:
    """Return the message that has the page's script run.

    Parameters
    ----------
    widgets
        What all widgets hold.
    **fields
        Of the protocol's `ClientState`, such as `fragment_id` for a part of the page alone.
    """
    message = BackMsg()
    message.rerun_script.widget_states.widgets.extend(widgets)
    for name, value in fields.items():
        setattr(message.rerun_script, name, value)
    return message


@dataclasses.dataclass(frozen=True)
class Shown:
    """An element that a run sent, and the fragment that it belongs to, "" for the page's own."""

    element: Element
    fragment: str

    @property
    def kind(self) -> str:
        """What it is, such as "alert" or "exception"."""
        return self.element.WhichOneof("type") or ""

    @property
    def held(self) -> Any:
        """What it holds; its class depends on the kind."""
        return getattr(self.element, self.kind)


@dataclasses.dataclass
class Run:
    """One run of the page's script, as the server's messages tell it.

    Attributes
    ----------
    session, page : str
        Of the session and of the page's script, "" while they are not known.
    shown : list of Shown
    status : int
        The protocol's `ScriptFinishedStatus`, once the run has ended.
    """

    session: str = ""
    page: str = ""
    shown: list[Shown] = dataclasses.field(default_factory=list)
    status: int = -1

    def take(self, content: bytes) -> bool:
        """Take in one message; return whether the run has ended with it."""
        message = ForwardMsg.FromString(content)
        match message.WhichOneof("type"):
            case "new_session":
                self.session = message.new_session.initialize.session_id
                self.page = message.new_session.page_script_hash
            case "delta" if message.delta.WhichOneof("type") == "new_element":
                self.shown.append(Shown(message.delta.new_element, message.delta.fragment_id))
            case "script_finished":
                self.status = message.script_finished
                return True
        return False
