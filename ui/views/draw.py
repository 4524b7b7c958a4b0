"""The Draw view: a canvas or a picture, and what the model makes of it after every stroke."""

from __future__ import annotations

from typing import Final

import streamlit as st

from model.classifier.prediction import read_parts
from ui.components.canvas_guard import canvas_guard
from ui.components.live_bars import live_bars, live_model
from ui.components.picture_catch import picture_catch
from ui.components.samples import sample_strip
from ui.components.stroke_catch import stroke_catch
from ui.panels import retraining
from ui.panels.canvas import SIDE, canvas_controls, canvas_panel
from ui.panels.mistake import mistake_button
from ui.panels.model_panel import model_panel
from ui.panels.take_home import take_home
from ui.panels.upload import upload_panel
from ui.panels.why import show_evidence, why_control, why_panel
from ui.session import brought, state
from ui.session.drawings import begin_with, note_stroke, shown_part
from ui.session.models import active_model
from ui.session.visit import keep

__all__ = ["draw_view"]

DRAW: Final = "draw"
UPLOAD: Final = "upload"
SAMPLE_PEN: Final = 22


def draw_view() -> None:
    """Lay out the view; a stroke runs the drawing panel alone.

    What a stroke does not change is outside the panel: it would cost as much as the answer. The
    places are given by assets/style.css.
    """
    # Before the canvas: a slow network brings one after the other.
    canvas_guard(has_canvas=state.SOURCE.get() == DRAW)
    with st.container(key="draw_view"):
        st.html("<h1 class='unseen'>Draw a digit</h1>")
        with st.container(horizontal=True, vertical_alignment="center", key="controls"):
            if state.SOURCE.get() == DRAW:
                canvas_controls()
            else:
                _switch("← Back to the canvas", DRAW, key="to_canvas")
        why_control()
        _drawing_panel()
        retraining.show()
        with st.container(key="samples"):
            if state.SOURCE.get() == DRAW:
                sample_strip(on_pick=lambda strokes: begin_with(strokes, SAMPLE_PEN))
            with st.container(horizontal=True):
                if state.SOURCE.get() == DRAW:
                    _switch("Upload a picture instead", UPLOAD, key="to_upload")
                take_home("draw")
            mistake_button()
        with st.container(key="model_panel"):
            model_panel()
    picture_catch(on_catch=_show_upload)
    if brought.is_shown():
        stroke_catch(
            SIDE,
            state.PEN_WIDTH.get(),
            on_strokes=lambda strokes: brought.begin_over(strokes, SIDE),
        )
    if (active := active_model()) is not None:
        live_model(active.model, active.reject_rule, on_pick=show_evidence, on_part=state.PART.set)


def _switch(label: str, source: state.Source, *, key: str) -> None:
    """Show a button that asks for the picture from another source."""
    st.button(
        label,
        type="tertiary",
        key=key,
        on_click=_switch_to,
        args=(source,),
    )


def _show_upload() -> None:
    _switch_to(UPLOAD)


def _switch_to(source: state.Source) -> None:
    brought.leave()
    state.SOURCE.set(source)


@st.fragment
def _drawing_panel() -> None:
    is_upload = state.SOURCE.get() == UPLOAD
    active = active_model()
    ink = upload_panel(active) if is_upload else canvas_panel()
    readings = () if ink is None or active is None else read_parts(active, ink)
    shown = shown_part(len(readings))
    is_drawn = bool(state.DRAWN_OBJECTS.get())
    with st.container(key="answer"):
        live_bars(readings, shown, is_drawn=is_drawn, is_upload=is_upload)
        if active is not None and readings:
            if not is_upload:
                note_stroke(readings[shown].centred)
            why_panel(active.model, readings[shown])
    keep()
