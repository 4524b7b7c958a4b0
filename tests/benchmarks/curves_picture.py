"""Curves as a picture for docs/benchmarks.md: one small log-log chart each, as SVG.

A decade is equally long on both axes of all charts, so that slopes can be compared by eye and a
line at 45° means "proportional".
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from typing import Literal

from tests.benchmarks.curve import Curve, duration
from tests.support.paths import ROOT

__all__ = ["SCHEMES", "svg", "write"]

Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")

COLUMNS = 3
WIDTH, HEIGHT = 266, 272
"""Of one chart with all that belongs to it; three are as wide as a README."""
LEFT, TOP = 52, 54
"""Where in it the plot begins."""
SIDE = 182
"""Of the plot."""
MARGIN = 0.2
"""Free room around the points of the longest curve, in decades."""


def write(curves: Sequence[Curve], folder: Path) -> list[Path]:
    """Write growth-light.svg and growth-dark.svg; return their paths."""
    paths = []
    for scheme in SCHEMES:
        path = folder / f"growth-{scheme}.svg"
        path.write_text(svg(curves, scheme), encoding="utf-8")
        paths.append(path)
    return paths


def svg(curves: Sequence[Curve], scheme: Scheme) -> str:
    """Draw the curves on a transparent ground, in the page's own colours of this scheme."""
    settings = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    theme = settings["theme"][scheme]
    decades = 2 * MARGIN + max(_span(values) for curve in curves for values in _logs(curve))
    charts = "\n".join(
        f'<g transform="translate({i % COLUMNS * WIDTH} {i // COLUMNS * HEIGHT})">\n'
        + "\n".join(_chart(curve, decades))
        + "\n</g>"
        for i, curve in enumerate(curves)
    )
    width, height = COLUMNS * WIDTH, -(-len(curves) // COLUMNS) * HEIGHT
    spoken = escape("; ".join(f"{c.title}: {c.slope}, {c.unit_cost}" for c in curves), quote=True)
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"
 width="{width}" height="{height}" role="img" aria-label="{spoken}">
<style>
text {{ font: 12px system-ui, "Segoe UI", sans-serif; fill: {theme["textColor"]} }}
.title {{ font-size: 14px; font-weight: 600 }}
.slope {{ font-size: 13px; fill: {theme["primaryColor"]} }}
.power {{ font-size: 10px }}
.x {{ text-anchor: middle }}
.y {{ text-anchor: end }}
.grid {{ stroke: {theme["borderColor"]}; stroke-opacity: 0.8 }}
.fit, .extended {{ stroke: {theme["primaryColor"]}; stroke-width: 2; stroke-linecap: round }}
.extended {{ stroke-width: 1.5; stroke-dasharray: 1 5 }}
circle {{ fill: {theme["primaryColor"]} }}
</style>
{charts}
</svg>
"""


def _chart(curve: Curve, decades: float) -> Iterator[str]:
    """Yield one chart's elements; the points lie in the middle of a plot of so many decades."""
    per_decade = SIDE / decades
    x_first, y_first = ((min(v) + max(v) - decades) / 2 for v in _logs(curve))

    def x(size: float) -> str:
        return f"{LEFT + (math.log10(size) - x_first) * per_decade:.1f}"

    def y(seconds: float) -> str:
        return f"{TOP + SIDE - (math.log10(seconds) - y_first) * per_decade:.1f}"

    def line(kind: str, first: float, last: float) -> str:
        ends = f'x1="{x(first)}" y1="{y(curve.at(first))}" x2="{x(last)}" y2="{y(curve.at(last))}"'
        return f'<line class="{kind}" {ends}/>'

    power = f'<tspan class="power" dy="-5">{curve.exponent:.2f}</tspan>'
    slope = f'{escape(curve.unit)}s{power}<tspan dy="5">, {escape(curve.unit_cost)}</tspan>'
    yield f'<text class="title" x="{LEFT}" y="18">{escape(curve.title)}</text>'
    yield f'<text class="slope" x="{LEFT}" y="38">{slope}</text>'
    for size in _powers_of_ten(x_first, decades):
        yield f'<path class="grid" d="M{x(size)} {TOP}v{SIDE}"/>'
        yield f'<text class="x" x="{x(size)}" y="{TOP + SIDE + 17}">{_count(size)}</text>'
    for seconds in _powers_of_ten(y_first, decades):
        yield f'<path class="grid" d="M{LEFT} {y(seconds)}h{SIDE}"/>'
        yield f'<text class="y" x="{LEFT - 7}" y="{y(seconds)}" dy="4">{duration(seconds)}</text>'
    (smallest, _), (middle, _), (largest, _) = curve.points[0], curve.fitted[0], curve.points[-1]
    yield line("extended", smallest, middle)
    yield line("fit", middle, largest)
    for size, seconds in curve.points:
        yield f'<circle cx="{x(size)}" cy="{y(seconds)}" r="3.5"/>'


def _logs(curve: Curve) -> tuple[list[float], list[float]]:
    """Return the powers of ten of the sizes, and of the seconds with the fitted line's."""
    sizes = [size for size, _ in curve.points]
    seconds = [taken for _, taken in curve.points] + [curve.at(size) for size in sizes]
    return [math.log10(size) for size in sizes], [math.log10(taken) for taken in seconds]


def _span(values: list[float]) -> float:
    return max(values) - min(values)


def _powers_of_ten(first: float, decades: float) -> list[float]:
    return [10.0**power for power in range(math.ceil(first), math.floor(first + decades) + 1)]


def _count(size: float) -> str:
    """Write 100, 1 k, 10 k, 1 M."""
    for factor, letter in ((1e6, " M"), (1e3, " k"), (1, "")):
        if size >= factor:
            return f"{size / factor:g}{letter}"
    return f"{size:g}"
