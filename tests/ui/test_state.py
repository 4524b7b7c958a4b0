"""The keys of a visitor's session: all of them in one table, and nobody's first value is shared."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.support.paths import ROOT
from ui.session import state

KEYS = {name: key for name, key in vars(state).items() if isinstance(key, state.Key)}
FREE = {key.name for key in KEYS.values()} | state.NAMES
FAMILIES = (*state.PREFIXES, "after_stroke_", "confusion_")


def sources() -> list[Path]:
    return sorted((ROOT / "ui").rglob("*.py"))


def constants(tree: ast.Module) -> dict[str, str]:
    """Return the module's constants that are strings."""
    return {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name) and isinstance(node.value.value, str)
    }


def parameters(tree: ast.Module) -> Iterator[tuple[ast.AST, set[str]]]:
    """Return every keyword `key=`, with the parameters of the function around it."""
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef):
            names = {a.arg for a in (*function.args.args, *function.args.kwonlyargs)}
            for node in ast.walk(function):
                if isinstance(node, ast.Call):
                    for keyword in node.keywords:
                        if keyword.arg == "key":
                            yield keyword.value, names


def is_of_the_table(key: ast.AST, names: set[str], known: dict[str, str]) -> bool:
    match key:
        case ast.Constant(value=str(name)):
            return name in FREE
        case ast.IfExp(body=one, orelse=other):
            return all(is_of_the_table(each, names, known) for each in (one, other))
        case ast.JoinedStr(values=[ast.Constant(value=str(start)), *_]):
            return start in FAMILIES
        case ast.Attribute(value=ast.Attribute(value=ast.Name(id="state"), attr=name), attr="name"):
            return name in KEYS
        case ast.Attribute(
            value=ast.Attribute(value=ast.Name(id="state"), attr=name), attr="widget"
        ):
            return isinstance(KEYS.get(name), state.ChosenKey)
        case ast.Attribute(value=ast.Call(func=ast.Attribute(value=ast.Name(id="state")))):
            return True  # state.matrix(number).name
        case ast.Attribute(value=ast.Name(id=name), attr="name"):
            return name in names | {"key"}  # a key handed over, or made by the table
        case ast.Name(id=name):
            return known.get(name) in FREE if name in known else name in names
    return False


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_key_of_the_page_is_one_of_the_table(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for key, names in parameters(tree):
        assert is_of_the_table(key, names, constants(tree)), ast.unparse(key)


def test_a_key_that_is_not_in_the_table_is_found() -> None:
    for written in ("'novel'", "f'novel_{n}'", "NOVEL", "state.NOVEL.name"):
        (node,) = ast.parse(written).body
        assert isinstance(node, ast.Expr)
        assert not is_of_the_table(node.value, set(), {"NOVEL": "novel"})


def test_only_the_table_and_components_that_are_heard_of_touch_the_session() -> None:
    touching = {
        str(path.relative_to(ROOT / "ui"))
        for path in sources()
        if "session_state" in path.read_text(encoding="utf-8")
    }
    names = ("break_it", "canvas_button", "crop_box", "live_bars", "samples", "stroke_catch")
    heard = {f"components/{name}/__init__.py" for name in names}
    assert touching == {"session/state.py"} | heard


LOST = """
import streamlit as st
from ui.session import state

if st.session_state.pop("new_model_answers", False):
    state.MODEL.set("yours 1")
    st.stop()  # as where the next run begins before the control is drawn
names = ["directions", "yours 1"]
st.segmented_control("Model", names, default=state.MODEL.get(), key=state.MODEL.widget)
st.text(state.MODEL.get())
"""


def test_a_model_set_in_a_run_that_was_cut_off_answers_whatever_the_browser_reports() -> None:
    page = AppTest.from_string(LOST).run()
    assert page.text[0].value == "directions"
    stale = page.segmented_control[0].set_value("directions")._widget_state
    page.session_state["new_model_answers"] = True
    page.run()
    assert not page.text
    reported = page._tree.get_widget_states()
    reported.widgets.append(stale)
    page._run(reported)
    assert page.text[0].value == "yours 1"
    page.segmented_control[0].set_value("directions").run()
    assert page.text[0].value == "directions", "a choice made afterwards"


def test_no_name_stands_twice_in_the_table() -> None:
    names = [key.name for key in KEYS.values()] + list(state.NAMES)
    assert len(names) == len(set(names))


def test_two_visits_share_no_first_value_that_can_be_changed() -> None:
    for name in (name for name in KEYS if name not in ("DATA",)):  # DATA's needs the test digits
        first, second = KEYS[name].first(), KEYS[name].first()
        assert first is not second or not isinstance(first, list | dict | set), name
    assert state.OWNER.first() != state.OWNER.first()


def test_a_kept_value_begins_once_and_a_widgets_is_left_to_its_widget() -> None:
    def script() -> None:
        import streamlit as st

        from ui.session import state

        assert state.TRAINED.get() is state.TRAINED.get()
        assert state.OWNER.get() == state.OWNER.get()
        assert state.PEN_WIDTH.get() == 22
        assert not state.PEN_WIDTH.is_set()
        assert "pen_width" not in st.session_state
        state.PEN_WIDTH.set(30)
        assert state.PEN_WIDTH.get() == 30

    page = AppTest.from_function(script).run()
    assert not page.exception, page.exception
