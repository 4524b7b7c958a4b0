"""The built-in digits: scikit-learn's 1,797 pictures of 8 × 8, enlarged to MNIST's form.

References
----------
E. Alpaydin, C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine Learning
Repository, 1998. Each picture was a bilevel raster of 32 × 32 of which the ink in every block of
4 × 4 was counted.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

__all__ = ["enlarged", "read"]

_SEED = 0


def read() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return all pictures in MNIST's form, in an order that is mixed but always the same.

    The ten classes are dealt out evenly: any stretch of n pictures in a row has n/10 of each, give
    or take two, so that a split by position is stratified. Every writer is in every split.

    Returns
    -------
    images : ndarray of uint8, shape (1797, 28, 28)
    labels : ndarray of uint8, shape (1797,)
    """
    from sklearn.datasets import load_digits  # a second to import, and seldom needed

    small = load_digits()
    order = _dealt_out(small.target)
    images = np.stack([enlarged(picture) for picture in small.images[order].astype(np.uint8)])
    return images, small.target[order].astype(np.uint8)


def enlarged(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a picture of 8 × 8 counts, 0 to 16, in MNIST's form.

    It is enlarged to the raster from which it was counted, and its blurred edges are made as steep
    as a pen's; then, as with MNIST, the longer side of the ink is scaled to 20 pixels, and its
    centre of mass is placed at pixel (14, 14), to the nearest whole pixel.

    Parameters
    ----------
    picture : ndarray of uint8, shape (8, 8)

    Returns
    -------
    ndarray of uint8, shape (28, 28)
        0 is background, 255 ink.
    """
    grey = np.minimum(picture * np.uint16(16), 255).astype(np.uint8)
    raster = np.asarray(Image.fromarray(grey).resize((32, 32), Image.Resampling.BICUBIC), np.int32)
    return _placed(np.clip((raster - 96) * 255 // 96, 0, 255).astype(np.uint8))


def _placed(ink: NDArray[np.uint8]) -> NDArray[np.uint8]:
    picture = Image.fromarray(ink)
    picture = picture.crop(picture.getbbox())
    scale = 20 / max(picture.size)
    width, height = (max(1, round(side * scale)) for side in picture.size)
    box = np.asarray(picture.resize((width, height), Image.Resampling.LANCZOS))
    top, left = _offset(box.sum(axis=1)), _offset(box.sum(axis=0))
    image = np.zeros((28, 28), np.uint8)
    image[top : top + height, left : left + width] = box
    return image


def _offset(profile: NDArray[np.unsignedinteger]) -> int:
    """Return where to begin so that the centre of mass comes to rest at 14, within 28 pixels."""
    ink = profile.astype(np.int64)
    mass = int(ink.sum())
    centre = (2 * int(ink @ np.arange(len(ink))) + mass) // (2 * mass)  # rounded
    return min(max(14 - centre, 0), 28 - len(ink))


def _dealt_out(labels: NDArray[np.integer]) -> NDArray[np.intp]:
    """Return an order in which the members of every class are spread evenly."""
    # RandomState's numbers never change (NEP 19), so this order never changes either.
    shuffled = np.random.RandomState(_SEED).permutation(len(labels))
    turn = np.empty(len(labels))
    for label in np.unique(labels):
        members = np.flatnonzero(labels[shuffled] == label)
        turn[members] = (np.arange(len(members)) + 0.5) / len(members)
    return shuffled[np.argsort(turn, kind="stable")]
