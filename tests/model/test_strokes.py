"""Pen strokes drawn by the measuring protocol, and files of them from anybody."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from model.data.strokes import CANVAS, PEN, StrokesError, WrittenDigit, canvas_drawings, draw, read
from tests.support.specimens import sample_digits

A_SQUARE = WrittenDigit(0, ([(0, 0), (10, 0), (10, 10), (0, 10), (0, 0)],))
A_DASH = WrittenDigit(1, ([(5, 5), (105, 5)],))
A_DOT = WrittenDigit(8, ([(3, 4)],))
GOOD = '{"label": 3, "strokes": [[[0, 0], [5, 9]], [[2, 2]]]}'


def box(ink: NDArray[np.float32]) -> tuple[int, int, int, int]:
    """Return left, top, right, bottom of the ink; right and bottom are outside."""
    x, y = np.flatnonzero(ink.any(axis=0)), np.flatnonzero(ink.any(axis=1))
    return int(x[0]), int(y[0]), int(x[-1]) + 1, int(y[-1]) + 1


def written(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@settings(deadline=None, max_examples=40)
@given(st.floats(112, 224), st.floats(0, 1), st.floats(0, 1))
def test_a_drawing_has_the_size_and_place_asked_for(
    longer_side: float, right: float, down: float
) -> None:
    ink = draw(A_SQUARE.strokes, longer_side=longer_side, right=right, down=down)
    assert ink.shape == (CANVAS, CANVAS)
    assert ink.dtype == np.float32
    assert set(np.unique(ink)) == {0, 1}
    free = CANVAS - longer_side - PEN
    left, top = right * free, down * free
    expected = (left, top, left + longer_side + PEN, top + longer_side + PEN)
    assert box(ink) == pytest.approx(expected, abs=1.5)


def test_the_longer_side_counts_and_the_shape_is_kept() -> None:
    ink = draw([[(0, 0), (30, 0), (30, 90)]], longer_side=180, right=0.5, down=0.5)
    left, top, right, bottom = box(ink)
    assert (right - left, bottom - top) == pytest.approx((60 + PEN, 180 + PEN), abs=2)


def test_the_pen_is_20_pixels_wide_with_round_caps() -> None:
    assert (CANVAS, PEN) == (280, 20)
    ink = draw(A_DASH.strokes, longer_side=200, right=0.5, down=0.5)
    left, top, right, bottom = box(ink)
    assert bottom - top == pytest.approx(PEN, abs=1)
    assert right - left == pytest.approx(200 + PEN, abs=1)
    assert ink.sum() == pytest.approx(200 * PEN + np.pi * PEN**2 / 4, rel=0.05)
    assert ink[top : top + 3, left : left + 3].sum() == 0


def test_joins_are_round() -> None:
    ink = draw([[(0, 0), (100, 0), (100, 100)]], longer_side=150, right=0.5, down=0.5)
    _, top, right, _ = box(ink)
    assert ink[top + 1, right - 2] == 0  # a pointed join would reach here, …
    assert ink[top + 4, right - 5] == 1  # … and none at all would leave this out


def test_a_single_point_is_a_disc() -> None:
    ink = draw(A_DOT.strokes, longer_side=200, right=0.25, down=0.75)
    assert ink.sum() == pytest.approx(np.pi * PEN**2 / 4, rel=0.15)
    free = CANVAS - PEN
    assert box(ink)[:2] == pytest.approx((0.25 * free, 0.75 * free), abs=1)


def test_moving_or_enlarging_the_recording_changes_nothing() -> None:
    digit = sample_digits()[2]
    changed = [[(4 * x - 700, 4 * y + 90) for x, y in stroke] for stroke in digit.strokes]
    first, second = (
        draw(strokes, longer_side=160, right=0.5, down=0.5) for strokes in (digit.strokes, changed)
    )
    assert np.abs(first - second).sum() <= 2


def test_size_and_place_come_from_the_seed_in_the_order_of_the_protocol() -> None:
    rng = np.random.default_rng(7)
    for ink in canvas_drawings([A_SQUARE] * 20, seed=7):
        side = rng.uniform(0.40, 0.80) * CANVAS
        free = CANVAS - side - PEN
        left, top = rng.uniform(0.25, 0.75) * free, rng.uniform(0.25, 0.75) * free
        expected = (left, top, left + side + PEN, top + side + PEN)
        assert box(ink) == pytest.approx(expected, abs=1.5)


def test_the_same_seed_gives_the_same_drawings() -> None:
    digits = sample_digits()
    first, again, other = (np.stack(list(canvas_drawings(digits, seed=s))) for s in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any(axis=(1, 2)).all()
    np.testing.assert_array_equal(
        np.stack(list(canvas_drawings(digits))), np.stack(list(canvas_drawings(digits, seed=0)))
    )


def test_the_first_drawings_do_not_depend_on_how_many_follow() -> None:
    digits = sample_digits()
    few = list(canvas_drawings(digits[:3]))
    many = list(canvas_drawings(digits))[:3]
    np.testing.assert_array_equal(few, many)


@pytest.mark.parametrize("name", ["digits.jsonl", "digits.jsonl.gz"])
def test_a_file_is_read_packed_or_not(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    content = f'{GOOD}\n\n{{"label": 0, "site": "x", "strokes": [[[1.5, -2]]]}}'.encode()
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    assert list(read(path)) == [
        WrittenDigit(3, ([(0, 0), (5, 9)], [(2, 2)])),
        WrittenDigit(0, ([(1.5, -2)],)),
    ]


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[]", "expected an object, got list"),
        ("null", "expected an object, got NoneType"),
        ('{"strokes": [[[0, 0]]]}', "label must be a whole number from 0 to 9, got None"),
        ('{"label": 10, "strokes": [[[0, 0]]]}', "got 10"),
        ('{"label": "3", "strokes": [[[0, 0]]]}', "got '3'"),
        ('{"label": true, "strokes": [[[0, 0]]]}', "got True"),
        ('{"label": 3}', "strokes must be a list of at least one stroke"),
        ('{"label": 3, "strokes": []}', "at least one stroke"),
        ('{"label": 3, "strokes": [[]]}', r"a list of at least one \[x, y\]"),
        ('{"label": 3, "strokes": [[0, 0]]}', r"two numbers \[x, y\], got 0"),
        ('{"label": 3, "strokes": [[[0, 0, 0]]]}', r"got \[0, 0, 0\]"),
        ('{"label": 3, "strokes": [[[0, "0"]]]}', "two numbers"),
        ('{"label": 3, "strokes": [[[0, true]]]}', "two numbers"),
        ('{"label": 3, "strokes": [[[0, NaN]]]}', "two numbers"),
        ('{"label": 3, "strokes": [[[0, Infinity]]]}', "two numbers"),
        ('{"label": 3, "strokes": [[[0, 1e999]]]}', "two numbers"),
        ('{"label": 3, "strokes": [[[0, 2000000]]]}', "two numbers"),
        (f'{{"label": 3, "strokes": [[[0, 1{"0" * 400}]]]}}', "two numbers"),
        (f'{{"label": 3, "strokes": [[[0, 1{"0" * 5_000}]]]}}', "not JSON"),
    ],
)
def test_a_bad_line_is_named_with_its_fault(tmp_path: Path, line: str, fault: str) -> None:
    path = written(tmp_path / "digits.jsonl", GOOD, line, GOOD)
    digits = read(path)
    assert next(digits).label == 3
    with pytest.raises(StrokesError, match=rf"^digits.jsonl, line 2: .*{fault}") as caught:
        next(digits)
    assert len(str(caught.value)) < 300


def test_an_endless_line_is_refused_before_it_is_parsed(tmp_path: Path) -> None:
    path = tmp_path / "digits.jsonl.gz"
    path.write_bytes(gzip.compress(b" " * 2_000_000))
    with pytest.raises(StrokesError, match="a line of over 1,000,000 characters"):
        list(read(path))


def test_a_file_cut_off_is_named(tmp_path: Path) -> None:
    path = tmp_path / "digits.jsonl.gz"
    lines = "\n".join(json.dumps({"label": i % 10, "strokes": [[[i, i]]]}) for i in range(999))
    path.write_bytes(gzip.compress(lines.encode())[:-100])
    with pytest.raises(StrokesError, match=r"digits.jsonl.gz cannot be read"):
        list(read(path))


@pytest.mark.parametrize(
    "content", [b"\xff\xfe\x00\x01", b"\x1f\x8b\x08\x00broken"], ids=["not UTF-8", "not gzip"]
)
@pytest.mark.parametrize("name", ["digits.jsonl", "digits.jsonl.gz"])
def test_a_file_of_something_else_is_named(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(StrokesError, match=f"^{name} cannot be read"):
        list(read(path))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(StrokesError, match=r"^missing.jsonl cannot be read"):
        list(read(tmp_path / "missing.jsonl"))


def test_an_empty_file_holds_no_digits(tmp_path: Path) -> None:
    assert list(read(written(tmp_path / "empty.jsonl"))) == []


def test_a_digit_is_what_json_says(tmp_path: Path) -> None:
    strokes: list[Any] = [[[0, 0], [1000, 0.25]]]
    path = written(tmp_path / "one.jsonl", json.dumps({"label": 7, "strokes": strokes}))
    (digit,) = read(path)
    assert digit.strokes == ([(0.0, 0.0), (1000.0, 0.25)],)
