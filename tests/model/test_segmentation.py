"""Parts: what is a digit of its own, what belongs to it, and what is none."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from model.preprocessing.segmentation import MOST_PARTS, TooManyPartsError, parts

Ink = NDArray[np.floating[Any]]
Line = list[tuple[float, float]]

SEVEN: Line = [(100, 90), (190, 90), (130, 250)]
THREE: Line = [(100, 90), (180, 90), (130, 150), (185, 200), (100, 250)]


def drawn(*lines: Line, pen: int = 20, size: int = 336) -> Ink:
    canvas = Image.new("L", (size, size))
    draw = ImageDraw.Draw(canvas)
    for line in lines:
        draw.line(line, fill=255, width=pen)
        for x, y in line:
            draw.ellipse((x - pen / 2, y - pen / 2, x + pen / 2, y + pen / 2), fill=255)
    return np.asarray(canvas, np.float32) / np.float32(255)


def moved(line: Line, right: float, down: float = 0) -> Line:
    return [(x + right, y + down) for x, y in line]


def test_a_drawing_without_ink_has_no_parts() -> None:
    assert parts(np.zeros((336, 336), np.float32)) == []


def test_one_digit_is_handed_back_as_it_is() -> None:
    ink = drawn(SEVEN)
    (part,) = parts(ink)
    assert part is ink


@pytest.mark.parametrize("size", [280, 336, 600, 97])
def test_any_size_of_drawing_is_parted(size: int) -> None:
    ink = drawn(SEVEN, moved(THREE, 140))
    small = Image.fromarray(ink).resize((size, size), Image.Resampling.BILINEAR)
    assert len(parts(np.clip(np.asarray(small), 0, 1))) == 2


def test_digits_come_from_left_to_right_and_keep_their_places() -> None:
    seven, three = drawn(moved(SEVEN, -60)), drawn(moved(THREE, 100))
    found = parts(np.maximum(three, seven))
    assert [np.array_equal(part, ink) for part, ink in zip(found, (seven, three), strict=True)]


@pytest.mark.parametrize(
    ("what", "stray"),
    [
        ("a tap at the left", [(40, 200)]),
        ("a full stop", [(225, 250)]),
        ("a tap above", [(150, 40)]),
        ("a smeared tap", [(260, 120), (268, 124)]),
    ],
)
def test_a_stray_mark_is_dropped(what: str, stray: Line) -> None:
    (part,) = parts(drawn(THREE, stray))
    assert np.array_equal(part, drawn(THREE)), what


def test_the_ball_of_a_hand_is_dropped() -> None:
    ball = drawn([(270, 280)], pen=56)
    (part,) = parts(np.maximum(drawn(THREE), ball))
    assert np.array_equal(part, drawn(THREE))


def test_specks_are_dropped() -> None:
    speckled = drawn(THREE)
    speckled[::60, ::60] = np.maximum(speckled[::60, ::60], 0.8)
    (part,) = parts(speckled)
    assert part[::60, ::60].sum() <= drawn(THREE)[::60, ::60].sum() + 1  # or they touch the digit


@pytest.mark.parametrize(
    ("what", "lines"),
    [
        ("the bar of a 5 above", [[(125, 80), (190, 80)], [(115, 115), (180, 180), (110, 250)]]),
        ("the bar of a 5 beside", [[(165, 75), (215, 65)], [(130, 90), (165, 180), (95, 240)]]),
        ("a 4 in two strokes", [[(110, 90), (100, 180), (156, 180)], [(182, 90), (180, 270)]]),
        ("a stroke that broke", [[(100, 90), (190, 90)], [(178, 124), (130, 250)]]),
        ("the slash of a 7", [SEVEN, [(185, 170), (215, 165)]]),
        ("a foot", [[(150, 80), (150, 220)], [(110, 250), (190, 250)]]),
    ],
)
def test_what_belongs_together_is_kept(what: str, lines: list[Line]) -> None:
    ink = drawn(*lines)
    (part,) = parts(ink)
    assert part is ink, what


def test_a_dotted_digit_is_one() -> None:
    angles = np.linspace(0, 2 * np.pi, 14)[:-1]
    dots = [[(168 + 70 * float(np.cos(a)), 168 + 100 * float(np.sin(a)))] for a in angles]
    ink = drawn(*dots)
    (part,) = parts(ink)
    assert part is ink


def test_more_digits_than_a_number_has_are_an_error() -> None:
    ones: list[Line] = [[(15 + 24 * i, 100), (15 + 24 * i, 200)] for i in range(MOST_PARTS + 1)]
    assert len(parts(drawn(*ones[:-1], pen=8))) == MOST_PARTS
    with pytest.raises(TooManyPartsError, match="13"):
        parts(drawn(*ones, pen=8))


def test_noise_is_an_error() -> None:
    noise = np.random.default_rng(0).random((336, 336)) < 0.004
    with pytest.raises(TooManyPartsError, match="pieces"):
        parts(noise.astype(np.float32))
