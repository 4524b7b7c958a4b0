"""The list of this visit's models, to choose from and to download; and an upload."""

from __future__ import annotations

import streamlit as st

from model.classifier.checkpoint import LARGEST_FILE, Checkpoint, CheckpointError, from_bytes
from ui.elements import notices, wording
from ui.panels.keeping import start_afresh
from ui.panels.take_home import take_home
from ui.server import log
from ui.session import models, state

__all__ = ["model_list"]


def model_list() -> None:
    """Show a row for every model: its settings, its accuracy, Use and Download; then an upload."""
    with st.container(horizontal=True, vertical_alignment="center", key="models_row"):
        st.subheader("Models of this visit", width="content")
        take_home("train")
        start_afresh()
    for name, checkpoint in models.choices().items():
        _row(name, checkpoint)
    st.file_uploader(
        "Add a downloaded model",
        type=["safetensors"],
        key=state.UPLOADED_MODEL.name,
        max_upload_size=1,
        on_change=_take_upload,
    )
    if problem := state.UPLOAD_PROBLEM.get():
        notices.error(problem)


def _row(name: str, checkpoint: Checkpoint) -> None:
    active = name == state.MODEL.get()
    with st.container(horizontal=True, vertical_alignment="center", key=f"model_{name}"):
        st.button(
            "In use" if active else "Use",
            key=f"use_{name}",
            icon=":material/check:" if active else None,
            disabled=active,
            on_click=models.use,
            args=(name,),
            width=100,
        )
        st.markdown(f"**{name}** · {_settings(checkpoint)}", width="stretch")
        st.download_button(
            "Download",
            checkpoint.to_bytes,
            file_name=f"inkling-{name.replace(' ', '-')}.safetensors",
            key=f"download_{name}",
            icon=":material/download:",
            type="tertiary",
            on_click="ignore",
        )


def _settings(checkpoint: Checkpoint) -> str:
    settings = wording.recipe(checkpoint, models.trained_on(checkpoint, own="own data"))
    accuracy = checkpoint.measured.get("test_accuracy")
    return settings if accuracy is None else f"{settings}: **{accuracy:.2%}** of its test digits"


def _take_upload() -> None:
    """Add the uploaded checkpoint to the list; what is none is refused with the reason."""
    state.UPLOAD_PROBLEM.set(None)
    file = state.UPLOADED_MODEL.get()
    if file is None:
        return
    try:
        if file.size > LARGEST_FILE:
            raise CheckpointError(f"it has {file.size:,} bytes, at most {LARGEST_FILE:,} are read")
        models.use(models.add_model("uploaded", from_bytes(file.getvalue())))
    except CheckpointError as error:
        log.refused("upload", "model")
        state.UPLOAD_PROBLEM.set(f"That model was not taken: {error}.")
