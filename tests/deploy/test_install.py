"""What installs the program for a server or an image, as somebody without rights or a home.

Most of it needs the package index and takes a minute; `make test-deploy` runs it.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.paths import ROOT
from tests.support.server import OUTSIDE, end, free_port
from tests.support.waiting import wait_until

NOBODY = 65534
"""Who installs and serves where the tests are run by root, whom no rights stop."""
AS_NOBODY: dict[str, Any] = (
    {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
)
INSTALL_SECONDS = 360
START_SECONDS = 120
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
UNIT = (ROOT / "deploy" / "inkling@.service").read_text(encoding="utf-8")


def shipped() -> list[str]:
    """Return what the image has: all that .dockerignore lets in."""
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert "*" in lines
    return [line[1:] for line in lines if line.startswith("!")]


def copy_of_the_tree(folder: Path) -> Path:
    """Copy what the image has."""
    tree = folder / "tree"
    tree.mkdir()
    for name in shipped():
        if (ROOT / name).is_dir():
            unwanted = shutil.ignore_patterns("__pycache__", "secrets.toml")
            shutil.copytree(ROOT / name, tree / name, ignore=unwanted)
        else:
            shutil.copy(ROOT / name, tree / name)
    return tree


def install(
    tree: Path, *arguments: str, environment: dict[str, str], cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", str(tree / "deploy" / "install.sh"), *arguments],
        cwd=cwd or tree,
        env=environment,
        capture_output=True,
        text=True,
        timeout=INSTALL_SECONDS,
        **AS_NOBODY,
    )


@dataclass(frozen=True)
class Installed:
    """A tree that nobody may write, and what was installed for it."""

    tree: Path
    venv: Path
    home: Path
    environment: dict[str, str]

    def again(self) -> subprocess.CompletedProcess[str]:
        return install(self.tree, str(self.venv), environment=self.environment)

    def files(self) -> set[Path]:
        return set(self.tree.rglob("*"))


def open_to_all(folder: Path, *, may_write: bool) -> None:
    """Let everybody read, whatever the rights were where it came from."""
    for path in (folder, *folder.rglob("*")):
        is_program = path.is_dir() or os.access(path, os.X_OK)
        path.chmod((0o555 if is_program else 0o444) | (0o200 if may_write else 0))


@pytest.fixture(scope="module")
def installed() -> Iterator[Installed]:
    """What the script has made, once for all tests here."""
    # Not in pytest's folders, which are closed to nobody.
    folder = Path(tempfile.mkdtemp(prefix="inkling-install-"))
    try:
        folder.chmod(0o755)
        tree = copy_of_the_tree(folder)
        open_to_all(tree, may_write=False)
        own = folder / "own"
        home = own / "home"
        home.mkdir(parents=True)
        if AS_NOBODY:
            os.chown(own, NOBODY, NOBODY)
            os.chown(home, NOBODY, NOBODY)
        # With the network as it is, but nothing else of the one who runs the tests.
        environment = {
            name: value
            for name, value in OUTSIDE.items()
            if not name.startswith(("XDG_", "INKLING_", "VIRTUAL_ENV", "PYTHON"))
        } | {"HOME": str(home), "TMPDIR": str(own)}
        made = Installed(tree, own / "venv", home, environment)
        result = made.again()
        assert result.returncode == 0, result.stdout + result.stderr
        yield made
    finally:
        open_to_all(folder, may_write=True)
        shutil.rmtree(folder)


@contextlib.contextmanager
def started(installed: Installed, command: Sequence[str], log: Path) -> Iterator[None]:
    """Run a server from what was installed, as nobody, until the block ends."""
    data = installed.venv.parent / "data"
    with log.open("wb") as out:
        process = subprocess.Popen(
            command,
            cwd=installed.tree,
            env={
                **installed.environment,
                "PATH": f"{installed.venv / 'bin'}:{os.environ['PATH']}",
                "INKLING_DATA_DIR": str(data),
                "INKLING_STORE_DIR": str(data / "store"),
            },
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            **AS_NOBODY,
        )
    try:
        yield
    except AssertionError as error:
        error.add_note(log.read_text(errors="replace"))
        raise
    finally:
        end(process, 20)


def health(port: int) -> dict[str, Any]:
    """Return what the server says of itself; nothing where it does not answer."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5) as answer:
            said: dict[str, Any] = json.load(answer)
            return said
    except (urllib.error.URLError, OSError):
        return {}


def last_json(instruction: str) -> list[str]:
    """Return the command of the Dockerfile's last instruction of a kind."""
    pattern = rf"^{instruction}(?:(?!^[A-Z]).|\n)*?(\[.*\])$"
    command: list[str] = json.loads(re.findall(pattern, DOCKERFILE, re.MULTILINE)[-1])
    return command


def asked(probe: list[str]) -> int:
    """Return the code with which the image's check of its health ends."""
    command = [sys.executable, *probe[1:]]
    return subprocess.run(command, env={}, stderr=subprocess.DEVNULL, timeout=60).returncode


def image_command(port: int, venv: Path) -> list[str]:
    return [part.replace("8501", str(port)) for part in last_json("CMD")]


def unit_command(port: int, venv: Path) -> list[str]:
    command = re.findall(r"^ExecStart=(.*)$", UNIT, re.MULTILINE)[0]
    return shlex.split(command.replace("/opt/inkling-venv", str(venv)).replace("%i", str(port)))


@pytest.mark.deploy
@pytest.mark.parametrize("command_of", [image_command, unit_command])
def test_a_server_starts_and_trains_from_a_tree_that_it_may_only_read(
    installed: Installed, tmp_path: Path, command_of: Any
) -> None:
    before = installed.files()
    port, log = free_port(), tmp_path / "log"
    with started(installed, command_of(port, installed.venv), log):
        wait_until(
            lambda: health(port).get("training", {}).get("process") == "ready",
            START_SECONDS,
            "never ready",
        )
        probe = [part.replace("8501", str(port)) for part in last_json("HEALTHCHECK")]
        assert asked(probe) == 0
    assert asked(probe) == 1
    assert installed.files() == before


@pytest.mark.deploy
def test_done_again_it_leaves_what_is_there(installed: Installed) -> None:
    made = (installed.venv / "pyvenv.cfg").stat().st_mtime_ns
    result = installed.again()
    assert result.returncode == 0, result.stderr
    assert "Making" not in result.stdout
    assert (installed.venv / "pyvenv.cfg").stat().st_mtime_ns == made


@pytest.mark.deploy
def test_what_was_installed_is_what_is_locked(installed: Installed) -> None:
    python = installed.venv / "bin" / "python"
    told = subprocess.run([python, "-m", "pip", "check"], capture_output=True, text=True)
    assert told.returncode == 0, told.stdout
    listed = [python, "-m", "pip", "list", "--format=freeze", "--exclude=pip"]
    lines = subprocess.run(listed, capture_output=True, text=True).stdout.splitlines()
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8").lower().replace("_", "-")
    assert len(lines) > 40
    for line in lines:
        assert f"\n{line.lower().replace('_', '-')} " in lock, line


@pytest.fixture
def bare() -> Iterator[tuple[dict[str, str], Path]]:
    """An environment in which there is no Python, and a folder that anybody may write."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o777)
        programs = folder / "bin"
        programs.mkdir()
        for tool in ("sh", "dirname", "grep", "cat", "ls", "tail"):
            (programs / tool).symlink_to(shutil.which(tool) or pytest.fail(f"no {tool} here"))
        yield {"PATH": str(programs)}, folder


def test_without_a_fitting_python_it_says_which_is_needed(
    bare: tuple[dict[str, str], Path],
) -> None:
    environment, folder = bare
    tree = copy_of_the_tree(folder)
    result = install(tree, str(folder / "venv"), environment=environment)
    assert result.returncode == 1
    assert "3.11 or newer is needed" in result.stderr
    assert "PYTHON=/path/to/python3.12 sh deploy/install.sh" in result.stderr
    assert not (folder / "venv").exists()


def test_a_tree_that_is_not_whole_is_told(bare: tuple[dict[str, str], Path]) -> None:
    environment, folder = bare
    tree = copy_of_the_tree(folder)
    (tree / "requirements.lock").unlink()
    result = install(tree, str(folder / "venv"), environment=environment)
    assert result.returncode == 1
    assert "it has no requirements.lock" in result.stderr


def test_a_folder_with_something_else_in_it_is_left_alone(
    bare: tuple[dict[str, str], Path],
) -> None:
    environment, folder = bare
    tree = copy_of_the_tree(folder)
    (folder / "letters").mkdir()
    (folder / "letters" / "one").touch()
    result = install(tree, "letters", environment=environment, cwd=folder)
    assert result.returncode == 1
    assert "was not made by this script" in result.stderr
    assert (folder / "letters" / "one").exists()


def test_an_environment_of_somebody_else_and_a_link_are_left_alone(
    bare: tuple[dict[str, str], Path],
) -> None:
    environment, folder = bare
    tree = copy_of_the_tree(folder)
    theirs = folder / "theirs"
    theirs.mkdir()
    (theirs / "pyvenv.cfg").touch()
    (folder / "link").symlink_to(theirs)
    for name, told in (("theirs", "was not made by this script"), ("link", "is a link")):
        result = install(tree, name, environment=environment, cwd=folder)
        assert result.returncode == 1
        assert told in result.stderr
    assert (theirs / "pyvenv.cfg").exists()


@pytest.mark.parametrize("arguments", [(), ("one", "two"), ("--help",)])
def test_it_says_what_it_wants_to_be_told(
    arguments: tuple[str, ...], bare: tuple[dict[str, str], Path]
) -> None:
    environment, folder = bare
    result = install(copy_of_the_tree(folder), *arguments, environment=environment)
    assert result.returncode == 1
    assert "one folder is needed" in result.stderr


def test_nothing_secret_and_nothing_of_the_tests_is_in_the_image() -> None:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert not {"!tests", "!.git", "!.venv", "!docs"} & set(lines)
    assert lines.index(".streamlit/secrets.toml") > lines.index("!.streamlit")
    assert all((ROOT / name).exists() for name in shipped())


def test_the_image_runs_as_somebody_without_rights_and_is_made_by_the_script() -> None:
    assert len(re.findall(r"^RUN ", DOCKERFILE, re.MULTILINE)) == 1
    assert re.search(r"^RUN .*\bsh deploy/install\.sh ", DOCKERFILE, re.MULTILINE)
    (user,) = re.findall(r"^USER (\d+):\d+$", DOCKERFILE, re.MULTILINE)
    assert int(user) >= 1000
    assert "/health'" in last_json("HEALTHCHECK")[-1]
