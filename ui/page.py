"""Inkling's page: configuration and navigation."""

from __future__ import annotations

import importlib
from collections.abc import Callable

import streamlit as st

from ui.panels import progress
from ui.panels.stage import stage_switch
from ui.server import resources
from ui.session import address
from ui.session.recall import recall
from ui.session.speaker import is_speaker
from ui.session.visit import keep
from ui.views.draw import draw_view

# Views that show a training themselves; the default view's path is empty.
SHOW_TRAINING = ("", "train")


def _view(name: str) -> Callable[[], None]:
    """Return a view that is imported when it is first opened: these imports take 90 MB."""

    def show() -> None:
        module = importlib.import_module(f"ui.views.{name}")
        getattr(module, f"{name}_view")()

    return show


st.set_page_config(
    page_title="Inkling", page_icon=str(resources.ASSETS / "icon.png"), layout="wide"
)
st.logo(str(resources.ASSETS / "logo.svg"), size="large")
recall()
pages = [
    st.Page(draw_view, title="Draw", url_path="draw", default=True),
    st.Page(_view("train"), title="Train", url_path="train"),
    st.Page(_view("evaluate"), title="Evaluate", url_path="evaluate"),
    st.Page(_view("room"), title="Room", url_path="room"),
    st.Page(_view("how"), title="How it works", url_path="how"),
]
card: st.Page | None = None
if is_speaker():
    card = st.Page(_view("ready"), title="Ready?", url_path="ready", visibility="hidden")
    pages.append(card)
view = st.navigation(pages, position="top")
is_stage = stage_switch(card)
st.html(f"<style>{resources.page_style()}{resources.stage_style() if is_stage else ''}</style>")
address.arrive(view.url_path)
if view.url_path not in SHOW_TRAINING:
    progress.watch()
view.run()
keep()
