"""Several servers behind a real nginx, with a real PostgreSQL: as at a conference."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.support.machine import Machine
from tests.support.paths import ROOT
from tests.support.postgresql import Cluster, cluster
from tests.support.server import free_port
from tests.support.waiting import wait_until
from tools import nginx

__all__ = ["Hosting", "hosted"]

DEPLOY = ROOT / "deploy"
PORTS = (8501, 8502)
"""Of the servers in the files of deploy/; here each has a free one in its place."""
PATH = "inkling"
"""What stands before all addresses."""


class Hosting:
    """nginx, its servers and their database, all running.

    Attributes
    ----------
    url : str
        Where nginx answers, with the path of the page.
    machines : tuple of Machine
        The servers, in the order of their names "one" and "two".
    database : str
        The address of the database.
    cluster : Cluster
        PostgreSQL.
    proxy_pid : int
        Of nginx's first process.
    proxy_folder : Path
        Where its logs are.
    """

    def __init__(
        self,
        url: str,
        machines: tuple[Machine, ...],
        database: str,
        cluster: Cluster,
        proxy_pid: int,
        proxy_folder: Path,
    ) -> None:
        self.url, self.machines, self.database = url, machines, database
        self.cluster, self.proxy_pid, self.proxy_folder = cluster, proxy_pid, proxy_folder

    def named(self, name: str) -> Machine:
        """Return the server that a visitor's cookie names."""
        return self.machines[("one", "two").index(name)]


@contextlib.contextmanager
def hosted(
    home: Path, script: Path, *, path: str = PATH, environment: Mapping[str, str] | None = None
) -> Iterator[Hosting]:
    """Run two servers behind nginx until the block ends.

    Parameters
    ----------
    home : Path
        A folder for what the servers write.
    script : Path
        What they serve.
    path : str
        What stands before all addresses; "" for nothing.
    environment : mapping, optional
        Variables of the servers.
    """
    with contextlib.ExitStack() as stack:
        pg = stack.enter_context(cluster())
        database = pg.new_database()
        settings = {
            "INKLING_DATABASE_URL": database,
            "STREAMLIT_SERVER_BASE_URL_PATH": path,
            **(environment or {}),
        }
        machines = []
        for name in ("one", "two"):
            (home / name).mkdir()
            machines.append(
                Machine(home / name, stack, script, keeps=False, environment=settings, path=path)
            )
        port, pid, folder = stack.enter_context(_proxy([machine.port for machine in machines]))
        url = f"http://127.0.0.1:{port}" + (f"/{path}" if path else "")
        yield Hosting(url, tuple(machines), database, pg, pid, folder)


@contextlib.contextmanager
def _proxy(ports: list[int]) -> Iterator[tuple[int, int, Path]]:
    """Run nginx with the files of deploy/ before these ports; yield port, process and folder."""
    program = nginx.find()
    assert program is not None, nginx.MISSING
    port = free_port()
    folder = Path(tempfile.mkdtemp(prefix="inkling-nginx-"))
    folder.chmod(0o755)  # its processes run as another user
    try:
        settings = _configured(folder, port, ports)
        log = folder / "error.log"
        with subprocess.Popen(
            [program, "-e", str(log), "-c", str(settings), "-g", "daemon off;"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as process:
            try:
                wait_until(lambda: _answers(port, process, log), 30, "nginx does not answer")
                yield port, process.pid, folder
            finally:
                process.terminate()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _configured(folder: Path, port: int, ports: list[int]) -> Path:
    """Write the files of deploy/ with other ports and places; return the first one."""
    (folder / "cache").mkdir()
    servers = (DEPLOY / "servers.conf").read_text(encoding="utf-8")
    for usual, other in zip(PORTS, ports, strict=True):
        assert str(usual) in servers
        servers = servers.replace(f":{usual}", f":{other}")
    (folder / "servers.conf").write_text(servers, encoding="utf-8")
    text = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    for usual_text, other_text in {
        "/etc/nginx/inkling-servers.conf": str(folder / "servers.conf"),
        "/var/cache/nginx": str(folder / "cache"),
        "/var/log/nginx": str(folder),
        "/run/nginx.pid": str(folder / "nginx.pid"),
        "listen 80;": f"listen 127.0.0.1:{port};",
    }.items():
        assert usual_text in text, f"{usual_text} is not in nginx.conf"
        text = text.replace(usual_text, other_text)
    path = folder / "nginx.conf"
    path.write_text(text, encoding="utf-8")
    return path


def _answers(port: int, process: subprocess.Popen[bytes], log: Path) -> bool:
    told = log.read_text(errors="replace") if log.exists() else ""
    assert process.poll() is None, f"nginx ended with code {process.returncode}: {told}"
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
