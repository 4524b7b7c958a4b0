"""What a room says of the models: how much of it they read rightly, beside MNIST."""

from __future__ import annotations

import html

import streamlit as st

from model.room.wall import Figures
from ui.components.picture_pick import picture_pick
from ui.elements import pixels, wording
from ui.server import resources
from ui.server.rooms import LiveRoom
from ui.session import room, state

__all__ = ["POLL_SECONDS", "room_figures"]

POLL_SECONDS = 2.0
MOST_MODELS = 6
"""In the table."""


def room_figures(live: LiveRoom) -> None:
    """Show the room's accuracy beside MNIST's, digit by digit and for each model: a fragment."""
    figures = live.figures_of(live.model)
    st.html(_headline(live, figures))
    if figures.share.n == 0:
        return
    st.html(_digits(figures))
    if figures.hardest is not None:
        st.html(f"<p class='note'>{html.escape(wording.hardest(figures.hardest))}</p>")
    _mistakes(live, figures)
    if not state.STAGE.get():
        st.html(_of_each_model(live))


def _headline(live: LiveRoom, figures: Figures) -> str:
    learned = live.learned_by(live.model)
    said = wording.room_interval(figures.share, len(learned))
    room_share = (
        f"{wording.proportion(figures.share)}<small>{wording.interval(figures.share)}</small>"
    )
    shares = (
        (wording.UNSEEN if learned else wording.ROOM, room_share),
        (_test_name(), f"{resources.test_accuracy(live.model.model):.1%}"),
    )
    cells = "".join(
        f"<div><dt>{html.escape(name)}</dt><dd>{value}</dd></div>" for name, value in shares
    )
    return f"<dl class='room-scores'>{cells}</dl><p class='note sure'>{html.escape(said)}</p>"


def _test_name() -> str:
    return wording.TEST_NAMES[resources.test_data()[0]]


def _digits(figures: Figures) -> str:
    """Show the share of each digit as a bar, with its number and how many there are."""
    rows = "".join(
        f"<tr><th scope='row'>{digit}</th><td class='bar-cell'><span class='share'"
        f" style='width:{100 * (one.value or 0):.1f}%'></span></td>"
        f"<td>{wording.proportion(one)}</td><td class='quiet'>of {one.n:,}</td></tr>"
        for digit, one in enumerate(figures.by_digit)
    )
    return f"<table class='room-digits'>{rows}</table>"


def _mistakes(live: LiveRoom, figures: Figures) -> None:
    """Show the drawings that were answered wrong, the surest first; a click brings one to Draw."""
    tiles = [live.wall.tile(number, live.model) for number in figures.mistakes]
    shown = [tile for tile in tiles if tile is not None and tile.place == "wall"]
    if not shown:
        return
    place = picture_pick(max(tile.number for tile in shown) + 1)
    if place is not None and place in {tile.number for tile in shown}:
        room.show(live, place)
    strip = "".join(
        "<figure>"
        + pixels.button(
            pixels.picture(tile.drawing.image, f"asked for {tile.drawing.asked}"), tile.number
        )
        + f"<figcaption>{tile.drawing.asked}, read as {tile.read}</figcaption></figure>"
        for tile in shown
    )
    st.html(f"<h3>{wording.ROOM_MISTAKES}</h3><div class='strip'>{strip}</div>")


def _of_each_model(live: LiveRoom) -> str:
    """Compare the models that this visit has on the room's drawings, and on the test digits."""
    known = dict(list(room.compared(live).items())[-MOST_MODELS:])
    learned = live.learned_by(*known.values())
    rows = []
    for name, model in known.items():
        share = live.wall.figures(model, learned).share
        reads = " class='reads'" if model.is_same(live.model) else ""
        on_test = f"{resources.test_accuracy(model.model):.1%}"
        rows.append(
            f"<tr{reads}><th scope='row'>{html.escape(name)}</th><td>{wording.proportion(share)}"
            f"<small>{wording.interval(share)}</small></td><td>{on_test}</td></tr>"
        )
    return (
        f"<table class='figures'><thead><tr><th>model</th><th>{wording.ROOM}</th>"
        f"<th>{html.escape(_test_name())}</th></tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table>"
        f"{wording.room_judges(len(learned))}"
    )
