"""The style sheets and what `ui/` makes name the same things: no selector is dead or misspelt."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.paths import ROOT
from ui.session import state

COMPONENTS = ROOT / "ui" / "components"
SHARED = COMPONENTS / "shared"
NOT_OURS = {"stMainBlockContainer", "token", "keyword", "builtin", "boolean", "function"}
NOT_OURS |= {"class-name", "decorator", "string", "number", "comment"}
"""Classes that Streamlit makes, among them those of its code blocks."""
SHARED_STYLES = ("signed.css", "small_bars.css")


def selectors(path: Path) -> str:
    """Return a style sheet without its comments and declarations."""
    text = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    return re.sub(r"\{[^{}]*\}", " ", text)


def classes(path: Path) -> set[str]:
    return set(re.findall(r"\.(-?[A-Za-z_][\w-]*)", selectors(path)))


def made_classes(*sources: Path) -> set[str]:
    """Return the classes that Python, HTML or JavaScript gives to what it makes."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    given = re.findall(r"""class(?:Name)?\s*=\s*["']?([\w -]+)""", text)
    given += re.findall(r"""classList\.(?:add|toggle)\(\s*["']([\w-]+)""", text)
    return {name for names in given for name in names.split()}


def of_the_page() -> list[Path]:
    return [path for path in (ROOT / "ui").rglob("*.py") if COMPONENTS not in path.parents]


def of_a_component(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.suffix in (".py", ".html", ".js")]


def components() -> list[Path]:
    return sorted(path.parent for path in COMPONENTS.glob("*/*.css") if path.parent != SHARED)


def test_the_page_makes_every_class_of_its_style_sheet() -> None:
    named = classes(ROOT / "assets" / "style.css")
    keys = {name for name in named if name.startswith("st-key-")}
    assert named - keys - NOT_OURS <= made_classes(*of_the_page())


def test_every_key_in_the_style_sheet_is_one_of_the_table() -> None:
    named = re.findall(r"\.st-key-([\w-]+)", selectors(ROOT / "assets" / "style.css"))
    keys = {key.name for key in vars(state).values() if isinstance(key, state.Key)}
    assert set(named) <= keys | state.NAMES
    assert len(named) > 10


@pytest.mark.parametrize("folder", components(), ids=lambda folder: folder.name)
def test_a_component_makes_every_class_of_its_style_sheet(folder: Path) -> None:
    named = set().union(*map(classes, folder.glob("*.css")))
    assert named <= made_classes(*of_a_component(folder))


def test_what_the_shared_style_sheets_name_is_made_by_the_page_and_by_a_component() -> None:
    for name in SHARED_STYLES:
        named = classes(SHARED / name)
        assert named <= made_classes(*of_the_page())
        assert named <= made_classes(*of_a_component(SHARED), *of_a_component(COMPONENTS / "film"))


def test_every_class_that_the_page_makes_has_a_rule() -> None:
    sheets = [
        ROOT / "assets" / "style.css",
        ROOT / "assets" / "stage.css",
        ROOT / "assets" / "room.css",
        ROOT / "assets" / "ready.css",
        *(SHARED / name for name in SHARED_STYLES),
    ]
    named = set().union(*map(classes, sheets))
    assert made_classes(*of_the_page()) <= named


@pytest.mark.parametrize("misspelt", [".notee { color: red; }", ".st-key-nothing p { top: 0; }"])
def test_a_misspelt_selector_is_found(tmp_path: Path, misspelt: str) -> None:
    sheet = tmp_path / "style.css"
    sheet.write_text(f"/* .note */ .note {{ margin: 0.5rem; }} @media (x) {{ {misspelt} }}")
    found = classes(sheet)
    assert "note" in found
    assert found - made_classes(*of_the_page()) == found - {"note"} != set()
