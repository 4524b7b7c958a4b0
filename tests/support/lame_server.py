"""The page's server on a machine on which the training process cannot be started."""

from __future__ import annotations

import functools

import streamlit as st

from model.jobs.trainer import Trainer
from ui.server import resources
from ui.server.routes import routes


@functools.cache
def lame_trainer() -> Trainer:
    """Return the client of a training process whose command is not there."""
    client = Trainer(command=["/nowhere/python"])
    client.start()
    return client


resources.trainer = lame_trainer

import app as inkling  # noqa: E402  (the server is made with this trainer)

app = st.App(inkling.PAGE, lifespan=inkling.warm, routes=routes())
