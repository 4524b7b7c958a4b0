"""Photos as people take them: the sheet decides what is ink, and no wrong digit is sure."""

from __future__ import annotations

import functools

import numpy as np
import pytest
from PIL import Image

from model.classifier import prediction
from model.preprocessing.ink import ink_from_upload, inks_from_upload
from model.preprocessing.paper import ink_on_paper
from model.preprocessing.ruling import without_ruling
from model.preprocessing.sheet import find_sheet, turn_of
from tests.support.photos import KINDS, as_file, crossed, laid
from tests.support.pictures import Ink, file, likeness
from tests.support.specimens import drawn, sample_digits, shipped


@functools.cache
def samples() -> list[Ink]:
    return [drawn(digit) for digit in sample_digits()]


def answers(content: bytes) -> list[int | None]:
    """Return the digits that are read from a picture, None for one that is not sure."""
    inks = inks_from_upload(content)
    if len(inks) > 1:
        return [None]
    readings = prediction.read_parts(shipped("directions"), inks[0].ink)
    return [reading.digit if reading.verdict == "answer" else None for reading in readings]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("kind", KINDS)
def test_a_digit_is_read_whatever_is_around_it(kind: str, seed: int) -> None:
    rng = np.random.default_rng([seed, len(kind)])
    digit = int(rng.choice([2, 3, 4, 5, 8]))
    content = as_file(KINDS[kind](rng, samples()[digit]), rng)
    assert answers(content) == [digit]


@pytest.mark.parametrize("paper", [255, 0])
@pytest.mark.parametrize("opacity", [1.0, 0.7])
@pytest.mark.parametrize("value", [0, 225, 255])
def test_opacity_is_ink_where_white_would_hide_it(value: int, opacity: float, paper: int) -> None:
    rgba = np.full((200, 200, 4), value, np.uint8)
    ink = np.asarray(Image.fromarray(np.uint8(255 * samples()[3])).resize((200, 200)))
    rgba[..., 3] = ink * opacity
    rgba[ink == 0, :3] = paper  # what nobody sees
    assert likeness(ink_from_upload(file(Image.fromarray(rgba))), samples()[3]) > 0.97


@pytest.mark.parametrize("share", [0.15, 0.3, 0.6])
def test_the_sheet_is_found_and_the_desk_left_out(share: float) -> None:
    side = round(240 / share**0.5)
    grey = np.full((side, side), 0.25, np.float32)
    top = (side - 240) // 2
    grey[top : top + 240, top : top + 240] = laid(samples()[5], size=(240, 240), side=200)[..., 0]
    sheet = find_sheet(grey)
    assert sheet is not None
    assert not sheet[: top - 2].any()
    assert sheet.sum() > 0.85 * 240**2
    assert turn_of(sheet) == 0


def test_a_sheet_that_fills_the_picture_is_no_sheet_on_something() -> None:
    assert find_sheet(laid(samples()[5])[..., 0]) is None


def test_a_printed_box_is_no_sheet() -> None:
    rng = np.random.default_rng(0)
    assert find_sheet(KINDS["a printed box"](rng, samples()[4])[..., 0]) is None


def test_the_lit_half_of_a_sheet_is_not_the_sheet_where_the_other_is_written_on() -> None:
    grey = np.hstack([laid(samples()[1])[..., 0], laid(samples()[7])[..., 0]])
    grey[:, 350:] *= 0.5
    content = as_file(np.repeat(grey[..., np.newaxis], 3, axis=2), np.random.default_rng(0))
    assert answers(content) == [1, 7]


def test_lines_are_taken_out_and_the_strokes_that_cross_them_stay_whole() -> None:
    ink = np.asarray(Image.fromarray(samples()[3]).resize((300, 300)), np.float32).clip(0, 1)
    lines = crossed(300, 30, 2)
    left = without_ruling(np.maximum(ink, lines))
    assert (left > 0.5)[(lines > 0) & (ink == 0)].mean() < 0.1
    assert (left > 0.5)[ink > 0.5].mean() > 0.95


@pytest.mark.parametrize("digit", range(10))
def test_ink_without_lines_is_left_as_it_is(digit: int) -> None:
    assert without_ruling(samples()[digit]) is samples()[digit]


def stripes() -> np.ndarray:
    """Return as much dark as light, which both touch every edge."""
    y, x = np.mgrid[:240, :240]
    return np.where((x // 60 + y // 60) % 2 == 0, 0.1, 0.9).astype(np.float32)


def test_where_dark_and_light_may_both_be_ink_both_are_given() -> None:
    dark, light = (found.ink for found in ink_on_paper(stripes()))
    assert dark.shape == light.shape == (240, 240)
    assert (dark[stripes() < 0.5] == 1).mean() > 0.9
    assert (light[stripes() > 0.5] == 1).mean() > 0.9


@pytest.mark.parametrize("level", [0, 255])
def test_a_plain_picture_is_no_question(level: int) -> None:
    (found,) = inks_from_upload(file(Image.new("L", (200, 150), level)))
    assert not found.ink.any()
