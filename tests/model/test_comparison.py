"""Two models on the same pictures: what the new one repaired, what it broke, and the rest."""

from __future__ import annotations

import numpy as np

from model.evaluation.comparison import compare


def test_fixed_and_broken_are_what_only_one_of_the_two_reads_right() -> None:
    labels = np.array([0, 1, 2, 3, 4])
    before = np.array([0, 1, 9, 9, 9])
    after = np.array([0, 8, 2, 9, 8])
    found = compare(labels, before, after)
    np.testing.assert_array_equal(found.fixed, [2])
    np.testing.assert_array_equal(found.broken, [1])
    assert (found.before.accuracy, found.after.accuracy) == (0.4, 0.4)
    np.testing.assert_array_equal(found.predicted_before, before)
    np.testing.assert_array_equal(found.predicted_after, after)
