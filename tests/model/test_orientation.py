"""Data that lies otherwise is noticed, and how it would be put right is said."""

from __future__ import annotations

import numpy as np
import pytest

from model.data import datasets
from model.data.turning import AS_THEY_CAME, ORIENTATIONS, Turn, parse_turn, turned
from model.evaluation.orientation import suggested_turn
from tests.support.specimens import shipped

BACK = {"left": "right", "right": "left"}


@pytest.mark.parametrize("invert", [False, True])
@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_every_orientation_and_both_inks_are_noticed(orientation: str, invert: bool) -> None:
    test = datasets.load("digits").test
    came = turned(test.images, Turn(BACK.get(orientation, orientation), invert))
    found = suggested_turn(came, test.labels, shipped("directions").model)
    wanted = Turn(orientation, invert)
    if wanted == AS_THEY_CAME:
        assert found is None
    else:
        assert found is not None
        assert found.turn == wanted
        assert found.accuracy_turned > 0.85
        np.testing.assert_array_equal(turned(came, found.turn), test.images)


@pytest.mark.parametrize("digits", [(0,), (0, 1), (0, 1, 8), (6, 9), (2, 5)])
def test_few_digits_that_lie_right_are_never_offered_to_be_turned(digits: tuple[int, ...]) -> None:
    test = datasets.load("digits").test
    kept = np.isin(test.labels, digits)
    found = suggested_turn(test.images[kept], test.labels[kept], shipped("directions").model)
    assert found is None


def test_a_turn_is_written_and_read_back() -> None:
    for orientation in ORIENTATIONS:
        for invert in (False, True):
            assert parse_turn(Turn(orientation, invert).code) == Turn(orientation, invert)


@pytest.mark.parametrize("code", ["sideways", "left+right", "invert+invert", ""])
def test_what_is_no_turn_is_refused(code: str) -> None:
    with pytest.raises(ValueError, match="a turn is one of"):
        parse_turn(code)
