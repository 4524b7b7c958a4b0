"""Messages that no canvas sends: whatever a browser says, only its own visit can suffer."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image
from streamlit.testing.v1 import AppTest

from model.preprocessing.ink import PictureError
from tests.support.canvas_message import SIDE, data_url, message, png, png_of
from tests.support.liar import Answer, Liar, visit
from tests.support.paths import ROOT
from tests.support.pictures import file, png_of_size
from tests.support.server import Server

GOOD = png_of(3)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)
OBJECTS = JSON | st.fixed_dictionaries({"objects": JSON})
PICTURES = st.one_of(
    st.none(),
    JSON,
    st.text(max_size=30).map(lambda text: f"data:image/png;base64,{text}"),
    st.binary(max_size=200).map(data_url),
    st.binary(max_size=60).map(lambda content: data_url(b"\x89PNG\r\n\x1a\n" + content)),
)


@pytest.fixture(scope="module", autouse=True)
def components() -> None:
    """Have the page imported once: the canvas cannot be imported by anything else."""
    AppTest.from_file(str(ROOT / "ui/page.py"), default_timeout=60).run()


def taken(drawing: Any, picture: Any) -> bool:
    """Whether a message is taken for a drawing, and no more than the page can hold."""
    from streamlit_drawable_canvas import CanvasResult

    from ui.panels.canvas import MOST_STROKES, drawing_in

    try:
        found = drawing_in(CanvasResult(drawing, picture, True))
    except PictureError:
        return False
    if found is None:
        return False
    ink, objects = found
    assert (ink.shape, ink.dtype) == ((SIDE, SIDE), np.float32)
    assert 0 <= ink.min() <= ink.max() <= 1
    assert len(objects) <= MOST_STROKES
    assert all(isinstance(one, dict) for one in objects)
    return True


def test_an_honest_message_is_taken() -> None:
    assert taken({"objects": [{}]}, data_url(GOOD))


@settings(deadline=None, max_examples=800)
@given(OBJECTS, PICTURES)
def test_any_picture_is_read_or_refused(drawing: Any, picture: Any) -> None:
    taken(drawing, picture)


@settings(deadline=None, max_examples=300)
@given(JSON)
@example([])
@example(["text"])
@example([{}] * 2_001)
def test_strokes_are_a_short_list_of_objects_or_refused(objects: Any) -> None:
    is_right = isinstance(objects, list) and all(isinstance(one, dict) for one in objects)
    expected = is_right and len(objects) <= 2_000
    assert taken({"objects": objects}, data_url(GOOD)) == expected


@settings(deadline=None, max_examples=500)
@given(st.data())
def test_a_damaged_picture_is_read_or_refused(data: st.DataObject) -> None:
    content = bytearray(GOOD)
    for _ in range(data.draw(st.integers(1, 3))):
        # half of the changes in the header
        end = data.draw(st.sampled_from([60, len(content)]))
        content[data.draw(st.integers(0, end - 1))] = data.draw(st.integers(0, 255))
    kept = data.draw(st.sampled_from([len(content), data.draw(st.integers(0, len(content)))]))
    taken({"objects": []}, data_url(bytes(content[:kept])))


# Over the real protocol.

RGBA = Image.open(Path(__file__).parents[2] / "assets" / "icon.png").convert("RGBA")
CANVAS = RGBA.resize((SIDE, SIDE))
LIES: dict[str, Any] = {
    "30,000 × 30,000 pixels": message(png_of_size(30_000, 30_000, mode=6)),
    "another size": message(png(CANVAS.resize((337, SIDE)))),
    "a huge size": message(png(Image.new("RGBA", (5_000, 5_000)))),
    "16 bits": message(png(Image.new("I;16", (SIDE, SIDE)))),
    "palette": message(png(CANVAS.convert("P"))),
    "no colours": message(png(CANVAS.convert("LA"))),
    "CMYK in a JPEG": message(file(CANVAS.convert("CMYK"), "JPEG")),
    "GIF": message(file(CANVAS.convert("P"), "GIF")),
    "truncated": message(GOOD[: len(GOOD) // 2]),
    "empty": message(b""),
    "too many bytes": message(GOOD + bytes(500_000)),
    "no base64": {"drawing": {"raw": {"objects": []}, "data": "data:image/png;base64,%%%"}},
    "not ASCII": {"drawing": {"raw": {"objects": []}, "data": "é;base64,é"}},
    "half a surrogate": '{"drawing": {"data": "\\ud800;base64,AAAA"}}',
    "no data URL": {"drawing": {"raw": {"objects": []}, "data": "AAAA"}},
    "a number for a picture": {"drawing": {"raw": {"objects": []}, "data": 5}},
    "a list for a picture": {"drawing": {"raw": {"objects": []}, "data": [GOOD.hex()]}},
    "no strokes": {"drawing": {"data": data_url(GOOD)}},
    "a text for strokes": message(GOOD, "abc"),
    "a number for strokes": message(GOOD, 7),
    "numbers for strokes": message(GOOD, [1, 2]),
    "half a million strokes": message(GOOD, [{}] * 500_000),
    "a text for a drawing": {"drawing": "abc"},
    "a number for a drawing": {"drawing": 7},
    "a list for a drawing": {"drawing": [1]},
    "a number for the background": message(GOOD, backgroundFit=7),
    "a background without its keys": message(GOOD, backgroundFit={}),
}
HARMLESS: dict[str, Any] = {
    "animated": message(png(CANVAS, save_all=True, append_images=[CANVAS.rotate(90)])),
    "not a number": '{"drawing": {"raw": {"objects": [{"left": NaN}]}, "data": null}}',
    "nothing": {},
    "null": "null",
    "a text": '"text"',
    "no drawing": {"drawing": None},
    "a key that is not known": message(GOOD, more={"a": [1]}),
    "deep strokes": message(GOOD, [json.loads('{"a":' * 200 + "1" + "}" * 200)]),
}
FATAL: dict[str, str] = {
    "no JSON": "no JSON",
    "nested deeply": "[" * 100_000,
    "objects nested deeply": '{"drawing":' * 50_000,
    "a number with 5,000 digits": f'{{"drawing": {"9" * 5_000}}}',
}


@pytest.fixture(scope="module")
def liar(server: Server) -> Iterator[Liar]:
    with visit(server) as visitor:
        yield visitor


def says_what_failed(answer: Answer) -> bool:
    """Whether there is a sentence for people, and no traceback."""
    assert not any("Traceback" in problem for problem in answer.problems)
    return bool(answer.problems)


@pytest.mark.usefixtures("unharmed")
@pytest.mark.parametrize("lie", LIES)
def test_a_lie_is_told_on_the_page_and_the_next_drawing_is_read(liar: Liar, lie: str) -> None:
    answer = liar.canvas(LIES[lie])
    assert [problem.startswith("The drawing did not arrive: ") for problem in answer.problems] == [
        True
    ]
    assert answer.all("exception") == []
    assert answer.bars is not None
    assert answer.bars["verdict"] == "empty"
    after = liar.canvas(message(png_of(7)))
    assert after.bars is not None
    assert after.bars["verdict"] == "answer"


@pytest.mark.usefixtures("unharmed")
@pytest.mark.parametrize("odd", HARMLESS)
def test_an_odd_message_does_no_harm(liar: Liar, odd: str) -> None:
    answer = liar.canvas(HARMLESS[odd])
    assert answer.all("exception") == answer.problems == []
    assert answer.bars is not None


@pytest.mark.usefixtures("unharmed")
@pytest.mark.parametrize("lie", FATAL)
def test_what_streamlit_cannot_parse_ends_that_visit_alone_and_without_a_traceback(
    server: Server, lie: str
) -> None:
    with visit(server) as visitor:
        (exception,) = visitor.canvas(FATAL[lie]).all("exception")
        assert not exception.stack_trace
        assert "redacted" in exception.message
    with visit(server) as again:
        assert again.canvas(message(GOOD)).bars is not None


@pytest.mark.usefixtures("unharmed")
def test_any_message_at_all_is_answered(server: Server) -> None:
    with visit(server) as visitor:

        @settings(deadline=None, max_examples=40)
        @given(st.fixed_dictionaries({}, optional={"drawing": JSON | OBJECTS, "x": JSON}))
        def check(said: Any) -> None:
            answer = visitor.canvas(said)
            assert answer.all("exception") == []

        check()


@pytest.mark.usefixtures("unharmed")
@pytest.mark.parametrize("key", ["live_model", "sample_strip"])
def test_a_click_on_what_is_not_there_changes_nothing(server: Server, key: str) -> None:
    with visit(server) as visitor:
        visitor.set(key, "json_value", "{}")  # as a browser does, before it says anything else
        visitor.canvas(message(GOOD))
        n_elements = len(visitor.open().elements)
        for value in (-1, 10, 3.0, True, math.nan, math.inf, 10**30, "3", None, [3], {"a": 3}):
            answer = visitor.pick(key, "picked", value)
            assert answer.all("exception") == answer.problems == []
            assert len(answer.elements) <= n_elements
        for events in ("", "x", "[", "{}", "null", "[1]", '[{"event": []}]', '[{"value": 1}]'):
            answer = visitor.trigger(key, events)
            assert answer.all("exception") == answer.problems == []
        there = visitor.pick(key, "picked", 3)
        assert f"{'score of 3' if key == 'live_model' else 'Path'}" in str(there.elements)


SAID = st.fixed_dictionaries(
    {},
    optional={
        "start": JSON | st.fixed_dictionaries({"objects": JSON, "number": JSON}),
        "model": JSON | st.sampled_from(["pixels", "moments", "Model 2"]),
        "source": JSON | st.just("upload"),
        "n_trained": JSON | st.integers(),
        "n_models": JSON | st.integers(),
        "is_compared": JSON,
        "last_job": JSON | st.text(max_size=200),
    },
)


@pytest.mark.usefixtures("unharmed")
def test_whatever_a_browser_says_that_it_has_shown_a_new_session_opens(server: Server) -> None:
    with visit(server) as visitor:
        returning = visitor.id("returning")

    @settings(deadline=None, max_examples=30)
    @given(st.sampled_from(["known", "returned"]), SAID | JSON)
    @example("known", {"start": {"objects": [{}] * 2_001, "number": 1}})
    @example("known", {"start": {"objects": [{"type": "<script>"}], "number": 1}, "n_models": 1e99})
    @example("known", {"n_trained": 2**53, "n_models": -1, "model": "../" * 100})
    def check(event: str, said: Any) -> None:
        with Liar(server) as visitor:
            if event == "known":
                answer = visitor.set(returning, "json_value", json.dumps({"known": said}))
            else:
                events = json.dumps([{"event": event, "value": said}])
                id = f"$$STREAMLIT_INTERNAL_KEY_{returning}__events"
                answer = visitor.set(id, "json_trigger_value", events)
            assert answer.all("exception") == []
            assert answer.bars is not None
            if not (isinstance(said, dict) and said.get("source") == "upload"):
                assert visitor.canvas(message(GOOD)).bars is not None

    check()


@pytest.mark.usefixtures("unharmed")
@pytest.mark.parametrize(
    "key",
    [
        "canvas",
        "undo",
        "clear",
        "pen_width",
        "live_bars",
        "sample_strip",
        "model_choice_0",
        "live_model",
    ],
)
def test_a_widget_that_gets_what_it_never_sends_keeps_its_traceback_to_itself(
    server: Server, key: str
) -> None:
    values: list[tuple[str, Any]] = [
        ("string_value", "x" * 100_000),
        ("int_value", 2**60),
        ("double_value", math.nan),
        ("double_array_value", [math.inf, -1.0]),
        ("double_array_value", []),
        ("string_array_value", ["<script>", "/etc"]),
        ("int_array_value", [99, -1]),
        ("bytes_value", b"\xff" * 1000),
        ("json_value", "{"),
        ("bool_value", True),
    ]
    for field, value in values:
        with visit(server) as visitor:
            for exception in visitor.set(key, field, value).all("exception"):
                assert not exception.stack_trace
                assert "redacted" in exception.message
