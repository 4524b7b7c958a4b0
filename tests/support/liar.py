"""A visitor without a browser who need not tell the truth: anything at all may be said."""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import http.client
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from types import TracebackType
from typing import IO, Any, Self
from urllib.parse import urlsplit

import numpy as np
import requests
from google.protobuf.message import Message
from streamlit.proto.Common_pb2 import FileUploaderState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.support.protocol import BARS, Run, Shown, rerun, stream_url
from tests.support.server import Server

__all__ = ["Answer", "Liar", "handshake", "visit"]

ANSWER_SECONDS = 30
TRIGGERS = ("trigger_value", "string_trigger_value", "json_trigger_value")


@dataclasses.dataclass(frozen=True)
class Answer:
    """What the page's script sent until it was done: elements, each with its kind."""

    elements: tuple[tuple[str, Any], ...]

    def all(self, kind: str) -> list[Any]:
        """Return the elements of a kind, such as "alert" or "exception"."""
        return [element for found, element in self.elements if found == kind]

    @property
    def bars(self) -> dict[str, Any] | None:
        """What the bars were told, None where they were not sent."""
        for component in reversed(self.all("bidi_component")):
            if component.component_name == BARS:
                data: dict[str, Any] = json.loads(component.json)
                if data["probabilities"] is not None:
                    shares = base64.b64decode(data["probabilities"])
                    data["probabilities"] = np.frombuffer(shares, "<f4").tolist()
                return data
        return None

    @property
    def problems(self) -> list[str]:
        """The sentences of alerts."""
        return [element.body for element in self.all("alert")] + [
            re.sub("<[^>]+>", "", element.body)
            for element in self.all("html")
            if "role='alert'" in element.body
        ]


def handshake(server: Server, **options: Any) -> Any:
    """Return a websocket to be entered, as the page opens it, but for these `options`."""
    options = {"max_size": None, "subprotocols": ["streamlit"], "compression": None} | options
    return connect(stream_url(server.url), **options)


@contextlib.contextmanager
def visit(server: Server, **options: str) -> Iterator[Liar]:
    """Open the page as a new visitor, until the block ends; `options` are those of `Liar`."""
    with Liar(server, **options) as visitor:
        visitor.open()
        yield visitor


class Liar:
    """One session of the page.

    `patience` is how many seconds it waits for an answer; `cookie` is what its browser keeps.

    It remembers what widgets there are and what was set on them, as a browser does; `Liar.set`
    says anything at all about any of them.
    """

    def __init__(
        self, server: Server, *, view: str = "", query: str = "", cookie: str = ""
    ) -> None:
        self._server = server
        self._view, self._query = view, query
        self.patience: float = ANSWER_SECONDS
        self._open = contextlib.ExitStack()
        self._socket = self._open.enter_context(
            handshake(server, additional_headers={"Cookie": cookie} if cookie else None)
        )
        self._states: dict[str, WidgetState] = {}
        self._fragments: dict[str, str] = {}
        self.session_id = ""
        self.widgets: dict[str, str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.close()

    def open(self) -> Answer:
        """Run the page's script once, and return what it shows."""
        return self._rerun("", None)

    def id(self, key: str) -> str:
        """Return the id of the widget with this key on the page."""
        return next(id for id in self.widgets if id.endswith(f"-{key}"))

    def set(self, key: str, field: str, value: Any, *, whole: bool = False) -> Answer:
        """Say that a widget has this value, rerun its fragment (or the page), and look.

        Parameters
        ----------
        key : str
            The widget's, or its whole id.
        field : str
            Of the protocol's `WidgetState`: "json_value", "trigger_value", …
        value
            What that field holds.
        whole : bool
            Rerun the whole page, even where the widget is in a fragment.
        """
        id = key if key.startswith("$$") else self.id(key)
        state = WidgetState(id=id)
        if isinstance(value, Message):
            getattr(state, field).CopyFrom(value)
        elif isinstance(value, list):
            getattr(state, field).SetInParent()
            getattr(state, field).data.extend(value)
        else:
            setattr(state, field, value)
        fragment = "" if whole else self._fragments.get(id.removesuffix("__events"), "")
        return self._rerun(fragment, state)

    def canvas(self, message: Any) -> Answer:
        """Send a message as the canvas does; a text is taken for JSON already."""
        text = message if isinstance(message, str) else json.dumps(message)
        return self.set("canvas", "json_value", text)

    def pick(self, key: str, event: str, value: Any) -> Answer:
        """Fire a component's trigger, such as a click on a bar."""
        events = json.dumps([{"event": event, "value": value}])
        return self.trigger(key, events)

    def trigger(self, key: str, events: str) -> Answer:
        """Fire a component's triggers by any text at all."""
        base = self.id(key)
        return self.set(f"$$STREAMLIT_INTERNAL_KEY_{base}__events", "json_trigger_value", events)

    def upload(self, key: str, *files: tuple[str, bytes]) -> Answer:
        """Choose files, each a name and a content, as with a file uploader of this key."""
        told = FileUploaderState()
        for number, (name, content) in enumerate(files):
            id = f"{key}-{len(name)}-{len(content)}-{number}"
            reply = self.put(id, name, content)
            assert reply.status_code == 204, reply.text
            info = told.uploaded_file_info.add(name=name, size=len(content), file_id=id)
            info.file_urls.file_id = id
        return self.set(key, "file_uploader_state_value", told)

    def put(
        self, id: str, name: str, content: bytes | IO[bytes] | Iterable[bytes], **options: Any
    ) -> requests.Response:
        """Send a file to the server's upload address; `options` are those of `requests.put`."""
        session = requests.Session()
        session.get(f"{self._server.url}/_stcore/health", timeout=ANSWER_SECONDS)
        token = session.cookies["_streamlit_xsrf"]
        defaults = {"headers": {"X-Xsrftoken": token}, "files": {"file": (name, content)}}
        return session.put(
            f"{self._server.url}/_stcore/upload_file/{self.session_id}/{id}",
            **{"timeout": ANSWER_SECONDS, **defaults, **options},
        )

    def stream(self, body: Iterable[bytes], headers: Mapping[str, str]) -> int:
        """Send the body of an upload piece by piece; return the status that the server answers.

        It may answer in the middle and hang up.
        """
        with requests.Session() as session:
            session.get(f"{self._server.url}/_stcore/health", timeout=ANSWER_SECONDS)
            cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in session.cookies)
            token = session.cookies["_streamlit_xsrf"]
        address = urlsplit(self._server.url)
        connection = http.client.HTTPConnection(address.netloc, timeout=ANSWER_SECONDS)
        with contextlib.closing(connection):
            path = f"/_stcore/upload_file/{self.session_id}/1"
            all_headers = {**headers, "X-Xsrftoken": token, "Cookie": cookies}
            with contextlib.suppress(ConnectionError):
                connection.request("PUT", path, body, all_headers, encode_chunked=True)
            return connection.getresponse().status

    def send(self, content: bytes | str) -> None:
        """Send a frame of any content; the server may hang up before its end."""
        with contextlib.suppress(ConnectionClosed):
            self._socket.send(content)

    def closed_with(self) -> int:
        """Read until the server closes the connection; return its code."""
        with contextlib.suppress(ConnectionClosed):
            while True:
                self._socket.recv(timeout=ANSWER_SECONDS)
        code: int = self._socket.protocol.close_code
        return code

    def _rerun(self, fragment: str, changed: WidgetState | None) -> Answer:
        states = {**self._states, **({changed.id: changed} if changed else {})}
        message = rerun(
            states.values(), query_string=self._query, page_name=self._view, fragment_id=fragment
        )
        self._socket.send(message.SerializeToString())
        if changed is not None and changed.WhichOneof("value") not in TRIGGERS:
            self._states[changed.id] = changed
        return self._answer()

    def _answer(self) -> Answer:
        """Wait for the end of a run, and of the one that follows at once where there is one."""
        elements: list[tuple[str, Any]] = []
        while True:
            run = Run()
            while not run.take(self._socket.recv(timeout=self.patience)):
                pass
            self.session_id = run.session or self.session_id
            elements += map(self._remember, run.shown)
            if run.status != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                return Answer(tuple(elements))

    def _remember(self, shown: Shown) -> tuple[str, Any]:
        """Keep what is known of a widget; return the element with its kind."""
        if id := getattr(shown.held, "id", ""):
            self.widgets[id] = shown.kind
            self._fragments[id] = shown.fragment
        return shown.kind, shown.held
