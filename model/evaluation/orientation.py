"""Whether pictures came in another form: transposed, black on white, or with faint ink.

Data of one's own is often stored in another way than MNIST's; a model then reads it as badly as if
it could not read at all. Put right, a sample of it is read well, and that tells.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from model.classifier.base import Classifier
from model.preprocessing.centring import centred

__all__ = ["Form", "another_form", "centred_all"]

Form = Literal["transposed", "inverted", "inverted_transposed", "faint"]

SAMPLE = 300
"""Pictures that are tried in every form."""
CLEARLY = 0.2
"""A form is told when it is read better than the pictures as they are by this share."""


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
    chosen = np.random.default_rng(0).permutation(len(images))[:SAMPLE]
    largest = max(1, int(images[chosen].max()))
    strong = np.rint(images[chosen] * (255 / largest)).astype(np.uint8)
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
