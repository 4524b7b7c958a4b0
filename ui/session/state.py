"""Everything that a visitor's session holds: the keys, their types, and their first values.

No other module of the page writes a key of its own; a browser component, which knows no session,
names the key under which it is mounted.
"""

from __future__ import annotations

import dataclasses
import secrets
import time
from collections.abc import Callable, Sequence
from typing import Any, Generic, Literal, TypeVar

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from streamlit.typing import UploadedFile

from model.classifier.checkpoint import Checkpoint
from model.config import Input, Kind, TrainingConfig
from model.preprocessing.kept_picture import Box
from model.preprocessing.paper import Level
from model.store.visit import Lesson, Visit, new_tab
from model.take_home import Traces
from ui.server import resources, visits
from ui.server.addresses import Address
from ui.server.readiness import Line
from ui.server.visitors import COOKIE, browser_id

T = TypeVar("T")

Source = Literal["draw", "upload"]
"""Where a picture comes from: the canvas, or a file."""


@dataclasses.dataclass(frozen=True)
class Uploaded:
    """An uploaded picture: what is kept of its file, and how a person wants it read."""

    id: str
    """Of the file, as Streamlit knows it."""
    name: str
    content: bytes
    problem: str | None
    """Why it was refused; None where it was not."""
    turns: int = 0
    """Quarters of a turn to the right."""
    box: Box | None = None
    """The part that is read; None for all of it."""
    ink: Level | None = None
    """What a person said is the ink; None where the sheet decides."""
    about: str | None = None
    """What is known of it, in words, such as which digit was meant; None of a visitor's own."""
    more: str = ""
    """What there is to say besides, where there is room."""


@dataclasses.dataclass(frozen=True)
class Learned:
    """What one lesson brought: the names of the models before and after, and how long it took."""

    before: str
    after: str
    lesson: Lesson
    n_steps: int
    seconds: float


@dataclasses.dataclass
class AtHand:
    """This visit's drawings as they were when a run ended last.

    A download is made by a click, outside of all runs, where there is no session: what makes it
    holds this object, which is the same all the time.
    """

    ink: NDArray[np.float32] | None = None
    objects: Sequence[dict[str, Any]] = ()
    drawings: tuple[NDArray[np.float32], ...] = ()
    traces: tuple[Traces, ...] = ()
    lessons: tuple[Lesson, ...] = ()


_TUTORIAL = TrainingConfig()


@dataclasses.dataclass(frozen=True)
class Key(Generic[T]):
    """A place in the session: its name there, and how its first value is made."""

    name: str
    first: Callable[[], T]

    def get(self) -> T:
        """Return what is held; the first value where nothing has been set."""
        if not self.is_set():
            self.set(self.first())
        held: T = st.session_state[self.name]
        return held

    def set(self, value: T) -> None:
        """Hold this value; a widget's must be set before the widget is made."""
        st.session_state[self.name] = value

    def is_set(self) -> bool:
        """Whether there is a value yet."""
        return self.name in st.session_state


class WidgetKey(Key[T]):
    """The key of a widget: Streamlit holds the value, which begins when the widget is made."""

    def get(self) -> T:
        """Return what the widget holds; what it would begin with where there is none."""
        held: T = st.session_state[self.name] if self.is_set() else self.first()
        return held


class ChosenKey(WidgetKey[T]):
    """The key of a widget that the page sets too, as when a new model answers.

    What a widget is set to is told to the browser once. Where the next run begins before that, the
    browser reports its old choice, which would count. So each value that is set begins a widget of
    its own, of which no browser has reported anything, with that value as its default.
    """

    @property
    def widget(self) -> str:
        """The key of the widget that holds the choice now."""
        return f"{self.name}_choice_{self._n_set.get()}"

    @property
    def _n_set(self) -> Key[int]:
        return Key(f"{self.name}_n_set", int)

    def get(self) -> T:
        """Return what was chosen or set last; what it would begin with where nothing was."""
        if self.widget in st.session_state:
            super().set(st.session_state[self.widget])
        return super().get()

    def set(self, value: T) -> None:
        """Hold this value from now on, whatever a browser says of the choice before."""
        if not self.is_set() or self.get() != value:
            super().set(value)
            self._n_set.set(self._n_set.get() + 1)


BEGUN = Key[bool]("begun", bool)
"""Whether the session has heard what its browser knew before it."""

STAGE = WidgetKey[bool]("stage", bool)
"""Whether the page is laid out for a projector; bound to its address."""


def visit() -> Visit:
    """Return this browser's visit; where it keeps no cookies, one that goes with the session."""
    return visits.visit(browser_id(st.context.cookies.get(COOKIE)))


# The talk; see ui/session/speaker.py.
READINESS = Key[tuple[Line, ...] | None]("readiness", lambda: None)
"""Whether all is ready, as it was looked at last; None before that."""
SHOWN_SINCE = Key[float]("card_shown_since", time.monotonic)
"""When the address was shown first, on the clock of `time.monotonic`."""
NETWORK = Key[tuple[Address, ...]]("network", tuple)
"""This machine's addresses as they were then."""
HOST = WidgetKey[str | None]("phones_host", lambda: None)
"""The address that the speaker has chosen for phones."""

# The visit; see ui/session/visit.py.
VISIT = Key[Visit]("visit", visit)
"""What all tabs of this browser share."""
TAB = Key[str]("tab", new_tab)
"""The name of this tab within the visit."""

SHOWN_BEFORE = Key[str | None]("shown_before", lambda: None)
"""The name of the tab that the browser says was shown here before; None while it says nothing."""

# The drawing.
CANVAS = WidgetKey[Any]("canvas", lambda: None)
CANVAS_START = Key[dict[str, Any]]("canvas_start", lambda: {"objects": [], "number": 0})
"""The drawing that the canvas begins with: Fabric.js objects and a number of its own."""
REPLACED = Key[tuple[list[dict[str, Any]], ...]]("replaced", tuple)
"""The Fabric.js objects of drawings that another took the place of; Undo brings them back."""
PRESS = Key[float | None]("press", lambda: None)
"""The id of the last press of Undo or Clear that was taken: the browser may tell of one twice."""
DRAWN_OBJECTS = Key[list[Any]]("drawn_objects", list)
"""The Fabric.js objects on the canvas, as sent last: one per stroke."""
OUTDATED = Key[list[Any] | None]("outdated", lambda: None)
"""What the canvas had sent when it was emptied or given another drawing; None before that. It is
reported until the canvas sends again."""
INK = Key[NDArray[np.float32] | None]("ink", lambda: None)
"""The ink on the canvas, as sent last; None before the first stroke."""
STROKES = Key[tuple[tuple[int, NDArray[np.float32]], ...]]("strokes", tuple)
"""What the drawing was after each of its strokes: (number of strokes, (28, 28) centred), rising."""
DRAWINGS = Key[tuple[NDArray[np.float32], ...]]("drawings", tuple)
"""This visit's earlier drawings, (28, 28) centred, oldest first."""
TRACES = Key["tuple[Traces, ...]"]("traces", tuple)
"""The strokes of the last ones of them; none of those from before a reload."""
AT_HAND = Key[AtHand]("at_hand", AtHand)
"""The drawings for a download; see ui/panels/take_home.py."""
PEN_WIDTH = WidgetKey[int]("pen_width", lambda: 22)
"""In pixels of the canvas."""
PEN_WIDTHS = range(8, 41, 2)
"""What it can be set to."""
PART = Key[int | None]("part", lambda: None)
"""Which of several digits was picked, from 0 on the left; None for the last."""
N_PARTS = Key[int]("n_parts", int)
"""How many digits were on the drawing when it was looked at last."""
SOURCE = Key[Source]("source", lambda: "draw")
PICTURE = WidgetKey[list[UploadedFile]]("picture", list)
"""The uploaded pictures of digits, as their control holds them; a change of view empties it."""
PHOTO = WidgetKey[UploadedFile | None]("photo", lambda: None)
"""What the camera has taken."""
PICTURES = Key[tuple[Uploaded, ...]]("pictures", tuple)
"""The same as long as the visit: see ui/session/pictures.py."""
PICTURE_SHOWN = Key[int]("picture_shown", int)
"""Which of them is read."""
CAMERA = Key[bool]("camera", bool)
"""Whether the camera is open."""
CROPPING = Key[bool]("cropping", bool)
"""Whether the picture is shown with a box to cut it."""

# The models.
MODEL = ChosenKey[str | None]("model", lambda: "directions")
"""The name of the model that answers: a shipped one's, or one of TRAINED."""
TRAINED = Key[dict[str, Checkpoint]]("trained", dict)
"""The checkpoints that this visit trained or uploaded, by name, oldest first."""
N_TRAINED = Key[int]("n_trained", int)
"""How many there have been, for their names."""
BEFORE = Key[str | None]("before", lambda: None)
"""The name of the model that answered before the last training; None when that is settled."""
UPLOADED_MODEL = WidgetKey[UploadedFile | None]("uploaded_model", lambda: None)
UPLOAD_PROBLEM = Key[str | None]("upload_problem", lambda: None)
"""Why the last uploaded model was not taken; None when it was."""
NOTICE = Key[str | None]("notice", lambda: None)
"""One sentence to show beside the model: how the last training ended."""


def owner() -> str:
    """Return the id of this browser; where it keeps no cookies, one for this visit."""
    return browser_id(st.context.cookies.get(COOKIE)) or secrets.token_urlsafe(12)


# The training.
OWNER = Key[str]("owner", owner)
"""This browser, as the trainer knows it."""
JOB = Key[str | None]("job", lambda: None)
"""The id of the training job that is shown; None when there is none."""
STEPPED = Key[tuple[str, int] | None]("stepped", lambda: None)
"""The job that was last asked for one step, and the step that was shown by then."""
LAST_JOB = Key[str | None]("last_job", lambda: None)
"""The id of the job that ended last, whose film can be seen."""
STORY = Key[str | None]("story_of", lambda: None)
"""The id of the job that Retrain on Draw began last, whose story is told there."""
TOLD = Key[str | None]("told", lambda: None)
"""The id of the job whose story has been sent to the browser."""
OWN_FILES = WidgetKey[list[UploadedFile]]("own_files", list)
OWN_DATA = Key[Any]("own_data", lambda: None)
"""The visitor's uploaded training data, as ui/panels/own_data.py keeps it; None without any."""
OWN_PATH = Key[str | None]("own_path", lambda: None)
"""Where that data is, for views without the boxes in which it was chosen."""
OWN_TURN = WidgetKey[bool]("own_turn", bool)
"""Whether the uploaded pictures are turned as is offered."""

# The room; see ui/session/room.py.
ROOM_NOTICE = Key[str | None]("room_notice", lambda: None)
"""One sentence to show on Room: why something was not done."""
ROOM_SHOWN = Key[str | None]("room_shown", lambda: None)
"""The code of the room that Room has shown last."""
ROOM_LOST = Key[str | None]("room_lost", lambda: None)
"""The code of a room that this browser no longer controls."""
ROOM_TRAINED = Key["dict[str, tuple[str, frozenset[str]]]"]("room_trained", dict)
"""On which room a training learned, and on which of its phones, by the id of its job."""
ROOM_BEFORE = Key[Checkpoint | None]("room_before", lambda: None)
"""The model that read in the room before the last training on it."""
CODE = WidgetKey[str]("room_code", str)
"""The code of a room that somebody wants to join."""
WIFI = WidgetKey[str]("wifi_name", str)
WIFI_PASSWORD = WidgetKey[str]("wifi_password", str)
"""Of the hall's Wi-Fi, for a second code; it stays in this session."""

# The settings of a training; the page's address has them by these names.
DATA = WidgetKey[str | None]("data", lambda: resources.test_data()[0])
KIND = WidgetKey[Kind]("kind", lambda: "softmax")
INPUT = WidgetKey[Input]("input", lambda: "directions")
STEPS = WidgetKey[int]("steps", lambda: _TUTORIAL.n_steps)
BATCH = WidgetKey[int]("batch", lambda: _TUTORIAL.batch_size)
RATE = WidgetKey[float]("rate", lambda: _TUTORIAL.learning_rate)
SEED = WidgetKey[int]("seed", lambda: _TUTORIAL.seed)
SPEED = WidgetKey[Literal["full", "watch"]]("speed", lambda: "full")
PAUSED = WidgetKey[bool]("paused", bool)
"""Whether a training waits before its first step."""
IN_ADDRESS = Key[dict[str, Any]]("in_address", dict)
"""What was written into the page's address last, by name; see ui/session/address.py."""
VIEW = Key[str | None]("view", lambda: None)
"""The path of the view that is open; None before there is one."""

# Teaching; see ui/session/lessons.py.
LESSONS = Key[tuple[Lesson, ...]]("lessons", tuple)
"""The drawings of which the visitor has said which digit they are, oldest first."""
LEARNED = Key[Learned | None]("learned", lambda: None)
"""What the last lesson brought; None when that is settled."""
REPLAY = WidgetKey[bool]("replay", lambda: True)
"""Whether a lesson goes on with training pictures too."""
LESSON_NOTICE = Key[str | None]("lesson_notice", lambda: None)
"""One sentence to show beside the lesson: why something was not done."""


def label_of(drawing: int) -> WidgetKey[int | None]:
    """Return the key of the label of a drawing, which another one does not have."""
    return WidgetKey(f"label_{drawing:08x}", lambda: None)


# The reasons for an answer.
WHY = WidgetKey[str | None]("why", lambda: "bars")
"""What is shown below the answer: the bars, or a reason by its code; None for the bars too."""
WHY_DIGIT = WidgetKey["int | Literal['answer'] | None"]("why_digit", lambda: "answer")
"""The digit whose evidence is shown."""
WHY_OTHER = WidgetKey["int | Literal['runner_up'] | None"]("why_other", lambda: "runner_up")
"""The digit that the answer is contrasted with."""
WHY_TARGET = WidgetKey["int | Literal['runner_up'] | None"]("why_target", lambda: "runner_up")
"""The digit that the smallest change leads to."""
WHY_STEPS = WidgetKey[list[str]]("why_steps", list)
"""The steps of the pipeline that are on; the panel begins with all of them."""

# How it works.
TEMPERATURE = WidgetKey[float]("temperature", lambda: 1.0)
"""By which scores are divided before softmax."""
GRADIENT_LABEL = WidgetKey[int]("gradient_label", int)
GRADIENT_RATE = WidgetKey[float]("gradient_rate", lambda: 0.5)
"""Of the one step on the drawing: which digit it is said to be, and the learning rate."""

# The Evaluate view.
TESTED = WidgetKey[Literal["usual", "own", "file"]]("tested", lambda: "usual")
"""What the model is measured on; see ui/panels/measured_on.py."""
TEST_FILE = WidgetKey[UploadedFile | None]("test_file", lambda: None)
TEST_PICTURES = Key[Any]("test_pictures", lambda: None)
"""The pictures of one's own that were read last, as ui/panels/measured_on.py keeps them."""
TRUE = WidgetKey[int]("confusion_true", int)
PREDICTED = WidgetKey[int]("confusion_predicted", int)
"""The cell of the confusion matrix whose pictures are shown; the view begins with the fullest."""
COMPARED = WidgetKey[bool]("compared", bool)
"""Whether the shipped models are compared there."""
NUMBERS = WidgetKey[Literal["counts", "percent"]]("confusion_numbers", lambda: "counts")
FRAMED = Key[tuple[int, tuple[int, int] | None]]("confusion_framed", lambda: (0, None))
"""A number and the cell that is framed at first; a click moves the frame in the browser alone.

A frame cannot be moved from here: the boxes have the matrix drawn anew, under the next number.
"""
MISTAKES_PAGE = WidgetKey[int]("mistakes_page", lambda: 1)


def matrix(number: int) -> WidgetKey[Any]:
    """Return the key of the confusion matrix that was drawn under this number."""
    return WidgetKey(f"confusion_{number}", lambda: None)


def after_stroke(n: int) -> WidgetKey[int]:
    """Return the key of a slider over n strokes: one of another length begins at its end."""
    return WidgetKey(f"after_stroke_{n}", lambda: n)


NAMES = frozenset(
    {
        *("answer", "cell_pictures", "controls", "draw_view", "model_panel", "model_row"),
        *("progress_row", "reason", "receipt", "run_controls", "samples", "scores", "settings"),
        *("address_card", "look_again", "ready_card", "ready_lines"),
        *("evaluate_side", "evaluate_stage", "stage_switch", "train_view", "upload"),
        "models_row",
        "four_ideas",
        *(
            "break_it",
            "clear",
            "evidence_map",
            "film",
            "live_bars",
            "live_model",
            "returning",
            "sample_strip",
        ),
        *("canvas_guard", "crop_box", "keys", "picture_catch", "picture_pick", "story"),
        *("stroke_catch", "undo"),
        *("adjust", "camera_button", "crop", "crop_whole", "invert", "picture_choice", "turn"),
        *("data_choice", "data_without_mnist"),
        *("go_back", "keep", "retrain", "see_changes", "stop", "to_canvas", "to_upload", "train"),
        *(
            "run_step",
            "running_sum",
            "step_gradient",
            "show_mistake",
            "train_like_this",
            "tutorial",
            "walk",
        ),
        "afresh",
        *("join", "open_room", "room_address", "room_aside", "room_buttons", "room_clear"),
        *("room_close", "room_empty", "room_end", "room_figures", "room_files", "room_hand"),
        *("room_joins", "room_keep", "room_more", "room_pause", "room_receipt", "room_side"),
        *("room_view", "room_wall"),
        *("download_room_handout", "download_room_results", "download_room_strokes"),
        *("train_on_room", "wall"),
        *(
            "download_lessons",
            "labelled",
            "learn",
            "lesson",
            "lesson_receipt",
            "lesson_undo",
            "train_on_lessons",
        ),
    }
)
"""Keys under which nothing is held: containers, browser components and buttons."""
PREFIXES = ("download_", "label_", "is_ink_", "model_", "picture_", "run_", "step_", "use_")
"""How keys begin under which nothing is held, and of which there are several."""
