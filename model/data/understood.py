"""What was understood of data of one's own, to be said back before it is learned from."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

from model.config import N_CLASSES
from model.data.forms.parts import LeftOut, Part, Parts
from model.data.forms.shaping import border_of
from model.data.turning import Turn

__all__ = ["N_SAMPLES", "Understood", "is_dark_on_light", "understood"]

N_SAMPLES = 12
_SAMPLED = 2_000
"""Pictures by whose borders is told whether the paper is light."""


@dataclasses.dataclass(frozen=True, eq=False)
class Understood:
    """What was understood of data of one's own.

    Parameters
    ----------
    form : str
        The name of its form, see `model.data.forms.table.FORMS`.
    n : int
        Pictures in all.
    size : (int, int), optional
        Their height and width as they came, in pixels; None where they differ.
    dark_on_light : bool
        Whether the ink is dark and the paper light, after the turn.
    digits : tuple of int
        The digits that are there, ascending.
    turn : Turn
        How they were turned.
    has_test : bool
        Whether there was a part of its own for the test; else one was split off.
    left_out : tuple of LeftOut
        The first files that were not used, and why.
    n_left_out : int
        How many there are in all.
    samples, sample_labels : (k, 28, 28) uint8 and (k,) uint8, k up to 12
        Some of the pictures, with every digit among them.
    """

    form: str
    n: int
    size: tuple[int, int] | None
    dark_on_light: bool
    digits: tuple[int, ...]
    turn: Turn
    has_test: bool
    left_out: tuple[LeftOut, ...]
    n_left_out: int
    samples: NDArray[np.uint8]
    sample_labels: NDArray[np.uint8]

    @property
    def absent(self) -> tuple[int, ...]:
        """The digits that are not there."""
        return tuple(digit for digit in range(N_CLASSES) if digit not in self.digits)


def understood(form: str, parts: Parts, turn: Turn) -> Understood:
    """Say what was understood of parts that have been turned."""
    labels = parts.train.labels
    tested = np.empty(0, np.uint8) if parts.test is None else parts.test.labels
    chosen = _sampled(parts.train)
    return Understood(
        form=form,
        n=len(labels) + len(tested),
        size=parts.size,
        dark_on_light=is_dark_on_light(parts.train.images),
        digits=tuple(np.union1d(labels, tested).tolist()),
        turn=turn,
        has_test=parts.test is not None,
        left_out=parts.left_out,
        n_left_out=parts.n_left_out,
        samples=parts.train.images[chosen],
        sample_labels=labels[chosen],
    )


def is_dark_on_light(images: NDArray[np.uint8]) -> bool:
    """Whether most of the pictures (n, H, W) have a light border."""
    some = images[:: max(1, len(images) // _SAMPLED)]
    return bool((border_of(some) > 127).mean() > 0.5)


def _sampled(part: Part) -> NDArray[np.intp]:
    """Return the places of twelve pictures, the digits taking turns."""
    rng = np.random.default_rng(0)
    order = rng.permutation(len(part.labels))
    turn = np.empty(len(order), np.intp)  # the how-many-th of its digit each is
    for digit in np.unique(part.labels):
        members = part.labels[order] == digit
        turn[members] = np.arange(members.sum())
    by_turns = order[np.lexsort((part.labels[order], turn))][:N_SAMPLES]
    return by_turns[np.argsort(part.labels[by_turns], kind="stable")]
