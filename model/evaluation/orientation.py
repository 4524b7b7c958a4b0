"""Whether pictures came in another form: turned, dark on light, or with faint ink.

Data of one's own is often stored in another way than MNIST's; a model then reads it as badly as if
it could not read at all. Put right, a sample of it is read well, and that tells.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.classifier.base import Classifier
from model.data.turning import AS_THEY_CAME, ORIENTATIONS, Turn, turned
from model.data.understood import is_dark_on_light
from model.preprocessing.centring import centred

__all__ = ["Form", "Suggestion", "another_form", "centred_all", "suggested_turn"]

Form = Literal["transposed", "inverted", "inverted_transposed", "faint"]

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
    invert = is_dark_on_light(images)
    found = {
        orientation: _accuracy(turned(sample, Turn(orientation, invert)), truth, model)
        for orientation in ORIENTATIONS
    }
    best = max(found, key=found.__getitem__)
    upright = found[AS_THEY_CAME.orientation]
    turn = Turn(best if found[best] >= upright + CLEARLY else AS_THEY_CAME.orientation, invert)
    if turn == AS_THEY_CAME:
        return None
    as_they_are = _accuracy(sample, truth, model) if invert else upright
    return Suggestion(turn, as_they_are, found[turn.orientation])


def another_form(
    images: NDArray[np.uint8], labels: NDArray[Any], accuracy: float, model: Classifier
) -> tuple[Form, float] | None:
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
    form, accuracy : (Form, float), or None
        The best form and how well a sample is read in it; None where they are right as they are.
    """
    chosen = _sample(labels)
    largest = max(1, int(images[chosen].max()))
    levels = np.minimum(np.rint(np.arange(256) * (255 / largest)), 255).astype(np.uint8)
    strong = levels[images[chosen]]
    forms: dict[Form, NDArray[np.uint8]] = {
        "faint": strong,
        "transposed": strong.transpose(0, 2, 1),
        "inverted": 255 - strong,
        "inverted_transposed": (255 - strong).transpose(0, 2, 1),
    }
    found = {
        form: float((model.predict(centred_all(pictures)) == labels[chosen]).mean())
        for form, pictures in forms.items()
    }
    best = max(found, key=found.__getitem__)
    return (best, found[best]) if found[best] >= accuracy + CLEARLY else None


def centred_all(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Put pictures of any size, (n, H, W) uint8 from 0 to 255, into MNIST's form, (n, 28, 28)."""
    return np.stack([centred(image * np.float32(1 / 255)) for image in images])


def _sample(labels: NDArray[Any]) -> NDArray[np.intp]:
    return np.random.default_rng(0).permutation(len(labels))[:SAMPLE]


def _accuracy(images: NDArray[np.uint8], labels: NDArray[Any], model: Classifier) -> float:
    return float((model.predict(centred_all(images)) == labels).mean())
