"""Ink from untrusted files: the canvas's PNG, and uploaded pictures and photos.

Bytes, format, width and height of a file are checked before a pixel of it is decoded.
"""

from __future__ import annotations

import io
import threading

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps
from scipy import ndimage

__all__ = ["FORMATS", "LARGEST_FILE", "PictureError", "ink_from_canvas", "ink_from_upload"]

FORMATS = ("PNG", "JPEG", "WEBP")
LARGEST_FILE = 10 * 2**20
"""Largest uploaded picture, in bytes."""
MOST_PIXELS = 50_000_000
"""Most pixels of an uploaded picture; today's phones take photos of 12 to 50 million."""
MOST_SCANS = 100
"""Most scans of a JPEG. A progressive one has about ten, and each decodes the whole picture."""
WORKING_SIDE = 512
"""Longer side, in pixels, to which an uploaded picture is reduced."""
LEAST_CONTRAST = 0.12
"""Least difference of ink and paper; a picture with less holds no drawing."""
SMALLEST_PART = 0.02
"""Smallest share of all ink in a connected part; a smaller part is dirt."""
LEAST_INSIDE = 0.2
"""Least share of all ink away from the edge for which parts that touch the edge are dropped."""
THINNEST_PEN = 0.09
"""Least pen width as a share of the digit's longer side; a thinner pen is thickened to it.

The canvas's pens have 0.09 to 0.18.
"""
COARSE_SIDE = 32
"""Longer side, in pixels, of the reduced picture on which the paper's brightness is estimated."""
WIDER_THAN_A_STROKE = 9
"""Side, in pixels, of the window of the opening that estimates it: 28 % of the picture."""

_one_at_a_time = threading.Lock()
"""Held while a picture is decoded: one of 50 million pixels takes up to 400 MB."""


class PictureError(ValueError):
    """A file that is not a usable picture; the message says what is wrong with it."""


def ink_from_canvas(content: bytes, side: int) -> NDArray[np.float32]:
    """Read the picture that the drawing canvas sends.

    Parameters
    ----------
    content : bytes
        A PNG of exactly `side` × `side` pixels, 8-bit RGBA, light ink on black.
    side : int
        Side of the canvas, in pixels.

    Returns
    -------
    ink : (side, side) float32 in [0, 1]
        Luma (ITU-R BT.601) times opacity, to 1/255.

    Raises
    ------
    PictureError
        For anything else, before it is decoded.
    """
    if len(content) > side * side * 4 + 4096:
        raise PictureError(f"the drawing has {len(content):,} bytes, too many for its size")
    image = _opened(content, ("PNG",))
    if image.size != (side, side) or image.mode != "RGBA":
        raise PictureError(
            f"the drawing must be {side} × {side} RGBA, got {image.width} × {image.height} "
            f"{image.mode}"
        )
    image = _decoded(image)
    if image.getchannel("A").getextrema() != (255, 255):
        image = Image.alpha_composite(Image.new("RGBA", image.size, "black"), image)
    return np.asarray(image.convert("L"), np.float32) * np.float32(1 / 255)


def ink_from_upload(content: bytes) -> NDArray[np.float32]:
    """Read an uploaded picture or photo of a digit.

    The picture is turned upright by its EXIF orientation, laid on white where it is transparent,
    made grey, reduced, and turned round where it is dark ink on light paper. Uneven light is
    removed by subtracting the paper's brightness, which a grey-scale opening wider than any stroke
    estimates; the rest is split at Otsu's threshold. Dirt, and parts that touch the edge, are
    dropped, and a thin pen is made thicker.

    Parameters
    ----------
    content : bytes
        A PNG, JPEG or WebP file of at most 10 MiB and 50 million pixels; of an animation, the
        first picture.

    Returns
    -------
    ink : (H, W) float32 in [0, 1], H, W ≤ 512
        All zero for a picture without a drawing.

    Raises
    ------
    PictureError
        For another format, a damaged file or one that is too large.

    References
    ----------
    N. Otsu, "A threshold selection method from gray-level histograms", IEEE Transactions on
    Systems, Man, and Cybernetics 9, 1979.
    """
    if len(content) > LARGEST_FILE:
        raise PictureError(
            f"the picture has {len(content) / 2**20:.0f} MiB; at most "
            f"{LARGEST_FILE // 2**20} MiB are read"
        )
    image = _opened(content, FORMATS)
    if image.width * image.height > MOST_PIXELS:
        raise PictureError(
            f"the picture has {image.width} × {image.height} pixels; at most "
            f"{MOST_PIXELS // 1_000_000} million are read"
        )
    if image.format == "JPEG" and content.count(b"\xff\xda") > MOST_SCANS:
        raise PictureError(f"the JPEG has more than {MOST_SCANS} scans")
    image.draft("L", (2 * WORKING_SIDE, 2 * WORKING_SIDE))  # a JPEG decodes at a fraction
    with _one_at_a_time:
        grey = _upright_grey(_decoded(image))
    return _thickened(_without_dirt(_ink_on_paper(grey)))


def _opened(content: bytes, formats: tuple[str, ...]) -> Image.Image:
    try:
        return Image.open(io.BytesIO(content), formats=formats)
    except Image.DecompressionBombError as error:
        raise PictureError("the picture has far too many pixels") from error
    except Exception as error:  # Pillow's parsers raise whatever a damaged header leads to
        wanted = ", ".join(formats)
        raise PictureError(f"this is not a picture that can be read ({wanted})") from error


def _decoded(image: Image.Image) -> Image.Image:
    try:
        image.load()
    except Exception as error:  # as above
        raise PictureError(f"the {image.format} file is damaged and cannot be decoded") from error
    return image


def _upright_grey(image: Image.Image) -> NDArray[np.float32]:
    if image.mode in ("1", "P"):  # Pillow would reduce these by dropping pixels
        image = image.convert("RGBA" if "transparency" in image.info else "L")
    elif image.mode.startswith("I"):  # Pillow cannot reduce 16-bit grey
        image = image.convert("I")
    image.thumbnail((WORKING_SIDE, WORKING_SIDE), Image.Resampling.BOX)
    try:
        image = ImageOps.exif_transpose(image)
    except Exception:  # orientation from a broken EXIF block is not worth losing the picture
        image = image.copy()
    if image.mode == "I":  # Pillow's conversion would clip it
        return np.asarray(image, np.float32) / np.float32(65_535)
    if "A" in image.getbands() or "transparency" in image.info:
        layer = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer)
    return np.asarray(image.convert("L"), np.float32) / np.float32(255)


def _ink_on_paper(grey: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return how much each pixel stands out from its surroundings, 0 to 1."""
    if np.median(grey) > _otsu(grey):  # most of the picture is bright: dark ink on light paper
        grey = 1 - grey
    small = Image.fromarray(grey)
    small.thumbnail((COARSE_SIDE, COARSE_SIDE), Image.Resampling.BOX)
    paper = ndimage.grey_opening(np.asarray(small), size=WIDER_THAN_A_STROKE)
    smooth = Image.fromarray(ndimage.gaussian_filter(paper, sigma=1.5))
    background = smooth.resize(grey.shape[::-1], Image.Resampling.BILINEAR)
    difference = np.clip(grey - np.asarray(background), 0, 1)
    threshold = _otsu(difference)
    is_ink = difference > threshold
    if not is_ink.any():
        return np.zeros_like(grey)
    contrast = float(difference[is_ink].mean() - difference[~is_ink].mean())
    if contrast < LEAST_CONTRAST:
        return np.zeros_like(grey)
    low = threshold - contrast / 4
    ink: NDArray[np.float32] = np.clip((difference - low) / (contrast / 2), 0, 1)
    return ink


def _without_dirt(ink: NDArray[np.float32]) -> NDArray[np.float32]:
    """Drop small parts, and parts at the edge where there is something else to keep."""
    parts, n_parts = ndimage.label(ink > 0, structure=np.ones((3, 3)))
    if n_parts == 0:
        return ink
    amounts = ndimage.sum_labels(ink, parts, np.arange(n_parts + 1))  # index 0 is the paper
    keep = amounts >= SMALLEST_PART * amounts[1:].sum()
    keep[0] = False
    edge = np.unique(np.concatenate([parts[0], parts[-1], parts[:, 0], parts[:, -1]]))
    inside = keep.copy()
    inside[edge] = False
    if amounts[inside].sum() >= LEAST_INSIDE * amounts[keep].sum():
        keep = inside
    return np.where(keep[parts], ink, np.float32(0))


def _thickened(ink: NDArray[np.float32]) -> NDArray[np.float32]:
    """Thicken strokes that are thin for the size of the digit, as a ballpoint's are."""
    drawn = ink > 0.5
    if not drawn.any():
        return ink
    rows, columns = np.flatnonzero(drawn.any(axis=1)), np.flatnonzero(drawn.any(axis=0))
    longer_side = 1 + max(rows[-1] - rows[0], columns[-1] - columns[0])
    rim = drawn & ~ndimage.binary_erosion(drawn)
    pen = 2 * drawn.sum() / rim.sum()  # a stroke's area is length · pen, its rim 2 · length
    missing = THINNEST_PEN * longer_side - pen
    if missing <= 0:
        return ink
    distance = ndimage.distance_transform_edt(~drawn)
    thick: NDArray[np.float32] = np.clip(missing / 2 + 0.5 - distance, 0, 1).astype(np.float32)
    return np.maximum(ink, thick)


def _otsu(values: NDArray[np.float32]) -> float:
    """Return the threshold between 0 and 1 that splits the values into the two tightest groups."""
    counts, edges = np.histogram(values, bins=128, range=(0, 1))
    centres = (edges[:-1] + edges[1:]) / 2
    below = np.cumsum(counts)  # values at or below each bin
    above = below[-1] - below
    sums = np.cumsum(counts * centres)
    with np.errstate(divide="ignore", invalid="ignore"):
        between = below * above * (sums / below - (sums[-1] - sums) / above) ** 2
    between = np.nan_to_num(between)
    best = np.flatnonzero(between >= between.max() * (1 - 1e-9))
    return float(edges[1 + int(best.mean())])  # two brightnesses alone have many best thresholds
