"""A visitor without a browser: a session that speaks Streamlit's websocket protocol."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Self

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect

__all__ = ["Elements", "Visitor", "VisitorError"]

Elements = list[Element]

CANVAS = "streamlit-drawable-canvas.streamlit_drawable_canvas"
LONGEST_MESSAGE = 20_000_000  # bytes
FINISHED = (
    ForwardMsg.ScriptFinishedStatus.FINISHED_SUCCESSFULLY,
    ForwardMsg.ScriptFinishedStatus.FINISHED_FRAGMENT_RUN_SUCCESSFULLY,
)


class VisitorError(Exception):
    """The page failed, ended the session or did not answer in time."""


class Visitor:
    """One tab on the page. A context manager: arrives at its beginning and leaves at its end.

    Parameters
    ----------
    url : str
        Where the server answers, such as "http://127.0.0.1:8501".
    patience : float
        Seconds until an answer that has not come counts as an error.
    """

    def __init__(self, url: str, patience: float = 60) -> None:
        self.url, self.patience = url, patience
        self._connection: ClientConnection
        self._session = self._page = ""
        self._canvas = self._fragment = ""
        self._widgets: list[WidgetState] = []

    async def __aenter__(self) -> Self:
        """Open the websocket, as a browser does, and wait for the page's first run."""
        self._connection = await connect(
            self.url.replace("http", "ws", 1) + "/_stcore/stream",
            subprotocols=["streamlit"],  # type: ignore[list-item]
            origin=self.url,  # type: ignore[arg-type]
            max_size=LONGEST_MESSAGE,
            compression=None,
            open_timeout=self.patience,
        )
        try:
            await self._run(BackMsg(), self._remember)
            if not self._canvas:
                raise VisitorError("the page came without a canvas")
        except BaseException:
            await self._connection.close()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the tab."""
        await self._connection.close()

    async def draw(self, message: str) -> Elements:
        """Send what the canvas shows now; return what the page shows then.

        Raises
        ------
        VisitorError
        """
        request = BackMsg()
        run = request.rerun_script
        run.page_script_hash, run.fragment_id = self._page, self._fragment
        run.widget_states.widgets.extend(self._widgets)
        run.widget_states.widgets.add(id=self._canvas, json_value=message)
        shown: Elements = []
        await self._run(request, lambda element, _: shown.append(element))
        return shown

    async def _run(self, request: BackMsg, see: Callable[[Element, str], Any]) -> None:
        """Have the script run; `see` each element with the fragment that it belongs to."""
        request.rerun_script.context_info.url = self.url
        try:
            async with asyncio.timeout(self.patience):
                await self._connection.send(request.SerializeToString())
                while not self._take(await self._connection.recv(decode=False), see):
                    pass
        except TimeoutError as error:
            raise VisitorError(f"no answer within {self.patience:g} s") from error

    def _take(self, content: bytes, see: Callable[[Element, str], Any]) -> bool:
        """Take in one message; return whether the script has ended."""
        message = ForwardMsg.FromString(content)
        match message.WhichOneof("type"):
            case "new_session":
                session = message.new_session.initialize.session_id
                if self._session not in ("", session):
                    raise VisitorError("the session was lost, and another took its place")
                self._session, self._page = session, message.new_session.page_script_hash
            case "delta" if message.delta.WhichOneof("type") == "new_element":
                element = message.delta.new_element
                if element.WhichOneof("type") == "exception":
                    raise VisitorError(f"the page failed: {element.exception.message}")
                see(element, message.delta.fragment_id)
            case "script_finished":
                if message.script_finished not in FINISHED:
                    raise VisitorError("the page's script did not end well")
                return True
        return False

    def _remember(self, element: Element, fragment: str) -> None:
        """Keep the canvas's names, and what the other widgets hold, which is sent with it."""
        match element.WhichOneof("type"):
            case "bidi_component" if element.bidi_component.component_name == CANVAS:
                self._canvas, self._fragment = element.bidi_component.id, fragment
            case "slider":
                state = WidgetState(id=element.slider.id)
                state.double_array_value.data.extend(element.slider.default)
                self._widgets.append(state)
            case "button_group":
                group = element.button_group
                state = WidgetState(id=group.id)
                chosen = [group.options[i].content for i in group.default]
                state.string_array_value.data.extend(chosen)
                self._widgets.append(state)
