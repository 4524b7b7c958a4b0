"""Moment normalisation: every digit, and each part of it, at one size, slant and place.

Two steps, each nothing but bilinear resampling, so that the result is still a picture of the ink:

1. *Linear*. With the ink's second central moments μ20, μ11, μ02: shear x by a = μ11/μ02 (deslant,
   at most 45°); then σy² = μ02, σx² = μ20 − 2aμ11 + a²μ02, r = min(σx, σy)/max(σx, σy); scale so
   that the longer axis has standard deviation 5 pixels and the shorter 5·min(r^0.15, 2r), so that
   a bar, which is narrow throughout, stays one; centre of mass to the centre.
2. *Pseudo two-dimensional and bi-moment*, first along the rows, then along the columns. Every row
   looks at the ink through a soft window (a Gaussian of 6 rows around it on top of a floor of 0.7
   for the whole picture), and finds there the ink's mean c and its spread on either side,
   σ∓² = 2 Σ_{x ≶ c} ink·(x − c)² / Σ ink. With the picture's own spread σ, position x of the result
   is read at c + (x − 13.5)·σ∓/σ: what is too wide, too narrow or off to one side in some part of
   the digit is evened out smoothly.

References
----------
C.-L. Liu, K. Nakashima, H. Sako, H. Fujisawa, "Handwritten digit recognition: investigation of
normalization and feature extraction techniques", Pattern Recognition 37, 2004 (moment
normalisation and its aspect ratio mapping).
C.-L. Liu, K. Marukawa, "Pseudo two-dimensional shape normalization methods for handwritten Chinese
character recognition", Pattern Recognition 38, 2005 (windows per row, bi-moment normalisation).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.config import SIDE

__all__ = ["moments"]

Floats = NDArray[np.floating[Any]]  # float32 at run time, which NumPy's types lose

CENTRE = np.float32((SIDE - 1) / 2)
SPREAD = 5.0
"""Standard deviation of the normalised ink along its longer axis, in pixels."""
ASPECT_EXPONENT = 0.15
"""How much of a digit's narrowness is kept: from 0, nothing, to 1, all."""
MOST_WIDENING = 2.0
"""How many times as wide a narrow digit may become, against its length: a bar stays a bar."""
STEEPEST_SHEAR = 1.0
"""Largest shear: 45°."""
THINNEST = 0.05
"""Least variance, in pixels²: about that of ink half a pixel wide (one pixel has 1/12)."""
WINDOW = 6.0
"""Standard deviation of a row's window, in rows."""
WINDOW_FLOOR = 0.7
"""Weight of the whole picture in every row's window, whose peak is 1 above it."""
CHUNK = 512
"""Pictures normalised at a time, few enough to stay in the processor's cache."""

_PLACES = np.arange(SIDE, dtype=np.float32)
_OFFSETS = _PLACES - CENTRE
_POWERS = np.stack([_OFFSETS**0, _OFFSETS, _OFFSETS**2], axis=1)  # (28, 3)
_HALF = SIDE // 2
_WINDOWS = (np.exp(-0.5 * ((_PLACES[:, None] - _PLACES) / WINDOW) ** 2) + WINDOW_FLOOR).astype(
    np.float32
)  # (row, row it looks at)


def moments(images: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    """Normalise pictures in MNIST's form by the moments of their ink.

    Parameters
    ----------
    images : (n, 28, 28) or (28, 28) floats between 0 and 1
        Centred pictures, 1 is ink.

    Returns
    -------
    normalised : float32 of the same shape, between 0 and 1
        All zero where a picture holds no ink.

    Raises
    ------
    ValueError
        For another shape, or values that are not between 0 and 1.
    """
    if images.ndim not in (2, 3) or images.shape[-2:] != (SIDE, SIDE):
        raise ValueError(
            f"images must be (n, {SIDE}, {SIDE}) or ({SIDE}, {SIDE}), got {images.shape}"
        )
    if images.size and not (images.min() >= 0 and images.max() <= 1):  # false for NaN as well
        raise ValueError("images must lie between 0 and 1 everywhere, without NaN")
    batch = images.reshape(-1, SIDE, SIDE)
    normalised = np.empty(batch.shape, np.float32)
    for start in range(0, len(batch), CHUNK):
        part = batch[start : start + CHUNK].astype(np.float32, copy=False)
        part = _even_rows(_linear(part))
        part = _even_rows(part.transpose(0, 2, 1)).transpose(0, 2, 1)
        np.clip(part, 0, 1, out=normalised[start : start + CHUNK])
    return normalised.reshape(images.shape)


def _linear(ink: Floats) -> Floats:
    """Step 1: shear, scale and shift."""
    mean_x, mean_y, mu20, mu11, mu02 = _central_moments(ink)
    variance_y = np.maximum(mu02, THINNEST)
    shear = np.clip(mu11 / variance_y, -STEEPEST_SHEAR, STEEPEST_SHEAR)
    variance_x = np.maximum(mu20 - 2 * shear * mu11 + shear**2 * mu02, THINNEST)
    sigma_x, sigma_y = np.sqrt(variance_x), np.sqrt(variance_y)
    longer = np.maximum(sigma_x, sigma_y)
    target_x, target_y = SPREAD * _kept(sigma_x / longer), SPREAD * _kept(sigma_y / longer)
    down = _OFFSETS * (sigma_y / target_y)[:, None]  # (n, 28)
    across = _OFFSETS * (sigma_x / target_x)[:, None]
    rows = _read_rows(ink, mean_y[:, None] + down)
    columns = (mean_x[:, None] + shear[:, None] * down)[:, :, None] + across[:, None, :]
    return _read_columns(rows, columns)


def _kept(narrowness: Floats) -> Floats:
    """Map each side's share of the longer one to what is kept of it."""
    kept: Floats = np.minimum(narrowness**ASPECT_EXPONENT, MOST_WIDENING * narrowness)
    return kept


def _central_moments(ink: Floats) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Return mean x, mean y, μ20, μ11, μ02, each (n,); zeros for an empty picture."""
    by_column, by_row = ink.sum(axis=1), ink.sum(axis=2)  # (n, 28)
    mass = by_row.sum(axis=1)
    mass[mass == 0] = 1
    mean_x, mean_y = by_column @ _PLACES / mass, by_row @ _PLACES / mass
    dx, dy = _PLACES - mean_x[:, None], _PLACES - mean_y[:, None]
    mu20 = (by_column * dx * dx).sum(axis=1) / mass
    mu02 = (by_row * dy * dy).sum(axis=1) / mass
    mu11 = ((ink @ dx[:, :, None])[:, :, 0] * dy).sum(axis=1) / mass
    return mean_x, mean_y, mu20, mu11, mu02


def _even_rows(ink: Floats) -> Floats:
    """Step 2 along x: even out every row's place and its spread on either side."""
    sums = ink @ _POWERS  # (n, 28, 3), each row's Σ ink, Σ ink·u, Σ ink·u²
    _, _, variance = _mean_and_variance(sums.sum(axis=1))  # (n,)
    mass, mean, both = _mean_and_variance(_WINDOWS @ sums)  # (n, 28)
    seen = _WINDOWS @ ink  # (n, 28, 28), what each row sees of each column
    to_the_left = np.minimum(_OFFSETS - mean[:, :, None], 0)
    left = np.einsum("nyx,nyx,nyx->ny", seen, to_the_left, to_the_left) / mass
    right = np.maximum(both - left, 0)
    columns = np.empty(ink.shape, np.float32)
    for side, half in ((left, slice(None, _HALF)), (right, slice(_HALF, None))):
        stretch = np.sqrt((2 * side + THINNEST) / (variance[:, None] + THINNEST))  # (n, 28)
        np.multiply(stretch[:, :, None], _OFFSETS[half], out=columns[:, :, half])
    columns += mean[:, :, None] + CENTRE
    return _read_columns(ink, columns)


def _mean_and_variance(sums: Floats) -> tuple[Floats, Floats, Floats]:
    """Return mass, mean and variance from Σ ink, Σ ink·u, Σ ink·u²; without ink the mass is 1."""
    mass = np.where(sums[..., 0] > 0, sums[..., 0], 1)
    mean = sums[..., 1] / mass
    return mass, mean, np.maximum(sums[..., 2] / mass - mean**2, 0)


def _read_rows(ink: Floats, rows: Floats) -> Floats:
    """Read whole rows at fractional places (n, 28), linearly; there is no ink outside."""
    shares = 1 - np.abs(rows[:, :, None] - _PLACES)  # (n, 28, 28)
    read: Floats = np.maximum(shares, 0, out=shares) @ ink
    return read


def _read_columns(ink: Floats, columns: Floats) -> Floats:
    """Read each row at its own fractional columns (n, 28, 28), linearly; no ink outside."""
    width = SIDE + 3  # one empty column before, two behind
    padded = np.zeros((len(ink), SIDE, width), np.float32)
    padded[:, :, 1 : SIDE + 1] = ink
    places = np.clip(columns + 1, 0, SIDE + 1)
    whole = places.astype(np.int32)
    places -= whole
    whole += (np.arange(len(ink) * SIDE, dtype=np.int32) * width).reshape(-1, SIDE, 1)
    flat = padded.reshape(-1)
    here = flat.take(whole)
    whole += 1
    there = flat.take(whole)
    there -= here
    there *= places
    there += here
    return there
