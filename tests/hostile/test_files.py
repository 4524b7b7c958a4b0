"""Files from strangers: read, or refused in a sentence, with little memory and in little time."""

from __future__ import annotations

import io
import json
import struct
import subprocess
import sys
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from safetensors.numpy import save as save_tensors

from model.classifier.checkpoint import Checkpoint, CheckpointError, from_bytes
from model.classifier.prediction import read
from model.data import datasets, strokes
from model.data.array_files import DataError
from model.data.forms.parts import Limits
from model.data.strokes import StrokesError
from model.explanation.counterfactual import counterfactual
from model.explanation.evidence import contrast, evidence
from model.preprocessing.ink import PictureError, ink_from_upload
from tests.support.paths import ROOT
from tests.support.pictures import file, likeness, on_paper
from tests.support.specimens import drawn, made_up, sample_digits
from ui.elements import charts, pixels, wording

INK = drawn(sample_digits()[3])
PAPER = on_paper(INK)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=10,
)


def cases(n: int) -> settings:
    """So many made-up cases, each taking what time it takes and sharing the test's folder."""
    shared_folder = HealthCheck.function_scoped_fixture
    return settings(deadline=None, max_examples=n, suppress_health_check=[shared_folder])


def is_short(error: Exception) -> None:
    assert len(str(error)) < 300


# Pictures.


def read_or_refused(content: bytes) -> bool:
    try:
        ink = ink_from_upload(content)
    except PictureError as error:
        is_short(error)
        return False
    assert max(ink.shape) <= 512
    assert 0 <= ink.min() <= ink.max() <= 1
    return True


def zip_of(name: str, content: bytes) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as writer:
        writer.writestr(name, content)
    return archive.getvalue()


POLYGLOTS = {
    "PNG and zip": file(PAPER) + zip_of("a.class", b"\xca\xfe\xba\xbe"),
    "JPEG and zip": file(PAPER, "JPEG") + zip_of("a.html", b"<script>"),
    "JPEG and page": file(PAPER, "JPEG", comment=b"<script>alert(1)</script>")
    + b"<html><script>alert(1)</script>",
    "WebP and page": file(PAPER, "WEBP") + b"<html><script>alert(1)</script>",
}


@pytest.mark.parametrize("content", POLYGLOTS.values(), ids=POLYGLOTS.keys())
def test_what_hangs_behind_a_picture_is_not_looked_at(content: bytes) -> None:
    assert likeness(ink_from_upload(content), INK) > 0.985


@pytest.mark.parametrize(
    "content",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'>" + bytes(100),
        b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "cc">]><svg>&b;</svg>',
        b"GIF89a/*" + bytes(100) + b"*/=1;alert(1)",
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
        zip_of("digit.png", file(PAPER)),
    ],
    ids=["SVG", "SVG with entities", "GIF and script", "PostScript", "zipped PNG"],
)
def test_another_format_is_refused_whatever_it_pretends_to_be(content: bytes) -> None:
    assert not read_or_refused(content)


def test_a_gif_that_is_an_archive_as_well_is_no_more_than_a_picture() -> None:
    gifar = file(PAPER, "GIF") + zip_of("a.class", b"\xca\xfe\xba\xbe")
    assert likeness(ink_from_upload(gifar), INK) > 0.985


def exif_block(*entries: tuple[int, int, int, int], after: int = 0) -> bytes:
    """Return a TIFF directory of (tag, type, count, value or place), and where the next one is."""
    body = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    end = struct.pack("<I", after)
    return b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<H", len(entries)) + body + end


SHORT, TEXT, RATIONAL, UNDEFINED = 3, 2, 5, 7


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("kind", "count", "value"),
    [
        (SHORT, 1, 0),
        (SHORT, 1, 9),
        (SHORT, 1, 65_535),
        (SHORT, 0, 6),
        (TEXT, 2, ord("6")),
        (RATIONAL, 1, 0),
        (UNDEFINED, 1, 6),
        (99, 1, 6),
    ],
)
@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
def test_an_orientation_that_does_not_exist_turns_nothing(
    format: str, kind: int, count: int, value: int
) -> None:
    exif = exif_block((0x0112, kind, count, value))
    content = file(PAPER.convert("RGB"), format, exif=exif)
    assert likeness(ink_from_upload(content), INK) > 0.985


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "exif",
    [
        exif_block((0x0112, 3, 1, 1), after=8),
        exif_block((0x8769, 4, 1, 8)),
        exif_block((0x8769, 4, 1, 8), (0x8825, 4, 1, 8), (0xA005, 4, 1, 8)),
        exif_block((0x0112, 3, 2**32 - 1, 8)),
        exif_block((0x0112, 7, 2**31, 2**31)),
        exif_block(*[(0x0112, 2, 60_000, 0)] * 5_000),
        exif_block((0x0112, 3, 1, 6))[:-6],
        b"Exif\0\0" + b"MM\0*" * 15_000,
    ],
    ids=["its own next", "cycle", "cycles", "huge", "far away", "many", "cut off", "noise"],
)
def test_a_crooked_exif_block_costs_no_time(exif: bytes) -> None:
    assert likeness(ink_from_upload(file(PAPER, "JPEG", exif=exif)), INK) > 0.985


@pytest.mark.filterwarnings("ignore")
@cases(250)
@given(st.binary(max_size=200), st.sampled_from([b"Exif\0\0II*\0\x08\0\0\0", b"Exif\0\0MM", b""]))
def test_any_exif_block_leaves_the_picture_alone(block: bytes, start: bytes) -> None:
    small = PAPER.resize((70, 70))
    assert read_or_refused(file(small, "JPEG", exif=start + block))


@cases(250)
@given(
    st.sampled_from([b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", b"\xff\xd8\xff\xe0", b"RIFF\xff\0\0\0WEBP"]),
    st.binary(max_size=300),
)
def test_any_bytes_behind_a_pictures_beginning_are_refused(start: bytes, rest: bytes) -> None:
    read_or_refused(start + rest)


@pytest.mark.parametrize("mode", ["L", "I;16", "RGB", "RGBA", "P", "1", "LA"])
def test_a_large_picture_in_any_mode_is_read(mode: str) -> None:
    large = PAPER.resize((2_500, 2_500))
    image = (
        Image.fromarray(np.asarray(large, np.uint16) * 257)
        if mode == "I;16"
        else large.convert(mode)
    )
    assert likeness(ink_from_upload(file(image)), INK) > 0.985


def test_a_jpeg_that_is_painted_over_and_over_is_refused() -> None:
    content = file(Image.new("L", (3_000, 3_000), 128), "JPEG", progressive=True)
    last_scan = content[content.rindex(b"\xff\xda") : -2]
    assert read_or_refused(content)
    with pytest.raises(PictureError, match="the JPEG has more than 100 scans"):
        ink_from_upload(content[:-2] + last_scan * 50_000 + content[-2:])


THREE_PICTURES = """
import resource, sys, threading
from model.preprocessing.ink import ink_from_upload
content = sys.stdin.buffer.read()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
threads = [threading.Thread(target=ink_from_upload, args=[content]) for _ in range(3)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_three_large_pictures_at_once_take_the_memory_of_one() -> None:
    content = file(Image.new("RGBA", (5_000, 5_000)), compress_level=1)
    result = subprocess.run(
        [sys.executable, "-c", THREE_PICTURES], cwd=ROOT, input=content, capture_output=True
    )
    assert result.returncode == 0, result.stderr.decode()
    assert int(result.stdout) < 160_000  # kB; one has 100 MB


# Checkpoints.

GOOD = made_up()
TENSORS = {
    "weights": GOOD.model.weights,
    "bias": GOOD.model.bias,
    "prototypes": GOOD.reject_rule.prototypes,
}
PAPERS: dict[str, str] = json.loads(
    GOOD.to_bytes()[8 : 8 + int.from_bytes(GOOD.to_bytes()[:8], "little")]
)["__metadata__"]


def taken(content: bytes) -> Checkpoint | None:
    try:
        return from_bytes(content)
    except CheckpointError as error:
        is_short(error)
        return None


def shown(checkpoint: Checkpoint) -> None:
    """Do with a model what the page does with it; a warning of NumPy's is an error."""
    reading = read(checkpoint, INK)
    assert reading is not None
    assert abs(reading.probabilities.sum() - 1) < 1e-3
    first, second = np.argsort(-reading.probabilities, kind="stable")[:2]
    for why in (
        evidence(checkpoint.model, reading.picture, int(first)),
        contrast(checkpoint.model, reading.picture, int(first), int(second)),
    ):
        assert len(wording.evidence(why)) < 2_000
    found = counterfactual(checkpoint.model, reading.picture.ravel(), int(second))
    assert len(wording.change(found)) < 2_000
    charts.coverage_chart(
        np.array(checkpoint.reject_rule.curve), checkpoint.reject_rule.min_probability
    )
    pixels.diverging(checkpoint.model.weights.T, 1.0)


def papers(**changed: Any) -> bytes:
    texts = {key: json.dumps(value) for key, value in changed.items()}
    return bytes(save_tensors(TENSORS, PAPERS | texts))


@cases(350)
@given(st.sampled_from(["config", "data", "reject_rule", "measured"]), JSON)
def test_any_paper_is_taken_or_refused(paper: str, said: Any) -> None:
    taken(papers(**{paper: said}))


NUMBERS = st.floats() | st.integers() | st.floats(0, 1) | st.none() | st.text(max_size=4)


@cases(350)
@given(st.lists(st.lists(NUMBERS, max_size=4), max_size=3), NUMBERS, NUMBERS, NUMBERS, NUMBERS)
def test_papers_of_the_right_form_have_numbers_that_can_be_shown(
    curve: list[list[Any]], familiarity: Any, least: Any, accuracy: Any, n_steps: Any
) -> None:
    rule = {"distance_weight": 1, "min_familiarity": familiarity, "min_probability": least}
    rule |= {"curve": curve}
    measured = {"test_accuracy": accuracy, "n_steps": n_steps}
    found = taken(papers(reject_rule=rule, measured=measured))
    if found is not None:
        assert len(found.reject_rule.curve) > 0
        assert 0 <= found.reject_rule.min_probability <= 1
        assert 0 <= found.measured["test_accuracy"] <= 1
        assert 0 <= found.measured["n_steps"] <= 100_000


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        (
            {"reject_rule": {"max_distance": 5, "min_probability": 0.5, "curve": []}},
            "has no points",
        ),
        (
            {"reject_rule": {"max_distance": 5, "min_probability": 1e308, "curve": [[0, 1, 1]]}},
            "a share",
        ),
        (
            {"reject_rule": {"max_distance": 5, "min_probability": 0.5, "curve": [[0, 1, 9]]}},
            "a share",
        ),
        ({"measured": {"test_accuracy": 1e300}}, r"a share from 0 to 1, got 1e\+300"),
        ({"measured": {"n_steps": 1e300}}, r"n_steps must be from 0 to 100000, got 1e\+300"),
    ],
)
def test_numbers_that_the_page_could_not_show_are_refused(
    changed: dict[str, Any], fault: str
) -> None:
    with pytest.raises(CheckpointError, match=fault):
        from_bytes(papers(**changed))


@cases(250)
@given(
    st.recursive(
        JSON | st.just({"dtype": "F32", "shape": [784, 10], "data_offsets": [0, 31_360]}),
        lambda inner: st.dictionaries(
            st.sampled_from(["weights", "bias", "prototypes", "__metadata__", "x"]),
            inner,
            max_size=4,
        ),
        max_leaves=6,
    ),
    st.binary(max_size=50),
)
def test_any_header_is_refused(header: Any, rest: bytes) -> None:
    text = json.dumps(header).encode()
    assert taken(struct.pack("<Q", len(text)) + text + rest) is None


@pytest.mark.filterwarnings("error::RuntimeWarning")
@cases(40)
@given(
    st.sampled_from([0.0, 1e-30, 1.0, 1e4, 1e15, 1e30]),
    st.sampled_from([0.0, 1.0, 1e30]),
    st.integers(0, 255),
    st.integers(0, 9),
)
def test_a_model_with_any_numbers_can_be_asked_and_explained(
    weight: float, bias: float, prototypes: int, seed: int
) -> None:
    signs = np.random.default_rng(seed).choice([-1.0, 0.0, 1.0], (784, 10))
    content = save_tensors(
        {
            "weights": (signs * weight).astype(np.float32),
            "bias": (signs[0] * bias).astype(np.float32),
            "prototypes": np.full_like(GOOD.reject_rule.prototypes, prototypes),
        },
        PAPERS,
    )
    shown(from_bytes(content))


# Strokes.


@cases(250)
@given(
    st.lists(
        st.one_of(
            JSON.map(json.dumps),
            st.text(max_size=30),
            st.fixed_dictionaries({"label": JSON, "strokes": JSON}).map(json.dumps),
            st.builds(
                lambda label, traces: json.dumps({"label": label, "strokes": traces}),
                st.integers(-1, 10),
                st.lists(
                    st.lists(st.lists(st.floats() | st.integers(), min_size=1, max_size=3)),
                    max_size=3,
                ),
            ),
        ),
        max_size=3,
    )
)
def test_any_file_of_strokes_is_drawn_or_refused(tmp_path: Path, lines: list[str]) -> None:
    path = tmp_path / "digits.jsonl"
    path.write_bytes("\n".join(lines).encode("utf-8", "surrogatepass"))
    try:
        for ink in strokes.canvas_drawings(strokes.read(path)):
            assert ink.shape == (280, 280)
    except StrokesError as error:
        is_short(error)


# Arrays.

KEYS = ("x_train", "y_train", "x_test", "y_test")


def npy(shape: tuple[int, ...], descr: str, content: bytes = b"") -> bytes:
    header = repr({"descr": descr, "fortran_order": False, "shape": shape}).encode()
    return b"\x93NUMPY\x01\0" + struct.pack("<H", len(header)) + header + content


def npz(path: Path, method: int, **arrays: bytes) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in arrays.items():
            archive.writestr(f"{name}.npy", content)
    return path


def refused_within(path: Path, most_memory: int, **limits: int) -> str:
    """Return why data was refused, after a look at what that cost."""
    tracemalloc.start()
    with pytest.raises(DataError) as caught:
        datasets.load(path, limits=Limits(**limits))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < most_memory
    return str(caught.value)


def test_an_npz_bomb_is_refused_by_what_it_declares(tmp_path: Path) -> None:
    pictures = npy((82_000, 28, 28), "|u1", bytes(82_000 * 784))
    labels = npy((82_000,), "|u1", bytes(82_000))
    path = npz(tmp_path / "bomb.npz", zipfile.ZIP_DEFLATED, x_train=pictures, y_train=labels)
    assert path.stat().st_size < 100_000
    assert "at most 64,000,000 bytes" in refused_within(path, 5_000_000, max_bytes=64_000_000)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_an_npz_that_is_packed_too_well_is_refused_unopened(tmp_path: Path, method: int) -> None:
    content = npy((3, 28, 28), "|u1", bytes(20_000_000))
    path = npz(tmp_path / "bomb.npz", method, x_train=content)
    assert "packed in a way" in refused_within(path, 1_000_000)


def test_an_npz_that_holds_more_than_it_declares_is_read_no_further(tmp_path: Path) -> None:
    content = npy((3,), "|u1", bytes(20_000_000))
    path = npz(tmp_path / "long.npz", zipfile.ZIP_DEFLATED, **dict.fromkeys(KEYS, content))
    refused_within(path, 5_000_000)


def test_an_idx_file_is_refused_by_what_it_declares(tmp_path: Path) -> None:
    for name in datasets.mnist_files.IDX_NAMES:
        n_axes = datasets.mnist_files.n_axes(name)
        shape = (100_000, 28, 28)[:n_axes]
        header = bytes((0, 0, 8, n_axes)) + struct.pack(f">{n_axes}I", *shape)
        (tmp_path / name).write_bytes(header)
    said = refused_within(tmp_path, 5_000_000, max_bytes=64_000_000)
    assert "declares 78,400,000 bytes of data, at most 64,000,000 are read" in said


def test_an_archive_of_very_many_files_is_refused_soon(tmp_path: Path) -> None:
    path = tmp_path / "many.npz"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(3_000):
            archive.writestr(str(number), b"")
    assert len(refused_within(path, 50_000_000)) < 400


@cases(200)
@given(
    st.lists(st.integers(-1, 2**40) | st.sampled_from([0, 1, 28]), max_size=4).map(tuple),
    st.sampled_from(["|u1", "<i8", ">f8", "|O", "|b1", "<U9", "|V8", "<M8[s]", "x", "|S0", "<c16"]),
    st.binary(max_size=64),
)
def test_any_array_is_read_or_refused(
    tmp_path: Path, shape: tuple[int, ...], descr: str, content: bytes
) -> None:
    array = npy(shape, descr, content)
    path = npz(tmp_path / "x.npz", zipfile.ZIP_STORED, **dict.fromkeys(KEYS, array))
    with pytest.raises(DataError) as caught:
        datasets.load(path)
    assert len(str(caught.value)) < 600
