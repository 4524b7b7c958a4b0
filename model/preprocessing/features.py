"""Input steps: from pictures in MNIST's form to the features that a model is fed."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.config import INPUTS, N_FEATURES, SIDE, Input
from model.preprocessing.directions import directions
from model.preprocessing.moments import moments

__all__ = ["described", "features", "normalised"]


def features(
    images: NDArray[np.uint8] | NDArray[np.floating[Any]], input: Input
) -> NDArray[np.float32]:
    """Turn pictures in MNIST's form into the features of models with this input.

    Parameters
    ----------
    images : (n, 28, 28) uint8 from 0 to 255, or floats between 0 and 1
    input : {"pixels", "moments", "directions"}
        The pictures as they are; moment-normalised (see `model.preprocessing.moments`); or the
        directions of the edges of the latter (see `model.preprocessing.directions`).

    Returns
    -------
    features : (n, 784) float32 in [0, 1]

    Raises
    ------
    ValueError
        For another shape, values out of range, or an unknown input.
    """
    return described(normalised(images, input), input)


def normalised(
    images: NDArray[np.uint8] | NDArray[np.floating[Any]], input: Input
) -> NDArray[np.float32]:
    """Do the first half of `features`: what the model sees, as pictures (n, 28, 28)."""
    if images.ndim != 3 or images.shape[1:] != (SIDE, SIDE):
        raise ValueError(f"images must be (n, {SIDE}, {SIDE}), got {images.shape}")
    if images.dtype == np.uint8:
        pictures = images * np.float32(1 / 255)
    elif np.issubdtype(images.dtype, np.floating):
        pictures = images.astype(np.float32, copy=False)
        if pictures.size and not (pictures.min() >= 0 and pictures.max() <= 1):
            raise ValueError("images of floats must lie between 0 and 1")
    else:
        raise ValueError(f"images must be uint8 or floats, got {images.dtype}")
    if input not in INPUTS:
        raise ValueError(f"input must be one of {', '.join(INPUTS)}, got {input!r}")
    return pictures if input == "pixels" else moments(pictures)


def described(pictures: NDArray[np.float32], input: Input) -> NDArray[np.float32]:
    """Do the second half of `features`: what is seen (n, 28, 28) to the numbers (n, 784)."""
    if input == "directions":
        return directions(pictures)
    return pictures.reshape(len(pictures), N_FEATURES)
