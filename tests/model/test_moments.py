"""Moment normalisation: what it evens out, what it keeps, and the pictures at the edge."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from model.data import datasets
from model.preprocessing.moments import ASPECT_EXPONENT, CHUNK, MOST_WIDENING, SPREAD, moments

Pictures = NDArray[np.floating[Any]]
CENTRE = 13.5


@pytest.fixture(scope="module")
def digits() -> Pictures:
    """Digits but ones, which may be bars and stay as narrow as they are."""
    test = datasets.load("digits").test
    return test.images[test.labels != 1][:100] / np.float32(255)


def warped(images: Pictures, matrix: list[list[float]]) -> Pictures:
    """Read each picture at matrix · (row, column), from its middle."""
    offset = CENTRE - np.array(matrix) @ (CENTRE, CENTRE)
    return np.stack([ndimage.affine_transform(i, matrix, offset, order=1) for i in images])


def likeness(images: Pictures, others: Pictures) -> float:
    """Return the least correlation between a picture and its counterpart."""
    pairs = zip(images.reshape(-1, 784), others.reshape(-1, 784), strict=True)
    return min(float(np.corrcoef(a, b)[0, 1]) for a, b in pairs)


def centre_and_spread(picture: Pictures) -> tuple[float, float, float, float]:
    """Return the ink's mean x, mean y, and its standard deviations σx, σy."""
    places, mass = np.arange(28), picture.sum()
    by_x, by_y = picture.sum(axis=0) / mass, picture.sum(axis=1) / mass
    x, y = by_x @ places, by_y @ places
    return x, y, np.sqrt(by_x @ (places - x) ** 2), np.sqrt(by_y @ (places - y) ** 2)


def mean_x_of_rows(picture: Pictures) -> Pictures:
    """Return where each row that holds ink has it, on average."""
    by_row = picture.sum(axis=1)
    inked = by_row > 0.5
    mean_x: Pictures = picture[inked] @ np.arange(28) / by_row[inked]
    return mean_x


def with_ink(*where: int | slice) -> Pictures:
    picture = np.zeros((28, 28), np.float32)
    picture[where] = 1
    return picture


@pytest.mark.parametrize(
    ("change", "matrix"),
    [
        ("slanted to the right", [[1, 0], [0.3, 1]]),
        ("slanted to the left", [[1, 0], [-0.2, 1]]),
        ("smaller", [[1.25, 0], [0, 1.25]]),
        ("larger", [[0.9, 0], [0, 0.9]]),
        ("lower", [[1.2, 0], [0, 1]]),
    ],
)
def test_the_same_digit_looks_the_same(
    digits: Pictures, change: str, matrix: list[list[float]]
) -> None:
    changed = warped(digits, matrix)
    assert likeness(digits, changed) < 0.95, change
    least = 0.95 if change == "lower" else 0.985  # what is narrow is not widened at will
    assert likeness(moments(digits), moments(changed)) > least, change


def test_where_the_digit_lies_does_not_matter(digits: Pictures) -> None:
    moved = np.roll(digits, (1, -1), axis=(1, 2))
    np.testing.assert_allclose(moments(moved), moments(digits), atol=1e-4)


def test_different_digits_stay_different(digits: Pictures) -> None:
    normalised = moments(digits)
    assert likeness(normalised[:-1], normalised[1:]) < 0.5


def test_every_digit_is_centred_and_of_one_size(digits: Pictures) -> None:
    x, y, sigma_x, sigma_y = np.transpose([centre_and_spread(p) for p in moments(digits)])
    assert np.abs(x - CENTRE).max() < 1.5
    assert np.abs(y - CENTRE).max() < 1.5
    np.testing.assert_allclose(np.maximum(sigma_x, sigma_y), SPREAD, atol=0.3)


def test_a_rectangle_keeps_the_documented_share_of_its_narrowness() -> None:
    picture = moments(with_ink(slice(6, 22), slice(10, 18)))  # 16 × 8
    x, y, sigma_x, sigma_y = centre_and_spread(picture)
    assert (x, y) == pytest.approx((CENTRE, CENTRE), abs=0.01)
    assert sigma_y == pytest.approx(SPREAD, abs=0.15)
    assert sigma_x == pytest.approx(SPREAD * (8 / 16) ** ASPECT_EXPONENT, abs=0.3)


def test_turning_a_rectangle_turns_its_picture() -> None:
    standing = with_ink(slice(6, 22), slice(12, 16))
    np.testing.assert_allclose(moments(standing.T), moments(standing).T, atol=1e-4)


def test_a_slanted_bar_stands_up() -> None:
    slanted = warped(with_ink(slice(4, 24), slice(12, 16))[np.newaxis], [[1, 0], [0.6, 1]])[0]
    assert np.ptp(mean_x_of_rows(slanted)) > 10
    assert np.ptp(mean_x_of_rows(moments(slanted))[1:-1]) < 0.2  # its ends are half rows


@pytest.mark.parametrize("n", [1, 2, CHUNK - 1, CHUNK, CHUNK + 1])
def test_a_batch_gives_what_each_picture_gives(digits: Pictures, n: int) -> None:
    batch = np.resize(digits, (n, 28, 28))
    together = moments(batch)
    assert together.shape == (n, 28, 28)
    for i in {0, n // 2, n - 1}:
        alone = moments(batch[i])
        assert alone.shape == (28, 28)
        np.testing.assert_allclose(together[i], alone, atol=1e-4)


def test_float64_gives_the_same_float32(digits: Pictures) -> None:
    normalised = moments(digits.astype(np.float64))
    assert normalised.dtype == np.float32
    np.testing.assert_array_equal(normalised, moments(digits))


def test_a_part_of_a_larger_array_will_do(digits: Pictures) -> None:
    np.testing.assert_allclose(moments(digits[::-2]), moments(digits[::-2].copy()), atol=1e-6)


def test_the_pictures_given_are_left_alone(digits: Pictures) -> None:
    before = digits.copy()
    moments(digits)
    np.testing.assert_array_equal(digits, before)


def test_empty_stays_empty_among_others(digits: Pictures) -> None:
    batch = np.concatenate([digits[:1], np.zeros((1, 28, 28), np.float32), digits[1:2]])
    normalised = moments(batch)
    np.testing.assert_array_equal(normalised[1], 0)
    np.testing.assert_allclose(normalised[[0, 2]], moments(digits[:2]), atol=1e-4)


def test_no_pictures_give_no_pictures() -> None:
    assert moments(np.zeros((0, 28, 28), np.float32)).shape == (0, 28, 28)


@pytest.mark.parametrize(
    "picture",
    [
        pytest.param(with_ink(5, 20), id="one pixel"),
        pytest.param(with_ink(0, 0), id="one pixel in the corner"),
        pytest.param(with_ink(5, 20) * 1e-6, id="one faint pixel"),
        pytest.param(with_ink(14, slice(4, 24)), id="horizontal line"),
        pytest.param(with_ink(slice(4, 24), 14), id="vertical line"),
        pytest.param(with_ink(slice(None), slice(None)), id="full canvas"),
        pytest.param(with_ink(slice(None), 0), id="left border"),
        pytest.param(with_ink(27, slice(None)), id="lower border"),
        pytest.param(np.eye(28, dtype=np.float32), id="diagonal"),
        pytest.param(np.eye(28, dtype=np.float32)[::-1].copy(), id="other diagonal"),
    ],
)
def test_pictures_at_the_edge_become_ink_in_the_middle(picture: Pictures) -> None:
    normalised = moments(picture)
    assert np.isfinite(normalised).all()
    assert 0 <= normalised.min() <= normalised.max() <= 1
    x, y, _, _ = centre_and_spread(normalised)
    assert (x, y) == pytest.approx((CENTRE, CENTRE), abs=1)


@pytest.mark.parametrize("value", [np.nan, np.inf, -0.01, 255])
def test_impossible_ink_is_refused(digits: Pictures, value: float) -> None:
    images = digits[:3].copy()
    images[1, 3, 3] = value
    with pytest.raises(ValueError, match="between 0 and 1"):
        moments(images)


@pytest.mark.parametrize("shape", [(784,), (27, 28), (1, 28, 27), (1, 1, 28, 28), (0,)])
def test_another_shape_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"images must be \(n, 28, 28\) or \(28, 28\), got"):
        moments(np.zeros(shape, np.float32))


@pytest.mark.parametrize("width", [1, 2, 3])
@pytest.mark.parametrize("is_level", [False, True])
def test_a_bar_is_never_widened_to_a_block(width: int, is_level: bool) -> None:
    bar = np.zeros((28, 28), np.float32)
    bar[4:24, 13 : 13 + width] = 1
    picture = moments(bar.T if is_level else bar)
    rows, columns = (np.flatnonzero((picture > 0.3).any(axis=axis)) for axis in (1, 0))
    longer, shorter = sorted((np.ptp(rows) + 1, np.ptp(columns) + 1), reverse=True)
    assert shorter <= MOST_WIDENING * longer * width / 20 + 2
    assert longer >= 14
