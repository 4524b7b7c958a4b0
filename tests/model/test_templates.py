"""A linear model's weights on the directions of edges, as strokes."""

from __future__ import annotations

import numpy as np
import pytest

from model.explanation.templates import direction_templates
from model.preprocessing.directions import directions


def picture_of(dx: float, dy: float, middle: tuple[float, float]) -> np.ndarray:
    """Draw a soft stroke through a place, (x, y), in a direction."""
    y, x = np.mgrid[:28, :28].astype(np.float32)
    away = np.abs((x - middle[0]) * dy - (y - middle[1]) * dx) / np.hypot(dx, dy)
    along = np.abs((x - middle[0]) * dx + (y - middle[1]) * dy) / np.hypot(dx, dy)
    ink: np.ndarray = np.clip(2 - away, 0, 1) * (along < 4)
    return ink


@pytest.mark.parametrize(("orientation", "dx", "dy"), [(0, 0, 1), (1, 1, -1), (2, 1, 0), (3, 1, 1)])
def test_a_stroke_is_found_where_it_is_and_as_it_leans(orientation: int, dx: int, dy: int) -> None:
    row, column = 6, 3
    ink = picture_of(dx, dy, (4 * column + 1.5, 2 * row + 0.5))
    weights = np.zeros((784, 10), np.float32)
    weights[:, 5] = directions(ink)  # what speaks for a 5 is this very stroke
    template = direction_templates(weights)[5]  # (4, 14, 7)
    per_orientation = template.sum(axis=(1, 2))
    assert per_orientation.argmax() == orientation
    shares = template[orientation] / template[orientation].sum()
    rows, columns = np.arange(14), np.arange(7)
    assert (shares.sum(axis=1) * rows).sum() == pytest.approx(row, abs=0.1)
    assert (shares.sum(axis=0) * columns).sum() == pytest.approx(column, abs=0.1)


def test_the_two_edges_of_a_stroke_are_added_up_for_each_digit() -> None:
    weights = np.arange(7840, dtype=np.float32).reshape(784, 10)
    templates = direction_templates(weights)
    assert templates.shape == (10, 4, 14, 7)
    by_edge = weights.reshape(8, 14, 7, 10)
    assert templates[7, 3, 13, 2] == by_edge[3, 13, 2, 7] + by_edge[7, 13, 2, 7]


def test_weights_of_another_shape_are_refused() -> None:
    with pytest.raises(ValueError, match=r"\(784, 10\), got \(10, 784\)"):
        direction_templates(np.zeros((10, 784), np.float32))
