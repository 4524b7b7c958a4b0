"""The colours exist once, and the parts of a component are put together whole."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import numpy as np
import pytest

from tests.support.paths import ROOT
from ui.components.shared import colours, parts
from ui.elements.small_bars import small_bars
from ui.server.first_look import FIRST_LOOK

THEME = {
    "text": "textColor",
    "background": "backgroundColor",
    "for": "primaryColor",
    "against": "linkColor",
}
WRITTEN = re.compile(r"#(?:[0-9a-f]{6}|[0-9a-f]{3})\b|\[\d+, \d+, \d+\]", re.IGNORECASE)


def texts(*endings: str) -> list[Path]:
    return [path for path in (ROOT / "ui").rglob("*") if path.suffix in endings] + (
        [ROOT / "assets" / "style.css"] if ".css" in endings else []
    )


def test_the_colours_of_text_are_those_of_the_theme() -> None:
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    for name, option in THEME.items():
        of_theme = tuple(config["theme"][scheme][option] for scheme in ("light", "dark"))
        assert colours.TEXT[name] == of_theme


def test_no_other_file_writes_a_colour_of_the_table_again() -> None:
    table = {colours.as_hex(colour) for colour in colours.MAP_COLOURS.values()}
    table |= {str(list(colour)) for colour in colours.MAP_COLOURS.values()}
    table |= {colour for pair in colours.TEXT.values() for colour in pair}
    for path in texts(".py", ".js", ".css"):
        if path.name != "colours.py":
            written = {found.lower() for found in WRITTEN.findall(path.read_text("utf-8"))}
            assert not written & table, path


def test_the_first_look_has_the_colours_of_the_page() -> None:
    written = set(WRITTEN.findall(FIRST_LOOK.read_text("utf-8")))
    logo = set(WRITTEN.findall((FIRST_LOOK.parent / "logo.svg").read_text("utf-8")))
    table = {colour for name in ("text", "background") for colour in colours.TEXT[name]}
    assert table <= written <= table | logo


def test_every_colour_that_a_style_sheet_asks_for_by_name_exists() -> None:
    there = set(re.findall(r"(--inkling-\w+):", colours.custom_properties()))
    for path in texts(".css"):
        assert set(re.findall(r"var\((--inkling-\w+)\)", path.read_text("utf-8"))) <= there, path


def test_a_script_has_its_constants_before_its_files(tmp_path: Path) -> None:
    (tmp_path / "own.js").write_text("last();\n", encoding="utf-8")
    script = parts.script("words.js", tmp_path / "own.js", SIDE=28, WORDS={"two": ("é", "</")})
    assert script.startswith('const SIDE = 28;\nconst WORDS = {"two": ["é", "</"]};\n')
    assert script.endswith("last();\n")
    assert "function worded" in script


def test_a_style_sheet_has_a_line_for_each_rule(tmp_path: Path) -> None:
    (tmp_path / "own.css").write_text(
        "a b {\n  color: red;\n}\nc {\n  top: 0;\n}\n", encoding="utf-8"
    )
    assert parts.style(tmp_path / "own.css") == "a b { color: red; }\nc { top: 0; }\n"


def test_a_page_without_one_of_its_words_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "own.html").write_text('<p title="{one}">{two}</p>', encoding="utf-8")
    assert parts.page(tmp_path / "own.html", {"one": "1", "two": "2"}) == '<p title="1">2</p>'
    with pytest.raises(KeyError):
        parts.page(tmp_path / "own.html", {"one": "1"})


def test_the_small_bars_tell_every_share_and_mark_the_largest() -> None:
    shares = np.array([0.05, 0.5, *[0.05] * 7, 0.1])
    markup = small_bars(shares, "'<b>")
    assert "<b>" not in markup
    assert re.findall(r"valuenow='([\d.]+)'", markup) == [f"{100 * share:.1f}" for share in shares]
    assert re.findall(r"scaleY\(([\d.]+)\)", markup) == [f"{share:.4f}" for share in shares]
    (winner,) = re.findall(r"<li class=winner>.*?aria-label='Digit (\d)'", markup)
    assert winner == "1"
