"""The smallest change by search: it wins when read again, and says so where it does not."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from model.classifier.softmax import SoftmaxRegression
from model.explanation.pixel_search import MOST, pixel_search
from model.preprocessing.centring import centred
from tests.support.specimens import drawn, sample_digits, shipped
from ui.elements import wording

MODEL: SoftmaxRegression = shipped("directions").model
SEEN = [MODEL.seen(centred(drawn(digit))[np.newaxis])[0] for digit in sample_digits()]


@pytest.mark.parametrize("digit", range(10))
def test_the_runner_up_wins_when_the_changed_picture_is_read(digit: int) -> None:
    scores = MODEL.decision_function(MODEL.described(SEEN[digit][np.newaxis]))[0]
    second = int(np.argsort(scores)[-2])
    found = pixel_search(MODEL, SEEN[digit], second)
    assert found.wins
    after = found.features_after.reshape(28, 28)
    read = MODEL.decision_function(MODEL.described(after[np.newaxis]))[0]
    assert read.argmax() == second
    np.testing.assert_allclose(found.logits_after, read, atol=1e-5)
    assert sorted(found.pixels) == np.flatnonzero(after != SEEN[digit]).tolist()
    assert 0 < len(found) <= 30
    assert set(np.unique(found.after)) <= {0, 1}
    np.testing.assert_array_equal(found.before, SEEN[digit].ravel()[found.pixels])
    n = len(found)
    assert wording.change(found).startswith(f"{n} pixel{' puts' if n == 1 else 's put'} {second}")


def test_no_change_is_needless() -> None:
    found = pixel_search(MODEL, SEEN[3], 8)
    for pixel, before in zip(found.pixels, found.before, strict=True):
        without = found.features_after.copy()
        without[pixel] = before
        read = MODEL.decision_function(MODEL.described(without.reshape(1, 28, 28)))[0]
        assert read.argmax() != 8


def test_the_answer_needs_no_change() -> None:
    found = pixel_search(MODEL, SEEN[7], 7)
    assert (len(found), found.wins, found.present) == (0, True, 7)
    assert wording.change(found) == "7 is the answer already."


def test_where_none_is_found_nothing_is_changed_and_it_says_so() -> None:
    bias = MODEL.bias.copy()
    bias[4] = -1e6  # no ink can make up for that
    found = pixel_search(dataclasses.replace(MODEL, bias=bias), SEEN[9], 4)
    assert not found.wins
    assert len(found) == 0
    np.testing.assert_array_equal(found.features_after, SEEN[9].ravel())
    assert wording.change(found) == (
        f"No change of at most {MOST} pixels was found that puts 4 ahead of 9."
    )


@pytest.mark.parametrize(
    ("seen", "target", "fault"),
    [
        (np.zeros(784), 3, "what is seen must be"),
        (np.full((28, 28), 2.0), 3, "what is seen must be"),
        (np.zeros((28, 28)), 10, "target must be from 0 to 9, got 10"),
    ],
)
def test_what_cannot_be_searched_is_refused(seen: np.ndarray, target: int, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        pixel_search(MODEL, seen, target)
