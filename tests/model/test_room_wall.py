"""The wall of a room: what may be seen, what is told of it, and what counts."""

from __future__ import annotations

import dataclasses
import functools
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from model.classifier.checkpoint import Checkpoint
from model.data.strokes import WrittenDigit, draw
from model.preprocessing.centring import centred
from model.room.drawing import Strokes, as_text, pictured
from model.room.export import COLUMNS, as_csv
from model.room.record import Drawing, Moderation
from model.room.wall import LEAST_LIKELY, MOST_MODELS, N_MISTAKES, Tile, Wall, looks_like
from tests.support.specimens import made_up, sample_digits, shipped

MODEL = shipped("directions")
SCRIBBLE: Strokes = (
    tuple((168 + 120 * np.cos(n * 2.4), 168 + 110 * np.sin(n * 1.7)) for n in range(60)),
)


@functools.cache
def picture_of(digit: int) -> bytes:
    """Return a sample in MNIST's form."""
    (sample,) = (each for each in sample_digits() if each.label == digit)
    return ink_of(sample)


def ink_of(sample: WrittenDigit) -> bytes:
    ink = draw(sample.strokes, longer_side=180, right=0.5, down=0.5)
    return np.rint(255 * centred(ink)).astype(np.uint8).tobytes()


def drawing(
    n: int = 0,
    digit: int = 3,
    *,
    asked: int | None = None,
    phone: str = "amy",
    shown: Moderation = "auto",
    n_parts: int = 1,
) -> Drawing:
    """Return a drawing of a digit, which was asked for unless it is said what was."""
    asked = digit if asked is None else asked
    return Drawing(
        phone, f"drawing-{n}", float(n), asked, "[[[1,2]]]", picture_of(digit), n_parts, shown
    )


def free(n: int, digit: int) -> Drawing:
    return dataclasses.replace(drawing(n, digit), asked=None)


def gone(drawn: Drawing) -> Drawing:
    return dataclasses.replace(drawn, strokes="", picture=b"", asked=None)


def wall_of(*drawings: Drawing) -> Wall:
    wall = Wall()
    wall.put(drawings)
    return wall


def tiles(wall: Wall, model: Checkpoint = MODEL, after: int = 0) -> list[Tile]:
    return wall.tiles(model, after=after)[1]


def only(wall: Wall) -> Tile:
    (tile,) = tiles(wall)
    return tile


# What may be seen.


@pytest.mark.parametrize("digit", range(10))
def test_what_looks_like_the_asked_digit_goes_to_the_wall_by_itself(digit: int) -> None:
    tile = only(wall_of(drawing(digit=digit)))
    assert (tile.place, tile.mark, tile.read) == ("wall", "right", digit)


def test_a_free_drawing_of_a_digit_goes_to_the_wall() -> None:
    tile = only(wall_of(free(0, 5)))
    assert (tile.place, tile.mark, tile.read) == ("wall", "free", 5)


def test_another_digit_than_the_asked_one_waits_and_is_marked_wrong() -> None:
    tile = only(wall_of(drawing(digit=7, asked=0)))
    assert (tile.place, tile.mark, tile.read) == ("waits", "wrong", 7)


@pytest.mark.parametrize("asked", [None, *range(10)])
def test_a_scribble_waits_whatever_was_asked_for(asked: int | None) -> None:
    picture, _ = pictured(SCRIBBLE)
    drawn = Drawing("amy", "scribble", 0.0, asked, as_text(SCRIBBLE), picture, 1)
    tile = only(wall_of(drawn))
    assert (tile.place, tile.mark) == ("waits", "unsure")


@pytest.mark.parametrize("n_parts", [0, 2, 12])
def test_several_digits_wait_and_are_never_right(n_parts: int) -> None:
    wall = wall_of(drawing(n_parts=n_parts))
    assert (only(wall).place, only(wall).mark) == ("waits", "unsure")
    assert wall.figures(MODEL).share.n_right == 0


def test_a_wrong_answer_is_no_reason_to_wait_while_the_asked_digit_is_not_unlikely() -> None:
    probabilities = np.full(10, (1 - LEAST_LIKELY) / 9)
    probabilities[4] = LEAST_LIKELY
    assert looks_like(4, "unsure", probabilities, 1)
    assert looks_like(4, "answer", probabilities, 1)
    assert not looks_like(4, "unfamiliar", probabilities, 1)
    assert not looks_like(4, "answer", probabilities, 2)
    probabilities[4] -= 0.001
    assert not looks_like(4, "answer", probabilities, 1)
    assert looks_like(None, "answer", probabilities, 1)
    assert not looks_like(None, "unsure", probabilities, 1)


def test_what_the_speaker_says_of_a_drawing_holds_whatever_it_looks_like() -> None:
    waits, good = drawing(0, digit=7, asked=0), drawing(1)
    wall = wall_of(waits, good)
    assert [tile.place for tile in tiles(wall)] == ["waits", "wall"]
    wall.put([dataclasses.replace(waits, shown="shown"), dataclasses.replace(good, shown="hidden")])
    assert [tile.place for tile in tiles(wall)] == ["wall", "hidden"]
    wall.put([waits, good])
    assert [tile.place for tile in tiles(wall)] == ["waits", "wall"]


# What counts.


def test_what_is_hidden_or_taken_back_counts_in_no_figure() -> None:
    kept = [drawing(0, 1), drawing(1, 7, asked=0, phone="bob"), drawing(2, 2, phone="bob")]
    hidden = [drawing(n, 7, asked=0, shown="hidden", phone="zed") for n in (3, 4)]
    wall = wall_of(*kept, *hidden, free(5, 4), drawing(6, 9, phone="eve"))
    wall.figures(MODEL)
    wall.put([gone(drawing(6, 9, phone="eve"))])
    found = wall.figures(MODEL)
    assert (found.share.n_right, found.share.n, found.share.n_phones) == (2, 3, 2)
    assert [one.n for one in found.by_digit] == [1, 1, 1, 0, 0, 0, 0, 0, 0, 0]
    assert found.mistakes == [1]
    assert [each.id for each in wall.asked()] == ["drawing-0", "drawing-1", "drawing-2"]


def test_a_phone_is_no_judge_of_a_model_that_has_learned_from_it() -> None:
    drawn = [drawing(0, 1), drawing(1, 7, asked=0, phone="bob"), drawing(2, 2, phone="bob")]
    wall = wall_of(*drawn, drawing(3, 3, phone="eve"))
    everybody = wall.figures(MODEL)
    others = wall.figures(MODEL, frozenset({"bob", "long gone"}))
    assert (others.share.n_right, others.share.n, others.share.n_phones) == (2, 2, 2)
    assert [one.n for one in others.by_digit] == [0, 1, 0, 1, 0, 0, 0, 0, 0, 0]
    assert (everybody.mistakes, others.mistakes) == ([1], [])
    assert wall.figures(MODEL) == everybody, "what was said before is said again"
    nobody = wall.figures(MODEL, frozenset({"amy", "bob", "eve"}))
    assert (nobody.share.n, nobody.share.value) == (0, None)


def test_what_was_taken_back_is_told_once_without_its_picture_and_then_not_to_newcomers() -> None:
    wall = wall_of(drawing(0), drawing(1))
    last, _ = wall.tiles(MODEL)
    wall.put([gone(drawing(0))])
    (tile,) = tiles(wall, after=last)
    assert (tile.number, tile.place, tile.drawing.picture) == (0, "gone", b"")
    assert [tile.number for tile in tiles(wall)] == [1]
    assert wall.drawing(0) is None
    assert wall.tile(0, MODEL) is None
    assert wall.counts() == (1, 1)
    assert (wall.n_sent, wall.n_of("amy")) == (2, 2)
    assert wall.has("amy", "drawing-0")


def test_a_drawing_that_was_taken_back_before_anybody_looked_can_be_read_past() -> None:
    wall = wall_of(gone(drawing(0)), drawing(1, 8))
    assert [(tile.number, tile.read) for tile in tiles(wall)] == [(1, 8)]
    assert wall.figures(MODEL).share.n == 1


def test_mistakes_are_the_surest_first_and_not_more_than_can_be_looked_at() -> None:
    wrong = [drawing(n, digit=n % 10, asked=(n + 1) % 10) for n in range(30)]
    wall = wall_of(*wrong)
    found = wall.figures(MODEL).mistakes
    assert len(found) == N_MISTAKES == len(set(found))
    images = np.stack([wrong[n].image for n in found])
    surest = MODEL.model.predict_proba(MODEL.model.features(images)).max(axis=1)
    assert list(surest) == sorted(surest, reverse=True)


def test_an_empty_wall_has_figures_of_nothing() -> None:
    found = Wall().figures(MODEL)
    assert (found.share.n, found.share.value, found.hardest, found.mistakes) == (0, None, None, [])
    assert Wall().tiles(MODEL) == (0, [])
    assert Wall().counts() == (0, 0)


# What is told.


def test_a_drawing_that_comes_twice_is_one_and_is_told_once() -> None:
    wall = wall_of(drawing(0), drawing(0))
    last, told = wall.tiles(MODEL)
    assert [tile.number for tile in told] == [0]
    wall.put([drawing(0)])
    assert wall.tiles(MODEL, after=last) == (last, [])
    assert (wall.n_sent, wall.n_of("amy"), wall.n_changes) == (1, 1, 1)
    assert wall.has("amy", "drawing-0")
    assert not wall.has("bob", "drawing-0")


def test_the_same_name_on_two_phones_is_two_drawings() -> None:
    wall = wall_of(drawing(0, 3), drawing(0, 4, phone="bob"))
    assert [tile.read for tile in tiles(wall)] == [3, 4]
    assert wall.counts() == (2, 2)


def test_a_wall_holds_no_strokes() -> None:
    wall = wall_of(drawing(0))
    assert only(wall).drawing.strokes == ""
    assert wall.asked()[0].strokes == ""


def test_only_what_has_changed_is_told_and_of_much_the_latest() -> None:
    wall = wall_of(*(drawing(n) for n in range(5)))
    last, told = wall.tiles(MODEL, most=2)
    assert [tile.number for tile in told] == [3, 4]
    wall.put([dataclasses.replace(drawing(1), shown="hidden"), drawing(5)])
    after, told = wall.tiles(MODEL, after=last)
    assert [(tile.number, tile.place) for tile in told] == [(1, "hidden"), (5, "wall")]
    assert wall.tiles(MODEL, after=after) == (after, [])
    assert wall.tile(9, MODEL) is None
    assert wall.tile(-1, MODEL) is None


class Busy:
    """A model during whose reading something happens."""

    def __init__(self, meanwhile: Callable[[], None]) -> None:
        self._meanwhile = meanwhile
        self.n_read = 0

    def features(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        self.n_read += len(images)
        return MODEL.model.features(images)

    def predict_proba(self, features: NDArray[np.float32]) -> NDArray[np.floating[Any]]:
        self._meanwhile()
        return MODEL.model.predict_proba(features)


def test_what_waits_is_told_whatever_came_after_it_and_so_is_all_that_is_gone() -> None:
    waiting = drawing(0, 3, asked=7)
    others = [drawing(n) for n in range(1, 9)]
    wall = wall_of(waiting, *others)
    last, told = wall.tiles(MODEL, most=2)
    assert [(tile.number, tile.place) for tile in told] == [(0, "waits"), (7, "wall"), (8, "wall")]
    wall.put(gone(each) for each in others)
    _, told = wall.tiles(MODEL, after=last, most=2)
    assert [(tile.number, tile.place) for tile in told] == [(n, "gone") for n in range(1, 9)]


def read_by(model: Busy) -> Checkpoint:
    return dataclasses.replace(MODEL, model=model)  # type: ignore[arg-type]


def test_what_comes_while_a_model_reads_is_told_the_next_time_and_once() -> None:
    wall = wall_of(drawing(0), drawing(1))
    hidden = dataclasses.replace(drawing(0), shown="hidden")
    coming = iter([[hidden, drawing(2)]])
    model = read_by(Busy(lambda: wall.put(next(coming, []))))
    told, after = [], 0
    for _ in range(3):
        after, found = wall.tiles(model, after=after)
        told.append([(tile.number, tile.place) for tile in found])
    assert told == [[(1, "wall")], [(0, "hidden"), (2, "wall")], []]


def test_each_model_reads_each_drawing_once_and_has_figures_of_its_own() -> None:
    wall = wall_of(*(drawing(n, n % 10) for n in range(20)))
    busy = Busy(lambda: None)
    model = read_by(busy)
    wall.tiles(model)
    wall.put([drawing(20), dataclasses.replace(drawing(0, 0), shown="hidden")])
    wall.tiles(model)
    assert wall.figures(model).share.value == 1.0
    assert busy.n_read == 21
    other = wall.figures(made_up()).share
    assert other.n == 20
    assert other.value is not None
    assert other.value < 0.8
    assert wall.figures(model) is wall.figures(model)


def test_the_readings_of_many_models_are_not_all_remembered() -> None:
    wall = wall_of(drawing(0))
    models = [read_by(Busy(lambda: None)) for _ in range(MOST_MODELS + 1)]
    for model in models:
        assert wall.figures(model).share.n == 1
    wall.figures(models[-1])
    wall.figures(models[0])
    assert [model.model.n_read for model in models[:2]] == [2, 1]  # type: ignore[attr-defined]
    assert models[-1].model.n_read == 1  # type: ignore[attr-defined]


# Many at once.


def test_a_wall_that_several_threads_read_while_drawings_come_tells_each_change() -> None:
    wall, n_phones, n_each = Wall(), 4, 60
    is_over = threading.Event()
    failures: list[BaseException] = []
    seen: list[list[tuple[int, str]]] = [[] for _ in range(3)]
    states: list[dict[int, Tile]] = [{} for _ in range(3)]

    def guarded(act: Callable[[], None]) -> Callable[[], None]:
        def run() -> None:
            try:
                act()
            except BaseException as error:
                failures.append(error)

        return run

    def phone(number: int) -> None:
        name = f"phone {number}"
        for n in range(n_each):
            drawn = drawing(n, n % 10, phone=name)
            wall.put([drawn])
            if n % 3 == 0:
                wall.put([dataclasses.replace(drawn, shown="hidden")])
            elif n % 3 == 1:
                wall.put([gone(drawn)])

    def reader(number: int) -> None:
        model, after = (MODEL, shipped("pixels"), MODEL)[number], 0
        while True:
            was_over = is_over.is_set()
            after, found = wall.tiles(model, after=after)
            for tile in found:
                seen[number].append((tile.number, tile.place))
                states[number][tile.number] = tile
            wall.figures(model)
            wall.counts()
            if was_over and not found:
                return

    phones = [threading.Thread(target=guarded(lambda n=n: phone(n))) for n in range(n_phones)]
    readers = [threading.Thread(target=guarded(lambda n=n: reader(n))) for n in range(3)]
    for thread in (*readers, *phones):
        thread.start()
    for thread in phones:
        thread.join()
    is_over.set()
    for thread in readers:
        thread.join(60)
        assert not thread.is_alive()
    assert failures == []
    n = n_phones * n_each
    now = {tile.number: tile for tile in tiles(wall)}
    assert wall.n_sent == n
    assert wall.counts() == (n_phones, n * 2 // 3)
    for told, state in zip(seen, states, strict=True):
        assert len(told) == len(set(told)), "a change is told twice"
        there = {number: tile for number, tile in state.items() if tile.place != "gone"}
        assert {k: (t.drawing, t.place) for k, t in there.items()} == {
            k: (t.drawing, t.place) for k, t in now.items()
        }
    figures = wall.figures(MODEL)
    assert figures.share.n == figures.share.n_right == n // 3


# The table.


def test_the_table_has_a_row_for_each_drawing_and_no_name_of_a_phone() -> None:
    wall = wall_of(
        drawing(0, 3, phone="zed"),
        drawing(1, 7, asked=0, phone="amy"),
        free(2, 5),
        drawing(3, 1, phone="zed", shown="hidden"),
    )
    rows = [line.split(",") for line in as_csv(tiles(wall)).splitlines()]
    assert rows == [
        list(COLUMNS),
        ["1", "1", "0.0", "3", "3", "right", "wall"],
        ["2", "2", "1.0", "0", "7", "wrong", "waits"],
        ["2", "3", "2.0", "", "5", "free", "wall"],
        ["1", "4", "3.0", "1", "1", "right", "hidden"],
    ]
    assert as_csv([]) == ",".join(COLUMNS) + "\n"
