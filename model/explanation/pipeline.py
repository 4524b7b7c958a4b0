"""The pipeline: a drawing on its way to the model, with the picture and the answer at each stage.

The canvas shrunk whole to 28 × 28 is what most digit demos feed to a model; the steps after it are
those of `centred`, `moments` and `directions` in `model.preprocessing`, each of which can be left
out.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from model.classifier.base import Classifier
from model.config import SIDE, Input
from model.preprocessing.centring import (
    BOX,
    checked_ink,
    cropped,
    fitted,
    placed_by_mass,
    placed_in_the_middle,
)
from model.preprocessing.directions import edges
from model.preprocessing.moments import moments

__all__ = ["STEPS", "Stage", "StageName", "Step", "outline", "picture", "stages"]

Step = Literal["crop", "box", "centre", "moments", "directions"]
StageName = Literal["canvas"] | Step
STEPS: tuple[Step, ...] = get_args(Step)
"""The steps after the canvas, in order."""
READ_BY: Mapping[StageName, Input] = {"moments": "moments", "directions": "directions"}
"""The input of the model that reads a stage; all others are read by the model of pixels."""


@dataclasses.dataclass(frozen=True, eq=False)
class Stage:
    """One stage of the pipeline.

    Parameters
    ----------
    name : {"canvas", "crop", "box", "centre", "moments", "directions"}
        The step that was done last.
    picture : (28, 28) float32 in [0, 1]
        What it made of the drawing. The last step makes no picture: here stands how strong the
        edges are that it describes, the strongest being 1.
    probabilities : (10,) float32
        What the model of this stage believes of the picture.
    """

    name: StageName
    picture: NDArray[np.float32]
    probabilities: NDArray[np.floating[Any]]


def stages(
    ink: NDArray[np.floating[Any]],
    models: Mapping[Input, Classifier],
    steps: Collection[Step] = STEPS,
) -> tuple[Stage, ...]:
    """Return a drawing as it is after each step, and what a model believes of it.

    Parameters
    ----------
    ink : (H, W) floats between 0 and 1
    models : mapping of {"pixels", "moments", "directions"} to Classifier
        The last two are fed the picture after the step of their name, the first all others.
    steps : collection of {"crop", "box", "centre", "moments", "directions"}
        Those that are switched on.

    Returns
    -------
    stages : tuple of Stage
        The canvas, and the picture after each step, with the steps before it.

    Raises
    ------
    ValueError
        For ink of another shape or out of its range.
    """
    on = [step for step in STEPS if step in steps]
    names: list[StageName] = ["canvas", *on]
    found = []
    for n, name in enumerate(names):
        shown = picture(ink, on[:n])
        model = models[READ_BY.get(name, "pixels")]
        probabilities = model.predict_proba(model.described(shown[np.newaxis]))[0]
        found.append(Stage(name, outline(shown) if name == "directions" else shown, probabilities))
    return tuple(found)


def outline(shown: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return how strong the edges of a picture (28, 28) are, the strongest being 1."""
    strength = edges(shown[np.newaxis])[:, 0].sum(axis=0)  # (28, 28)
    outline: NDArray[np.float32] = strength / (strength.max() or 1)
    return outline


def picture(ink: NDArray[np.floating[Any]], steps: Collection[Step] = STEPS) -> NDArray[np.float32]:
    """Turn a drawing into a model's picture by these steps only.

    Without "crop" the whole canvas is kept; without "box" the longer side fills the picture;
    without "centre" the borders are equal. "directions" makes no picture and changes none. With all
    but these and "moments" this is `model.preprocessing.centring.centred`.

    Parameters
    ----------
    ink : (H, W) floats between 0 and 1
    steps : collection of {"crop", "box", "centre", "moments", "directions"}

    Returns
    -------
    picture : (28, 28) float32 in [0, 1]

    Raises
    ------
    ValueError
        For ink of another shape or out of its range.
    """
    digit = cropped(ink) if "crop" in steps else checked_ink(ink)
    digit = fitted(digit, BOX if "box" in steps else SIDE)
    shown = placed_by_mass(digit) if "centre" in steps else placed_in_the_middle(digit)
    return moments(shown) if "moments" in steps else shown
