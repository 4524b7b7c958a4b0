"""A visitor without a browser who tells the truth: many of them are a crowd."""

from __future__ import annotations

import asyncio
from typing import Self

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect

from tests.support.protocol import CANVASES, Run, Shown, rerun, stream_url

__all__ = ["Elements", "Visitor", "VisitorError"]

Elements = list[Element]

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
    cookie : str
        What the server knows the browser by, "name=value"; without one it keeps nothing.
    """

    def __init__(self, url: str, patience: float = 60, cookie: str = "") -> None:
        self.url, self.patience, self.cookie = url, patience, cookie
        self._connection: ClientConnection
        self._session = self._page = ""
        self._canvas = self._fragment = ""
        self._widgets: list[WidgetState] = []

    async def __aenter__(self) -> Self:
        """Open the websocket, as a browser does, and wait for the page's first run."""
        self._connection = await connect(
            stream_url(self.url),
            subprotocols=["streamlit"],  # type: ignore[list-item]
            origin=self.url,  # type: ignore[arg-type]
            max_size=LONGEST_MESSAGE,
            additional_headers={"Cookie": self.cookie} if self.cookie else None,
            open_timeout=self.patience,
        )
        try:
            for shown in await self._run(BackMsg()):
                self._remember(shown)
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
        canvas = WidgetState(id=self._canvas, json_value=message)
        request = rerun(
            [*self._widgets, canvas], page_script_hash=self._page, fragment_id=self._fragment
        )
        return [shown.element for shown in await self._run(request)]

    async def _run(self, request: BackMsg) -> list[Shown]:
        """Have the script run; return what it shows."""
        request.rerun_script.context_info.url = self.url
        run = Run()
        try:
            async with asyncio.timeout(self.patience):
                await self._connection.send(request.SerializeToString())
                while not run.take(await self._connection.recv(decode=False)):
                    pass
        except TimeoutError as error:
            raise VisitorError(f"no answer within {self.patience:g} s") from error
        self._check(run)
        return run.shown

    def _check(self, run: Run) -> None:
        """Keep the session's and the page's names; nothing may have failed."""
        if run.session:
            if self._session not in ("", run.session):
                raise VisitorError("the session was lost, and another took its place")
            self._session, self._page = run.session, run.page
        for shown in run.shown:
            if shown.kind == "exception":
                raise VisitorError(f"the page failed: {shown.held.message}")
        if run.status not in FINISHED:
            raise VisitorError("the page's script did not end well")

    def _remember(self, shown: Shown) -> None:
        """Keep the canvas's names, and what the other widgets hold, which is sent with it."""
        element = shown.element
        match shown.kind:
            case "bidi_component" if element.bidi_component.component_name in CANVASES:
                self._canvas, self._fragment = element.bidi_component.id, shown.fragment
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
