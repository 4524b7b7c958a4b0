"""Arrays in, pictures out."""

from __future__ import annotations

import base64
import io
import re

import numpy as np
from PIL import Image

from ui.elements import pixels


def test_for_is_orange_against_is_blue_and_nothing_is_almost_white() -> None:
    against, nothing, in_favour = pixels.diverging(np.array([[-2.0, 0.0, 2.0]]), 2.0)[0].astype(int)
    assert in_favour[0] > in_favour[2] + 100
    assert against[2] > against[0] + 100
    assert nothing.min() > 230


def test_the_scale_is_symmetric_and_ends_at_the_largest_value() -> None:
    colours = pixels.diverging(np.array([[-9.0, -1.0, -0.5, 0.5, 1.0, 9.0]]), 1.0)[0].astype(float)
    neutral = pixels.diverging(np.zeros((1, 1)), 1.0)[0, 0].astype(float)
    assert (colours[0] == colours[1]).all()
    assert (colours[5] == colours[4]).all()
    for half, full in ((2, 1), (3, 4)):
        np.testing.assert_allclose(colours[half], (neutral + colours[full]) / 2, atol=1)


def test_all_zero_weights_are_coloured_without_dividing_by_zero() -> None:
    with np.errstate(all="raise"):
        colours = pixels.diverging(np.zeros((10, 28, 28)), 0.0)
    assert colours.shape == (10, 28, 28, 3)
    assert (colours == colours[0, 0, 0]).all()


def test_a_stroke_is_drawn_in_its_place_leaning_as_it_should_and_in_its_colour() -> None:
    offsets = ((0, 10), (8, -8), (10, 0), (8, 8))  # of points on it, from its middle, (x, y)
    x, y = 8 * (4 * 3 + 2), 8 * (2 * 6 + 1)
    for orientation in range(4):
        strokes = np.zeros((4, 14, 7))
        strokes[orientation, 6, 3] = -2.0
        picture = pixels.strokes_picture(strokes, 1.0)
        assert picture.shape == (224, 224, 3)
        nothing, against = picture[0, 0], pixels.diverging(np.array([[-1.0]]), 1.0)[0, 0]
        for other, (dx, dy) in enumerate(offsets):
            expected = against if other == orientation else nothing
            for place in ((y + dy, x + dx), (y - dy, x - dx)):
                np.testing.assert_allclose(picture[place], expected, atol=2)


def test_of_strokes_that_cross_the_strongest_lies_on_top_and_is_the_broadest() -> None:
    strokes = np.zeros((4, 14, 7))
    strokes[:, 6, 3] = 0.2, -0.4, 1.0, 0.6
    middle = pixels.strokes_picture(strokes, 1.0)[104, 112]
    np.testing.assert_array_equal(middle, pixels.diverging(np.array([[1.0]]), 1.0)[0, 0])
    weak, strong = (pixels.strokes_picture(strokes * share, 1.0) for share in (0.5, 1))
    assert (weak[0, 0] != strong).any(axis=-1).sum() > 1.3 * (weak[0, 0] != weak).any(axis=-1).sum()


def test_ink_is_shown_light_on_black() -> None:
    assert pixels.grey(np.array([[0.0, 0.5, 1.0]])).tolist() == [[[0] * 3, [128] * 3, [255] * 3]]


def test_a_sheet_keeps_the_order_of_reading_with_gaps_between() -> None:
    tiles = np.stack([np.full((2, 2, 3), value, np.uint8) for value in (10, 20, 30)])
    sheet = pixels.sheet(tiles, columns=2, gap=1)
    assert sheet.shape == (5, 5, 3)
    assert sheet[0, 0, 0] == 10
    assert sheet[0, 3, 0] == 20
    assert sheet[3, 0, 0] == 30
    assert (sheet[2] == 128).all()
    assert (sheet[:, 2] == 128).all()


def test_a_picture_keeps_its_pixels_and_its_alternative_cannot_break_out() -> None:
    colours = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)
    markup = pixels.picture(colours, '"><script>alert(1)</script>')
    assert "<script>" not in markup
    assert markup.count(">") == 1
    found = re.search(r'src="data:image/png;base64,([^"]+)"', markup)
    assert found is not None
    decoded = np.asarray(Image.open(io.BytesIO(base64.b64decode(found[1]))))
    assert (decoded == colours).all()
