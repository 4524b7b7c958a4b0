"""Digits written in other habits: what is added, and that nothing given is changed."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from model.data import datasets
from model.data.augmentation import with_elastic_copies, with_pen_habits

Images = NDArray[np.uint8]
Labels = NDArray[np.uint8]
HABITS = {0: 1, 1: 2, 5: 1, 7: 1, 9: 2}
"""Digits with other habits, and how many times the share of them is copied."""


@pytest.fixture(scope="module")
def given() -> tuple[Images, Labels]:
    train = datasets.load("digits").train
    return train.images, train.labels


@pytest.fixture(scope="module")
def all_copied(given: tuple[Images, Labels]) -> tuple[Images, Labels]:
    """Return only what is added when every digit that has other habits is copied."""
    images, labels = with_pen_habits(*given, share=1, seed=0)
    return images[len(given[0]) :], labels[len(given[1]) :]


def of(digit: int, data: tuple[Images, Labels]) -> Images:
    images, labels = data
    found: Images = images[labels == digit]
    return found


def test_the_given_pictures_come_first_and_are_unchanged(given: tuple[Images, Labels]) -> None:
    images, labels = with_pen_habits(*given, share=0.5, seed=3)
    assert images.dtype == labels.dtype == np.uint8
    np.testing.assert_array_equal(images[: len(given[0])], given[0])
    np.testing.assert_array_equal(labels[: len(given[1])], given[1])


@pytest.mark.parametrize("share", [0, 0.001, 0.3, 1])
def test_this_share_of_each_is_added_and_of_no_other_digit(
    given: tuple[Images, Labels], share: float
) -> None:
    images, labels = with_pen_habits(*given, share=share, seed=0)
    before, after = np.bincount(given[1], minlength=10), np.bincount(labels, minlength=10)
    expected = [int(min(share * HABITS.get(digit, 0), 1) * n) for digit, n in enumerate(before)]
    assert list(after - before) == expected
    assert len(images) == len(labels)


@pytest.mark.parametrize("digit", [1, 7])
def test_ink_is_added_and_none_is_taken(
    given: tuple[Images, Labels], all_copied: tuple[Images, Labels], digit: int
) -> None:
    originals, copies = of(digit, given).astype(int), of(digit, all_copied)
    n_parents = [int((originals <= copy).all(axis=(1, 2)).sum()) for copy in copies]
    assert min(n_parents) >= 1
    assert copies.sum() > 1.02 * originals.sum()


def test_zeros_are_slashed_through_the_middle(
    given: tuple[Images, Labels], all_copied: tuple[Images, Labels]
) -> None:
    def inked_middles(images: Images) -> float:
        return float((images[:, 12:17, 12:17].max(axis=(1, 2)) > 200).mean())

    assert inked_middles(of(0, given)) < 0.3
    assert inked_middles(of(0, all_copied)) > 0.85


def test_nines_end_further_to_the_left(
    given: tuple[Images, Labels], all_copied: tuple[Images, Labels]
) -> None:
    def mean_x_of_the_lower_third(images: Images) -> float:
        lower = images[:, 19:].sum(axis=(0, 1), dtype=np.int64)
        return float(lower @ np.arange(28) / lower.sum())

    shift = mean_x_of_the_lower_third(of(9, all_copied)) - mean_x_of_the_lower_third(of(9, given))
    assert shift < -0.5


def test_ones_become_wider(given: tuple[Images, Labels], all_copied: tuple[Images, Labels]) -> None:
    def width(images: Images) -> float:
        return float((images.max(axis=1) > 76).sum(axis=1).mean())

    assert width(of(1, all_copied)) > width(of(1, given)) + 1


def test_a_seed_decides_everything(given: tuple[Images, Labels]) -> None:
    first, again, other = (with_pen_habits(*given, share=0.2, seed=seed)[0] for seed in (5, 5, 6))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_data_without_these_digits_stays_as_it_is(given: tuple[Images, Labels]) -> None:
    images, labels = given
    threes = labels == 3
    result, _ = with_pen_habits(images[threes], labels[threes], share=1, seed=0)
    np.testing.assert_array_equal(result, images[threes])


@pytest.mark.parametrize("picture", ["empty", "full"])
def test_strange_pictures_come_out_as_pictures(picture: str) -> None:
    images = np.full((5, 28, 28), 255 if picture == "full" else 0, np.uint8)
    result, labels = with_pen_habits(images, np.array(list(HABITS), np.uint8), share=1, seed=0)
    assert result.shape == (10, 28, 28)
    assert list(labels) == [*HABITS, *HABITS]


def n_pieces(image: Images) -> int:
    return int(ndimage.label(image > 76, np.ones((3, 3)))[1])


def test_the_bar_of_most_fives_stands_apart(
    given: tuple[Images, Labels], all_copied: tuple[Images, Labels]
) -> None:
    def apart(images: Images) -> float:
        return float(np.mean([n_pieces(image) > 1 for image in images]))

    assert apart(of(5, all_copied)) > apart(of(5, given)) + 0.5


def test_sevens_are_crossed(
    given: tuple[Images, Labels], all_copied: tuple[Images, Labels]
) -> None:
    def width(images: Images) -> float:
        return float((images[:, 12:18].max(axis=1) > 76).sum(axis=1).mean())

    assert width(of(7, all_copied)) > width(of(7, given)) + 1


@pytest.mark.parametrize("share", [0, 0.3, 1])
def test_elastic_copies_are_bent_a_little_and_keep_their_labels(
    given: tuple[Images, Labels], share: float
) -> None:
    images, labels = with_elastic_copies(*given, share=share, seed=2)
    n, m = len(given[0]), int(share * len(given[0]))
    assert len(images) == len(labels) == n + m
    np.testing.assert_array_equal(images[:n], given[0])
    again, _ = with_elastic_copies(*given, share=share, seed=2)
    np.testing.assert_array_equal(images, again)
    if m == 0:
        return
    like = [
        np.corrcoef(copy.ravel(), given[0][given[1] == label].reshape(-1, 784))[0, 1:].max()
        for copy, label in zip(images[n : n + 50], labels[n : n + 50], strict=True)
    ]
    assert 0.7 < np.mean(like) < 0.99
    assert images[n:].sum() == pytest.approx(m / n * given[0].sum(dtype=np.int64), rel=0.05)
