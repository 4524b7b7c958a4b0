"""Inkling's page: configuration and navigation."""

from __future__ import annotations

import streamlit as st

from ui import resources, state, style, training_job
from ui.draw import draw_view
from ui.evaluate import evaluate_view
from ui.how import how_view
from ui.train import train_view

# Views that show a training themselves; the default view's path is empty.
SHOW_TRAINING = ("", "train")

st.set_page_config(
    page_title="Inkling", page_icon=str(resources.ASSETS / "icon.png"), layout="wide"
)
st.logo(str(resources.ASSETS / "logo.svg"), size="large")
state.prepare()
training_job.collect()
style.apply()
view = st.navigation(
    [
        st.Page(draw_view, title="Draw", icon=":material/draw:", url_path="draw", default=True),
        st.Page(train_view, title="Train", icon=":material/model_training:", url_path="train"),
        st.Page(evaluate_view, title="Evaluate", icon=":material/monitoring:", url_path="evaluate"),
        st.Page(how_view, title="How it works", icon=":material/school:", url_path="how"),
    ],
    position="top",
)
view.run()
if view.url_path not in SHOW_TRAINING:
    training_job.watch()
