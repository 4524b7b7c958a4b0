"""Addresses that somebody made up: the page opens, with settings that are in their range."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from model.config import TrainingConfig
from tests.support.liar import Answer, Liar, visit
from tests.support.server import Server

PARAMETERS = ("data", "input", "steps", "batch", "rate", "seed", "speed", "paused", "run")
NUMBERS = {"Steps": (1, 20_000), "Batch": (1, 60_000), "Learning rate": (0.0001, 1_000)}
NUMBERS["Seed"] = (0, 2**32 - 1)
VALUES = st.one_of(
    st.text(max_size=30),
    st.integers().map(str),
    st.floats().map(str),
    st.sampled_from(
        [
            *("inf", "-inf", "Infinity", "1e400", "nan", "9" * 5_000, "-0", "0x10", "1_000", "٣"),
            *("<script>alert(1)</script>", "javascript:alert(1)", "![](http://evil.example/)"),
            *("/etc/passwd", "../..", "\0", "%", "&", "=", "[]", "{}", "null", "None", "True"),
        ]
    ),
)


def opened(server: Server, query: str, view: str = "train") -> Answer:
    with Liar(server, view=view, query=query) as visitor:
        return visitor.open()


def check(answer: Answer) -> None:
    """Assert that the whole view is there, and that its numbers are in their range."""
    assert answer.all("exception") == []
    boxes = {box.label: box for box in answer.all("number_input")}
    assert boxes.keys() == NUMBERS.keys()
    for label, (low, high) in NUMBERS.items():
        box = boxes[label]
        assert low <= (box.value if box.set_value else box.default) <= high
    shown = "".join(element.body for element in answer.all("html"))
    assert "<script>" not in shown
    assert "evil.example" not in shown


@pytest.mark.usefixtures("unharmed")
def test_any_parameters_open_the_train_view(server: Server) -> None:
    @settings(deadline=None, max_examples=50)
    @given(st.lists(st.tuples(st.sampled_from(PARAMETERS) | st.text(max_size=5), VALUES)))
    @example([("steps", "inf"), ("batch", "-inf"), ("seed", "9" * 5_000)])
    @example([("steps", "5"), ("steps", "inf")])
    @example([("run", "x" * 100_000)])
    @example([(name, value) for name in PARAMETERS for value in ("1", "<script>", "2")])
    def holds(parameters: list[tuple[str, str]]) -> None:
        encoded = (
            f"{quote(name, errors='replace')}={quote(value, errors='replace')}"
            for name, value in parameters
        )
        check(opened(server, "&".join(encoded)))

    holds()


@pytest.mark.usefixtures("unharmed")
@pytest.mark.parametrize(
    "query",
    ["%", "%ff=%ff", "steps=%", "&&&===", "steps[]=1", "a" * 50_000, "&".join(["a=1"] * 999)],
)
def test_an_address_that_cannot_be_parsed_opens_the_train_view(server: Server, query: str) -> None:
    check(opened(server, query))


@pytest.mark.usefixtures("unharmed")
@pytest.mark.parametrize("view", ["", "evaluate", "how"])
@pytest.mark.parametrize("query", ["run=<script>", "steps=inf", "embed=true&embed_options=x"])
def test_the_other_views_open_as_well(server: Server, view: str, query: str) -> None:
    assert opened(server, query, view).all("exception") == []


@pytest.mark.usefixtures("unharmed")
@pytest.mark.parametrize(
    ("query", "chosen"),
    [
        ("data=own", "My own"),
        ("data=digits", "Built-in"),
        ("data=Built-in", "Built-in"),
        ("data=My%20own", "My own"),
        ("data=mnist", "MNIST"),
        ("data=MNIST", "MNIST"),
        ("input=pixels", "pixels"),
        ("input=moments", "moments"),
    ],
)
def test_a_choice_is_found_by_its_code_and_by_what_older_addresses_say(
    server: Server, query: str, chosen: str
) -> None:
    key = query.partition("=")[0]
    (control,) = (
        control
        for control in opened(server, query).all("button_group")
        if control.id.endswith(f"-{key}")
    )
    shown = control.raw_values or [control.options[i].content for i in control.default]
    assert list(shown) == [chosen]


def test_a_view_that_does_not_exist_is_told(server: Server) -> None:
    for view in ("<script>", "../../etc", "x" * 10_000):
        assert opened(server, "", view).all("exception") == []


@settings(deadline=None, max_examples=500)
@given(
    st.dictionaries(
        st.sampled_from([*TrainingConfig().as_dict(), "x"]),
        VALUES | st.integers() | st.floats() | st.none() | st.lists(st.integers(), max_size=2),
        max_size=4,
    )
)
def test_settings_are_in_their_range_or_refused(said: dict[str, Any]) -> None:
    try:
        config = TrainingConfig.from_dict(said)
    except ValueError:
        return
    assert 1 <= config.n_steps <= 100_000
    assert 1 <= config.batch_size <= 60_000
    assert 0 < config.learning_rate <= 1_000
    assert 0 <= config.seed < 2**32


@pytest.mark.usefixtures("unharmed")
def test_a_browser_that_sends_other_settings_trains_with_none_of_them(server: Server) -> None:
    good: dict[str, tuple[str, Any]] = {
        "data": ("string_array_value", ["Built-in"]),
        "input": ("string_array_value", ["pixels"]),
        "steps": ("int_value", 5),
        "batch": ("int_value", 10),
        "rate": ("double_value", 0.5),
        "seed": ("int_value", 1),
        "speed": ("string_array_value", ["Full speed"]),
    }
    bad: list[tuple[str, str, Any]] = [
        ("data", "string_array_value", ["/etc"]),
        ("input", "string_array_value", ["../model"]),
        ("steps", "int_value", 2**50),
        ("steps", "double_value", 1e300),
        ("rate", "double_value", float("inf")),
        ("rate", "double_value", -5.0),
        ("seed", "int_value", -5),
    ]
    for key, field, value in bad:
        with visit(server, view="train") as visitor:
            for name, setting in good.items():
                visitor.set(name, *setting)
            answer = visitor.set(key, field, value)
            check(answer)
            assert "/etc" not in str(answer.elements)
