"""The page as it is usually written: TensorFlow in the server, a Keras model, the whole script.

It is what the benchmarks compare with; `USUAL_MODEL` names the model's file.
"""

from __future__ import annotations

import os

import numpy as np
import streamlit as st
import tensorflow as tf
from PIL import Image
from streamlit_drawable_canvas import st_canvas


@st.cache_resource
def load_model() -> tf.keras.Model:
    return tf.keras.models.load_model(os.environ["USUAL_MODEL"])


st.title("Digit recognition")
model = load_model()
canvas = st_canvas(
    key="canvas",
    width=336,
    height=336,
    stroke_width=22,
    stroke_color="#ffffff",
    background_color="#000000",
    return_image_data=True,
)
if canvas.image_data is not None:
    image = Image.fromarray(canvas.image_data.astype("uint8")).convert("L").resize((28, 28))
    probabilities = model.predict(np.asarray(image)[np.newaxis], verbose=0)[0]
    st.header(f"Prediction: {probabilities.argmax()}")
    st.bar_chart(probabilities)
