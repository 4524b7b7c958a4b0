"""A visit while it goes on: what the tabs of one browser share, and what each of them shows."""

from __future__ import annotations

import dataclasses
import hashlib
import secrets
import threading
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.classifier.checkpoint import Checkpoint

__all__ = ["MOST_LESSONS", "MOST_MODELS", "MOST_TABS", "Lesson", "Tab", "Visit", "key", "new_tab"]

MOST_MODELS = 12
"""The most models that a visit keeps, 190 kB each; the oldest goes first."""
MOST_TABS = 3
"""The most drawings of a visit that are kept; the one changed longest ago goes first."""

MOST_LESSONS = 40
"""The most labelled drawings of a tab that are kept; the oldest goes first."""

Picture = NDArray[np.float32]


class Lesson(NamedTuple):
    """A drawing of which a visitor has said which digit it is.

    Parameters
    ----------
    label : int
        The digit, 0 to 9.
    digit : (28, 28) float32
        The drawing, centred.
    strokes : sequence of (n, 2) float32
        Its points, in pixels of the canvas; none where they are not known, as of a photo.
    """

    label: int
    digit: Picture
    strokes: tuple[NDArray[np.float32], ...]


@dataclasses.dataclass(frozen=True, eq=False)
class Tab:
    """What one tab shows. Nothing in it is changed; after a stroke there is another one.

    Parameters
    ----------
    id : str
        Its name within the visit.
    objects : list of dict
        The drawing: Fabric.js objects, one for each stroke.
    ink : (side, side) float32 in [0, 1], to 1/255; or None
        The same as a picture, as the canvas sent it.
    strokes : sequence of (int, (28, 28) float32)
        What the drawing was after each stroke: how many there were, and the digit.
    drawings : sequence of (28, 28) float32
        The earlier drawings, oldest first.
    pen_width : int
        In pixels of the canvas.
    source : str
        Where the picture comes from: "draw" or "upload".
    model, before : str or None
        The names of the model that answers, and of the one that it is compared with.
    last_job : str or None
        The id of the training that ended last.
    lessons : sequence of Lesson
        The drawings that were labelled, oldest first.
    """

    id: str
    objects: list[Any]
    ink: Picture | None
    strokes: tuple[tuple[int, Picture], ...]
    drawings: tuple[Picture, ...]
    pen_width: int
    source: str
    model: str | None
    before: str | None
    last_job: str | None
    lessons: tuple[Lesson, ...] = ()


def key(cookie: str) -> str:
    """Return under which id the visit of a browser with this cookie is kept."""
    return hashlib.sha256(cookie.encode()).hexdigest()


def new_tab() -> str:
    """Return an id for a tab. It opens nothing: a visit is found by the browser's cookie alone."""
    return secrets.token_urlsafe(9)


class Visit:
    """What the tabs of one browser share; any thread may use it.

    Parameters
    ----------
    id : str or None
        Under which it is kept; None for a visit that goes with its session.
    models : dict of str to Checkpoint
        By name, oldest first.
    n_trained : int
        How many models there have been, for their names.
    tabs : dict of str to Tab
        By id, the one changed longest ago first.
    """

    def __init__(
        self,
        id: str | None,
        models: dict[str, Checkpoint] | None = None,
        n_trained: int = 0,
        tabs: dict[str, Tab] | None = None,
    ) -> None:
        self.id = id
        self.models, self.n_trained, self.tabs = models or {}, n_trained, tabs or {}
        self.is_read = True
        """Whether all that is on disk of it is in here."""
        self.stale: frozenset[str] = frozenset()
        """The names of models that are on disk and shall go from there."""
        self.written: dict[str, int] = {}
        """A checksum of what is on disk of each tab; the writer's own."""
        self.on_disk: float | None = None
        """When it was written last, as far as this server knows; None where it was not."""
        self._sessions: dict[str, str] = {}  # which session has which tab
        self._lock = threading.Lock()

    def add(self, kind: str, checkpoint: Checkpoint, *, at_least: int = 0) -> str:
        """Add a model, unless it is there; return its name, which is `kind` and a number.

        The number is above `at_least`, and above all numbers that there were.
        """
        with self._lock:
            for name, known in self.models.items():
                if known is checkpoint:  # two tabs have watched one training
                    return name
            self.n_trained = max(self.n_trained, at_least) + 1
            name = f"{kind} {self.n_trained}"
            models = self.models | {name: checkpoint}
            gone = list(models)[: max(0, len(models) - MOST_MODELS)]
            self.stale |= frozenset(gone)
            self.models = {key: each for key, each in models.items() if key not in gone}
        return name

    def put(self, tab: Tab, session: str) -> Tab:
        """Note what a session's tab shows; return it as it was noted.

        It gets another id where another session has taken it over.
        """
        with self._lock:
            if self._sessions.setdefault(tab.id, session) != session:
                tab = dataclasses.replace(tab, id=new_tab())
                self._sessions[tab.id] = session
            tabs = {key: each for key, each in self.tabs.items() if key != tab.id} | {tab.id: tab}
            self.tabs = dict(list(tabs.items())[-MOST_TABS:])
            self._sessions = {key: who for key, who in self._sessions.items() if key in self.tabs}
        return tab

    def take(
        self, session: str, is_live: Callable[[str], bool], *, wanted: str | None = None
    ) -> Tab | None:
        """Give a session the tab that nobody has any more, or the one that it wants.

        Parameters
        ----------
        session : str
            The session that begins.
        is_live : callable
            Whether a session has a connection now.
        wanted : str, optional
            The id of a tab that the browser says it shows.

        Returns
        -------
        Tab or None
            Of several tabs without a session, the one changed last.
        """
        with self._lock:
            if wanted is not None:
                return self._give(self.tabs.get(wanted), session)
            sessions = self._sessions
            free = [t for t in self.tabs.values() if not is_live(sessions.get(t.id, ""))]
            return self._give(free[-1] if free else None, session)

    def latest(self) -> Tab | None:
        """Return the tab that was changed last, whoever has it."""
        return next(reversed(self.tabs.values()), None)

    def forget(self) -> None:
        """Forget all models and drawings."""
        with self._lock:
            self.models, self.tabs, self.n_trained = {}, {}, 0
            self.stale, self._sessions, self.written = frozenset(), {}, {}
            self.is_read, self.on_disk = True, None

    def merge(self, kept: Visit) -> None:
        """Add what was kept of this visit, which could not be read when it began.

        A kept model gets the next number where its name has been given again.
        """
        with self._lock:
            self.n_trained = max(self.n_trained, kept.n_trained)
            models = {}
            for name, model in kept.models.items():
                if name in self.models:
                    self.n_trained += 1
                    self.stale |= {name}
                    name = f"{name.rpartition(' ')[0]} {self.n_trained}"
                models[name] = model
            self.models = models | self.models
            self.tabs = kept.tabs | self.tabs
            self.is_read = True

    def rejoin(self, kept: Visit) -> None:
        """Add what another server has written of this visit meanwhile; `merge` says how.

        Where that one has deleted it, only the tab that is shown here now goes on.
        """
        if kept.on_disk is None:
            with self._lock:
                latest = self.latest()
                self.models, self.n_trained = {}, 0
                self.tabs = {} if latest is None else {latest.id: latest}
                self.stale = frozenset()
        else:
            mine = self.models.values()
            known = [name for name, each in kept.models.items() if any(map(each.is_same, mine))]
            self.stale |= frozenset(known) - self.models.keys()
            kept.models = {name: each for name, each in kept.models.items() if name not in known}
            self.merge(kept)
        self.written, self.on_disk = {}, kept.on_disk

    def follow(self, kept: Visit) -> None:
        """Take over what another server has written of this visit since it was here last."""
        with self._lock:
            self.n_trained = max(self.n_trained, kept.n_trained)
            self.models, self.tabs = kept.models, kept.tabs
            self.stale, self.written, self.on_disk = frozenset(), {}, kept.on_disk

    def _give(self, tab: Tab | None, session: str) -> Tab | None:
        if tab is not None:
            self._sessions = {key: who for key, who in self._sessions.items() if who != session}
            self._sessions[tab.id] = session
        return tab
