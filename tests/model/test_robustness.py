"""Changed pictures, and what one model alone gets right."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from model.evaluation.robustness import CHANGES, SHIFT, Change, alone, changed, robustness
from tests.support.specimens import shipped


def square() -> NDArray[np.uint8]:
    """Four pictures of a square in the middle."""
    images = np.zeros((4, 28, 28), np.uint8)
    images[:, 10:18, 10:18] = 255
    return images


def test_what_a_model_alone_gets_right_no_other_does() -> None:
    labels = np.array([1, 2, 3, 4])
    predicted = {
        "a": np.array([1, 2, 9, 9]),
        "b": np.array([9, 2, 3, 9]),
        "c": np.array([9, 2, 3, 4]),
    }
    found = alone(predicted, labels)
    assert [found[name].right.tolist() for name in "abc"] == [[0], [], [3]]
    assert [found[name].wrong.tolist() for name in "abc"] == [[2], [], []]


def test_a_shift_goes_to_each_of_the_four_sides() -> None:
    shifted = changed(square(), "shifted")
    places = [np.argwhere(picture > 0).mean(axis=0) - 13.5 for picture in shifted]
    assert np.array(places).tolist() == [[SHIFT, 0], [-SHIFT, 0], [0, SHIFT], [0, -SHIFT]]


def test_a_turn_keeps_the_middle_and_the_ink_and_goes_both_ways() -> None:
    images = np.zeros((2, 28, 28), np.uint8)
    images[:, 4:24, 13:15] = 255
    left, right = changed(images, "turned")
    np.testing.assert_allclose(left, right[:, ::-1], atol=1e-5)
    assert left.sum() == pytest.approx(40, rel=0.05)
    rows, columns = np.nonzero(left)
    slope = np.polyfit(rows, columns, 1, w=left[rows, columns])[0]
    assert abs(np.degrees(np.arctan(slope))) == pytest.approx(15, abs=0.5)


def test_thick_has_more_ink_and_thin_less() -> None:
    n = {change: int(changed(square(), change)[0].sum()) for change in ("none", "thick", "thin")}
    assert n == {"none": 64, "thick": 96, "thin": 49}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_always_the_same_and_stays_in_range(change: Change) -> None:
    once, again = changed(square(), change), changed(square(), change)
    np.testing.assert_array_equal(once, again)
    assert once.dtype == np.float32
    assert 0 <= once.min() <= once.max() <= 1


def test_a_model_that_normalises_the_place_does_not_mind_a_shift() -> None:
    from model.data import datasets

    test = datasets.load("digits").test
    models = {name: shipped(name).model for name in ("pixels", "moments", "network")}
    before = robustness(models, test.images, test.labels, "none")
    after = robustness(models, test.images, test.labels, "shifted")
    assert after["pixels"] < before["pixels"] - 0.2
    for name in ("moments", "network"):
        assert after[name] == pytest.approx(before[name], abs=0.03)
