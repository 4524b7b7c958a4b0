"""The measures, held against counting by hand."""

from __future__ import annotations

import json

import numpy as np
import pytest
from numpy.typing import NDArray

from model.evaluation.metrics import evaluate

#            true digits  0  0  0  0  1  1  2  9
TRUE = np.array([0, 0, 0, 0, 1, 1, 2, 9])
PREDICTED = np.array([0, 0, 0, 1, 1, 1, 0, 9])


def test_the_measures_are_those_counted_by_hand() -> None:
    measured = evaluate(TRUE, PREDICTED)
    assert measured.n == 8
    assert measured.accuracy == 6 / 8
    np.testing.assert_allclose(measured.precision, [3 / 4, 2 / 3, 0, 0, 0, 0, 0, 0, 0, 1])
    np.testing.assert_allclose(measured.recall, [3 / 4, 1, 0, 0, 0, 0, 0, 0, 0, 1])
    np.testing.assert_allclose(measured.f1, [3 / 4, 4 / 5, 0, 0, 0, 0, 0, 0, 0, 1])
    np.testing.assert_array_equal(measured.support, [4, 2, 1, 0, 0, 0, 0, 0, 0, 1])
    assert measured.macro_precision == pytest.approx((3 / 4 + 2 / 3 + 1) / 4)
    assert measured.macro_recall == pytest.approx((3 / 4 + 1 + 1) / 4)
    assert measured.macro_f1 == pytest.approx((3 / 4 + 4 / 5 + 1) / 4)


def test_the_matrix_has_the_true_digits_in_rows() -> None:
    expected = np.zeros((10, 10), int)
    for true, predicted in zip(TRUE, PREDICTED, strict=True):
        expected[true, predicted] += 1
    matrix = evaluate(TRUE, PREDICTED).confusion_matrix
    assert (matrix[0, 1], matrix[1, 0]) == (1, 0)
    np.testing.assert_array_equal(matrix, expected)


def test_all_right_is_one_everywhere() -> None:
    measured = evaluate(np.arange(10), np.arange(10))
    assert (measured.accuracy, measured.macro_precision) == (1, 1)
    assert (measured.macro_recall, measured.macro_f1) == (1, 1)


def test_the_dict_holds_plain_numbers() -> None:
    measured = evaluate(TRUE.astype(np.uint8), PREDICTED)
    again = json.loads(json.dumps(measured.as_dict()))
    assert again == measured.as_dict()
    assert again["accuracy"] == 0.75
    assert sum(map(sum, again["confusion_matrix"])) == again["n"] == sum(again["support"])


@pytest.mark.parametrize(
    ("y_true", "y_pred", "fault"),
    [
        ([], [], r"equal length, got \(0,\) \(0,\)"),
        ([1, 2], [1], r"got \(2,\) \(1,\)"),
        ([[1]], [[1]], r"got \(1, 1\)"),
        ([10], [1], "from 0 to 9"),
        ([1], [-1], "from 0 to 9"),
        ([1.5], [1], "from 0 to 9"),
        ([np.nan], [1], "from 0 to 9"),
    ],
)
def test_what_cannot_be_compared_is_refused(
    y_true: NDArray[np.float64], y_pred: NDArray[np.float64], fault: str
) -> None:
    with pytest.raises(ValueError, match=fault):
        evaluate(np.array(y_true), np.array(y_pred))
