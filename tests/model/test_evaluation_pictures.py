"""Which pictures were read wrong, and which stand in a cell of the confusion matrix."""

from __future__ import annotations

import numpy as np
import pytest

from model.evaluation.metrics import evaluate
from model.evaluation.pictures import mistakes, pictures_of

RANDOM = np.random.default_rng(1)
PROBABILITIES = RANDOM.dirichlet(np.full(10, 0.3), 500)
LABELS = np.where(
    RANDOM.random(500) < 0.7, PROBABILITIES.argmax(axis=1), RANDOM.integers(0, 10, 500)
)
PREDICTED = PROBABILITIES.argmax(axis=1)


def test_every_mistake_is_there_once_and_the_surest_comes_first() -> None:
    wrong = mistakes(PROBABILITIES, LABELS)
    assert sorted(wrong) == np.flatnonzero(PREDICTED != LABELS).tolist()
    assert (np.diff(PROBABILITIES[wrong].max(axis=1)) <= 0).all()


def test_mistakes_made_with_equal_certainty_keep_their_order() -> None:
    probabilities = np.tile(np.eye(10)[3], (4, 1))
    assert mistakes(probabilities, np.array([1, 3, 2, 0])).tolist() == [0, 2, 3]


def test_each_cell_holds_as_many_pictures_as_the_matrix_says_and_the_right_ones() -> None:
    matrix = evaluate(LABELS, PREDICTED).confusion_matrix
    for true, predicted in np.ndindex(10, 10):
        found = pictures_of(true, predicted, PROBABILITIES, LABELS)
        assert len(found) == matrix[true, predicted]
        assert (LABELS[found] == true).all()
        assert (PREDICTED[found] == predicted).all()
        assert (np.diff(PROBABILITIES[found].max(axis=1)) <= 0).all()


def test_arrays_that_do_not_belong_together_are_refused() -> None:
    with pytest.raises(ValueError, match=r"got \(500, 10\) \(499,\)"):
        mistakes(PROBABILITIES, LABELS[1:])
    with pytest.raises(ValueError, match=r"got \(0, 10\) \(0,\)"):
        pictures_of(1, 2, PROBABILITIES[:0], LABELS[:0])
