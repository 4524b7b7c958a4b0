"""Hostile data in every form: refused in a sentence, with little memory and in little time."""

from __future__ import annotations

import dataclasses
import gzip
import io
import json
import os
import struct
import time
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from model.data import datasets
from model.data.array_files import DataError
from model.data.forms.parts import Limits
from tests.support.own_data import csv, idx, pictures, some_digits, written, zipped

PAGE = Limits(max_bytes=64_000_000, most_files=2_000, most_pixels=30_000_000, most_points=100_000)
SECONDS = 20


def cases(n: int) -> settings:
    shared_folder = HealthCheck.function_scoped_fixture
    return settings(deadline=None, max_examples=n, suppress_health_check=[shared_folder])


def refused(path: Path, most_memory: int = 40_000_000, limits: Limits = PAGE) -> str:
    """Return why data was refused, after a look at what that cost."""
    begun = time.monotonic()
    tracemalloc.start()
    try:
        with pytest.raises(DataError) as caught:
            datasets.load(path, limits=limits)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < most_memory, f"{peak:,} bytes"
    assert time.monotonic() - begun < SECONDS
    said = str(caught.value)
    assert len(said) < 900
    return said


def read_or_refused(path: Path) -> None:
    try:
        data = datasets.load(path, limits=PAGE)
    except DataError as error:
        said = str(error)
    else:
        said = ""
        for split in (data.train, data.validation, data.test):
            assert split.images.shape[1:] == (28, 28)
            assert split.images.dtype == split.labels.dtype == np.uint8
            assert split.labels.max(initial=0) <= 9
    assert len(said) < 900


# CSV.


def test_a_line_without_an_end_is_read_no_further(tmp_path: Path) -> None:
    with gzip.open(tmp_path / "a.csv.gz", "wb") as file:
        for _ in range(100):
            file.write(b"0," * 500_000)
    assert (tmp_path / "a.csv.gz").stat().st_size < 200_000
    assert "line 1 has over 200,000 characters" in refused(tmp_path / "a.csv.gz", 2_000_000)


def test_lines_without_an_end_are_read_no_further(tmp_path: Path) -> None:
    with gzip.open(tmp_path / "a.csv.gz", "wb") as file:
        file.write(b"label," + b",".join(b"pixel%d" % i for i in range(784)) + b"\n")
        for _ in range(300):
            file.write(b"\n" * 1_000_000)
    assert "has more rows than are read" in refused(tmp_path / "a.csv.gz")


def test_a_million_columns_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("label," + ",".join(f"p{i}" for i in range(1_000_000)))
    assert "line 1 has over" in refused(tmp_path / "a.csv", 2_000_000)


@pytest.mark.slow
def test_very_many_rows_are_refused_before_they_fill_the_memory(tmp_path: Path) -> None:
    with gzip.open(tmp_path / "a.csv.gz", "wb") as file:
        rows = (b"1" + b",0" * 784 + b"\n") * 1_000
        for _ in range(12):
            file.write(rows)
    an_eighth = dataclasses.replace(PAGE, max_bytes=PAGE.max_bytes // 8)
    said = refused(tmp_path / "a.csv.gz", 120_000_000 // 8, an_eighth)
    assert "at most 10,204 are read" in said


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n\n\n",
        b"\0" * 1_000,
        b"label,pixel0\n",
        b"label,pixel0\n1e999,1\n",
        b"1,2\n3,nan\n",
        "label,pixel0\n٣,1\n".encode(),
        b"\xff\xfe1\x00,\x002\x00",
        b"=cmd|' /C calc'!A0,1\n",
        b"label;pixel0\n1;2,5\n",
        b"0x10,1\n",
    ],
)
def test_a_csv_that_is_none_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.csv").write_bytes(content)
    refused(tmp_path / "a.csv", 2_000_000)


@cases(150)
@given(st.binary(max_size=300) | st.text(alphabet='0123456789,;\n"e.-lab', max_size=300))
def test_any_csv_is_read_or_refused(tmp_path: Path, content: bytes | str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    read_or_refused(path)


# Zip archives.


def test_a_zip_bomb_of_one_file_is_read_no_further(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("3/a.png", "w", force_zip64=True) as file,
    ):
        for _ in range(200):
            file.write(bytes(1_000_000))
    assert "none of 1 pictures can be read" in refused(path)


def test_a_zip_of_very_many_files_is_refused_soon(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(3_000):
            archive.writestr(f"3/{number}.png", b"")
    assert "holds over 2,000 files" in refused(path, 5_000_000)


def test_a_zip_that_lies_about_its_directory_is_read_or_refused(tmp_path: Path) -> None:
    content = bytearray(zipped(tmp_path / "a.zip", pictures(slice(30))).read_bytes())
    end = content.rindex(b"PK\5\6")
    for offset, form in ((8, "<H"), (10, "<H"), (12, "<I"), (16, "<I")):
        for value in (0, 1, 0xFFFF if form == "<H" else 0xFFFFFFFF):
            spoilt = content.copy()
            struct.pack_into(form, spoilt, end + offset, value)
            (tmp_path / "b.zip").write_bytes(spoilt)
            read_or_refused(tmp_path / "b.zip")


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_zip_that_is_packed_too_well_is_not_unpacked(tmp_path: Path, method: int) -> None:
    path = zipped(tmp_path / "a.zip", {"train.csv": bytes(20_000_000)}, method)
    assert "packed in a way that is not read" in refused(path, 2_500_000)


def test_paths_in_a_zip_are_names_only_and_those_that_climb_are_left_alone(tmp_path: Path) -> None:
    files = {f"../../{name}": content for name, content in pictures(slice(60)).items()}
    files |= {f"/etc/{name}": content for name, content in pictures(slice(60, 90)).items()}
    (tmp_path / "deep").mkdir()
    path = zipped(tmp_path / "deep" / "a.zip", files)
    before = sorted(tmp_path.rglob("*"))
    own = datasets.load(path).own
    assert own is not None
    assert own.n == 30
    assert sorted(tmp_path.rglob("*")) == before


def test_an_archive_in_an_archive_is_not_opened(tmp_path: Path) -> None:
    inner = zipped(tmp_path / "inner.zip", pictures(slice(30))).read_bytes()
    path = zipped(tmp_path / "a.zip", {"inner.zip": inner})
    assert "there is: inner.zip" in refused(path)


@cases(100)
@given(st.data())
def test_any_damaged_zip_is_read_or_refused(tmp_path: Path, data: st.DataObject) -> None:
    whole = zipped(tmp_path / "a.zip", pictures(slice(12))).read_bytes()
    place = data.draw(st.integers(0, len(whole) - 1))
    change = data.draw(st.binary(min_size=1, max_size=6))
    (tmp_path / "a.zip").write_bytes(whole[:place] + change + whole[place + len(change) :])
    read_or_refused(tmp_path / "a.zip")


# Folders.


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret.png").write_bytes(b"secret")
    folder = written(tmp_path / "mine", pictures(slice(30)))
    (folder / "3" / "link.png").symlink_to(tmp_path / "secret.png")
    assert "is a link that leads out of the folder" in refused(folder)


def test_a_link_to_a_folder_outside_is_refused_and_one_in_a_circle_is_not_followed(
    tmp_path: Path,
) -> None:
    folder = written(tmp_path / "mine", pictures(slice(30)))
    (folder / "circle").symlink_to(folder)
    own = datasets.load(folder).own
    assert own is not None
    assert own.n == 30
    (folder / "4" / "out").symlink_to(tmp_path)
    assert "is a link that leads out of the folder" in refused(folder)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_in_the_folder_is_not_waited_for(tmp_path: Path) -> None:
    folder = written(tmp_path, pictures(slice(30)))
    os.mkfifo(folder / "3" / "pipe.png")
    own = datasets.load(folder).own
    assert own is not None
    assert (own.n, own.n_left_out) == (30, 0)


def test_a_folder_of_very_many_files_is_refused_soon(tmp_path: Path) -> None:
    for number in range(2_001):
        (tmp_path / f"{number}.png").touch()
    assert "holds over 2,000 files" in refused(tmp_path)


# Pictures.


def bomb(side: int) -> bytes:
    content = io.BytesIO()
    Image.new("1", (side, side)).save(content, "PNG")
    return content.getvalue()


def test_pictures_of_huge_dimensions_are_left_out_undecoded(tmp_path: Path) -> None:
    folder = written(tmp_path, pictures(slice(30)) | {"3/huge.png": bomb(8_000)})
    tracemalloc.start()
    own = datasets.load(folder).own
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert own is not None
    assert (own.n, own.n_left_out) == (30, 1)
    assert own.left_out[0] == ("3/huge.png", "too_large")
    assert peak < 20_000_000


def test_many_large_pictures_are_decoded_up_to_a_limit(tmp_path: Path) -> None:
    large = {f"3/{i}.png": bomb(3_000) for i in range(12)}  # 9 million pixels each
    folder = written(tmp_path, large)
    begun = time.monotonic()
    own = datasets.load(folder, limits=PAGE).own
    assert own is not None
    assert time.monotonic() - begun < SECONDS
    assert {file.why for file in own.left_out} == {"too_many"}
    assert own.n < 12


@cases(150)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["0/a.png", "3/b.jpg", "x/9/c.gif", "4/d.bmp", "5/e.webp"]),
            st.sampled_from(
                [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", b"\xff\xd8\xff", b"GIF89a", b"BM", b""]
            ),
            st.binary(max_size=200),
        ),
        max_size=4,
    )
)
def test_any_pictures_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, files: list[tuple[str, bytes, bytes]]
) -> None:
    folder = tmp_path_factory.mktemp("pictures")
    written(folder, {name: start + rest for name, start, rest in files})
    read_or_refused(folder)


# Arrays.


def npy(shape: tuple[int, ...], descr: str, content: bytes = b"", fortran: bool = False) -> bytes:
    header = repr({"descr": descr, "fortran_order": fortran, "shape": shape}).encode()
    return b"\x93NUMPY\x01\0" + struct.pack("<H", len(header)) + header + content


def test_a_pickle_in_an_array_is_not_unpickled(tmp_path: Path) -> None:
    opened = tmp_path / "opened"
    attack = b"cos\nsystem\n(S'touch " + str(opened).encode() + b"'\ntR."
    written(
        tmp_path,
        {"x_train.npy": npy((1,), "|O", attack), "y_train.npy": npy((1,), "|O", attack)},
    )
    assert "holds Python objects, which are not unpickled" in refused(tmp_path)
    assert not opened.exists()


@pytest.mark.parametrize(
    ("shape", "descr", "fortran"),
    [
        ((10**12, 28, 28), "|u1", False),
        ((100_000, 28, 28), "|u1", False),
        ((10**7, 784), "<f8", False),
        ((70_000, 784), "<f4", True),
        ((3, 10**6, 10**6), "|u1", False),
        ((3, 2_000, 2_000_000), "|u1", False),
        ((5, 28, 28), "<U1000000", False),
    ],
)
def test_arrays_are_refused_by_what_they_declare(
    tmp_path: Path, shape: tuple[int, ...], descr: str, fortran: bool
) -> None:
    labels = npy((shape[0],), "|u1", b"")
    written(tmp_path, {"x.npy": npy(shape, descr, b"", fortran), "y.npy": labels})
    refused(tmp_path, 5_000_000)


@cases(200)
@given(
    st.lists(st.integers(-1, 2**40) | st.sampled_from([0, 1, 10, 28]), max_size=4).map(tuple),
    st.lists(st.integers(-1, 12) | st.sampled_from([2**40]), max_size=3).map(tuple),
    st.sampled_from(["|u1", "<i8", ">f8", "|O", "|b1", "<U9", "|V8", "<M8[s]", "x", "|S0", "<c16"]),
    st.sampled_from(["|u1", "<f4", "|S1", "<U1", "|O"]),
    st.booleans(),
    st.binary(max_size=900),
)
def test_any_two_arrays_are_read_or_refused(
    tmp_path: Path,
    shape: tuple[int, ...],
    label_shape: tuple[int, ...],
    descr: str,
    label_descr: str,
    fortran: bool,
    content: bytes,
) -> None:
    written(
        tmp_path,
        {
            "x.npy": npy(shape, descr, content, fortran),
            "y.npy": npy(label_shape, label_descr, content),
        },
    )
    read_or_refused(tmp_path)


# IDX and strokes.


def test_a_bomb_of_idx_is_read_no_further(tmp_path: Path) -> None:
    with gzip.open(tmp_path / "emnist-digits-train-images-idx3-ubyte.gz", "wb") as file:
        file.write(idx(some_digits()[0]))
        for _ in range(100):
            file.write(bytes(1_000_000))
    written(tmp_path, {"emnist-digits-train-labels-idx1-ubyte": idx(some_digits()[1])})
    assert "is too long" in refused(tmp_path, 5_000_000)


def test_idx_of_huge_pictures_is_refused(tmp_path: Path) -> None:
    images = bytes((0, 0, 8, 3)) + struct.pack(">3I", 2, 5_000, 5_000) + bytes(50_000_000)
    with gzip.open(tmp_path / "train-images-idx3-ubyte.gz", "wb", 1) as file:
        file.write(images)
    written(tmp_path, {"train-labels-idx1-ubyte": idx(some_digits()[1][:2])})
    assert "sides of 4 to 2,048 pixels" in refused(tmp_path, 120_000_000)


def test_strokes_of_very_many_points_are_refused(tmp_path: Path) -> None:
    line = json.dumps({"label": 3, "strokes": [[[i % 280, i % 77] for i in range(30_000)]]})
    with gzip.open(tmp_path / "a.jsonl.gz", "wt") as file:
        file.write(f"{line}\n" * 200)
    assert "has over 100,000 points" in refused(tmp_path / "a.jsonl.gz")


def test_strokes_without_an_end_are_read_no_further(tmp_path: Path) -> None:
    with gzip.open(tmp_path / "a.jsonl.gz", "wb") as file:
        for _ in range(100):
            file.write(b"[" * 1_000_000)
    assert "a line of over 1,000,000 characters" in refused(tmp_path / "a.jsonl.gz")


@cases(100)
@given(
    st.dictionaries(
        st.sampled_from(
            [
                "train-images-idx3-ubyte",
                "train-labels-idx1-ubyte",
                "t10k-images.idx3-ubyte.gz",
                "a.npz",
                "x.npy",
                "y.npy",
                "a.csv",
                "a.csv.gz",
                "a.jsonl",
                "3/a.png",
                "a.zip",
            ]
        ),
        st.binary(max_size=80)
        | st.sampled_from(
            [
                idx(some_digits()[0][:3]),
                idx(some_digits()[1][:3]),
                csv(n=slice(3)).encode(),
            ]
        ),
        max_size=4,
    )
)
def test_any_folder_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, files: dict[str, bytes]
) -> None:
    read_or_refused(written(tmp_path_factory.mktemp("any"), files))
