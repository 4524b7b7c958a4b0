"""The words for codes: each code has its own, and they are those that visitors always read."""

from __future__ import annotations

import dataclasses
import string
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from model.classifier.checkpoint import Checkpoint
from model.data.forms.parts import Why
from model.data.turning import AS_THEY_CAME, ORIENTATIONS
from model.data.understood import Understood
from model.explanation.counterfactual import Counterfactual
from model.explanation.evidence import REGIONS, Evidence
from model.explanation.pipeline import STEPS
from model.jobs.reason import Code, Reason
from ui.elements import wording
from ui.server import resources


def why(shares: dict[tuple[int, int], float], bias: float = 0.0, other: int | None = 8) -> Evidence:
    map = np.zeros((28, 28))
    for place, share in shares.items():
        map[place] = share
    return Evidence(3, other, map, bias)


def change(n: int, **found: Any) -> Counterfactual:
    """Return a change of n pixels from 0 to 1."""
    facts: dict[str, Any] = {
        "present": 0,
        "target": 1,
        "n_for_two": n,
        "then_led": (),
        "wins": True,
        "at_least": n,
    }
    zeros, ones = np.zeros(n, np.float32), np.ones(n, np.float32)
    arrays = {"pixels": np.arange(n), "before": zeros, "after": ones}
    arrays |= {"features_after": ones, "logits_after": np.zeros(3)}
    return Counterfactual(**(facts | found), **arrays)


def trained(**settings: Any) -> Checkpoint:
    """Return a shipped model as if it had been trained with these settings."""
    shipped = resources.shipped_models()["pixels"]
    config = dataclasses.replace(shipped.config, **settings)
    return dataclasses.replace(shipped, config=config, measured={})


def test_a_smaller_figure_of_a_shorter_recipe_is_said_to_be_expected() -> None:
    long, short = trained(n_steps=20_000, pen_habits=0.15), trained(n_steps=1_000)
    assert wording.apart(long, short, -0.0063) == (
        "The new recipe has fewer steps and no altered copies of the pictures, so a smaller figure"
        " was to be expected."
    )
    assert wording.apart(short, long, 0.0063) == (
        "The new recipe has more steps and altered copies of the pictures."
    )


def test_another_input_is_said_to_be_another_recipe() -> None:
    told = wording.apart(trained(), trained(input="moments"), 0.01)
    assert told == "The new recipe has another input."


def test_recipes_that_differ_in_their_seed_alone_differ_by_chance() -> None:
    told = wording.apart(trained(seed=0), trained(seed=5), -0.0002)
    assert "but for the seed" in told
    assert told.endswith("the difference is chance.")


def test_what_has_no_words_of_its_own_is_still_said_to_be_another_recipe() -> None:
    told = wording.apart(trained(elastic=0.3), trained(elastic=0.1), -0.01)
    assert told == "The new recipe has other settings."


def test_the_same_recipe_is_said_to_make_the_same_model() -> None:
    assert "the same seed" in wording.apart(trained(seed=5), trained(seed=5), 0.0)


def test_a_recipe_names_what_is_needed_to_repeat_it() -> None:
    assert wording.recipe(trained(seed=4711), "MNIST") == (
        "pixels, 1,000 steps of 100, learning rate 0.5, seed 4711, on MNIST"
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (0.0052, "+0.52 points"),
        (-0.0063, "−0.63 points"),
        (0.0, "0.00 points"),
        (-1e-9, "0.00 points"),
    ],
)
def test_a_change_is_said_in_points_and_none_has_no_sign(change: float, said: str) -> None:
    assert wording.points(change) == said


def test_own_data_is_said_in_a_sentence() -> None:
    own = Understood(
        form="csv",
        n=10_000,
        size=(28, 28),
        dark_on_light=False,
        digits=tuple(range(10)),
        turn=AS_THEY_CAME,
        has_test=True,
        left_out=(),
        n_left_out=0,
        samples=np.zeros((0, 28, 28), np.uint8),
        sample_labels=np.zeros(0, np.uint8),
    )
    assert wording.own_data(own) == "10,000 pictures, 28 × 28, white on black, digits 0 to 9."
    assert wording.own_data_gaps(own) == ""
    other = dataclasses.replace(own, digits=(1, 2, 5), size=None, dark_on_light=True)
    assert (
        wording.own_data(other) == "10,000 pictures, of several sizes, black on white, digits 1, 2 "
        "and 5."
    )
    assert set(wording.TURNS) == set(ORIENTATIONS) - {"none"}
    assert set(wording.LEFT_OUT) == set(get_args(Why))


def test_every_code_has_words() -> None:
    assert set(wording.REASONS) == set(get_args(Code))
    assert set(wording.PARTS) == {*REGIONS, "bias"}
    assert set(wording.STAGES) == {"canvas", *STEPS}


def lost(how: str) -> str:
    return f"The training process ended unexpectedly ({how}). The next press starts a new process."


DIVERGED = {"step": 50, "loss": 123.4, "guessing": np.log(10), "learning_rate": 50.0}


@pytest.mark.parametrize(
    ("reason", "text"),
    [
        (Reason("loading"), "Loading the data."),
        (Reason("no_mnist"), "MNIST is not on this machine: run `make fetch`."),
        (Reason("stopped"), "Stopped."),
        (Reason("unwatched"), "Stopped: nobody was watching any more."),
        (Reason("took_too_long"), "Stopped: it took very long, and others were waiting."),
        (Reason("server_stopped"), "The server has stopped."),
        (Reason("data", {"error": "it lacks {this}"}), "It lacks {this}."),
        (Reason("data", {"error": "/x: have two been swapped?"}), "/x: have two been swapped?"),
        (
            Reason("diverged", DIVERGED | {"batch_size": 100}),
            "Training diverged: by step 50 the loss had risen to 123, where guessing gives 2.3; "
            "the learning rate 50 is too high for this data and a batch size of 100: try a tenth "
            "of it.",
        ),
        (
            Reason("dark_on_light", {"step": 50}),
            "Training diverged by step 50, because your pictures are black on white: the ink has to"
            " be light. Switch on “Turn them” and train again.",
        ),
        (
            Reason("out_of_memory"),
            "There was not enough memory for this training: a smaller batch size or less data may "
            "fit.",
        ),
        (Reason("training_failed", {"error": "KeyError: 3"}), "Training failed: KeyError: 3."),
        (
            Reason("process_not_started", {"error": "No such file"}),
            "The training process could not be started: No such file. The next press starts a new "
            "process.",
        ),
        (Reason("process_crashed"), lost("it crashed")),
        (Reason("process_killed"), lost("it was killed, perhaps for lack of memory")),
        (Reason("process_signal", {"number": 11}), lost("signal 11")),
        (Reason("process_exit", {"number": 3}), lost("exit code 3")),
        (Reason("process_silent", {"seconds": 10.4}), lost("it did not answer for 10 s")),
        (
            Reason("process_unable", {"error": "MemoryError"}),
            lost("it could not start: MemoryError, see the server's log"),
        ),
        (
            Reason("not_over"),
            "Your last training is not over yet; stop it, or wait for its end.",
        ),
        (
            Reason("too_many", {"n_begun": 20, "seconds": 7}),
            "You have begun 20 trainings within a minute; try again in 7 s.",
        ),
        (
            Reason("queue_full", {"n_waiting": 20}),
            "20 trainings are waiting already; try again in a minute.",
        ),
        (
            Reason("server_stopping"),
            "The server is stopping and takes no trainings any more.",
        ),
    ],
    ids=lambda value: value.code if isinstance(value, Reason) else "",
)
def test_a_reason_is_a_sentence_with_its_numbers_and_names(reason: Reason, text: str) -> None:
    assert wording.reason(reason) == text


def test_the_fields_of_every_template_are_plain_names() -> None:
    names = {
        field
        for text in wording.REASONS.values()
        for _, field, _, _ in string.Formatter().parse(text)
        if field is not None
    }
    assert all(name.isidentifier() for name in names)


@settings(deadline=None)
@given(
    hnp.arrays(np.float64, (3, 3), elements=st.floats(-1, 1)),
    st.floats(-1, 1),
    st.sampled_from([1e-3, 1, 30, 900, 1e30]),
    st.sampled_from([8, None]),
)
def test_a_sentence_of_evidence_is_short_and_begins_with_the_digit_that_leads(
    shares: NDArray[np.float64], bias: float, largest: float, other: int | None
) -> None:
    map = np.zeros((28, 28))
    map[4:28:9, 4:28:9] = shares * largest  # one pixel in each region
    found = Evidence(3, other, map, bias * largest)
    text = wording.evidence(found)
    assert len(text) <= 160
    assert text.startswith("8 rather" if other == 8 and found.logit < 0 else "3 ")
    assert text.endswith(".")


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (
            why({(0, 27): 2.0, (1, 26): 0.3, (27, 14): 1.75, (14, 0): -0.5}, bias=-0.25),
            "3 rather than 8, by 3.3: ink at the top right (+2.3) and ink at the bottom (+1.8) "
            "speak for it, ink at the left (−0.5) against it.",
        ),
        (
            why({(0, 0): -2.0, (14, 14): 0.5}),
            "8 rather than 3, by 1.5: ink at the top left (+2.0) speaks for it, "
            "ink in the middle (−0.5) against it.",
        ),
        (
            why({(9, 9): 4.0, (18, 18): 1.0, (8, 14): 0.01}, other=None),
            "3 scores 5.0: ink in the middle (+5.0) speaks for it.",
        ),
        (
            why({(0, 0): -4.0}, other=None),
            "3 scores −4.0: ink at the top left (−4.0) speaks against it.",
        ),
        (why({}, bias=0.2), "3 rather than 8, by 0.2: the bias (+0.2) speaks for it."),
        (why({}), "3 rather than 8, by 0.0: nothing speaks for or against it."),
    ],
)
def test_evidence_is_told_by_what_speaks_loudest(found: Evidence, text: str) -> None:
    assert wording.evidence(found) == text


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (change(1), "1 pixel puts 1 ahead of 0."),
        (change(2), "2 pixels put 1 ahead of 0."),
        (
            change(2, n_for_two=1, then_led=(2,)),
            "1 pixel puts 1 ahead of 0; then 2 led, and it took 1 more until 1 won.",
        ),
        (
            change(5, n_for_two=2, then_led=(2, 7)),
            "2 pixels put 1 ahead of 0; then 2 and 7 led, and it took 3 more until 1 won.",
        ),
        (
            change(1, then_led=(2,), wins=False, at_least=None),
            "1 pixel puts 1 ahead of 0, but 1 cannot win, whatever is changed.",
        ),
        (
            change(1, then_led=(2,), wins=False),
            "1 pixel puts 1 ahead of 0; then 2 led, and no way was found past all digits.",
        ),
        (
            change(0, n_for_two=None, wins=False, at_least=None, target=7),
            "No change of pixels puts 7 ahead of 0.",
        ),
        (change(0, present=1), "1 is the answer already."),
    ],
)
def test_a_change_is_told_by_its_number_of_pixels_and_whether_it_is_enough(
    found: Counterfactual, text: str
) -> None:
    assert wording.change(found) == text


def test_a_count_beside_digits_is_a_word_as_long_as_it_is_short() -> None:
    told = [wording.count(n) for n in (0, 1, 9, 12, 13, 1028)]
    assert told == ["no", "one", "nine", "twelve", "13", "1,028"]
    assert (wording.one(7), wording.one(8)) == ("a 7", "an 8")


def test_several_answers_are_told_in_groups() -> None:
    assert wording.compared({"a": 4, "b": 4}) == "All of them say 4."
    assert wording.compared({"a": None, "b": None}) == "None of them is sure."
    told = wording.compared({"a": 4, "b": 9, "c": 4, "d": None})
    assert told == "a and c say 4; b says 9; d is not sure."
