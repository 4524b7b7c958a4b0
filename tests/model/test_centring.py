"""From a drawing to the model's input: known values, what must not matter, and the edges."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from model.config import INPUTS, Input
from model.data import datasets
from model.preprocessing.centring import centred
from model.preprocessing.features import features
from tests.support.specimens import drawn, sample_digits

Picture = NDArray[np.float32]
SAMPLES = [drawn(digit, longer_side=150) for digit in sample_digits()]
MIDDLE = 14


def box(picture: Picture) -> tuple[int, int, int, int]:
    """Return top, bottom, left, right of the ink, as in slices."""
    rows, columns = np.flatnonzero(picture.any(axis=1)), np.flatnonzero(picture.any(axis=0))
    return int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1


def centre_of_mass(picture: Picture) -> tuple[float, float]:
    places = np.arange(len(picture))
    total = picture.sum()
    return float(picture.sum(axis=1) @ places / total), float(picture.sum(axis=0) @ places / total)


def blank() -> Picture:
    return np.zeros((280, 280), np.float32)


@pytest.mark.parametrize("digit", range(10))
def test_a_centred_digit_is_20_pixels_long_with_its_mass_in_the_middle(digit: int) -> None:
    picture = centred(SAMPLES[digit])
    assert picture.shape == (28, 28)
    assert picture.dtype == np.float32
    top, bottom, left, right = box(picture)
    assert max(bottom - top, right - left) == 20
    assert centre_of_mass(picture) == pytest.approx((MIDDLE, MIDDLE), abs=0.51)
    assert 0 <= picture.min() <= picture.max() <= 1


@settings(deadline=None)
@given(st.integers(0, 9), st.integers(-40, 40), st.integers(-40, 40))
def test_where_on_the_canvas_it_was_drawn_does_not_matter(
    digit: int, down: int, right: int
) -> None:
    ink = SAMPLES[digit]
    moved = np.roll(ink, (down, right), axis=(0, 1))
    np.testing.assert_array_equal(centred(moved), centred(ink))


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 9), st.integers(2, 5))
def test_how_large_the_canvas_was_does_not_matter(digit: int, times: int) -> None:
    ink = SAMPLES[digit]
    larger = np.kron(ink, np.ones((times, times), np.float32))
    np.testing.assert_allclose(centred(larger), centred(ink), atol=0.005)


def test_a_rectangle_is_scaled_to_its_known_size() -> None:
    ink = blank()
    ink[10:50, 100:110] = 1  # 40 × 10 pixels become 20 × 5
    picture = centred(ink)
    assert box(picture) == (4, 24, 12, 17)
    np.testing.assert_allclose(picture[4:24, 12:17], 1, atol=1e-6)


def test_a_wide_rectangle_is_scaled_by_its_width() -> None:
    ink = blank()
    ink[100:110, 10:50] = 1
    np.testing.assert_array_equal(centred(ink), centred(ink.T).T)


def test_a_picture_in_mnists_form_hardly_changes() -> None:
    images = datasets.load("digits").test.images / np.float32(255)
    again = np.stack([centred(image) for image in images])
    assert np.abs(again - images).mean() < 0.005


def test_most_of_mnist_does_not_change_at_all(mnist: datasets.Dataset) -> None:
    images = mnist.test.images[:1_000] / np.float32(255)
    differences = [np.abs(centred(image) - image).max() for image in images]
    assert np.mean(np.array(differences) < 1e-6) > 0.75


@pytest.mark.parametrize("faint", [0, 0.05, 0.1])
def test_an_empty_picture_stays_empty(faint: float) -> None:
    np.testing.assert_array_equal(centred(np.full((280, 280), faint, np.float32)), 0)


def test_faint_ink_far_off_does_not_shrink_the_digit() -> None:
    ink = SAMPLES[3]
    dirty = ink.copy()
    dirty[2, 2] = 0.09
    np.testing.assert_array_equal(centred(dirty), centred(ink))


def test_one_pixel_becomes_a_square_in_the_middle() -> None:
    ink = blank()
    ink[3, 200] = 1
    expected = np.zeros((28, 28), np.float32)
    expected[4:24, 4:24] = 1
    np.testing.assert_array_equal(centred(ink), expected)


def test_a_line_one_pixel_high_keeps_one_pixel() -> None:
    ink = blank()
    ink[0, 20:260] = 1
    picture = centred(ink)
    assert box(picture)[1] - box(picture)[0] == 1
    assert picture.sum() == pytest.approx(20)


def test_a_full_canvas_becomes_a_full_box() -> None:
    picture = centred(np.ones((280, 280), np.float32))
    assert box(picture) == (4, 24, 4, 24)
    assert picture.sum() == pytest.approx(400)


@pytest.mark.parametrize("edge", ["top", "bottom", "left", "right"])
def test_ink_at_the_border_is_all_there(edge: str) -> None:
    ink = SAMPLES[2]
    top, bottom, left, right = box(ink)
    shift = {"top": (-top, 0), "bottom": (280 - bottom, 0)}.get(
        edge, (0, -left if edge == "left" else 280 - right)
    )
    at_the_border = np.roll(ink, shift, axis=(0, 1))
    np.testing.assert_array_equal(centred(at_the_border), centred(ink))


def test_a_digit_heavy_on_one_side_stays_inside() -> None:
    ink = blank()
    ink[100:200, 40:50] = 1  # a heavy bar …
    ink[149:151, 50:140] = 1  # … with a long thin arm
    picture = centred(ink)
    _, _, left, right = box(picture)
    assert right - left == 20
    assert centred(ink).sum() == pytest.approx(ink.sum() * (20 / 100) ** 2, rel=0.03)


@pytest.mark.parametrize("value", [np.nan, np.inf, -0.1, 1.1])
def test_impossible_ink_is_refused(value: float) -> None:
    ink = blank()
    ink[100, 100] = value
    with pytest.raises(ValueError, match="between 0 and 1"):
        centred(ink)


@pytest.mark.parametrize(
    "ink", [np.zeros(28), np.zeros((1, 28, 28)), np.zeros((0, 28)), np.zeros((28, 28), np.uint8)]
)
def test_what_is_no_picture_of_ink_is_refused(ink: NDArray[np.float64]) -> None:
    with pytest.raises(ValueError, match=r"ink must be \(H, W\) floats"):
        centred(ink)


def test_the_drawing_itself_is_left_alone() -> None:
    ink = SAMPLES[5].copy()
    ink.flags.writeable = False
    centred(ink)
    np.testing.assert_array_equal(ink, SAMPLES[5])


def test_pixels_are_the_pictures_as_they_are() -> None:
    images = datasets.load("digits").test.images[:20]
    expected = images.reshape(20, 784) / 255
    np.testing.assert_allclose(features(images, "pixels"), expected, atol=1e-7)


@pytest.mark.parametrize("input", INPUTS)
def test_bytes_and_floats_give_the_same_features(input: Input) -> None:
    images = datasets.load("digits").test.images[:20]
    from_bytes = features(images, input)
    assert from_bytes.shape == (20, 784)
    assert from_bytes.dtype == np.float32
    assert 0 <= from_bytes.min() <= from_bytes.max() <= 1
    np.testing.assert_allclose(from_bytes, features(images / 255, input), atol=1e-5)


@pytest.mark.parametrize("input", INPUTS)
def test_no_pictures_have_no_features(input: Input) -> None:
    assert features(np.zeros((0, 28, 28), np.uint8), input).shape == (0, 784)


@pytest.mark.parametrize(
    ("images", "fault"),
    [
        (np.zeros((28, 28)), r"images must be \(n, 28, 28\), got \(28, 28\)"),
        (np.zeros((1, 27, 28)), r"got \(1, 27, 28\)"),
        (np.zeros((1, 28, 28), np.int64), "uint8 or floats, got int64"),
        (np.full((1, 28, 28), 255.0), "between 0 and 1"),
        (np.full((1, 28, 28), np.nan), "between 0 and 1"),
    ],
)
def test_other_images_are_refused(images: NDArray[np.float64], fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        features(images, "pixels")


def test_an_unknown_input_is_named() -> None:
    with pytest.raises(ValueError, match="one of pixels, moments, directions, got 'hog'"):
        features(np.zeros((1, 28, 28), np.uint8), "hog")  # type: ignore[arg-type]
