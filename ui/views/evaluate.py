"""The Evaluate view: how well the model that answers this visitor reads test digits."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from model.classifier.checkpoint import Checkpoint
from model.config import N_CLASSES
from model.data.datasets import Split
from model.evaluation.calibration import Reliability, reliability
from model.evaluation.metrics import Evaluation, evaluate
from model.evaluation.pictures import mistakes, pictures_of
from ui.components.picture_pick import picture_pick
from ui.elements import charts, pixels, wording
from ui.panels.four_ideas import four_ideas
from ui.panels.measured_on import Chosen, believed, measured_on
from ui.session import brought, models, state
from ui.session.models import active_model

__all__ = ["clicked", "evaluate_view"]

WIDTHS = (55, 45)
SHOWN = 48
"""The most pictures that are shown of one cell of the confusion matrix."""
SHOWN_ON_STAGE = 8
PAGE = 24
"""How many mistakes are on one page."""
DIGITS = tuple(range(N_CLASSES))
NUMBERS = {"counts": "Counts", "percent": "Per cent of the row"}


@dataclasses.dataclass(frozen=True, eq=False)
class _Tested:
    """Test pictures, what a model believes of them (n, 10), and the measures of both."""

    chosen: Chosen
    test: Split
    probabilities: NDArray[np.floating[Any]]
    measured: Evaluation


def evaluate_view() -> None:
    """Show the measures, then who is taken for whom, the mistakes, each digit, the calibration."""
    active = active_model()
    if active is None:
        st.info("There is no model yet. Press Retrain in the Draw view to make one.")
        return
    place = None if state.STAGE.get() else st.container()
    chosen = measured_on()
    if chosen is None:
        st.info("Choose a file to measure on, or the usual test digits.")
        return
    tested = _tested(active, chosen)
    _on_draw(tested)
    if place is None:
        _stage(tested)
        return
    with place:
        _headline(active, tested)
    _confusion(tested)
    _mistakes(tested)
    left, right = st.columns(WIDTHS[::-1], gap="large")
    with left:
        _digit_by_digit(tested.measured)
    with right:
        _calibration(reliability(tested.probabilities, tested.test.labels))
    four_ideas(are_pictures_usual=chosen.source == "usual")


def _tested(active: Checkpoint, chosen: Chosen) -> _Tested:
    with st.spinner("Reading the test digits"):
        probabilities = believed(chosen, active.model)
    measured = evaluate(chosen.test.labels, probabilities.argmax(axis=1))
    return _Tested(chosen, chosen.test, probabilities, measured)


def _on_draw(tested: _Tested) -> None:
    """Go to Draw with a picture that was clicked."""
    if (index := picture_pick(len(tested.test))) is not None:
        read_as = int(tested.probabilities[index].argmax())
        brought.show_test(tested.chosen.name, tested.test, index, read_as)


def _headline(active: Checkpoint, tested: _Tested) -> None:
    measured = tested.measured
    st.html(
        "<h1>How well does it read?</h1>"
        f"<p class='lead'>{_model_in_words(active)}, was given {_data_in_words(tested)}"
        " to read.</p>"
    )
    with st.container(horizontal=True, key="scores"):
        st.metric("Accuracy", f"{measured.accuracy:.1%}", help="The share read right.")
        for name, value, meaning in (
            ("Precision", measured.macro_precision, "Of all that it called a 3, how many are one"),
            ("Recall", measured.macro_recall, "Of all real 3s, how many it found"),
            ("F1", measured.macro_f1, "The harmonic mean of precision and recall"),
        ):
            st.metric(
                f"Macro {name if name == 'F1' else name.lower()}",
                f"{value:.1%}",
                help=f"{meaning}; the mean over the digits that are there, each counting the same.",
            )
    if measured.absent:
        st.html(
            f"<p class='note'>There is no {wording.listed(measured.absent, 'or')} among these"
            " pictures, so nothing is said of it.</p>"
        )


@st.fragment
def _stage(tested: _Tested) -> None:
    """Show the confusion matrix on the whole screen, with the measures and one cell's pictures."""
    measured = tested.measured
    first = _first_cell(measured.confusion_matrix)
    is_chosen = state.TRUE.is_set() and state.PREDICTED.is_set()
    shown = (state.TRUE.get(), state.PREDICTED.get()) if is_chosen else first
    with st.container(key="evaluate_stage"):
        _matrix(measured.confusion_matrix)
        with st.container(key="evaluate_side"):
            st.html(
                "<table class='scores'>"
                + "".join(
                    f"<tr><th scope='row'>{name}</th><td>{value:.1%}</td></tr>"
                    for name, value in (
                        ("Accuracy", measured.accuracy),
                        ("Recall", measured.macro_recall),
                        ("F1", measured.macro_f1),
                    )
                )
                + "</table>"
            )
            with st.container(key="cell_pictures"):
                _cell(tested, *shown, most=SHOWN_ON_STAGE)


def _model_in_words(active: Checkpoint) -> str:
    learned = models.trained_on(active, own="pictures of one's own")
    return f"The model that answers you, {models.fed(active)} and trained on {learned}"


def _data_in_words(tested: _Tested) -> str:
    n = f"{len(tested.test):,}"
    return {
        "mnist": f"MNIST's {n} test digits",
        "own": f"{n} test digits of your own data",
        "file": f"{n} pictures of your file",
    }.get(tested.chosen.name, f"the {n} built-in test digits")


@st.fragment
def _confusion(tested: _Tested) -> None:
    """Show the confusion matrix, and the pictures in the cell chosen by click or by name."""
    matrix = tested.measured.confusion_matrix
    st.html("<h2>Who is taken for whom</h2>")
    first = _first_cell(matrix)
    left, right = st.columns(WIDTHS, gap="large")
    with left:
        _matrix(matrix)
    with right:
        with st.container(horizontal=True):
            for label, key, digit in zip(
                ("True digit", "Read as"), (state.TRUE, state.PREDICTED), first, strict=True
            ):
                st.selectbox(
                    label, DIGITS, index=DIGITS.index(digit), key=key.name, on_change=_frame
                )
        with st.container(key="cell_pictures"):
            _cell(tested, state.TRUE.get(), state.PREDICTED.get())


def _first_cell(matrix: NDArray[np.int64]) -> tuple[int, int]:
    """Return the cell that is framed; the first time, it is where most digits are confused.

    It is what the boxes begin with. A value set for them would be told to the browser once, which
    forgets it where the next run comes before it has drawn them.
    """
    number, framed = state.FRAMED.get()
    if framed is None:
        framed = _most_confused(matrix)
        state.FRAMED.set((number + 1, framed))
    return framed


def _most_confused(matrix: NDArray[np.int64]) -> tuple[int, int]:
    wrong = matrix * (1 - np.eye(N_CLASSES, dtype=np.int64))
    true, predicted = np.unravel_index(wrong.argmax(), wrong.shape)
    return int(true), int(predicted)


def _matrix(matrix: NDArray[np.int64]) -> None:
    number, framed = state.FRAMED.get()
    key = state.matrix(number)
    st.altair_chart(
        charts.confusion_chart(
            matrix,
            percent=state.NUMBERS.get() == "percent",
            chosen=framed,
            is_stage=state.STAGE.get(),
        ),
        width="stretch",
        height="stretch" if state.STAGE.get() else "content",
        key=key.name,
        on_select=lambda: _take_click(number),
        selection_mode=charts.CELL,
        alt="The confusion matrix: rows are the true digits, columns what it said",
    )
    st.segmented_control(
        "Numbers in the cells",
        list(NUMBERS),
        format_func=NUMBERS.__getitem__,
        default=state.NUMBERS.first(),
        required=True,
        key=state.NUMBERS.name,
        label_visibility="collapsed",
    )


def _frame() -> None:
    number, _ = state.FRAMED.get()
    state.FRAMED.set((number + 1, (state.TRUE.get(), state.PREDICTED.get())))


def _take_click(number: int) -> None:
    """Take over a click on the matrix, unless it has been drawn anew since."""
    cell = clicked(state.matrix(number).get())
    if cell is not None and number == state.FRAMED.get()[0]:
        _choose(cell)


def _choose(cell: tuple[int, int]) -> None:
    state.TRUE.set(cell[0])
    state.PREDICTED.set(cell[1])


def clicked(event: Any) -> tuple[int, int] | None:
    """Return the row and column of the cell that a browser says was clicked; None for nonsense."""
    try:
        (cell,) = event["selection"][charts.CELL]
        true, predicted = map(DIGITS.index, (cell["true"], cell["predicted"]))
    except (LookupError, TypeError, ValueError):
        return None
    return true, predicted


def _cell(tested: _Tested, true: int, predicted: int, most: int = SHOWN) -> None:
    indices = pictures_of(true, predicted, tested.probabilities, tested.test.labels)
    n = len(indices)
    if n == 0:
        st.html(f"<p class='note'>No {true} was read as {wording.one(predicted)}.</p>")
        return
    of = tested.measured.support[true]
    few = f"<span class='long'> Here are the {most} that it was surest of.</span>"
    st.html(
        f"<p class='note'>Of the {of:,} pictures that show {wording.one(true)},"
        f" {wording.count(n)} ({n / of:.1%}) {'was' if n == 1 else 'were'} read as"
        f" {wording.one(predicted)}.{few if n > most else ''}</p>"
        + pixels.contact_sheet(
            tested.test.images[indices[:most]],
            [f"{true}, read as {predicted}"] * min(n, most),
            places=indices[:most].tolist(),
        )
    )


@st.fragment
def _mistakes(tested: _Tested) -> None:
    """Show the mistakes page by page, the surest first."""
    wrong = mistakes(tested.probabilities, tested.test.labels)
    heading = "<h2>Its surest mistakes</h2>"
    if len(wrong) == 0:
        st.html(f"{heading}<p class='note'>There are none: it read every picture right.</p>")
        return
    place = st.container()
    page = st.pagination(
        -(-len(wrong) // PAGE),
        key=state.MISTAKES_PAGE.name,
        max_visible_pages=5,
        persist_state="session",
    )
    shown = wrong[(page - 1) * PAGE : page * PAGE]
    true = tested.test.labels[shown]
    predicted = tested.probabilities[shown].argmax(axis=1)
    sure = [_per_cent(share) for share in tested.probabilities[shown].max(axis=1)]
    answers = list(zip(true, predicted, sure, strict=True))
    place.html(
        f"{heading}<p class='note'>The {len(wrong):,} pictures that it read wrong, the surest"
        " first: the true digit → what it said, and how sure it was.</p>"
        + pixels.contact_sheet(
            tested.test.images[shown],
            [f"{t}, read as {p}, {s} sure" for t, p, s in answers],
            [f"{t} → {p}\n{s}" for t, p, s in answers],
            shown.tolist(),
        )
    )


def _per_cent(share: float) -> str:
    return ">99.9%" if share > 0.999 else f"{share:.1%}"


def _digit_by_digit(measured: Evaluation) -> None:
    rows = "".join(
        f"<tr><th scope='row'>{digit}</th><td>{n:,}</td>"
        + "".join(f"<td>{f'{score[digit]:.1%}' if n else '–'}</td>" for score in _scores(measured))
        + "</tr>"
        for digit, n in enumerate(measured.support)
    )
    heads = "".join(
        f"<th scope='col'>{name}</th>"
        for name in ("Digit", "Pictures", "Precision", "Recall", "F1")
    )
    st.html(
        "<h2>Digit by digit</h2>"
        f"<table class='scores'><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
    )


def _scores(measured: Evaluation) -> tuple[NDArray[np.float64], ...]:
    return measured.precision, measured.recall, measured.f1


def _calibration(found: Reliability) -> None:
    error = found.expected_calibration_error
    st.html("<h2>Is it as sure as it is right?</h2>")
    curve, counts = charts.reliability_charts(found.confidence, found.accuracy, found.count)
    st.altair_chart(
        curve,
        width="stretch",
        alt="How often answers were right, against how sure the model was of them",
    )
    st.altair_chart(counts, width="stretch", alt="How many answers were how sure")
    st.html(
        f"<p class='note'><b>Expected calibration error {error:.1%}</b>: so far apart, on average,"
        f" are how sure it was and how often it was right. {_tendency(found)} On the dashed line"
        " both would be the same.</p>"
    )


def _tendency(found: Reliability) -> str:
    more = found.overconfidence
    if abs(more) < 0.005:
        return "On the whole it is as often right as it says."
    return f"On the whole it is {'less' if more > 0 else 'more'} often right than it says."
