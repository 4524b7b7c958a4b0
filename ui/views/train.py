"""The Train view: settings, a run to watch, the receipt, and the models of this visit."""

from __future__ import annotations

import math

import streamlit as st

from model.config import INPUTS, Kind, TrainingConfig
from ui.components.film import film
from ui.elements import notices, wording
from ui.panels import own_data
from ui.panels.model_list import model_list
from ui.panels.progress import POLL_SECONDS, progress
from ui.panels.receipt import changes, receipt
from ui.panels.take_home import take_home
from ui.server import kept_runs, resources
from ui.session import address, state, training
from ui.session.drawings import as_features

__all__ = ["train_view"]

MOST_STEPS = 20_000
"""A longer run would keep everybody else waiting."""
DATA = {"mnist": "MNIST", "digits": "Built-in", "own": "My own"}
KINDS: dict[Kind, str] = {"softmax": "Formula", "network": "Network"}
BEGINS: dict[Kind, str] = {
    "softmax": "All 7,850 numbers begin at zero. The ten templates grow here",
    "network": "Its filters begin at random, 7,820 numbers in all. Its curves grow here",
}
SPEEDS = {"full": "Full speed", "watch": "Watch it learn"}


def train_view() -> None:
    """Lay out the view; while a run is watched, only its part reruns."""
    job = training.find()
    if job is not None and not state.SPEED.is_set():  # a run found again after a reload
        state.SPEED.set(job.speed)
    with st.container(key="train_view"):
        left, right = st.columns([32, 68], gap="large")
        with left, st.container(key="settings"):
            _settings()
        with right:
            if training.is_shown():
                st.fragment(_running, run_every=POLL_SECONDS)()
            else:
                _at_rest()
    if not state.STAGE.get():
        model_list()


def _settings() -> None:
    """Show the settings, which the page's address carries too, and the Train button."""
    _drop_endless()
    st.subheader("Settings")
    _data_choice()
    _model_choice()
    _numbers()
    _pace()
    with st.container(horizontal=True):
        st.button(
            "Train",
            type="primary",
            icon=":material/play_arrow:",
            key="train",
            on_click=_train,
            disabled=training.is_training() or _data() is None,
        )
        st.button(
            "The tutorial's recipe",
            key="tutorial",
            on_click=training.set_tutorial,
            help="pixels, 1,000 steps of 100, learning rate 0.5",
        )


def _model_choice() -> None:
    """Ask what is trained, and what it is fed."""
    address.take(state.KIND, KINDS, formerly={})
    st.segmented_control(
        "Model",
        list(KINDS),
        format_func=KINDS.__getitem__,
        default=state.KIND.first(),
        required=True,
        key=state.KIND.name,
        persist_state="session",
        on_change=_feed_pictures,
        help="Formula: y = softmax(xW + b), 7,850 numbers. Network: three layers of filters in"
        " front of it, 7,820 numbers; it learns more slowly, and has no film",
    )
    address.write(state.KIND)
    st.segmented_control(
        "Input",
        INPUTS,
        default=state.INPUT.first(),
        required=True,
        key=state.INPUT.name,
        bind="query-params",
        help="pixels: the centred picture as it is, as in the tutorial. moments: every digit at "
        "one size, slant and place. directions: where its edges are, and which way they run",
    )


def _numbers() -> None:
    """Ask for how long it is trained, and how."""
    first, second = st.columns(2, wrap=False)
    with first:
        _number("Steps", state.STEPS, (1, MOST_STEPS), "One batch each")
        _number("Seed", state.SEED, (0, 2**32 - 1), "Of the order; same seed, same film")
    with second:
        _number("Batch", state.BATCH, (1, 60_000), "Pictures per step")
        st.number_input(
            "Learning rate",
            min_value=0.0001,
            max_value=1000.0,
            value=state.RATE.first(),
            format="%g",
            key=state.RATE.name,
            bind="query-params",
            help="Step length. Too long, and the run diverges: try 50",
        )


def _pace() -> None:
    """Ask whether the run is to be watched."""
    st.segmented_control(
        "Speed",
        list(SPEEDS),
        format_func=SPEEDS.__getitem__,
        default=None if state.SPEED.is_set() else state.SPEED.first(),
        required=True,
        key=state.SPEED.name,
        label_visibility="collapsed",
        on_change=_set_speed,
    )
    st.checkbox(
        "Begin paused",
        value=state.PAUSED.first(),
        key=state.PAUSED.name,
        bind="query-params",
        help="The run waits at step 0, before it has learned anything, for Go on or One step",
    )


def _drop_endless() -> None:
    """Take out of the address what Streamlit's boxes for whole numbers trip over: infinity."""
    endless = [
        key.name
        for key in (state.STEPS, state.BATCH, state.SEED)
        if not key.is_set() and _is_endless(st.query_params.get(key.name, ""))
    ]
    for key in endless:
        del st.query_params[key]
    if endless:
        st.rerun()  # the boxes read the address as it was when the run began


def _is_endless(text: str) -> bool:
    try:
        return math.isinf(float(text))
    except ValueError:
        return False


def _data_choice() -> None:
    """Ask what to learn from; MNIST is grey where it is not on this machine."""
    address.take(state.DATA, DATA, formerly={name: code for code, name in DATA.items()})
    has_mnist = resources.has_mnist()
    with st.container(key="data_choice" if has_mnist else "data_without_mnist"):
        data = st.segmented_control(
            "Data",
            list(DATA),
            format_func=DATA.__getitem__,
            default=state.DATA.first(),
            required=True,
            key=state.DATA.name,
            persist_state="session",
            help="MNIST has 55,000 pictures to learn from, the built-in digits 1,297",
        )
    address.write(state.DATA)
    if not has_mnist:
        st.html(f"<p class='note'>{wording.in_html(wording.NO_MNIST)}</p>")
    if data == "own":
        own_data.chooser()


def _number(label: str, key: state.WidgetKey[int], limits: tuple[int, int], text: str) -> None:
    low, high = limits
    st.number_input(
        label,
        min_value=low,
        max_value=high,
        value=key.first(),
        key=key.name,
        bind="query-params",
        help=f"{text}; {low:,} to {high:,}",
    )


def _feed_pictures() -> None:
    """Feed a network, which reads pictures, what is one."""
    if state.KIND.get() == "network" and state.INPUT.get() == "directions":
        state.INPUT.set("moments")


def _data() -> str | None:
    """Return what is chosen to learn from, a name or a path; None where it cannot be used yet."""
    data = state.DATA.get()
    if data == "mnist" and not resources.has_mnist():
        return None
    return own_data.path() if data == "own" else data


def _train() -> None:
    # A click that comes close behind a choice is answered before the page has been laid out with
    # it: whatever is trained is read here, not when the button was made.
    if (data := _data()) is None:
        state.NOTICE.set(
            "That cannot be trained: there are no files of your own yet."
            if state.DATA.get() == "own"
            else wording.NO_MNIST
        )
        return
    try:
        config = TrainingConfig(
            kind=state.KIND.get(),
            input=state.INPUT.get(),
            n_steps=state.STEPS.get(),
            batch_size=state.BATCH.get(),
            learning_rate=state.RATE.get(),
            seed=state.SEED.get(),
        )
    except ValueError as error:
        state.NOTICE.set(f"That cannot be trained: {error}.")
        return
    training.submit(config, data, speed=state.SPEED.get(), paused=state.PAUSED.get())


def _set_speed() -> None:
    if training.is_training():
        training.control("set_speed", state.SPEED.get())


def _running() -> None:
    """Show the run: a fragment's body."""
    job = training.find()
    if job is None or job.is_over:
        st.rerun()
    progress()
    if training.is_own(job):
        with st.container(horizontal=True, key="run_controls"):
            if job.paused:
                _control("Go on", ":material/play_arrow:", "resume")
            else:
                _control("Pause", ":material/pause:", "pause")
            st.button(
                "One step",
                icon=":material/skip_next:",
                key="run_step",
                on_click=training.one_step,
                args=(job.step,),
            )
    else:
        st.caption("This training was begun in another browser: you watch it.")
    film(job, as_features(job.config.input))


def _control(label: str, icon: str, method: training.Control) -> None:
    st.button(label, icon=icon, key=f"run_{method}", on_click=training.control, args=(method,))


def _at_rest() -> None:
    """Show the notice, and the receipt and the film of the last run, or how to begin.

    On the stage the film is above, and of the receipt there is one line.
    """
    if notice := state.NOTICE.get():
        notices.info(notice)
    last = kept_runs.find(state.LAST_JOB.get())
    is_compared = state.BEFORE.get() is not None
    if is_compared:
        with st.container(key="receipt"):
            receipt()
            take_home("receipt")
    if last is not None and last.film:
        if not state.STAGE.get():
            st.subheader("The film of this run")
        film(last, as_features(last.config.input))
    elif last is None and state.LAST_JOB.get() is not None:
        st.caption("The film of your last run is not kept any more: many have trained since.")
    elif not is_compared:
        st.html(
            "<div class='invitation'><h2>Press Train and watch it learn</h2>"
            f"<p>{BEGINS[state.KIND.get()]}, step by step, and the model that answers you now stays"
            " until the new one is done.</p></div>"
        )
    if is_compared and not state.STAGE.get():
        changes()
