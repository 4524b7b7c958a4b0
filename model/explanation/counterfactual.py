"""Counterfactual: the fewest pixels to darken or lighten until another digit wins.

*Two digits.* Let t be the wanted digit and p the present answer. Their margin zₜ − zₚ is linear in
the pixels, so changing pixel i from xᵢ to x′ᵢ adds (wᵗᵢ − wᵖᵢ)(x′ᵢ − xᵢ), whatever happens to the
others. Within [0, 1] that is most at an end: full ink where wᵗᵢ > wᵖᵢ, none where wᵗᵢ < wᵖᵢ; call
it the pixel's gain gᵢ ≥ 0. Changing the pixels of largest gain first is optimal: any change of m
pixels S adds at most Σ_{i∈S} gᵢ, and exchanging the members of S for the m pixels of largest gain
makes that no smaller. So where these m do not bring the margin above the threshold, no m pixels do;
and where all pixels together do not, nothing does.

*All digits.* Where a third digit leads after that, the pixel that gains most against the digit
which leads at that moment is changed next, each pixel at most once, until the wanted digit wins.
This is greedy: it is not always the fewest overall (to choose pixels against nine rivals at once is
a covering problem), and it may end without a way although there is one. What is certain: to win, a
digit must beat each rival, so the largest of the nine two-digit optima is a lower bound; where it
is met, the change is the smallest there is, and where one rival cannot be beaten, there is none.

References
----------
D. Martens, F. Provost, "Explaining data-driven document classifications", MIS Quarterly 38, 2014
(the smallest set of features whose removal changes the class, by largest weight first).
S. Wachter, B. Mittelstadt, C. Russell, "Counterfactual explanations without opening the black box",
Harvard Journal of Law & Technology 31, 2018.
S.-M. Moosavi-Dezfooli, A. Fawzi, P. Frossard, "DeepFool: a simple and accurate method to fool deep
neural networks", CVPR 2016 (section 3: affine classifiers with many classes, rival by rival).
"""

from __future__ import annotations

import dataclasses
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["LEAD", "Counterfactual", "LinearModel", "counterfactual"]

LEAD = 1e-4
"""By how much a logit must lead at least, so that float32 arithmetic cannot reverse it."""

Floats = NDArray[np.float64]
Changes = dict[int, float]  # pixel → new value, in the order of the changes


class LinearModel(Protocol):
    """Anything with weights (n_features, n_classes) and a bias (n_classes,)."""

    @property
    def weights(self) -> NDArray[np.float32]: ...

    @property
    def bias(self) -> NDArray[np.float32]: ...


@dataclasses.dataclass(frozen=True, eq=False)
class Counterfactual:
    """A change of a model's input that lets another digit win.

    Parameters
    ----------
    present, target : int
        The answer before, and the digit that was asked for.
    pixels : (n,) ints
        Positions among the features, in the order in which they were changed.
    before, after : (n,) float32 in [0, 1]
        Their values; after is 0 or 1. The last change is made in full too, though a part of it
        may be enough to tip the balance.
    features_after : (n_features,) float32 in [0, 1]
    logits_after : (n_classes,) float64
    n_for_two : int or None
        How many of the changes, from the first, put the target ahead of the present answer: the
        fewest that can. None where nothing can; then nothing is changed.
    then_led : tuple of int
        The digits that led after those, in order, against which the further changes are made.
    wins : bool
        Whether the target is ahead of all others in the end. Where it is not although `n_for_two`
        is a number, the changes are those that put it ahead of the present answer.
    at_least : int or None
        No fewer pixels than this let the target win. None where it cannot win, whatever is done,
        or where nothing is known about it.
    is_searched : bool
        Found by trying, see `model.explanation.pixel_search`: where it does not win, there may be
        another way.
    """

    present: int
    target: int
    pixels: NDArray[np.intp]
    before: NDArray[np.float32]
    after: NDArray[np.float32]
    features_after: NDArray[np.float32]
    logits_after: Floats
    n_for_two: int | None
    then_led: tuple[int, ...]
    wins: bool
    at_least: int | None
    is_searched: bool = False

    def __len__(self) -> int:
        return len(self.pixels)

    @property
    def is_fewest(self) -> bool:
        """Whether it is certain that no smaller change lets the target win."""
        return self.wins and len(self) == self.at_least


def counterfactual(
    model: LinearModel, features: NDArray[np.floating[Any]], target: int
) -> Counterfactual:
    """Find the fewest pixels to darken or lighten until the target wins.

    The changes are in the model's input, that is, behind the centring and normalising of a drawing.

    Parameters
    ----------
    model : LinearModel
        Such as a SoftmaxRegression; any number of features and classes will do.
    features : (n_features,) floats between 0 and 1
    target : int
        The digit that is to win, from 0 to n_classes − 1.

    Returns
    -------
    Counterfactual
        With no more changes than there are pixels. Fewest against the present answer; for what is
        guaranteed where a third digit leads, see the module. Of equal gains the earlier pixel is
        taken, of equal logits the smaller digit is the answer.

    Raises
    ------
    ValueError
        For features of another shape or out of range, or no such digit.
    """
    weights, bias = model.weights.astype(np.float64), model.bias.astype(np.float64)
    x = _checked(features, len(weights))
    if target not in range(len(bias)):
        raise ValueError(f"target must be from 0 to {len(bias) - 1}, got {target!r}")
    present = int((x @ weights + bias).argmax())

    def edit(changes: Changes, **found: Any) -> Counterfactual:
        pixels = np.array(list(changes), np.intp)
        after = x.copy()
        after[pixels] = list(changes.values())
        return Counterfactual(
            present,
            target,
            pixels,
            x[pixels].astype(np.float32),
            after[pixels].astype(np.float32),
            after.astype(np.float32),
            after @ weights + bias,
            **found,
        )

    if target == present:
        return edit({}, n_for_two=0, then_led=(), wins=True, at_least=0)
    # The target's lead over each rival is x @ slopes + starts, (n_rivals,).
    rivals = np.delete(np.arange(len(bias)), target)
    slopes, starts = weights[:, [target]] - weights[:, rivals], bias[target] - bias[rivals]
    best = {
        int(rival): _fewest(slope, start, x)
        for rival, slope, start in zip(rivals, slopes.T, starts, strict=True)
    }
    counts = [len(changes) for changes in best.values() if changes is not None]
    at_least = max(counts) if len(counts) == len(rivals) else None
    two = best[present]
    if two is None:
        return edit({}, n_for_two=None, then_led=(), wins=False, at_least=None)
    more, led = _go_on(slopes, starts, x, two)
    return edit(
        two | (more or {}),
        n_for_two=len(two),
        then_led=tuple(int(rivals[r]) for r in led),
        wins=more is not None,
        at_least=at_least,
    )


def _fewest(slope: Floats, start: float, x: Floats) -> Changes | None:
    """Find the fewest changes that bring x @ slope + start above LEAD; None if none do."""
    gains, ends = _gains(slope, x)
    order = np.argsort(-gains, kind="stable")
    leads = x @ slope + start + np.concatenate([[0], np.cumsum(gains[order])])
    enough = np.flatnonzero(leads > LEAD)
    return {int(i): float(ends[i]) for i in order[: enough[0]]} if len(enough) else None


def _go_on(
    slopes: Floats, starts: Floats, x: Floats, first: Changes
) -> tuple[Changes | None, list[int]]:
    """Change more pixels until no rival is left ahead; return them, and the rivals that led.

    The changes are None where no pixel is left that helps against the rival in the lead.
    """
    x = x.copy()
    x[list(first)] = list(first.values())
    free = np.ones(len(x), bool)
    free[list(first)] = False
    more: Changes = {}
    led: dict[int, None] = {}
    while (leads := x @ slopes + starts).min() <= LEAD:
        rival = int(leads.argmin())
        led[rival] = None
        gains, ends = _gains(slopes[:, rival], x)
        pixel = int(np.where(free, gains, 0).argmax())
        if not (free[pixel] and gains[pixel] > 0):
            return None, list(led)
        x[pixel] = more[pixel] = float(ends[pixel])
        free[pixel] = False
    return more, list(led)


def _gains(slope: Floats, x: Floats) -> tuple[Floats, Floats]:
    """Return the most that changing each pixel within [0, 1] adds, and the value that does it."""
    ends = (slope > 0).astype(np.float64)
    return slope * (ends - x), ends


def _checked(features: NDArray[np.floating[Any]], n_features: int) -> Floats:
    if features.shape != (n_features,):
        raise ValueError(f"features must be ({n_features},), got {features.shape}")
    if not (features.min() >= 0 and features.max() <= 1):  # false for NaN as well
        raise ValueError("features must lie between 0 and 1 everywhere, without NaN")
    return features.astype(np.float64)
