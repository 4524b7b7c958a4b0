"""The page as `make demo` runs it: `streamlit run app.py` in a process of its own."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.support.paths import ROOT
from tests.support.waiting import wait_until

__all__ = [
    "FORGETFUL_SERVER",
    "LAME_SERVER",
    "OUTSIDE",
    "QUICK_SERVER",
    "UNWATCHED_SECONDS",
    "Server",
    "end",
    "free_port",
    "isolated",
    "serve",
]

OUTSIDE = dict(os.environ)
"""The variables as they were before the tests set their own: for what needs the network."""
START_SECONDS = 60
QUICK_SERVER = Path(__file__).with_name("quick_server.py")
"""What serves the page with a stand-in for TensorFlow."""
FORGETFUL_SERVER = Path(__file__).with_name("forgetful_server.py")
"""The same, counting the runs of the whole page."""
LAME_SERVER = Path(__file__).with_name("lame_server.py")
"""What serves the page on a machine on which no training process can be started."""
UNWATCHED_SECONDS = 3.0
"""Until the two stop a training that nobody looks at."""


@dataclass(frozen=True)
class Server:
    """A running server: where it answers, which process it is, what it has said."""

    url: str
    pid: int
    log_file: Path

    def log(self) -> str:
        """Return all that the server has printed so far."""
        return self.log_file.read_text(errors="replace")


@contextlib.contextmanager
def serve(
    home: Path,
    script: Path = ROOT / "app.py",
    environment: Mapping[str, str] | None = None,
    *,
    settings: Path = ROOT,
    port: int | None = None,
    python: str = sys.executable,
    address: str = "127.0.0.1",
    path: str = "",
) -> Iterator[Server]:
    """Run the page until the block ends, then end the whole process group.

    Parameters
    ----------
    home : Path
        An empty directory: the server's home and the place of its caches and its log.
    script : Path
        What Streamlit runs.
    environment : mapping, optional
        Variables to set on top of the present ones.
    settings : Path
        The directory whose `.streamlit/config.toml` holds; Streamlit's defaults if there is none.
    port : int, optional
        Where it answers; any free one unless given.
    python : str
        What runs Streamlit.
    address : str
        What it listens to; it is asked at 127.0.0.1.
    path : str
        What stands before its addresses, as `environment` sets it.
    """
    port = port or free_port()
    log_file = home / "server.log"
    with log_file.open("wb") as log:
        process = subprocess.Popen(
            [
                *(python, "-m", "streamlit", "run", str(script)),
                *(f"--server.port={port}", f"--server.address={address}"),
                *("--server.headless=true", "--logger.hideWelcomeMessage=true"),
            ],
            cwd=settings,
            env={**os.environ, **isolated(home), **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    url = f"http://127.0.0.1:{port}" + (f"/{path}" if path else "")
    server = Server(url, process.pid, log_file)
    try:
        wait_until(
            lambda: _is_healthy(server, process),
            START_SECONDS,
            f"the server does not answer at {server.url}",
        )
        yield server
    finally:
        end(process)


def isolated(home: Path) -> dict[str, str]:
    """Return the variables that keep a process and all that it starts to itself.

    The directory is its home and the place of its caches; whatever it asks of other machines
    is refused at once, by a proxy that does not exist.
    """
    nowhere = "http://127.0.0.1:9"
    return {
        "HOME": str(home),
        "XDG_CACHE_HOME": str(home / ".cache"),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "XDG_DATA_HOME": str(home / ".local" / "share"),
        "XDG_STATE_HOME": str(home / ".local" / "state"),
        "INKLING_STORE_DIR": str(home / "store"),
        "KERAS_HOME": str(home / ".keras"),
        **dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), nowhere),
        **dict.fromkeys(("no_proxy", "NO_PROXY"), "127.0.0.1,localhost"),
    }


def free_port() -> int:
    """Return a port of this machine that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _is_healthy(server: Server, process: subprocess.Popen[bytes]) -> bool:
    if process.poll() is not None:
        raise AssertionError(f"the server ended with code {process.returncode}:\n{server.log()}")
    try:
        with urllib.request.urlopen(f"{server.url}/_stcore/health", timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def end(process: subprocess.Popen[bytes], seconds: float = 10) -> None:
    """End a process group, at once where it has not ended after so many seconds."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(timeout=seconds)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
