"""Arrays in, charts out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ui.elements import charts


def rows(specification: Any) -> list[dict[str, Any]]:
    """Return the data of a chart: its rows, in the chart itself or in its first layer."""
    holder = specification if "data" in specification else specification["layer"][0]
    if "values" in holder["data"]:
        return list(holder["data"]["values"])
    return list(specification["datasets"][holder["data"]["name"]])


def test_the_loss_of_certainty_is_nothing_and_falls_all_the_way_there() -> None:
    points = rows(charts.loss_chart().to_dict())
    losses = [point["loss"] for point in points]
    assert np.isfinite(losses).all()
    assert (np.diff(losses) < 0).all()
    assert points[-1] == {"p": 1.0, "loss": pytest.approx(0)}


def test_the_confusion_chart_has_the_true_digit_in_rows_and_survives_empty_rows() -> None:
    counts = np.zeros((10, 10), np.int64)
    counts[2, 7] = 5
    specification = charts.confusion_chart(counts).to_dict()
    cells = rows(specification)
    assert len(cells) == 100
    assert np.isfinite([cell["share"] for cell in cells]).all()
    (cell,) = (cell for cell in cells if cell["count"] > 0)
    assert (cell["true"], cell["predicted"], cell["share"]) == (2, 7, 1.0)
    axes = specification["layer"][0]["encoding"]
    assert (axes["y"]["field"], axes["x"]["field"]) == ("true", "predicted")
