"""Whether pictures came in another form: turned, dark on light, or with faint ink.

Data of one's own is often stored in another way than MNIST's; a model then reads it as badly as if
it could not read at all. Put right, a sample of it is read well, and that tells.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.classifier.base import Classifier
from model.data.turning import AS_THEY_CAME, ORIENTATIONS, Turn, turned
from model.data.understood import is_dark_on_light
from model.preprocessing.centring import centred

__all__ = ["Form", "Suggestion", "another_form", "centred_all", "suggested_turn"]

SAMPLE = 300
"""Pictures that are tried in every form."""
CLEARLY = 0.2
"""A form is told when it is read better than the pictures as they are by this share."""


class Suggestion(NamedTuple):
    """A turn that would put pictures right.

    Parameters
    ----------
    turn : Turn
    accuracy, accuracy_turned : float
        How well a model reads a sample as it came, and turned; 0 to 1.
    """

    turn: Turn
    accuracy: float
    accuracy_turned: float


class Form(NamedTuple):
    """A form in which pictures are read clearly better than as they came.

    Parameters
    ----------
    turn : Turn
        What puts them right.
    is_faint : bool
        Whether the strongest ink is less than 255.
    accuracy : float
        How well a sample is read then, 0 to 1.
    """

    turn: Turn
    is_faint: bool
    accuracy: float


def suggested_turn(
    images: NDArray[np.uint8], labels: NDArray[Any], model: Classifier
) -> Suggestion | None:
    """Find out whether pictures are turned, mirrored, or dark on light.

    Their borders tell dark on light. The orientation is the one of eight in which a model reads a
    sample best, where it reads it clearly better than upright.

    Parameters
    ----------
    images : (n, H, W) uint8
        As they came.
    labels : (n,)
    model : Classifier
        One that has learned upright digits, such as those that come with the program.

    Returns
    -------
    suggestion : Suggestion or None
        None where they seem to be right as they are.
    """
    chosen = _sample(labels)
    sample, truth = images[chosen], labels[chosen]
    turn, accuracy_turned, upright = _best_turn(sample, truth, model)
    if turn == AS_THEY_CAME:
        return None
    as_they_are = _accuracy(sample, truth, model) if turn.invert else upright
    return Suggestion(turn, as_they_are, accuracy_turned)


def another_form(
    images: NDArray[np.uint8], labels: NDArray[Any], accuracy: float, model: Classifier
) -> Form | None:
    """Find the form in which pictures are read clearly better than as they are.

    Parameters
    ----------
    images : (n, H, W) uint8
        As they came.
    labels : (n,)
    accuracy : float
        How well they are read as they are, 0 to 1.
    model : Classifier

    Returns
    -------
    form : Form or None
        None where they are right as they are.
    """
    chosen = _sample(labels)
    largest = max(1, int(images[chosen].max()))
    levels = np.minimum(np.rint(np.arange(256) * (255 / largest)), 255).astype(np.uint8)
    turn, found, _ = _best_turn(levels[images[chosen]], labels[chosen], model)
    form = Form(turn, largest < 255, found)
    is_another = form.turn != AS_THEY_CAME or form.is_faint
    return form if is_another and found >= accuracy + CLEARLY else None


def _best_turn(
    images: NDArray[np.uint8], labels: NDArray[Any], model: Classifier
) -> tuple[Turn, float, float]:
    """Return the turn with which pictures are read best, how well that is, and how well upright."""
    invert = is_dark_on_light(images)
    found = {
        orientation: _accuracy(turned(images, Turn(orientation, invert)), labels, model)
        for orientation in ORIENTATIONS
    }
    upright = AS_THEY_CAME.orientation
    best = max(found, key=found.__getitem__)
    if found[best] < found[upright] + CLEARLY:
        best = upright
    return Turn(best, invert), found[best], found[upright]


def centred_all(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Put pictures of any size, (n, H, W) uint8 from 0 to 255, into MNIST's form, (n, 28, 28)."""
    return np.stack([centred(image * np.float32(1 / 255)) for image in images])


def _sample(labels: NDArray[Any]) -> NDArray[np.intp]:
    return np.random.default_rng(0).permutation(len(labels))[:SAMPLE]


def _accuracy(images: NDArray[np.uint8], labels: NDArray[Any], model: Classifier) -> float:
    return float((model.predict(centred_all(images)) == labels).mean())
