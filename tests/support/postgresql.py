"""A PostgreSQL of the tests' own: in a folder of its own, at a socket in it, with no password."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa

from tools import postgresql

__all__ = ["Cluster", "cluster"]

NOBODY = 65534
"""Who runs it where the tests are run by root, whom PostgreSQL refuses."""
OWNER = "inkling"
SECONDS = 120


class Cluster:
    """A server that is running.

    Parameters
    ----------
    programs : Path
        The folder of PostgreSQL's programs.
    folder : Path
        Where its files and its socket are.
    """

    def __init__(self, programs: Path, folder: Path) -> None:
        self._programs, self._folder = programs, folder
        self._n = 0

    def new_database(self) -> str:
        """Make an empty database; return its address."""
        self._n += 1
        name = f"inkling_{self._n}"
        self.say(self.address("postgres"), f"CREATE DATABASE {name}")
        return self.address(name)

    def address(self, name: str) -> str:
        """Return the address of a database."""
        return f"postgresql://{OWNER}@/{name}?host={self._folder}"

    def say(self, address: str, *statements: str) -> None:
        """Say something to a database from outside of the program, each in a transaction."""
        engine = sa.create_engine(
            sa.make_url(address).set(drivername="postgresql+psycopg"),
            isolation_level="AUTOCOMMIT",
            poolclass=sa.NullPool,
        )
        with engine.connect() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = f"-c listen_addresses= -c unix_socket_directories={self._folder}"
        log = str(self._folder / "log")
        self._run("pg_ctl", "start", "--wait", "--silent", "--log", log, "--options", options)

    def stop(self, mode: str = "fast") -> None:
        """Stop it; "immediate" is as if the machine had lost its power."""
        self._run("pg_ctl", "stop", "--wait", "--silent", "--mode", mode)

    def initialise(self) -> None:
        """Make its files."""
        self._run("initdb", "--auth=trust", f"--username={OWNER}", "--encoding=UTF8", "--no-sync")

    def _run(self, program: str, *arguments: str) -> None:
        is_root = os.geteuid() == 0
        done = subprocess.run(
            [self._programs / program, f"--pgdata={self._folder / 'data'}", *arguments],
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,  # the server would keep a pipe open
            stderr=subprocess.DEVNULL,
            timeout=SECONDS,
            user=NOBODY if is_root else None,
            group=NOBODY if is_root else None,
            extra_groups=[] if is_root else None,
        )
        log = self._folder / "log"
        told = log.read_text(errors="replace")[-2_000:] if log.exists() else ""
        assert done.returncode == 0, f"{program} ended with code {done.returncode}: {told}"


@contextlib.contextmanager
def cluster() -> Iterator[Cluster]:
    """Run a PostgreSQL until the block ends."""
    programs = postgresql.find()
    assert programs is not None, postgresql.MISSING
    folder = Path(tempfile.mkdtemp(prefix="inkling-"))  # a socket's path may have 100 characters
    try:
        if os.geteuid() == 0:
            os.chown(folder, NOBODY, NOBODY)
        running = Cluster(programs, folder)
        running.initialise()
        running.start()
        try:
            yield running
        finally:
            running.stop("immediate")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
