"""What the benchmarks make of their measurements: slopes, pictures, tables in the documents."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.benchmarks import __main__ as command
from tests.benchmarks import bench_people, curves_picture
from tests.benchmarks.curve import Curve, duration
from tests.benchmarks.sites import USUAL
from tests.support.crowd import Crowd

SIZES = (10, 30, 100, 300, 1_000, 3_000)
DOCUMENTS = ("README.md", "docs/benchmarks.md")
SVG = "{http://www.w3.org/2000/svg}"


def in_a_document(block: str) -> str:
    return f"before\n<!-- bench:begin -->\n{block}\n<!-- bench:end -->\nafter\n"


def printed(*names: str) -> str:
    """What the benchmarks that measure nothing print."""
    return "".join(f"table of {name}\n  the {name}'s   2.50 s\n" for name in names)


def power_law(exponent: float, *, once: float = 0.0) -> Curve:
    """A curve of 2 ms · size^exponent, with what is paid once on top of it at the small sizes."""
    costs = (2e-3 * size**exponent + (once if size < 300 else 0) for size in SIZES)
    return Curve("Training", "step", tuple(zip(SIZES, costs, strict=True)))


@pytest.mark.parametrize("exponent", [0.5, 1.0, 2.0])
@pytest.mark.parametrize("once", [0.0, 5.0])
def test_the_slope_of_a_power_law_is_its_exponent_whatever_small_sizes_cost(
    exponent: float, once: float
) -> None:
    curve = power_law(exponent, once=once)
    assert curve.exponent == pytest.approx(exponent)
    assert curve.slope == f"steps^{exponent:.2f}"
    assert curve.at(100) == pytest.approx(2e-3 * 100**exponent)


def test_a_curve_comes_back_from_json_and_tells_what_a_unit_costs_at_its_end() -> None:
    curve = power_law(1.0)
    assert Curve.from_dict(json.loads(json.dumps(curve.as_dict()))) == curve
    assert curve.unit_cost == "2 ms a step"


@pytest.mark.parametrize(
    "points",
    [((1, 1.0), (2, 2.0)), ((1, 1.0), (3, 2.0), (2, 3.0)), ((0, 1.0), (1, 2.0), (2, 3.0))],
)
def test_points_without_a_slope_are_refused(points: tuple[tuple[float, float], ...]) -> None:
    with pytest.raises(ValueError, match="Training: a curve needs at least three points"):
        Curve("Training", "step", points)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(123.4, "120 s"), (0.1, "0.1 s"), (0.0996, "100 ms"), (1e-4, "0.1 ms"), (2.14e-8, "21 ns")],
)
def test_a_duration_has_two_digits_and_the_unit_that_fits(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize("scheme", curves_picture.SCHEMES)
def test_a_picture_shows_every_point_at_its_slope_and_names_it(
    scheme: curves_picture.Scheme,
) -> None:
    curves = [power_law(0.5), power_law(1.0), power_law(2.0), power_law(1.0, once=1.0)]
    text = curves_picture.svg(curves, scheme)
    assert len(text.encode()) < 60_000
    root = ElementTree.fromstring(text)
    charts = root.findall(f"{SVG}g")
    assert len(charts) == len(curves)
    width, height = (float(root.attrib[side]) for side in ("width", "height"))
    for curve, chart in zip(curves, charts, strict=True):
        words = ["".join(node.itertext()) for node in chart.iter(f"{SVG}text")]
        assert f"steps{curve.exponent:.2f}, {curve.unit_cost}" in words
        left, top = map(float, re.findall(r"[\d.]+", chart.attrib["transform"]))
        places = [
            (left + float(c.attrib["cx"]), top + float(c.attrib["cy"]))
            for c in chart.iter(f"{SVG}circle")
        ]
        assert len(places) == len(SIZES)
        assert all(0 < x < width and 0 < y < height for x, y in places)
        (x, y), *_, (last_x, last_y) = places[len(SIZES) // 2 :]
        assert (y - last_y) / (last_x - x) == pytest.approx(curve.exponent, abs=0.01)


@pytest.fixture
def three_benchmarks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The command with benchmarks that measure nothing; returns the root it writes into."""

    def benchmark(name: str) -> command.Benchmark:
        def main(*, full: bool = False) -> dict[str, Any]:
            print(f"table of {name}\n  the {name}'s   2.50 s")
            return {"full": full, "curves": [power_law(1.0).as_dict()]}

        return main

    names = ("first", "second", "third")
    monkeypatch.setattr(command, "BENCHMARKS", {name: benchmark(name) for name in names})
    monkeypatch.setattr(command, "ONLY_FULL", ("second",))
    (tmp_path / "assets").mkdir()
    monkeypatch.setattr(command, "SUMMARY", {"the second's": ("the second", "in {} s")})
    (tmp_path / "docs").mkdir()
    for path in DOCUMENTS:
        (tmp_path / path).write_text(in_a_document("old"))
    monkeypatch.setattr(command, "ROOT", tmp_path)
    return tmp_path


def test_a_crowd_of_which_nobody_was_answered_has_a_row_and_no_nan_in_json() -> None:
    crowd = Crowd(100, 0.0, errors=["no answer"] * 100, cpu=3, memory=1e6)
    row = bench_people._row(USUAL, crowd)
    assert " ".join(row.split()) == "100 usual pattern, no pause nobody was answered 100 1.00"
    json.dumps(bench_people._summary(USUAL, crowd), allow_nan=False)


@pytest.mark.usefixtures("three_benchmarks")
def test_only_the_benchmarks_named_are_run_and_are_told_to_be_full(
    capsys: pytest.CaptureFixture[str],
) -> None:
    command.main(["--json", "--full", "--only", "third, first"])
    said = capsys.readouterr()
    found = json.loads(said.out)
    assert {name: result["full"] for name, result in found.items()} == {"first": 1, "third": 1}
    assert said.err == printed("first", "third")


@pytest.mark.usefixtures("three_benchmarks")
def test_a_benchmark_that_is_not_there_is_named_with_those_that_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        command.main(["--only", "first,speed"])
    assert "called speed; there are first, second, third" in capsys.readouterr().err


def test_writing_replaces_the_tables_and_the_readmes_rows_and_draws_all_curves(
    three_benchmarks: Path,
) -> None:
    command.main(["--write", "--full"])
    block = f"```text\n{printed('first', 'second', 'third')}```"
    assert (three_benchmarks / "docs/benchmarks.md").read_text() == in_a_document(block)
    rows = "| how fast it is | |\n|---|---:|\n| the second | in 2.50 s |"
    assert (three_benchmarks / "README.md").read_text() == in_a_document(rows)
    pictures = sorted(path.name for path in (three_benchmarks / "assets").iterdir())
    assert pictures == ["growth-dark.svg", "growth-light.svg"]
    drawn = ElementTree.parse(three_benchmarks / "assets" / "growth-dark.svg")
    assert len(drawn.findall(f"{SVG}g")) == 3


@pytest.mark.usefixtures("three_benchmarks")
def test_a_quick_run_leaves_out_what_takes_long(capsys: pytest.CaptureFixture[str]) -> None:
    command.main([])
    assert capsys.readouterr().out == printed("first", "third")
    command.main(["--only", "second"])
    assert capsys.readouterr().out == printed("second")


def test_a_quick_run_is_not_written(
    three_benchmarks: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        command.main(["--write", "--only", "first"])
    assert "needs --full" in capsys.readouterr().err
    for path in DOCUMENTS:
        assert (three_benchmarks / path).read_text() == in_a_document("old")


def test_some_tables_alone_replace_their_own_and_leave_the_others_and_the_curves(
    three_benchmarks: Path,
) -> None:
    command.main(["--write", "--full"])
    place = three_benchmarks / "docs/benchmarks.md"
    place.write_text(place.read_text().replace("2.50 s", "9.99 s"))
    for picture in (three_benchmarks / "assets").iterdir():
        picture.unlink()
    command.main(["--write", "--full", "--only", "second"])
    tables = "".join(
        f"table of {name}\n  the {name}'s   {seconds} s\n"
        for name, seconds in (("first", "9.99"), ("second", "2.50"), ("third", "9.99"))
    )
    assert place.read_text() == in_a_document(f"```text\n{tables}```")
    assert not list((three_benchmarks / "assets").iterdir())
