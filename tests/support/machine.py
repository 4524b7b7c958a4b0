"""A machine at one address whose server is ended, killed and started again."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Mapping
from pathlib import Path

from tests.support.server import Server, free_port, serve

__all__ = ["Machine"]


class Machine:
    """A server at one address, which can be killed and started again there.

    Parameters
    ----------
    home : Path
        A folder for what it writes; each start has a home of its own in it.
    stack : ExitStack
        Ends the server that runs last.
    script : Path
        What is served.
    keeps : bool
        Whether each start has the store of the one before, and not an empty one.
    environment : mapping, optional
        Variables of each start.
    path : str
        What stands before the server's addresses.

    Attributes
    ----------
    port : int
        Where it answers.
    """

    def __init__(
        self,
        home: Path,
        stack: contextlib.ExitStack,
        script: Path,
        *,
        keeps: bool,
        environment: Mapping[str, str] | None = None,
        path: str = "",
    ) -> None:
        self._home, self.port, self._stack, self._script = home, free_port(), stack, script
        self._settings = {"INKLING_STORE_DIR": str(home / "store")} if keeps else {}
        self._settings |= environment or {}
        self._path = path
        self._n = 0
        self.server = self.start()

    def start(self) -> Server:
        """Start the server."""
        self._n += 1
        home = self._home / str(self._n)
        home.mkdir()
        self.server = self._stack.enter_context(
            serve(home, self._script, self._settings, port=self.port, path=self._path)
        )
        return self.server

    def kill(self) -> None:
        """End it at once, and all that it started, as when the machine loses its power."""
        os.killpg(self.server.pid, signal.SIGKILL)

    def end(self) -> None:
        """End it as a person does."""
        os.kill(self.server.pid, signal.SIGTERM)
