"""What is seen of a room: its drawings with a model's readings, and what is let on the wall.

A server keeps one for each room that somebody looks at. It holds no strokes, and of each drawing
784 bytes; each model reads each drawing once.
"""

from __future__ import annotations

import dataclasses
import threading
from collections import Counter
from collections.abc import Iterable
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.classifier.checkpoint import Checkpoint
from model.classifier.reject import Verdict
from model.config import N_CLASSES
from model.room import figures
from model.room.figures import Proportion
from model.room.record import Drawing

__all__ = ["Figures", "Mark", "Place", "Tile", "Wall", "looks_like"]

Mark = Literal["right", "wrong", "unsure", "free"]
"""What the model made of a drawing; "free" where no digit was asked for and one was read."""
Place = Literal["wall", "waits", "hidden", "gone"]
"""Where a drawing is; "waits" for the speaker to look at it."""

LEAST_LIKELY = 0.05
"""Least probability of the asked digit with which a drawing goes to the wall by itself."""
MOST_MODELS = 16
"""Models whose readings are remembered."""
N_MISTAKES = 12


class Tile(NamedTuple):
    """A drawing on the wall.

    `number` names it within this wall; `read` is the likeliest digit.
    """

    number: int
    drawing: Drawing
    read: int
    mark: Mark
    place: Place


@dataclasses.dataclass(frozen=True)
class Figures:
    """What a room says of a model.

    Drawings without an asked digit, hidden and taken back are left out, and those of the phones
    that the model has learned from: they would flatter it.

    Parameters
    ----------
    share : Proportion
        Of the drawings whose likeliest digit is the asked one.
    by_digit : list of 10 Proportion
    hardest : int or None
    mistakes : list of int
        Numbers of the drawings that were answered wrong, the surest first.
    """

    share: Proportion
    by_digit: list[Proportion]
    hardest: int | None
    mistakes: list[int]


@dataclasses.dataclass(frozen=True, eq=False)
class _Readings:
    probabilities: NDArray[np.floating[Any]]  # (n, 10)
    verdicts: list[Verdict]


def looks_like(
    asked: int | None, verdict: str, probabilities: NDArray[np.floating[Any]], n_parts: int
) -> bool:
    """Whether a drawing looks like what was asked for, so that it may be seen by everybody.

    A free drawing looks like a digit where the model gives an answer.
    """
    if n_parts != 1 or verdict == "unfamiliar":
        return False
    if asked is None:
        return verdict == "answer"
    return bool(probabilities[asked] >= LEAST_LIKELY)


class Wall:
    """The drawings of one room; any thread may use it."""

    def __init__(self) -> None:
        self._drawings: list[Drawing] = []
        self._numbers: dict[tuple[str, str], int] = {}
        self._per_phone: Counter[str] = Counter()
        self._there: Counter[str] = Counter()  # of a phone, less what was taken back; none has 0
        self._people_and_drawings = (0, 0)  # read without the lock
        self._changes: list[int] = []  # of each drawing, the last change
        self._n_changes = 0
        self._lock = threading.RLock()  # guards what is above; never held while a model reads
        self._readings: dict[Checkpoint, _Readings] = {}
        self._figures: dict[Checkpoint, tuple[int, frozenset[str], Figures]] = {}
        self._reading = threading.RLock()  # guards the readings

    def put(self, drawings: Iterable[Drawing]) -> None:
        """Take drawings in, new ones or ones that have changed."""
        with self._lock:
            for drawing in drawings:
                kept = dataclasses.replace(drawing, strokes="")
                number = self._numbers.get((drawing.phone, drawing.id))
                if number is None:
                    self._numbers[drawing.phone, drawing.id] = len(self._drawings)
                    self._per_phone[drawing.phone] += 1
                    self._there[kept.phone] += not kept.is_gone
                    self._drawings.append(kept)
                    self._changes.append(0)
                    number = len(self._drawings) - 1
                elif _is_news(kept, was := self._drawings[number]):
                    self._there[kept.phone] += was.is_gone - kept.is_gone
                    self._drawings[number] = kept
                else:
                    continue
                if self._there[kept.phone] == 0:
                    del self._there[kept.phone]
                self._n_changes += 1
                self._changes[number] = self._n_changes
            self._people_and_drawings = len(self._there), self._there.total()

    def knows(self, phone: str, id: str, changed: float) -> bool:
        """Whether this drawing is here as it was at this change, or later."""
        number = self._numbers.get((phone, id))
        return number is not None and self._drawings[number].changed >= changed

    def has(self, phone: str, id: str) -> bool:
        """Whether this drawing is here."""
        return (phone, id) in self._numbers

    def drawing(self, number: int) -> Drawing | None:
        """Return a drawing by its number; None where there is none, or it was taken back."""
        with self._lock:
            if not 0 <= number < len(self._drawings):
                return None
            found = self._drawings[number]
        return None if found.is_gone else found

    def n_of(self, phone: str) -> int:
        """Return how many drawings a phone has sent, those taken back among them."""
        return self._per_phone[phone]

    def n_there(self, phone: str) -> int:
        """Return how many of a phone's drawings are here."""
        return self._there[phone]

    @property
    def n_sent(self) -> int:
        """How many drawings were sent, those taken back among them."""
        return len(self._drawings)

    @property
    def n_changes(self) -> int:
        """How often something of it has changed."""
        return self._n_changes

    def asked(self) -> list[Drawing]:
        """Return the drawings that count: of an asked digit, and neither hidden nor taken back."""
        with self._lock:
            return [each for each in self._drawings if _counts(each)]

    def counts(self) -> tuple[int, int]:
        """Return how many people have drawn, and how many drawings there are."""
        return self._people_and_drawings

    def tiles(
        self, model: Checkpoint, *, after: int = 0, most: int | None = None
    ) -> tuple[int, list[Tile]]:
        """Return what has changed, oldest drawing first, and the number of the last change.

        Parameters
        ----------
        model : Checkpoint
            That reads the drawings.
        after : int
            The last change that is known already; 0 for none.
        most : int, optional
            Of these the latest, so many of each place, and all that are gone: what waits is told,
            whatever came after it.
        """
        with self._lock:
            last, n = self._n_changes, len(self._drawings)
        readings = self._read(model, n)
        with self._lock:
            # What has changed while the model read is told the next time.
            changed = [i for i, change in enumerate(self._changes[:n]) if after < change <= last]
            if after == 0:
                changed = [i for i in changed if not self._drawings[i].is_gone]
            tiles = [self._tile(i, readings) for i in changed]
        return last, tiles if most is None else _latest(tiles, most)

    def tile(self, number: int, model: Checkpoint) -> Tile | None:
        """Return one drawing as it is on the wall; None where there is none."""
        if self.drawing(number) is None:
            return None
        readings = self._read(model, number + 1)
        with self._lock:
            return self._tile(number, readings)

    def figures(self, model: Checkpoint, learned: frozenset[str] = frozenset()) -> Figures:
        """Return what the room says of a model that has learned from these phones."""
        with self._reading:
            with self._lock:
                last, drawings = self._n_changes, list(self._drawings)
            known = self._figures.get(model)
            if known is None or known[:2] != (last, learned):
                readings = self._read(model, len(drawings))
                known = last, learned, _figured(drawings, readings, learned)
                self._figures[model] = known
            return known[2]

    def _read(self, model: Checkpoint, n: int) -> _Readings:
        """Return this model's readings of the first n drawings or more, each read once."""
        with self._reading:
            while model not in self._readings and len(self._readings) >= MOST_MODELS:
                oldest = next(iter(self._readings))
                del self._readings[oldest]
                self._figures.pop(oldest, None)
            empty = _Readings(np.zeros((0, N_CLASSES), np.float32), [])
            readings = self._readings.setdefault(model, empty)
            with self._lock:
                new = self._drawings[len(readings.verdicts) : n]
            if new:
                features = model.model.features(np.stack([drawing.image for drawing in new]))
                probabilities = model.model.predict_proba(features)
                # Others look at what they were given: it is replaced, and only grows.
                readings = _Readings(
                    np.concatenate([readings.probabilities, probabilities]),
                    readings.verdicts + model.reject_rule.verdicts(features, probabilities),
                )
                self._readings[model] = readings
            return readings

    def _tile(self, number: int, readings: _Readings) -> Tile:
        drawing = self._drawings[number]
        probabilities, verdict = readings.probabilities[number], readings.verdicts[number]
        read = int(probabilities.argmax())
        mark: Mark = "unsure"
        if verdict == "answer" and drawing.n_parts == 1:
            mark = "free" if drawing.asked is None else "right"
            if drawing.asked not in (None, read):
                mark = "wrong"
        return Tile(number, drawing, read, mark, self._place(drawing, verdict, probabilities))

    def _place(
        self, drawing: Drawing, verdict: str, probabilities: NDArray[np.floating[Any]]
    ) -> Place:
        if drawing.is_gone:
            return "gone"
        if drawing.shown != "auto":
            return "wall" if drawing.shown == "shown" else "hidden"
        is_like = looks_like(drawing.asked, verdict, probabilities, drawing.n_parts)
        return "wall" if is_like else "waits"


def _figured(drawings: list[Drawing], readings: _Readings, learned: frozenset[str]) -> Figures:
    judges = (i for i, each in enumerate(drawings) if each.phone not in learned and _counts(each))
    counted = np.array(list(judges), int)
    drawings = [drawings[i] for i in counted]
    asked = np.array([each.asked for each in drawings], int)
    numbers: dict[str, int] = {}
    phones = np.array([numbers.setdefault(each.phone, len(numbers)) for each in drawings], int)
    probabilities = readings.probabilities[counted]
    is_one = np.array([each.n_parts == 1 for each in drawings], bool)
    is_right = (probabilities.argmax(axis=1) == asked) & is_one
    is_answered = np.array([readings.verdicts[i] == "answer" for i in counted], bool)
    wrong = np.flatnonzero(~is_right & is_answered & is_one)
    surest = wrong[np.argsort(-probabilities[wrong].max(axis=1), kind="stable")]
    shares = figures.by_digit(is_right, asked, phones)
    return Figures(
        figures.proportion(is_right, phones),
        shares,
        figures.hardest(shares),
        counted[surest[:N_MISTAKES]].tolist(),
    )


def _latest(tiles: list[Tile], most: int) -> list[Tile]:
    n: Counter[Place] = Counter()
    kept = []
    for tile in reversed(tiles):
        n[tile.place] += 1
        if n[tile.place] <= most or tile.place == "gone":
            kept.append(tile)
    return kept[::-1]


def _is_news(drawing: Drawing, known: Drawing) -> bool:
    return drawing != known and drawing.changed >= known.changed


def _counts(drawing: Drawing) -> bool:
    return not drawing.is_gone and drawing.asked is not None and not drawing.is_hidden
