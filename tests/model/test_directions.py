"""Directions: what feeds which feature, and what stays."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from model.preprocessing.directions import (
    CHUNK,
    COLUMNS,
    N_DIRECTIONS,
    ROWS,
    directions,
    edges,
    pull_back,
)

Floats = NDArray[np.floating[Any]]


def by_direction(picture: Floats) -> Floats:
    """Return how much each of the eight directions has in all."""
    return directions(picture).reshape(N_DIRECTIONS, -1).sum(axis=1)


def stroke(rng: np.random.Generator) -> Floats:
    picture = np.zeros((28, 28), np.float32)
    x, y = rng.integers(5, 20, 2)
    picture[y : y + 6, x : x + 3] = rng.uniform(0.5, 1)
    return picture


def test_a_picture_without_ink_has_no_features() -> None:
    assert not directions(np.zeros((2, 28, 28), np.float32)).any()


def test_an_edge_feeds_its_direction_and_not_the_opposite_one() -> None:
    picture = np.zeros((28, 28), np.float32)
    picture[:, 14:] = 1
    features = directions(picture).reshape(N_DIRECTIONS, ROWS, COLUMNS)
    at_the_edge = features[:, 4:10, 3]  # away from the upper and lower ends
    assert at_the_edge[0].min() > 0.5
    assert at_the_edge[1:].max() < 1e-6


@pytest.mark.parametrize("quarter_turns", [1, 2, 3])
def test_turning_the_picture_turns_the_directions(quarter_turns: int) -> None:
    rising = np.tri(28, k=-4, dtype=np.float32)  # ink below a diagonal, its rim looks down left
    assert by_direction(rising)[[1, 3, 5, 7]].argmax() == 1
    turned = by_direction(np.ascontiguousarray(np.rot90(rising, -quarter_turns)))
    assert turned[[1, 3, 5, 7]].argmax() == (1 + quarter_turns) % 4


def test_half_a_turn_gives_the_same_features_the_other_way_round() -> None:
    picture = np.random.default_rng(0).random((28, 28)).astype(np.float32)
    turned = directions(np.ascontiguousarray(picture[::-1, ::-1])).reshape(8, ROWS, COLUMNS)
    expected = np.roll(directions(picture).reshape(8, ROWS, COLUMNS), 4, axis=0)
    np.testing.assert_allclose(turned, expected[:, ::-1, ::-1], atol=1e-5)


def test_all_features_lie_between_0_and_1() -> None:
    noise = np.random.default_rng(0).integers(0, 2, (50, 28, 28)).astype(np.float32)
    features = directions(noise)
    assert features.min() >= 0
    assert features.max() <= 1


def test_a_shift_by_one_pixel_changes_less_than_another_picture_does() -> None:
    rng = np.random.default_rng(0)
    one, other = stroke(rng), stroke(rng)
    shifted = np.roll(one, 1, axis=1)
    distance = np.linalg.norm(directions(one) - directions(shifted))
    assert distance < 0.5 * np.linalg.norm(directions(one) - directions(other))


@pytest.mark.parametrize("n", [1, CHUNK, CHUNK + 1])
def test_a_batch_gives_what_each_picture_gives(n: int) -> None:
    batch = np.random.default_rng(n).random((n, 28, 28)).astype(np.float32)
    together = directions(batch)
    assert together.shape == (n, 784)
    for i in {0, n // 2, n - 1}:
        np.testing.assert_allclose(together[i], directions(batch[i]), atol=1e-6)


@pytest.mark.parametrize("shape", [(28,), (27, 28), (1, 1, 28, 28)])
def test_other_shapes_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="images must be"):
        directions(np.zeros(shape, np.float32))


@pytest.mark.parametrize("value", [-0.1, 1.1, np.nan])
def test_values_outside_0_to_1_are_refused(value: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        directions(np.full((28, 28), value, np.float32))


def test_derivatives_by_the_maps_come_back_to_the_pixels() -> None:
    """Checked against differences; smooth pictures, for at a kink there is no derivative."""
    rng = np.random.default_rng(0)
    picture = rng.uniform(0.2, 0.8, (28, 28)).astype(np.float32)
    of_maps = rng.normal(size=(N_DIRECTIONS, 28, 28)).astype(np.float32)

    def total(of: Floats) -> float:
        return float((edges(of[np.newaxis])[:, 0].astype(np.float64) * of_maps).sum())

    slope, step, agreed = pull_back(picture, of_maps), 1e-3, 0
    for row, column in rng.integers(0, 28, (100, 2)):
        up, down = picture.copy(), picture.copy()
        up[row, column] += step
        down[row, column] -= step
        difference = (total(up) - total(down)) / (2 * step)
        agreed += difference == pytest.approx(slope[row, column], abs=0.02)
    assert agreed >= 95  # the rest has a kink within the step
