"""What a phone sends: any bytes are a drawing or a known fault, and a drawing is the page's."""

from __future__ import annotations

import json
import typing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.classifier.prediction import read_parts
from model.data import datasets, strokes
from model.data.strokes import WrittenDigit
from model.room import export
from model.room.drawing import (
    MOST_BYTES,
    MOST_POINTS,
    PEN,
    SIDE,
    WIDER,
    Fault,
    FaultyError,
    Sent,
    Strokes,
    as_text,
    loaded,
    parsed,
    pictured,
)
from model.room.record import Drawing
from tests.support.canvas_message import SIDE as CANVAS_SIDE
from tests.support.specimens import sample_digits, shipped

FAULTS = set(typing.get_args(Fault))
ID = "drawing-1"


def message(**changes: Any) -> bytes:
    """Return a good message with these fields changed."""
    good = {"token": "t", "id": ID, "asked": 3, "strokes": [[[1, 2], [30.25, 40]], [[5, 6]]]}
    return json.dumps(good | changes).encode()


def fault(body: bytes) -> Fault:
    with pytest.raises(FaultyError) as caught:
        parsed(body)
    return caught.value.fault


def sent_or_a_known_fault(body: bytes) -> Sent | None:
    """Read a message, and look at what came of it."""
    named = None
    try:
        sent = parsed(body)
    except FaultyError as error:
        named = error.fault
    if named is not None:
        assert named in FAULTS
        return None
    assert isinstance(sent.id, str)
    assert sent.asked is None or (type(sent.asked) is int and 0 <= sent.asked <= 9)
    assert 1 <= sum(map(len, sent.strokes)) <= MOST_POINTS
    assert all(sent.strokes)
    for point in (point for stroke in sent.strokes for point in stroke):
        assert [type(value) for value in point] == [float, float]
        assert all(0 <= value <= SIDE for value in point)
    assert json.loads(as_text(sent.strokes)) == [[list(p) for p in s] for s in sent.strokes]
    return sent


# Any bytes.

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from([0, SIDE, -0.0, 1e308, 10**400, "\ud800", "\x00", 3.0, True]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=12,
)
POINTS = st.lists(st.floats(0, SIDE) | st.integers(0, SIDE), min_size=2, max_size=2)
STROKES = st.lists(st.lists(POINTS, min_size=1, max_size=5), min_size=1, max_size=4)
MESSAGES = st.fixed_dictionaries(
    {},
    optional={
        "token": VALUES,
        "id": st.just(ID) | VALUES,
        "asked": st.integers(0, 9) | st.none() | VALUES,
        "strokes": STROKES | VALUES | st.lists(st.lists(VALUES, max_size=3), max_size=3),
    },
)


@settings(deadline=None, max_examples=300)
@given(st.binary(max_size=200) | st.text(max_size=100).map(lambda text: text.encode("utf-8")))
def test_any_bytes_are_a_drawing_or_a_known_fault(body: bytes) -> None:
    sent_or_a_known_fault(body)


@settings(deadline=None, max_examples=500)
@given(MESSAGES)
def test_anything_in_a_messages_fields_is_a_drawing_or_a_known_fault(fields: Any) -> None:
    body = json.dumps(fields).encode()
    sent = sent_or_a_known_fault(body)
    if sent is not None:
        assert sent.token == fields.get("token") or sent.token != sent.token


@settings(deadline=None, max_examples=200)
@given(st.data())
def test_a_message_that_was_cut_or_changed_on_its_way_is_a_drawing_or_a_known_fault(
    data: st.DataObject,
) -> None:
    body = bytearray(message(token="ä" * 5))
    for place in data.draw(st.lists(st.integers(0, len(body) - 1), max_size=3)):
        body[place] = data.draw(st.integers(0, 255))
    sent_or_a_known_fault(bytes(body[: data.draw(st.integers(0, len(body)))]))


@settings(deadline=None, max_examples=100)
@given(STROKES)
def test_what_is_drawn_on_the_canvas_is_taken_to_a_tenth_of_a_pixel(drawn: Any) -> None:
    sent = parsed(message(strokes=drawn))
    given_points = np.array([point for stroke in drawn for point in stroke], float)
    points = np.array([point for stroke in sent.strokes for point in stroke])
    assert np.abs(points - given_points).max() <= 0.05 + 1e-9
    assert [len(stroke) for stroke in sent.strokes] == [len(stroke) for stroke in drawn]


# Each fault.

DEEP = 20_000
FAULTY: dict[str, tuple[bytes, Fault]] = {
    "nothing": (b"", "not_json"),
    "no text": (b"\xff\xfe{}", "not_json"),
    "a surrogate in bytes": (b'{"id": "\xed\xa0\x80"}', "not_json"),
    "two objects": (b"{}{}", "not_json"),
    "NaN": (b'{"id": "drawing-1", "strokes": [[[NaN, 1]]]}', "not_json"),
    "Infinity": (b'{"id": "drawing-1", "strokes": [[[Infinity, 1]]]}', "not_json"),
    "-Infinity in what is not read": (b'{"note": -Infinity}', "not_json"),
    "a nest of lists": (b"[" * DEEP + b"]" * DEEP, "not_json"),
    "a nest of objects": (b'{"a":' * DEEP + b"1" + b"}" * DEEP, "not_json"),
    "a number of too many digits": (b'{"asked": ' + b"9" * 50_000 + b"}", "not_json"),
    "a list": (b"[1]", "not_an_object"),
    "a text": (b'"drawing-1"', "not_an_object"),
    "null": (b"null", "not_an_object"),
    "no id": (b"{}", "bad_id"),
    "a number as the id": (message(id=12345678), "bad_id"),
    "an id that is too short": (message(id="1234567"), "bad_id"),
    "an id that is too long": (message(id="x" * 37), "bad_id"),
    "an id with a line end": (message(id="drawing-1\n"), "bad_id"),
    "an id in other letters": (message(id="рисунок-1"), "bad_id"),
    "an id with a lone surrogate": (message(id="drawing\ud800"), "bad_id"),
    "the digit ten": (message(asked=10), "bad_digit"),
    "a negative digit": (message(asked=-1), "bad_digit"),
    "a digit that is true": (message(asked=True), "bad_digit"),
    "a digit with a point": (message(asked=3.0), "bad_digit"),
    "a digit as a text": (message(asked="3"), "bad_digit"),
    "no strokes": (message(strokes=[]), "bad_strokes"),
    "null strokes": (message(strokes=None), "bad_strokes"),
    "strokes in an object": (message(strokes={"0": [[1, 2]]}), "bad_strokes"),
    "an empty stroke": (message(strokes=[[[1, 2]], []]), "bad_strokes"),
    "a stroke of numbers": (message(strokes=[[1, 2]]), "bad_strokes"),
    "a stroke that is a text": (message(strokes=["12"]), "bad_strokes"),
    "a point of one": (message(strokes=[[[1]]]), "bad_strokes"),
    "a point of three": (message(strokes=[[[1, 2, 3]]]), "bad_strokes"),
    "a point of texts": (message(strokes=[[["1", "2"]]]), "bad_strokes"),
    "a point that is true": (message(strokes=[[[True, 2]]]), "bad_strokes"),
    "a point of null": (message(strokes=[[[None, 2]]]), "bad_strokes"),
    "a number beyond all": (b'{"id": "drawing-1", "strokes": [[[1e999, 1]]]}', "bad_strokes"),
    "a number of 400 digits": (message(strokes=[[[10**400, 1]]]), "bad_strokes"),
    "left of the canvas": (message(strokes=[[[-0.1, 5]]]), "bad_strokes"),
    "below the canvas": (message(strokes=[[[5, SIDE + 0.01]]]), "bad_strokes"),
}


@pytest.mark.parametrize("case", FAULTY)
def test_a_fault_is_named(case: str) -> None:
    body, named = FAULTY[case]
    assert fault(body) == named


def test_every_fault_that_has_a_name_can_happen() -> None:
    assert {named for _, named in FAULTY.values()} | {"too_many_points"} == FAULTS


def test_other_messages_are_read_the_same_way() -> None:
    assert loaded(b'{"act": "hide", "number": 7}') == {"act": "hide", "number": 7}
    for body in (b"[]", b"nonsense", b'{"number": NaN}'):
        with pytest.raises(FaultyError):
            loaded(body)


# Limits, at their edge.


def test_a_drawing_of_2000_points_is_taken_and_one_more_is_too_many() -> None:
    assert MOST_POINTS == 2_000
    for shape in ([[[1, 2]] * 2_000], [[[1, 2]]] * 2_000):
        assert sum(map(len, parsed(message(strokes=shape)).strokes)) == 2_000
    for shape in ([[[1, 2]] * 2_001], [[[1, 2]]] * 2_001, [[[1, 2]] * 2_000, [[1, 2]]]):
        assert fault(message(strokes=shape)) == "too_many_points"


def test_the_largest_drawing_that_a_phone_can_send_is_within_the_bytes_of_a_message() -> None:
    points = [[float(SIDE) - 0.1, float(SIDE) - 0.1]] * MOST_POINTS
    assert len(message(strokes=[points], token="x" * 45, id="x" * 36)) < MOST_BYTES


def test_the_canvas_has_its_edges_and_is_as_large_as_that_of_draw() -> None:
    edges = [[[0, 0], [SIDE, SIDE], [0.0, float(SIDE)]]]
    sent = parsed(message(strokes=edges))
    assert sent.strokes == (((0.0, 0.0), (336.0, 336.0), (0.0, 336.0)),)
    assert SIDE == CANVAS_SIDE


@pytest.mark.parametrize("asked", [None, *range(10)])
def test_a_drawing_says_what_was_asked_for_or_nothing(asked: int | None) -> None:
    assert parsed(message(asked=asked)).asked == asked


@pytest.mark.parametrize("token", [None, 7, ["a"], {"a": 1}, "\ud800"])
def test_a_token_of_any_kind_is_handed_on_to_be_refused(token: object) -> None:
    assert parsed(message(token=token)).token == token


# The picture.


def placed(digit: WrittenDigit, side: float = 200.0, x: float = 60.0, y: float = 60.0) -> Strokes:
    """Put a digit on the phone's canvas."""
    points = np.concatenate([np.array(stroke, float) for stroke in digit.strokes])
    corner, scale = points.min(axis=0), side / np.ptp(points, axis=0).max()
    moved = [((np.array(s, float) - corner) * scale + (x, y)).round(1) for s in digit.strokes]
    return tuple(tuple((float(u), float(v)) for u, v in stroke) for stroke in moved)


def inked(drawn: Strokes) -> Any:
    """Return the ink that a browser's canvas has of the same: its edges are soft."""
    return strokes.inked(drawn, side=SIDE, pen=PEN - WIDER, finer=2)


@pytest.mark.parametrize("digit", sample_digits(), ids=lambda digit: str(digit.label))
def test_the_picture_is_what_the_page_makes_of_the_same_ink(digit: WrittenDigit) -> None:
    drawn = placed(digit)
    picture, n_parts = pictured(drawn)
    pixels = shipped("pixels")
    (reading,) = read_parts(pixels, inked(drawn))
    assert n_parts == 1
    kept = np.frombuffer(picture, np.uint8).reshape(28, 28)
    np.testing.assert_allclose(kept, 255 * reading.picture, atol=0.51)
    probabilities = pixels.model.predict_proba(pixels.model.features(kept[np.newaxis]))[0]
    np.testing.assert_allclose(probabilities, reading.probabilities, atol=0.01)
    assert probabilities.argmax() == digit.label


def test_several_digits_are_counted_as_the_page_counts_them() -> None:
    one, seven = sample_digits()[1], sample_digits()[7]
    two = placed(one, 120, 40, 100) + placed(seven, 120, 200, 100)
    assert pictured(two)[1] == 2 == len(read_parts(shipped("pixels"), inked(two)))


def test_more_marks_than_can_be_told_apart_are_no_digit_and_still_a_picture() -> None:
    grid = range(16, 330, 30)
    dots: Strokes = tuple(((x, y),) for x in grid for y in grid)
    picture, n_parts = pictured(dots)
    assert n_parts == 0
    assert len(picture) == 784
    assert max(picture) > 0


@pytest.mark.parametrize(
    "drawn",
    [
        (((0.0, 0.0),),),
        (((336.0, 336.0),),),
        (((168.0, 168.0),) * 2_000,),
        tuple(((x * 1.5 % 336, x * 2.5 % 336),) for x in range(2_000)),
        (tuple((x * 97.0 % 336, x * 61.0 % 336) for x in range(2_000)),),
    ],
    ids=["a corner", "the other corner", "2,000 times one point", "2,000 dots", "a full canvas"],
)
def test_the_smallest_and_the_largest_drawings_have_a_picture(drawn: Strokes) -> None:
    picture, n_parts = pictured(drawn)
    assert len(picture) == 784
    assert n_parts >= 0


# The export.


def drawing(n: int, phone: str, digit: WrittenDigit, **fields: Any) -> Drawing:
    drawn = placed(digit)
    picture, n_parts = pictured(drawn)
    values = {"sent": float(n), "asked": digit.label, "strokes": as_text(drawn)} | fields
    return Drawing(
        phone, f"drawing-{n}", picture=values.pop("picture", picture), n_parts=n_parts, **values
    )


def test_the_exported_strokes_are_read_by_evaluate_and_as_data_of_ones_own(tmp_path: Path) -> None:
    digits = sample_digits()
    drawn = [drawing(n, f"phone {n % 3}", digits[n % 10]) for n in range(40)]
    drawn += [
        drawing(40, "phone 0", digits[0], asked=None),
        drawing(41, "phone 1", digits[1], strokes="", picture=b"", asked=1),
    ]
    file = tmp_path / "CDFHJ.jsonl"
    file.write_text(export.as_jsonl(drawn), encoding="utf-8")
    again = list(strokes.read(file))
    assert [digit.label for digit in again] == [n % 10 for n in range(40)]
    kept = [[list(map(list, stroke)) for stroke in digit.strokes] for digit in again]
    assert kept == [json.loads(each.strokes) for each in drawn[:40]]
    data = datasets.load(file)
    n = sum(len(part.labels) for part in (data.train, data.validation, data.test))
    assert n == 40


def test_phones_have_numbers_in_the_order_in_which_they_drew_and_no_other_name() -> None:
    digits = sample_digits()
    text = export.as_jsonl([drawing(n, p, digits[n]) for n, p in enumerate(["zed", "amy", "zed"])])
    lines = [json.loads(line) for line in text.splitlines()]
    assert [line["phone"] for line in lines] == [1, 2, 1]
    assert lines[0].keys() == {"label", "phone", "strokes"}
    assert "zed" not in text
    assert "drawing-" not in text
