"""The charts: arrays in, Altair charts out. Importing Altair takes half a second and 30 MB."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np
from numpy.typing import NDArray

from ui.components.shared.colours import FOR, as_hex

__all__ = [
    "CELL",
    "confusion_chart",
    "coverage_chart",
    "loss_chart",
    "reliability_charts",
]

AltairChart = alt.Chart | alt.LayerChart | alt.FacetChart

CELL = "cell"
"""The selection that a click on the confusion matrix makes."""
SHADE = as_hex(FOR)
SMALL = 13
"""Of text, in pixels."""
IN_CELL = alt.ExprRef("min(13, width / 21)")
"""Of four digits in one of ten cells beside each other."""
OF_SCREEN = alt.ExprRef("min(0.0405 * windowSize()[1], windowSize()[0] / 30)")
"""Of text on the stage: 4 % of the screen's height, on a screen that is wider than high."""


def loss_chart(*, is_stage: bool = False) -> AltairChart:
    """Draw the loss −ln p of one picture against p, the probability of its true digit."""
    shares = np.linspace(0.005, 1, 200)
    chart = (
        alt.Chart(_table(p=shares, loss=-np.log(shares)))
        .mark_line(strokeWidth=3)
        .encode(
            x=alt.X("p:Q", title="probability given to the true digit", axis=alt.Axis(format="%")),
            y=alt.Y("loss:Q", title="loss −ln p"),
        )
    )
    return _legible(chart, 260, is_stage=is_stage)


def coverage_chart(
    curve: NDArray[np.floating[Any]], chosen: float, *, is_stage: bool = False
) -> AltairChart:
    """Draw what a threshold on the probability costs and brings.

    Parameters
    ----------
    curve : (n, 3) floats
        For each threshold: the share answered, and the share of the answers that are right.
    chosen : float
        The threshold in use, marked by a line.
    """
    threshold, answered, right = curve.T
    names = np.repeat(["answered", "of these right"], len(threshold))
    data = _table(
        threshold=np.tile(threshold, 2), share=np.concatenate([answered, right]), what=names
    )
    lines = (
        alt.Chart(data)
        .mark_line(strokeWidth=3)
        .encode(
            x=alt.X("threshold:Q", title="least probability", axis=alt.Axis(format="%")),
            y=alt.Y("share:Q", title=None, axis=alt.Axis(format="%"), scale=alt.Scale(zero=False)),
            color=alt.Color("what:N", title=None, legend=alt.Legend(orient="bottom")),
            strokeDash=alt.StrokeDash("what:N", title=None),
        )
    )
    here = alt.Chart(_table(threshold=[chosen])).mark_rule(strokeWidth=2).encode(x="threshold:Q")
    return _legible(alt.layer(lines, here), 260, is_stage=is_stage)


def confusion_chart(
    counts: NDArray[np.integer[Any]],
    *,
    percent: bool = False,
    chosen: tuple[int, int] | None = None,
    is_stage: bool = False,
) -> AltairChart:
    """Draw a (10, 10) confusion matrix: rows true, columns predicted, a number in each cell.

    The shade grows with the cube root of the cell's share of its row, so that rare mistakes can be
    seen too; only cells that hold something are written. The numbers have the page's own colour,
    which has a contrast of at least 5 : 1 on every shade.

    Parameters
    ----------
    counts : (10, 10) whole numbers
    percent : bool
        Write each cell's share of its row in per cent, not its count.
    chosen : (int, int), optional
        Row and column of the cell that is framed at first. With it, a click frames another one and
        selects it in the parameter `CELL`, with the fields "true" and "predicted".
    is_stage : bool
        Make it as high as its place, and its text as large as the stage asks.
    """
    true, predicted = np.indices(counts.shape)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    cells = _table(
        true=true.ravel(),
        predicted=predicted.ravel(),
        count=counts.ravel(),
        share=shares.ravel(),
        percent=shares.ravel() * 100,
        shade=np.where(counts > 0, 0.06 + 0.64 * np.cbrt(shares), 0).ravel(),
    )
    base = alt.Chart(cells).encode(
        x=alt.X("predicted:O", axis=alt.Axis(labelAngle=0, orient="top")),
        y=alt.Y("true:O", axis=alt.Axis(labelFlush=False)),
        tooltip=["true:O", "predicted:O", "count:Q", alt.Tooltip("share:Q", format=".1%")],
    )
    squares = base.mark_rect(fill=SHADE, stroke=None).encode(
        fillOpacity=alt.FillOpacity("shade:Q", scale=None)
    )
    number = alt.Text("percent:Q", format=".1f") if percent else alt.Text("count:Q")
    numbers = (
        base.transform_filter("datum.count > 0")
        .mark_text(fill="currentColor", fontSize=OF_SCREEN if is_stage else IN_CELL)
        .encode(text=number)
    )
    layers = [squares, numbers]
    if chosen is not None:
        start = [{"true": chosen[0], "predicted": chosen[1]}]
        cell = alt.selection_point(
            name=CELL, fields=["true", "predicted"], value=start, toggle=False, clear=False
        )
        frame = base.mark_rect(fillOpacity=0, stroke="currentColor", strokeWidth=2.5).encode(
            strokeOpacity=alt.condition(cell, alt.value(1), alt.value(0), empty=False)
        )
        layers.append(frame.add_params(cell))
    return _legible(alt.layer(*layers), 400, is_stage=is_stage)


def reliability_charts(
    confidence: NDArray[np.floating[Any]],
    accuracy: NDArray[np.floating[Any]],
    count: NDArray[np.integer[Any]],
) -> tuple[AltairChart, AltairChart]:
    """Draw a reliability diagram: how often answers are right against how sure they were.

    Parameters
    ----------
    confidence, accuracy : (n_bins,) floats between 0 and 1
        Mean of each of the bins, which divide 0 to 1 evenly; NaN where it is empty.
    count : (n_bins,) whole numbers

    Returns
    -------
    curve, counts : charts
        The diagram, and how many answers each bin holds, to be shown below it: their horizontal
        axes lie at the same place.
    """
    borders = np.linspace(0, 1, len(count) + 1)
    held = count > 0
    bins = _table(
        start=borders[:-1][held],
        end=borders[1:][held],
        middle=(borders[:-1] + borders[1:])[held] / 2,
        confidence=confidence[held],
        accuracy=accuracy[held],
        count=count[held],
    )
    tooltip: list[alt.Tooltip] = [
        alt.Tooltip("confidence:Q", format=".1%"),
        alt.Tooltip("accuracy:Q", format=".1%"),
        alt.Tooltip("count:Q"),
    ]
    whole = alt.Scale(domain=[0, 1], nice=False, padding=10)  # room for the largest point
    percent = alt.Axis(format="%", tickCount=6)
    room = 50  # for the labels of both vertical axes
    diagonal = (
        alt.Chart(_table(x=[0, 1], y=[0, 1]))
        .mark_line(stroke="currentColor", strokeDash=[4, 4], strokeWidth=1.5, opacity=0.6)
        .encode(x="x:Q", y="y:Q")
    )
    base = alt.Chart(bins).encode(
        x=alt.X("confidence:Q", scale=whole, title=None, axis=percent),
        y=alt.Y(
            "accuracy:Q",
            scale=whole,
            title="read right",
            axis=alt.Axis(format="%", tickCount=6, minExtent=room, maxExtent=room),
        ),
        tooltip=tooltip,
    )
    line = base.mark_line(stroke=SHADE, strokeWidth=2)
    size = alt.Size("count:Q", scale=alt.Scale(type="sqrt", range=[30, 300]), legend=None)
    points = base.mark_circle(fill=SHADE, opacity=1).encode(size=size)
    bars = (
        alt.Chart(bins)
        .mark_rect(fill="currentColor", fillOpacity=0.35)
        .encode(
            x=alt.X("start:Q", scale=whole, title="how sure it was", axis=percent),
            x2="end:Q",
            y=alt.Y(
                "count:Q",
                title="answers",
                axis=alt.Axis(tickCount=3, minExtent=room, maxExtent=room),
            ),
            y2=alt.datum(0),
            tooltip=tooltip,
        )
    )
    numbers = (
        alt.Chart(bins)
        .mark_text(fill="currentColor", dy=-8, fontSize=IN_CELL)
        .encode(x="middle:Q", y="count:Q", text=alt.Text("count:Q", format=","))
    )
    return (
        _legible(alt.layer(diagonal, line, points), 260),
        _legible(alt.layer(bars, numbers), 140),
    )


def _legible(chart: AltairChart, height: int, *, is_stage: bool = False) -> AltairChart:
    """Write the axes in the page's own colour: the theme's grey has too little contrast.

    The height is in pixels; on the stage it is that of the chart's place.
    """
    size = OF_SCREEN if is_stage else SMALL
    sized = chart if is_stage else chart.properties(height=height)
    legible: AltairChart = sized.configure_axis(
        labelColor="currentColor", titleColor="currentColor", labelFontSize=size, titleFontSize=size
    ).configure_legend(labelColor="currentColor", labelFontSize=size, labelLimit=0)
    return legible


def _table(**columns: Any) -> alt.InlineData:
    """Return columns of equal length as the rows that a chart takes."""
    lists = [np.asarray(column).tolist() for column in columns.values()]
    return alt.InlineData(
        values=[dict(zip(columns, row, strict=True)) for row in zip(*lists, strict=True)]
    )
