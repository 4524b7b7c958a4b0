"""What the page brings to Draw, and the stroke on it that a browser reports."""

from __future__ import annotations

import math
from typing import Any

import pytest

from model.data import datasets
from model.preprocessing.ink import inks_from_upload
from ui.components.stroke_catch import MOST_POINTS, are_points
from ui.session import brought

POINT = [1.0, 2]


@pytest.mark.parametrize(
    "strokes", [[[POINT]], [[POINT], [POINT, [-3, 400.5]]], [[POINT]] * MOST_POINTS]
)
def test_strokes_are_taken(strokes: Any) -> None:
    assert are_points(strokes)


@pytest.mark.parametrize(
    "said",
    [
        *(None, True, 3, "stroke", {}, [], [3], [[]], [[POINT], []], [[POINT, None]], [POINT]),
        *([[[1]]], [[[1, 2, 3]]], [[["1", "2"]]], [[[math.nan, 1]]], [[[1, math.inf]]]),
        *([[[True, 1]]], [[[1e9, 1]]], [[POINT] * (MOST_POINTS + 1)]),
        [[POINT]] * (MOST_POINTS + 1),
    ],
    ids=lambda said: str(said)[:30],
)
def test_what_are_no_strokes_are_not(said: Any) -> None:
    assert not are_points(said)


def test_a_test_digit_that_is_brought_has_its_ink_its_label_and_what_it_was_read_as() -> None:
    test = datasets.load("digits").test
    picture = brought.of_test("digits", test, 7, 4)
    (found,) = inks_from_upload(picture.content)
    assert (found.ink > 0.5).sum() > 0.8 * (test.images[7] > 127).sum()
    assert picture.about == (
        f"Test digit 8 of the built-in digits: whoever wrote it meant {test.labels[7]}."
    )
    assert "read as 4" in picture.more
    assert "of your file" in str(brought.of_test("file", test, 0, 4).about)
