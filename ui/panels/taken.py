"""What a visitor takes home, made: each file of the zip from what the visit has at hand.

No session is asked here: the click is answered outside of all runs.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from model import take_home
from model.classifier.checkpoint import Checkpoint, CheckpointError
from model.classifier.softmax import SoftmaxRegression
from model.config import SIDE
from model.preprocessing.centring import centred
from model.preprocessing.features import features
from model.take_home import Traces
from ui.components.film import on_its_own
from ui.elements import taken, wording
from ui.panels import receipt
from ui.panels.take_home import Things
from ui.session import lessons, models
from ui.session.drawings import parts_of
from ui.session.state import AtHand
from ui.session.traces import of_part, traces

__all__ = ["as_zip"]

OWN = "data of my own"
LABELS = (
    "In drawings.jsonl, label is the digit that you said it is, and where you said nothing, the one"
    " that the model read. row is the drawing's place in drawings.npz, from 0."
)
NO_STROKES = "The strokes of {n} earlier drawings: a reload keeps their pictures alone."
NO_FILM = "The film: there is no training of yours that the server still has."
NO_RECEIPT = "The receipt: no new model is compared with the one before it now."


def as_zip(things: Things) -> bytes:
    """Return inkling.zip; what the visit does not have is left out, and README.txt says so."""
    pictures, strokes = _drawn(things.at_hand)
    files, told, missing = {}, [], []
    saved = None if things.model is None else _saved(things.model)
    if saved is not None and things.model is not None:
        files["model.safetensors"] = saved
        told.append(f"The model is {things.name}. {models.describe(things.model)}")
    else:
        missing.append(f"The model: {taken.NO_MODEL}")
    if len(pictures):
        arrays = _arrays(things.model, pictures)
        files["drawings.npz"] = take_home.as_npz(arrays)
        told.append(_shapes(arrays))
        if any(strokes):
            read = arrays["probabilities"].argmax(axis=1) if "probabilities" in arrays else None
            labels = None if read is None else _labels(things.at_hand, pictures, read)
            files["drawings.jsonl"] = take_home.as_jsonl(strokes, labels).encode()
            told.append(LABELS)
        if without := sum(not each for each in strokes):
            missing.append(NO_STROKES.format(n=without))
    else:
        missing.append(f"The drawings: {taken.NO_DRAWING}")
    shown = _film(things, pictures) | _receipt(things, pictures)
    if shown:
        files["film.html"] = taken.film_page(shown).encode()
    missing += [told for key, told in ((FILM, NO_FILM), (RECEIPT, NO_RECEIPT)) if key not in shown]
    problem = _problem(things.model, saved, len(pictures))
    files["inkling.ipynb"] = take_home.as_notebook(taken.notebook(problem))
    readme = taken.readme([*files, "README.txt"], told, missing)
    return take_home.as_zip({"README.txt": readme.encode(), **files}, "inkling")


FILM, RECEIPT = "The film", "The receipt"


def _drawn(at_hand: AtHand) -> tuple[NDArray[np.float32], list[Traces]]:
    """Return all drawings, (n, 28, 28), and each one's strokes; the canvas's digits come last."""
    drawings, kept = at_hand.drawings, at_hand.traces
    n_known = min(len(kept), len(drawings))
    strokes = [*[()] * (len(drawings) - n_known), *kept[len(kept) - n_known :]]
    ink, objects = at_hand.ink, at_hand.objects
    found = parts_of(ink)
    pictures = [*drawings, *map(centred, found)]
    if ink is not None:
        all_strokes = traces(objects)
        strokes += [of_part(all_strokes, part, ink) for part in found]
    return np.array(pictures, np.float32).reshape(-1, SIDE, SIDE), strokes


def _labels(
    at_hand: AtHand, pictures: NDArray[np.float32], read: NDArray[np.integer[Any]]
) -> list[int]:
    """Return what each drawing is: as the visitor said, or else as it was read."""
    said = [lessons.find_in(at_hand.lessons, picture) for picture in pictures]
    both = zip(said, read, strict=True)
    return [int(digit) if each is None else each.label for each, digit in both]


def _saved(checkpoint: Checkpoint) -> bytes | None:
    try:
        return checkpoint.to_bytes()
    except CheckpointError:
        return None


def _arrays(
    checkpoint: Checkpoint | None, pictures: NDArray[np.float32]
) -> dict[str, NDArray[Any]]:
    if checkpoint is None:
        return {"pictures": pictures}
    fed = checkpoint.model.features(pictures)
    probabilities = checkpoint.model.predict_proba(fed)
    return {"pictures": pictures, "features": fed, "probabilities": probabilities}


def _shapes(arrays: dict[str, NDArray[Any]]) -> str:
    listed = ", ".join(
        f"{name} {' x '.join(map(str, array.shape))}" for name, array in arrays.items()
    )
    return f"In drawings.npz: {listed}. The last row is the last drawing."


def _problem(checkpoint: Checkpoint | None, saved: bytes | None, n: int) -> str | None:
    """Return what is in the notebook's way; None where nothing is."""
    if checkpoint is None or saved is None:
        return taken.NO_MODEL
    if not isinstance(checkpoint.model, SoftmaxRegression):
        return taken.NOT_LINEAR
    return None if n else taken.NO_DRAWING


def _film(things: Things, pictures: NDArray[np.float32]) -> dict[str, tuple[str, str]]:
    run = things.run
    if run is None or not run.film:
        return {}
    made = run.result
    told = (
        f"A run that ended at step {run.step:,}."
        if made is None
        else f"{wording.recipe(made, models.trained_on(made, own=OWN))}."
    )
    last = features(pictures[-1:], run.config.input)[0] if len(pictures) else None
    return {FILM: (told, on_its_own(run, last))}


def _receipt(things: Things, pictures: NDArray[np.float32]) -> dict[str, tuple[str, str]]:
    if things.before is None or things.model is None:
        return {}
    (name, before), after = things.before, things.model
    told = f"{things.name} took the place of {name}."
    return {RECEIPT: (told, receipt.in_html((name, things.name), before, after, list(pictures)))}
