"""The zip that is taken home: its notebook, its film, and what it says of what is missing."""

from __future__ import annotations

import dataclasses
import io
import math
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from streamlit.testing.v1 import AppTest

from model.classifier.base import UNKNOWN, Classifier
from model.classifier.checkpoint import Checkpoint
from model.config import TrainingConfig
from model.data import datasets, strokes
from model.jobs.job import Job, Snapshot, film_steps
from model.preprocessing.centring import centred
from model.store.visit import Lesson
from tests.support.taken import code_cells, run_notebook, unpacked
from ui.elements import taken as words
from ui.panels.take_home import Things
from ui.server import resources
from ui.session import state, traces
from ui.session.drawings import begin_with, note_at_hand, parts_of
from ui.session.state import AtHand

SIDE = 336
MOST_BYTES = 1_000_000
MODEL = "inkling/model.safetensors"
JSONL = "drawings.jsonl"


class OfAnotherKind(Classifier):
    """A model without weights."""

    input, training_data, n_parameters = "pixels", UNKNOWN, 0  # type: ignore[assignment]

    def features(self, images: NDArray[Any]) -> NDArray[np.float32]:
        return images.reshape(-1, 784).astype(np.float32)

    def decision_function(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        return features[:, :10]


@pytest.fixture(scope="module")
def taken() -> Any:
    """The module that makes the zip; its components exist on a page only."""

    def script() -> None:
        import ui.panels.taken  # noqa: F401

    assert not AppTest.from_function(script, default_timeout=60).run().exception
    from ui.panels import taken

    return taken


def visit(**others: Any) -> Things:
    """Return a visit that has all there can be: drawings, a run of 61 frames, two models."""
    shipped = resources.shipped_models()
    pictures = [image.astype(np.float32) / 255 for image in datasets.load("digits").test.images]
    begun = [[(60.0, 60.0), (60.0, 280.0)], [(200.0, 60.0), (280.0, 60.0), (230.0, 280.0)]]
    ink = strokes.inked(begun, side=SIDE, pen=22)
    objects = [{"path": [["M", *start], *(["Q", *p, *p] for p in rest)]} for start, *rest in begun]
    known = tuple((np.array([[n, n]], np.float32),) for n in range(3))
    things = Things(
        name="directions",
        model=shipped["directions"],
        before=("pixels", shipped["pixels"]),
        run=run(),
        at_hand=AtHand(ink, objects, tuple(pictures[:11]), known),
    )
    return dataclasses.replace(things, **others)


def run() -> Job:
    model: Any = resources.shipped_models()["directions"].model
    steps = film_steps(1_000)
    film = tuple(Snapshot(n, 1.0, 0.5, n / 1_000 * model.weights, model.bias) for n in steps)
    config = TrainingConfig(input="directions")
    return Job(id="a</script>", owner="me", config=config, data="mnist", state="done", film=film)


def nothing_drawn() -> Things:
    return visit(run=None, before=None, at_hand=AtHand())


def made(taken: Any, things: Things, folder: Path) -> Path:
    """Make the zip and unpack it."""
    zipped = folder / "inkling.zip"
    zipped.write_bytes(taken.as_zip(things))
    return unpacked(zipped, folder)


def unpacked_in_memory(zipped: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(zipped)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def files(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@pytest.mark.parametrize("name", ["directions", "moments", "pixels"])
def test_the_notebook_comes_to_the_models_probabilities_in_twenty_lines(
    taken: Any, tmp_path: Path, name: str
) -> None:
    model = resources.shipped_models()[name]
    things = visit(model=model, name=name)
    folder = made(taken, things, tmp_path)
    lines = [line for cell in code_cells(folder) for line in cell.splitlines() if line.strip()]
    assert len(lines) <= 20
    with np.load(folder / "drawings.npz") as arrays:
        assert arrays["pictures"].shape == (13, 28, 28)
        features = model.model.features(arrays["pictures"])
        assert np.array_equal(arrays["features"], features)
    said = run_notebook(folder)
    np.testing.assert_allclose(said, model.model.predict_proba(features), rtol=0, atol=1e-6)


def test_the_zip_has_all_there_is_is_small_and_always_the_same(taken: Any, tmp_path: Path) -> None:
    content = taken.as_zip(visit())
    assert len(content) < MOST_BYTES
    first, second = (unpacked_in_memory(each) for each in (content, taken.as_zip(visit())))
    assert first.pop(MODEL) != b"" != second.pop(MODEL), "whose metadata safetensors shuffles"
    assert first == second
    folder = made(taken, visit(), tmp_path)
    assert files(folder) == set(words.FILES)
    said = (folder / "README.txt").read_text(encoding="utf-8")
    assert all(name in said for name in words.FILES)
    assert "The strokes of 8 earlier drawings" in said
    assert "no training" not in said
    read = list(strokes.read(folder / JSONL))
    assert len(read) == 5, "of three earlier drawings, and of two digits on the canvas"
    assert [len(each.strokes) for each in read[-2:]] == [1, 1]
    assert read[-2].strokes[0][0] == (60, 60)
    film = (folder / "film.html").read_text(encoding="utf-8")
    assert film.count("</script>") == 1, "what is in the data ends no script"
    assert "directions took the place of pixels" in film


def test_before_anything_is_drawn_or_trained_the_zip_says_what_is_missing(
    taken: Any, tmp_path: Path
) -> None:
    folder = made(taken, nothing_drawn(), tmp_path)
    assert files(folder) == {"model.safetensors", "inkling.ipynb", "README.txt"}
    said = (folder / "README.txt").read_text(encoding="utf-8").partition("Missing:")[2]
    assert all(f"- The {thing}:" in said for thing in ("drawings", "film", "receipt"))
    assert code_cells(folder) == []
    assert words.NO_DRAWING in (folder / "inkling.ipynb").read_text(encoding="utf-8")


def test_without_a_model_the_drawings_are_there_and_the_notebook_says_why_it_stops(
    taken: Any, tmp_path: Path
) -> None:
    folder = made(taken, visit(model=None, before=None, run=None), tmp_path)
    assert files(folder) == {"drawings.npz", JSONL, "inkling.ipynb", "README.txt"}
    assert code_cells(folder) == []
    assert words.NO_MODEL in (folder / "README.txt").read_text(encoding="utf-8")


def test_what_the_visitor_said_of_a_drawing_is_its_label(taken: Any, tmp_path: Path) -> None:
    things = visit()
    plain = [each.label for each in strokes.read(made(taken, things, tmp_path) / JSONL)]
    ink = things.at_hand.ink
    assert ink is not None
    (*_, last) = parts_of(ink)
    said = (plain[-1] + 5) % 10
    lesson = Lesson(said, centred(last) + 0.01, ())  # kept, which rounds it
    labelled = dataclasses.replace(things.at_hand, lessons=(lesson,))
    again = tmp_path / "again"
    again.mkdir()
    folder = made(taken, dataclasses.replace(things, at_hand=labelled), again)
    assert [each.label for each in strokes.read(folder / JSONL)] == [*plain[:-1], said]


def test_a_model_of_another_kind_is_told_and_its_probabilities_are_there(
    taken: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = dataclasses.replace(resources.shipped_models()["pixels"], model=OfAnotherKind())
    monkeypatch.setattr(Checkpoint, "to_bytes", lambda _: b"its own format")
    folder = made(taken, visit(model=other, before=None, run=None), tmp_path)
    assert code_cells(folder) == []
    assert words.NOT_LINEAR in (folder / "inkling.ipynb").read_text(encoding="utf-8")
    with np.load(folder / "drawings.npz") as arrays:
        assert arrays["probabilities"].shape == (13, 10)


@pytest.mark.parametrize(
    "path",
    [
        *(None, 3, "M", [], [["M"]], [["M", 1]], [["M", "1", 2]], [["M", True, 2]]),
        *([["M", 1e9, 2]], [["M", math.nan, 2]], [["L", n % 9, 0] for n in range(10_000)]),
    ],
    ids=lambda path: str(path)[:30],
)
def test_what_a_browser_sends_and_is_no_stroke_has_no_points(path: Any) -> None:
    assert traces.traces([{"path": [["M", 1, 2]]}, {"path": path}]) == ()
    assert traces.traces([{}]) == ()


def test_a_drawing_that_makes_room_for_another_keeps_its_strokes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(state.st, "session_state", {})
    line = [(100.0, 40.0), (110.0, 280.0)]
    begin_with([line], 22)
    state.INK.set(strokes.inked([line], side=SIDE, pen=22))
    begin_with([[(50.0, 50.0)]], 22)
    note_at_hand()
    at_hand = state.AT_HAND.get()
    assert len(at_hand.drawings) == len(at_hand.traces) == 1
    assert at_hand.traces[0][0].tolist() == [list(point) for point in line]
