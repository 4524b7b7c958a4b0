"""The tools that train the rejector and measure what gets an answer."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from model.data import datasets
from tests.support.paths import SAMPLES
from tests.support.specimens import sample_digits, shipped
from tools import answered, drawn, rejector
from tools.negatives import FAMILIES, HELD_OUT, negatives

pytestmark = pytest.mark.slow


def test_the_rejector_learns_to_tell_a_digit_from_what_is_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rejector, "N_STEPS", 2_000)
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 10, 2_000)
    digits = np.zeros((2_000, 784), np.float32)
    digits[np.arange(2_000), labels] = 1
    others = np.zeros((500, 784), np.float32)
    others[:, 10] = rng.uniform(0.5, 1, 500)
    found = rejector.train(digits, labels, {"others": others})
    scores = np.concatenate([digits, others]) @ found.weights + found.bias
    assert scores[np.arange(2_000), labels].min() > scores[2_000:].max()
    assert found.distance_weight > 0


@pytest.mark.parametrize("family", FAMILIES)
def test_negatives_are_pictures_in_mnists_form_and_come_again(family: str) -> None:
    data = datasets.load("digits").train
    pictures = negatives(family, 5, data.images, data.labels, seed=3)
    assert pictures.shape == (5, 28, 28)
    assert 0 <= pictures.min() < pictures.max() <= 1
    assert all(picture.any() for picture in pictures)
    again = negatives(family, 5, data.images, data.labels, seed=3)
    np.testing.assert_array_equal(pictures, again)
    assert (pictures != negatives(family, 5, data.images, data.labels, seed=4)).any()


def test_nothing_is_learned_from_what_is_held_out() -> None:
    assert set(rejector.N_PICTURES) | set(HELD_OUT) == set(FAMILIES)
    assert not set(rejector.N_PICTURES) & set(HELD_OUT)


def test_a_tap_is_a_round_mark_on_the_drawing_and_takes_nothing_away() -> None:
    rng = np.random.default_rng(0)
    ink = np.zeros((280, 280), np.float32)
    ink[100:200, 140:160] = 1
    for _ in range(20):
        tapped = drawn.tapped(ink, rng)
        assert (tapped >= ink).all()
        more = np.argwhere(tapped > ink)
        assert len(more) <= 400
        if len(more):
            assert np.ptp(more, axis=0).max() <= 21
        assert set(np.unique(tapped)) <= {0, 1}


def test_pairs_stand_side_by_side_with_free_paper_between_them() -> None:
    for ink, labels in drawn.pairs(sample_digits(), 30, seed=0):
        assert ink.shape == (336, 336)
        assert all(0 <= label <= 9 for label in labels)
        columns = ink.any(axis=0)
        first, last = columns.argmax(), 336 - columns[::-1].argmax()
        gaps = np.diff(np.flatnonzero(columns[first:last]))
        assert 8 <= gaps.max() - 1 < 60


def test_pairs_of_the_samples_are_read_as_numbers() -> None:
    found = [
        (answered.read_parts(shipped("directions"), ink), labels)
        for ink, labels in drawn.pairs(sample_digits(), 20, seed=1)
    ]
    right = sum([each.digit for each in read] == list(labels) for read, labels in found)
    assert right >= 17


def test_the_shares_of_drawn_digits_add_up(capsys: pytest.CaptureFixture[str]) -> None:
    answered.main(["drawn", str(SAMPLES), "--json"])
    found = json.loads(capsys.readouterr().out)
    assert found["n"] == 10
    assert found["right"] + found["wrong"] == pytest.approx(found["answered"])
    assert found["right"] >= 0.8


def test_only_letters_that_no_digit_resembles_are_measured(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "letters.jsonl.gz"
    upright = [[[0, 0], [0, 9]]]
    lines = [json.dumps({"label": label, "strokes": upright}) for label in ("A", "l")]
    with gzip.open(path, "wt") as file:
        file.write("\n".join(lines))
    answered.main(["letters", str(path), "--json"])
    assert json.loads(capsys.readouterr().out)["n"] == 1


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        (["drawn"], "drawn needs a file of pen strokes"),
        (["letters"], "letters needs a file of pen strokes"),
        (["letters", str(SAMPLES)], "holds no letters that no digit resembles"),
    ],
)
def test_what_cannot_be_measured_is_told_in_a_line(
    arguments: list[str], fault: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        answered.main(arguments)
    assert end.value.code == 2
    assert fault in capsys.readouterr().err
