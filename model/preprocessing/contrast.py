"""Contrast: from colours and opacity to the one channel in which ink and sheet differ most.

Mostly this is luma. It is the opacity for a transparent picture that would be white on white, and
the colour for a pen as bright as its paper: red on green, yellow on white.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

__all__ = ["LUMA", "by_channel", "grey", "laid_on_white", "luma", "vividness"]

LUMA = np.array([0.299, 0.587, 0.114], np.float32)
"""Shares of red, green and blue (ITU-R BT.601)."""
FAINT = 0.25
"""Range of brightness below which a picture laid on white may have lost its ink."""
CLEARER = 2.0
"""How much larger the range of its opacity must be for that."""
LEAST_COLOUR = 0.12
"""Least difference in colour that is taken for ink."""
MORE_IN_COLOUR = 2.0
"""How much larger than the difference in brightness it must be."""
COARSE_SIDE = 128
"""Longer side, in pixels, of the reduced picture in which they are compared."""


def by_channel(
    channels: NDArray[Any], change: Callable[[Image.Image], Image.Image]
) -> NDArray[np.float32]:
    """Change each channel of a picture (H, W, n) as Pillow changes a picture of one."""
    changed = [
        change(Image.fromarray(np.ascontiguousarray(channels[..., i], np.float32)))
        for i in range(channels.shape[2])
    ]
    return np.stack([np.asarray(channel) for channel in changed], axis=2)


def luma(colours: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the brightness (H, W) of colours (H, W, 3), both between 0 and 1."""
    bright: NDArray[np.float32] = np.clip(colours @ LUMA, 0, 1)
    return bright


def vividness(colours: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return how far colours (H, W, 3) are from grey, (H, W), between 0 and 1."""
    vivid: NDArray[np.float32] = colours.max(axis=2) - colours.min(axis=2)
    return vivid


def laid_on_white(
    colours: NDArray[np.float32], opacity: NDArray[np.float32] | None
) -> NDArray[np.float32]:
    """Lay a picture on white; where nothing would be seen there, its opacity is black ink.

    Parameters
    ----------
    colours : (H, W, 3) float32 in [0, 1]
    opacity : (H, W) float32 in [0, 1], or None

    Returns
    -------
    colours : (H, W, 3) float32 in [0, 1]
    """
    if opacity is None:
        return colours
    cover = opacity[..., np.newaxis]
    laid = colours * cover + (1 - cover)
    seen = max(_range(laid[..., channel]) for channel in range(3))
    if seen < FAINT and _range(opacity) > CLEARER * seen:
        return np.repeat(1 - cover, 3, axis=2)
    return laid


def grey(colours: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the channel in which ink and sheet differ most.

    The sheet's colour is the median along the rim. A shadow makes it darker, but keeps it on one
    line through black; so what stands out at a right angle to this line is colour, and no shadow.
    Where that is more than the contrast of brightness, the picture is looked at along the
    direction in which the strongest differences lie, and what differs is dark.

    Parameters
    ----------
    colours : (H, W, 3) float32 in [0, 1]
        A sheet with ink on it, without what lies around it.

    Returns
    -------
    grey : (H, W) float32 in [0, 1]
    """
    bright = luma(colours)
    small = _small(colours)
    rim = np.concatenate([small[0], small[-1], small[:, 0], small[:, -1]])
    paper = np.median(rim, axis=0)
    along = paper / max(float(np.linalg.norm(paper)), 1e-6)
    if np.linalg.norm(paper) < 0.05:  # black has no colour: any is far from it
        along = np.full(3, 1 / np.sqrt(3), np.float32)
    away = small - (small @ along)[..., np.newaxis] * along  # (h, w, 3)
    size = np.linalg.norm(away, axis=2)
    strongest = size >= max(np.quantile(size, 0.98), 1e-6)
    difference = float(np.quantile(size, 0.99)) / np.sqrt(3)
    if difference < LEAST_COLOUR / 2 or not strongest.any():
        return bright
    local = np.abs(luma(small) - _flat(luma(small)))
    if difference < MORE_IN_COLOUR * float(np.quantile(local[strongest], 0.5)):
        return bright
    found = away[strongest].astype(np.float64)
    _, directions = np.linalg.eigh(found.T @ found)
    direction = directions[:, -1] * np.sign(found @ directions[:, -1]).sum()
    direction = (direction / np.linalg.norm(direction)).astype(np.float32)
    seen = colours @ (direction - (direction @ along) * along).astype(np.float32)
    rest = float(np.median(small @ direction))
    full = float(np.quantile(small @ direction, 0.99)) - rest
    if full < LEAST_COLOUR:
        return bright
    contrast: NDArray[np.float32] = np.clip(0.9 - 0.8 * (seen - rest) / full, 0, 1)
    return contrast.astype(np.float32)


def _flat(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the brightness of the surroundings: a coarse median."""
    tiny = Image.fromarray(values)
    tiny.thumbnail((32, 32), Image.Resampling.BOX)
    smooth = Image.fromarray(ndimage.median_filter(np.asarray(tiny), size=11, mode="nearest"))
    return np.asarray(smooth.resize(values.shape[::-1], Image.Resampling.BILINEAR))


def _range(values: NDArray[np.float32]) -> float:
    low, high = np.quantile(values, [0.002, 0.998])
    return float(high - low)


def _small(colours: NDArray[np.float32]) -> NDArray[np.float32]:
    def reduced(channel: Image.Image) -> Image.Image:
        channel.thumbnail((COARSE_SIDE, COARSE_SIDE), Image.Resampling.BOX)
        return channel

    return by_channel(colours, reduced)
