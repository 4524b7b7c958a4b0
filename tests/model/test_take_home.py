"""The files that are taken home: strokes that are read again, a zip that is always the same."""

from __future__ import annotations

import io
import json
import zipfile

import numpy as np

from model import take_home
from model.data import strokes
from model.take_home import Cell

LINE = np.array([[10, 20], [30.04, 40]], np.float32)
DOT = np.array([[5, 5]], np.float32)


def test_strokes_are_lines_that_the_program_reads_and_say_whose_row_they_are() -> None:
    lines = take_home.as_jsonl([(), (LINE, DOT)], [3, 7])
    (written,) = strokes.parsed(io.StringIO(lines), "lines")
    assert written.label == 7
    assert written.strokes == ([(10, 20), (30, 40)], [(5, 5)])
    assert json.loads(lines)["row"] == 1


def test_strokes_of_which_nobody_knows_the_digit_have_no_label() -> None:
    assert "label" not in json.loads(take_home.as_jsonl([(DOT,)], None))


def test_the_same_files_make_the_same_zip_in_a_folder() -> None:
    files = {"a.txt": b"a", "b.npz": take_home.as_npz({"x": LINE})}
    first, second = (take_home.as_zip(files, "folder") for _ in range(2))
    assert first == second
    archive = zipfile.ZipFile(io.BytesIO(first))
    assert archive.namelist() == ["folder/a.txt", "folder/b.npz"]
    with np.load(io.BytesIO(archive.read("folder/b.npz"))) as arrays:
        assert (arrays["x"] == LINE).all()


def test_a_notebook_has_what_its_format_asks_of_each_cell() -> None:
    book = json.loads(take_home.as_notebook([Cell("markdown", "# ü"), Cell("code", "x = 1\nx")]))
    assert (book["nbformat"], book["nbformat_minor"]) == (4, 4)
    text, code = book["cells"]
    assert text == {"cell_type": "markdown", "metadata": {}, "source": ["# ü"]}
    assert code["source"] == ["x = 1\n", "x"]
    assert (code["execution_count"], code["outputs"]) == (None, [])
