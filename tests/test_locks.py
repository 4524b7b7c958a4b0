"""The locks: all that is installed, by version and hashes, for every system."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support.paths import ROOT

LOCKS = ("requirements.lock", "requirements-dev.lock")
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")
SYSTEMS = (
    *(("linux", "Linux", "posix", machine) for machine in ("x86_64", "aarch64")),
    *(("darwin", "Darwin", "posix", machine) for machine in ("x86_64", "arm64")),
    ("win32", "Windows", "nt", "AMD64"),
)
MACHINES = [
    {
        "python_version": python,
        "python_full_version": f"{python}.0",
        "sys_platform": sys_platform,
        "platform_system": platform_system,
        "os_name": os_name,
        "platform_machine": machine,
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
        "extra": "",
    }
    for python, (sys_platform, platform_system, os_name, machine) in itertools.product(
        ("3.11", "3.12", "3.13", "3.14"), SYSTEMS
    )
]
"""What a marker may ask of a machine, for each kind that requirements.txt has a line for."""


@dataclass(frozen=True)
class Entry:
    """A package that a file pins."""

    requirement: Requirement
    hashes: tuple[str, ...]

    @property
    def name(self) -> str:
        return canonicalize_name(self.requirement.name)

    def is_for(self, machine: dict[str, str]) -> bool:
        marker = self.requirement.marker
        return marker is None or marker.evaluate(machine)


def entries(name: str) -> list[Entry]:
    """Return what a requirements file or a lock pins; -r and comments are left out."""
    text = (ROOT / name).read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [re.split(r"(?:^|\s)#", line)[0].strip() for line in text.splitlines()]
    return [
        Entry(Requirement(line.partition(" --hash=")[0]), tuple(HASH.findall(line)))
        for line in lines
        if line and not line.startswith("-")
    ]


def installed_on(machine: dict[str, str], name: str) -> dict[str, str]:
    """Return the versions that a file brings to a machine."""
    return {
        each.name: str(each.requirement.specifier) for each in entries(name) if each.is_for(machine)
    }


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_of_a_lock_has_one_version_and_its_hashes(lock: str) -> None:
    for each in entries(lock):
        assert re.fullmatch(r"==[\w.]+", str(each.requirement.specifier)), each
        assert each.requirement.url is None, each
        assert each.hashes, each


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_place_to_get_packages_from(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    options = re.findall(r"(?:^|\s)(--?[a-z][\w-]*)", text, re.MULTILINE)
    assert set(options) <= {"--hash", "-r", "-c"}  # two of them in comments: who asked for it
    assert re.findall(r"://|@|\b[\w-]+\.(?:org|com|io|net|dev)\b", text) == []


@pytest.mark.parametrize("machine", MACHINES, ids=lambda each: "-".join(list(each.values())[::2]))
@pytest.mark.parametrize(
    ("file", "lock"),
    [
        ("requirements.txt", "requirements.lock"),
        ("requirements.txt", "requirements-dev.lock"),
        ("requirements-dev.txt", "requirements-dev.lock"),
        ("requirements.lock", "requirements-dev.lock"),
    ],
)
def test_what_is_pinned_is_locked_for_each_machine(
    file: str, lock: str, machine: dict[str, str]
) -> None:
    pinned, locked = installed_on(machine, file), installed_on(machine, lock)
    assert pinned.items() <= locked.items(), f"{lock} is not that of {file}: run `make lock`"


def test_each_machine_gets_the_tensorflow_that_is_pinned_for_it_and_no_other() -> None:
    for machine in MACHINES:
        pinned, locked = (
            {each: v for each, v in installed_on(machine, name).items() if "tensorflow" in each}
            for name in ("requirements.txt", "requirements.lock")
        )
        assert locked == pinned, machine
        assert len(locked) == (machine["python_version"] != "3.14")
