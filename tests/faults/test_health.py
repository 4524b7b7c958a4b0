"""The health route of a real server: up, and not up where no training can run."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import psutil
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect, unix_connect
from websockets.typing import Subprotocol

from tests.support.paths import ROOT
from tests.support.server import LAME_SERVER, Server, isolated, serve
from tests.support.waiting import wait_until

STREAMLIT = [Subprotocol("streamlit")]
FEW_FILES = """
import resource
resource.setrlimit(resource.RLIMIT_NOFILE, (300, 300))
import app as inkling
import streamlit as st

app = st.App(
    inkling.PAGE, lifespan=inkling.warm, middleware=inkling.MIDDLEWARE, routes=inkling.routes()
)
"""


def told(server: Server) -> tuple[int, dict[str, Any]]:
    try:
        with urllib.request.urlopen(f"{server.url}/health", timeout=10) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def page(server: Server) -> int:
    """Return the status of the page itself."""
    request = urllib.request.Request(server.url, headers={"Accept": "text/html"})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_a_server_tells_how_it_is(tmp_path: Path) -> None:
    with serve(tmp_path) as server:
        wait_until(lambda: told(server)[1]["training"]["process"] == "ready", 90, "never ready")
        status, health = told(server)
        assert status == 200
        assert health["ok"]
        assert health["training"] == {"process": "ready", "running": False, "waiting": 0}
        assert health["visits_not_kept"] is None
        assert health["visitors"]["now"] == 0
        assert health["visitors"]["most"] > 100
        assert 50 < health["memory_mb"] < 500
        assert 10 < health["open_files"]["now"] < health["open_files"]["most"]
        assert health["up_seconds"] >= 0


def test_where_files_run_out_visitors_are_refused_and_a_killed_training_process_comes_back(
    tmp_path: Path,
) -> None:
    script = tmp_path / "few_files.py"
    script.write_text(FEW_FILES)
    with serve(tmp_path, script, {"PYTHONPATH": str(ROOT)}) as server:
        assert "300 open files hold about" in server.log()
        assert page(server) == 200
        wait_until(lambda: told(server)[1]["training"]["process"] == "ready", 90, "never ready")
        address = server.url.replace("http", "ws") + "/_stcore/stream"
        with contextlib.ExitStack() as visits:
            with contextlib.suppress(InvalidStatus):
                for _ in range(100):
                    visits.enter_context(connect(address, subprotocols=STREAMLIT))
                pytest.fail("a hundred visitors were let in")
            assert page(server) == 503
            assert told(server)[1]["visitors"]["now"] > 10
            (worker,) = psutil.Process(server.pid).children()
            worker.kill()
            wait_until(lambda: told(server)[1]["training"]["process"] == "starting", 10, "not seen")
            wait_until(lambda: told(server)[1]["training"]["process"] == "ready", 90, "not back")
        wait_until(lambda: page(server) == 200, 30, "the page stays full when everybody has gone")
        assert "Too many open files" not in server.log()


def test_where_no_training_can_run_it_is_not_well(tmp_path: Path) -> None:
    with serve(tmp_path, LAME_SERVER) as server:
        wait_until(lambda: told(server)[0] == 503, 30, "it says that it is well")
        assert not told(server)[1]["ok"]
        assert told(server)[1]["training"]["process"] == "missing"


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_over_a_unix_socket_a_page_opens_and_nothing_is_left_at_the_end(
    tmp_path: Path, ending: signal.Signals
) -> None:
    path = tmp_path / "socket"
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    server = subprocess.Popen(
        [sys.executable, "-m", "uvicorn", "app:app", "--uds", str(path)],
        cwd=ROOT,
        env={**isolated(tmp_path), "TMPDIR": str(temporary), "PATH": "/usr/bin:/bin"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        wait_until(path.exists, 60, "the server does not listen")
        assert _websocket_opens(path)
    finally:
        server.send_signal(ending)
        log, _ = server.communicate(timeout=30)
    assert "Traceback" not in log
    assert list(temporary.glob("inkling-*")) == []


def _websocket_opens(path: Path) -> bool:
    def opens() -> bool:
        with unix_connect(str(path), "ws://localhost/_stcore/stream", subprotocols=STREAMLIT):
            return True

    return bool(wait_until(opens, 10, "the websocket is refused"))
