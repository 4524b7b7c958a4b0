"""Pictures of any size and scale of grey → 28 × 28 bytes, as they stand: not turned, not inverted.

A picture of 28 × 28 is kept as it is. Another one is brought into MNIST's form, by what stands out
from its border: its longer side has 20 pixels, its centre of mass is in the middle.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from model.config import SIDE
from model.data.array_files import DataError
from model.data.forms.parts import Limits
from model.preprocessing.centring import centred
from model.preprocessing.contrast import LUMA

__all__ = ["border_of", "fitted", "shaped", "size_of"]

MOST_SIDE = 2_048
"""Longest side of a picture in an array, in pixels."""
COARSEST = 12
"""Side, in pixels, of pictures whose blurred edges are made steep when they are enlarged."""
RASTER = 32
"""Side to which smaller pictures are enlarged before they are centred."""
COUNTS = 16
"""Largest value of pictures that count the ink in fields of 4 × 4, as the classic 8 × 8 do."""

Pieces = Callable[[], Iterable[NDArray[Any]]]


def shaped(pieces: Pieces, shape: tuple[int, ...], where: str, limits: Limits) -> NDArray[np.uint8]:
    """Turn an array in any of the usual shapes into pictures.

    Parameters
    ----------
    pieces : callable
        Called twice: yields the array along its first axis, piece by piece.
    shape : tuple of int
        Of the whole: (n, H, W), (n, H · H), (n, H, W, 1), (n, 1, H, W), or with 3 colours.
    where : str
        What it is called in messages.

    Returns
    -------
    images : (n, 28, 28) uint8

    Raises
    ------
    DataError
        For another shape, too many pictures, or numbers that are no grey.
    """
    height, width = size_of(shape, where)
    if shape[0] == 0:
        raise DataError(f"{where}: has no pictures")
    limits.check_number(shape[0], where)
    low, high, is_whole = _range(pieces(), where)
    offset, scale = _to_bytes(low, high, is_whole, where)
    images = np.empty((shape[0], SIDE, SIDE), np.uint8)
    first = 0
    for piece in pieces():
        grey = _grey(piece, height, width)
        if grey.dtype != np.uint8 or (offset, scale) != (0, 1):
            values = (grey.astype(np.float32) - np.float32(offset)) * np.float32(scale)
            grey = np.rint(np.clip(values, 0, 255)).astype(np.uint8)
        images[first : first + len(grey)] = fitted(grey)
        first += len(grey)
    return images


def size_of(shape: tuple[int, ...], where: str) -> tuple[int, int]:
    """Return the height and width, in pixels, of the pictures in an array of this shape."""
    match shape:
        case (_, length) if math.isqrt(length) ** 2 == length:
            size = (math.isqrt(length), math.isqrt(length))
        case (_, height, width) | (_, height, width, 1 | 3) | (_, 1 | 3, height, width):
            size = (height, width)
        case _:
            size = (0, 0)
    if not 4 <= min(size) <= max(size) <= MOST_SIDE:
        raise DataError(
            f"{where}: pictures are n × H × W or n × (H · H), with sides of 4 to {MOST_SIDE:,} "
            f"pixels, got {' × '.join(f'{length:,}' for length in shape) or 'a single number'}"
        )
    return size


def border_of(images: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return the median grey of the outermost pixels of pictures (n, H, W), as (n,)."""
    rim = (images[:, 0], images[:, -1], images[:, :, 0], images[:, :, -1])
    grey: NDArray[np.float64] = np.median(np.concatenate(rim, axis=1), axis=1)
    return grey


def fitted(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Bring pictures (n, H, W) to 28 × 28, dark on light or light on dark as they came."""
    if images.shape[1:] == (SIDE, SIDE):
        return images
    return np.stack(list(_each_fitted(images)))


def _each_fitted(images: NDArray[np.uint8]) -> Iterator[NDArray[np.uint8]]:
    for image, border in zip(images, border_of(images), strict=True):
        is_light = border > 127
        ink = 255 - image if is_light else image
        picture = np.rint(255 * centred(_enlarged(ink, 255 - border if is_light else border)))
        yield (255 - picture if is_light else picture).astype(np.uint8)


def _enlarged(ink: NDArray[np.uint8], paper: float) -> NDArray[np.float32]:
    """Return ink without the paper's grey, 0 to 1, and at least `RASTER` pixels on a side."""
    above = (ink.astype(np.float32) - np.float32(paper)) / np.float32(255 - paper)
    share: NDArray[np.float32] = np.clip(above, 0, 1)
    longest = max(share.shape)
    if longest >= SIDE:
        return share
    scale = RASTER / longest
    size = (round(share.shape[1] * scale), round(share.shape[0] * scale))
    raster = np.asarray(Image.fromarray(share).resize(size, Image.Resampling.BICUBIC))
    steep = (raster - 0.375) / 0.375 if longest <= COARSEST else raster
    within: NDArray[np.float32] = np.clip(steep, 0, 1).astype(np.float32)
    return within


def _grey(piece: NDArray[Any], height: int, width: int) -> NDArray[Any]:
    n = len(piece)
    if piece.ndim == 4 and 3 in (piece.shape[1], piece.shape[3]):
        colours = piece if piece.shape[3] == 3 else np.moveaxis(piece, 1, -1)
        grey: NDArray[np.float32] = colours.astype(np.float32) @ LUMA
        return grey
    return piece.reshape(n, height, width)


def _range(pieces: Iterable[NDArray[Any]], where: str) -> tuple[float, float, bool]:
    """Return the least and the largest number, and whether the numbers are integers."""
    low, high, is_whole = math.inf, -math.inf, True
    for piece in pieces:
        low, high = min(low, float(piece.min())), max(high, float(piece.max()))
        is_whole = is_whole and piece.dtype.kind in "biu"
        if not (math.isfinite(low) and math.isfinite(high)):
            raise DataError(f"{where}: holds numbers that are not finite (NaN or infinity)")
    return low, high, is_whole


def _to_bytes(low: float, high: float, is_whole: bool, where: str) -> tuple[float, float]:
    """Return what to take away from the numbers, and then to multiply them by, to have bytes."""
    if low < 0:
        if high > 10 or low < -10:  # neither −1 to 1 nor standardised
            raise DataError(
                f"{where}: grey is 0 to 255, 0 to 1 or −1 to 1, got {low:.6g} to {high:.6g}"
            )
        return low, 255 / ((high - low) or 1)
    if high > 65_535:
        raise DataError(f"{where}: grey is 0 to 255 or 0 to 1, got up to {high:.6g}")
    if high > 255:
        return 0, 255 / 65_535 if is_whole and high > 4_095 else 255 / high
    if high <= 1:
        return 0, 255
    if high <= COUNTS:
        return 0, 255 / COUNTS
    return 0, 1
