"""The panel for own data, without a browser: every form is taken, said back, and can be turned."""

from __future__ import annotations

import gzip
import html
import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from model.data import datasets
from tests.support.own_data import csv, idx, pictures, some_digits, zipped
from tests.support.paths import SAMPLES
from ui.server import own_files

Files = list[tuple[str, bytes, str]]


@pytest.fixture(autouse=True)
def cleared() -> Iterator[None]:
    """What is uploaded goes with the test."""
    yield
    own_files.remove()


def view() -> None:
    import streamlit as st

    from ui.panels import own_data

    own_data.chooser()
    st.text(own_data.path() or "nothing to train on")


def shown(*files: tuple[str, bytes]) -> AppTest:
    page = AppTest.from_function(view, default_timeout=60).run()
    page.file_uploader[0].set_value([(*file, "application/octet-stream") for file in files])
    page.run()
    assert not page.exception, page.exception
    return page


def said(page: AppTest) -> str:
    return "\n".join(html.unescape(element.proto.body) for element in page.get("html"))


def npz(**arrays: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def archive(folder: Path) -> bytes:
    return zipped(folder / "a.zip", pictures()).read_bytes()


FORMS = {
    "csv": lambda folder: [("train (1).csv", csv().encode())],
    "csv.gz": lambda folder: [("train.csv.gz", gzip.compress(csv().encode()))],
    "zip of pictures": lambda folder: [("Meine Ziffern.zip", archive(folder))],
    "npz": lambda folder: [("a.npz", npz(X=some_digits()[0], y=some_digits()[1]))],
    "npy": lambda folder: [
        ("x_train.npy", npy(some_digits()[0])),
        ("y_train.npy", npy(some_digits()[1])),
    ],
    "idx": lambda folder: [
        ("train-images-idx3-ubyte (1).gz", gzip.compress(idx(some_digits()[0]))),
        ("train-labels-idx1-ubyte (1).gz", gzip.compress(idx(some_digits()[1]))),
    ],
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_taken_and_said_back(tmp_path: Path, form: str) -> None:
    page = shown(*FORMS[form](tmp_path))
    assert (
        "120 pictures, 28 × 28, white on black, digits 0 to 9. A sixth of them is kept for the test"
        in said(page)
    )
    assert said(page).count("<figure>") == 12
    assert not page.toggle
    data = datasets.load(page.text[0].value)
    assert (len(data.train), len(data.validation), len(data.test)) == (90, 10, 20)


def test_strokes_are_taken() -> None:
    page = shown(("drawn.jsonl", SAMPLES.read_bytes()))
    assert "10 pictures, 280 × 280, white on black, digits 0 to 9." in said(page)


def test_pictures_that_lie_otherwise_are_offered_to_be_turned() -> None:
    images, labels = some_digits()
    page = shown(("a.npz", npz(X=255 - images.transpose(0, 2, 1), y=labels)))
    assert (
        "Your pictures seem to be transposed, rows and columns exchanged, and black on white"
        in said(page)
    )
    as_they_came = datasets.load(page.text[0].value)
    page.toggle[0].set_value(True).run()
    assert not page.exception, page.exception
    turned = datasets.load(page.text[0].value)
    assert turned.own is not None
    assert not turned.own.dark_on_light
    np.testing.assert_array_equal(
        turned.test.images, 255 - as_they_came.test.images.transpose(0, 2, 1)
    )


def test_digits_that_are_not_there_are_named() -> None:
    images, labels = some_digits()
    kept = labels > 1
    page = shown(("a.npz", npz(X=images[kept], y=labels[kept])))
    assert "digits 2 to 9" in said(page)
    assert "There is no 0 or 1, so the model will doubt such a digit." in said(page)


def test_what_was_left_out_is_named_as_text(tmp_path: Path) -> None:
    files = pictures() | {"3/<b>.png": b"nothing"}
    page = shown(("a.zip", zipped(tmp_path / "a.zip", files).read_bytes()))
    assert "1 left out, such as 3/<b>.png, which is not a picture that can" in said(page)
    assert "<b>" not in "".join(element.proto.body for element in page.get("html"))


def both_views() -> None:
    import streamlit as st

    from ui.panels import own_data
    from ui.panels.measured_on import measured_on

    if st.checkbox("Train", value=True):
        own_data.chooser()
    else:
        chosen = measured_on()
        assert chosen is not None
        st.text(f"{chosen.source} {len(chosen.test)} {chosen.test.images[:, 0].max()}")


def test_the_test_part_is_measured_on_in_another_view_as_it_was_turned() -> None:
    images, labels = some_digits()
    page = AppTest.from_function(both_views, default_timeout=60).run()
    content = npz(X=255 - images, y=labels)
    page.file_uploader[0].set_value([("a.npz", content, "application/zip")]).run()
    page.toggle[0].set_value(True).run()
    page.checkbox[0].set_value(False).run()
    page.segmented_control(key="tested").set_value("own").run()
    assert not page.exception, page.exception
    assert page.text[0].value == "own 20 0"


def test_files_that_cannot_be_used_say_why_and_name_no_place_of_the_server() -> None:
    page = shown(("a.mat", b"MATLAB"))
    assert "These files cannot be trained on: …/uploaded/a.mat: holds no data in a form" in said(
        page
    )
    assert page.text[0].value == "nothing to train on"


def test_other_files_take_the_place_of_bad_ones() -> None:
    page = shown(("a.csv", b"label\n"))
    page.file_uploader[0].set_value([("b.csv", csv().encode(), "text/csv")]).run()
    assert "120 pictures" in said(page)
    assert page.text[0].value.endswith("b.npz")
