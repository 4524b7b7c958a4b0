"""The drawings of which a visitor has said which digit they are, and what was learned of them."""

from __future__ import annotations

import dataclasses
import time
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from model.classifier.checkpoint import Checkpoint
from model.classifier.prediction import Reading
from model.store.visit import MOST_LESSONS, Lesson
from model.take_home import Traces, as_jsonl
from model.training.teaching import taught
from ui.server import resources
from ui.server.own_files import with_mnist
from ui.session import models, state
from ui.session.drawings import on_canvas
from ui.session.state import Learned
from ui.session.traces import of_part, traces

__all__ = [
    "KIND",
    *("can_undo", "find", "find_in", "is_of", "is_same", "jsonl", "keep", "learn", "number"),
    *("undo", "written_with_mnist"),
]

KIND = "taught"
"""How the names of models begin that learned a drawing."""
ROUNDED = 0.05
"""A pixel of a drawing that was kept differs by less."""


def number(digit: NDArray[np.float32]) -> int:
    """Return a number for a drawing (28, 28), by which its label is found: others have another."""
    return zlib.crc32(digit.tobytes())


def is_same(one: NDArray[np.float32], other: NDArray[np.float32]) -> bool:
    """Whether two drawings (28, 28) are one: its ink may have been kept, which rounds it."""
    return float(np.abs(one - other).max()) < ROUNDED


def find(digit: NDArray[np.float32]) -> Lesson | None:
    """Return the lesson of a drawing (28, 28); None where nobody said what it is."""
    return find_in(state.LESSONS.get(), digit)


def find_in(kept: Sequence[Lesson], digit: NDArray[np.float32]) -> Lesson | None:
    """Return the lesson of a drawing (28, 28) among these; None where there is none."""
    return next((each for each in kept if is_same(each.digit, digit)), None)


def keep(reading: Reading, label: int) -> Lesson:
    """Keep the drawing that is read, with its label; one that is there already gets the new one."""
    digit, ink = reading.centred, on_canvas()
    others = [each for each in state.LESSONS.get() if not is_same(each.digit, digit)]
    strokes: Traces = ()
    if state.SOURCE.get() == "draw" and ink is not None:
        strokes = of_part(traces(state.DRAWN_OBJECTS.get()), reading.ink, ink)
    lesson = Lesson(label, digit, strokes)
    state.LESSONS.set((*others, lesson)[-MOST_LESSONS:])
    return lesson


def learn(checkpoint: Checkpoint, lesson: Lesson) -> None:
    """Take a few steps on a drawing; the model that comes of it answers from now on.

    Parameters
    ----------
    checkpoint : Checkpoint
        The linear model that answers.
    lesson : Lesson
    """
    began = time.perf_counter()
    validation, replay = resources.lesson_pictures(checkpoint.model)
    features = checkpoint.model.features(lesson.digit[np.newaxis])[0]
    reminded = replay if state.REPLAY.get() else None
    after, n_steps = taught(checkpoint, features, lesson.label, validation, reminded)
    if after.model.training_data.name == resources.test_data()[0]:
        measured = {**after.measured, "test_accuracy": resources.test_accuracy(after.model)}
        after = dataclasses.replace(after, measured=measured)
    seconds = time.perf_counter() - began
    before = next(name for name, each in models.choices().items() if each is checkpoint)
    name = models.add_model(KIND, after)
    state.BEFORE.set(before)
    models.use(name)
    state.LEARNED.set(Learned(before, name, lesson, n_steps, seconds))


def is_of(learned: Learned, reading: Reading, checkpoint: Checkpoint) -> bool:
    """Whether this drawing, and this model, are those of a lesson."""
    known = models.choices()
    is_there = learned.before in known and known.get(learned.after) is checkpoint
    return is_there and is_same(learned.lesson.digit, reading.centred)


def can_undo() -> bool:
    """Whether the model that answers comes of a lesson, and the one before it is there."""
    is_taught = (state.MODEL.get() or "").startswith(KIND)
    return is_taught and state.BEFORE.get() in models.choices()


def undo() -> None:
    """Let the model answer that answered before the last lesson."""
    models.go_back()
    state.LEARNED.set(None)


def written_with_mnist() -> Path:
    """Write the labelled drawings and MNIST to a file that a training reads; return its path."""
    lessons = state.LESSONS.get()
    images = np.stack([np.rint(255 * each.digit).astype(np.uint8) for each in lessons])
    labels = np.array([each.label for each in lessons], np.uint8)
    return with_mnist("your drawings", images, labels)


def jsonl() -> str:
    """Return the labelled drawings that have strokes, as `model.data.strokes` reads them."""
    lessons = state.LESSONS.get()
    return as_jsonl([each.strokes for each in lessons], [each.label for each in lessons])
