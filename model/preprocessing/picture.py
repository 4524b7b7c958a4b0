"""Picture files from strangers: checked before they are decoded, then turned upright and reduced.

Bytes, format, width and height of a file are checked before a pixel of it is decoded.
"""

from __future__ import annotations

import functools
import io
import math
import threading
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, features

__all__ = [
    "ENDINGS",
    "FORMATS",
    "LARGEST_FILE",
    "NoPictureError",
    "Picture",
    "PictureError",
    "TooLargePictureError",
    "checked",
    "decoded",
    "one_at_a_time",
    "opened",
    "picture_from_upload",
    "picture_of",
]

FORMATS = (
    "PNG",
    "JPEG",
    "WEBP",
    "GIF",
    "BMP",
    "TIFF",
    *(("AVIF",) if features.check("avif") else ()),
    "HEIF",
)
"""Formats that are read, by Pillow's names; AVIF where this Pillow was built with it."""
_ENDINGS = {
    "PNG": ("png",),
    "JPEG": ("jpg", "jpeg", "jfif", "jpe"),
    "WEBP": ("webp",),
    "GIF": ("gif",),
    "BMP": ("bmp",),
    "TIFF": ("tif", "tiff"),
    "AVIF": ("avif",),
    "HEIF": ("heic", "heif"),
}
ENDINGS = tuple(ending for format in FORMATS for ending in _ENDINGS[format])
"""How the names of such files end."""
LARGEST_FILE = 10 * 2**20
"""Largest uploaded picture, in bytes."""
MOST_PIXELS = 50_000_000
"""Most pixels of an uploaded picture; today's phones take photos of 12 to 50 million."""
MOST_SCANS = 100
"""Most scans of a JPEG. A progressive one has about ten, and each decodes the whole picture."""
DECODED_SIDE = 1024
"""Longer side, in pixels, to which an uploaded picture is reduced at most."""
ORIENTATION = ExifTags.Base.Orientation
TO_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""By EXIF's orientation: how the camera was held (Exif 2.32, section 4.6.4)."""
STRIP = 128
"""Rows of the reduced picture that are made at once."""

one_at_a_time = threading.RLock()
"""Held while a picture is decoded and looked at: one of 50 million pixels takes up to 400 MB."""


class PictureError(ValueError):
    """A file that is not a usable picture; the message says what is wrong with it.

    Of this class itself, it is damaged.
    """


class NoPictureError(PictureError):
    """A file in no format that is read."""


class TooLargePictureError(PictureError):
    """A picture with too many bytes, pixels or scans."""


class Picture(NamedTuple):
    """An upright picture of at most 1280 pixels a side.

    Parameters
    ----------
    colours : (H, W, 3) float32 in [0, 1]
        Red, green and blue, not yet laid on anything where the picture is transparent.
    opacity : (H, W) float32 in [0, 1], or None
        None where the picture is opaque everywhere.
    """

    colours: NDArray[np.float32]
    opacity: NDArray[np.float32] | None


def picture_from_upload(content: bytes) -> Picture:
    """Decode an uploaded picture.

    Parameters
    ----------
    content : bytes
        A file in one of `FORMATS`, of at most 10 MiB and 50 million pixels; of an animation or a
        file with several pages, the first picture.

    Raises
    ------
    PictureError
        For another format, a damaged file or one that is too large.
    """
    with one_at_a_time:  # what a decoded picture takes is given back before the next begins
        return picture_of(checked(content))


def checked(content: bytes) -> Image.Image:
    """Open a picture file whose bytes, pixels and scans are within the limits; decode nothing.

    Returns
    -------
    image : Image
        A JPEG is told to decode at a fraction of its size, which `image.size` says.

    Raises
    ------
    NoPictureError, TooLargePictureError
    """
    if len(content) > LARGEST_FILE:
        raise TooLargePictureError(
            f"the picture has {len(content) / 2**20:.0f} MiB; at most "
            f"{LARGEST_FILE // 2**20} MiB are read"
        )
    _make_heif_known()
    image = opened(content, FORMATS)
    if image.width * image.height > MOST_PIXELS:
        raise TooLargePictureError(
            f"the picture has {image.width} × {image.height} pixels; at most "
            f"{MOST_PIXELS // 1_000_000} million are read"
        )
    if image.format in ("JPEG", "MPO") and content.count(b"\xff\xda") > MOST_SCANS:
        raise TooLargePictureError(f"the JPEG has more than {MOST_SCANS} scans")
    image.draft("RGB", (DECODED_SIDE, DECODED_SIDE))
    return image


def picture_of(image: Image.Image) -> Picture:
    """Decode what `checked` has opened; raise PictureError where it cannot be."""
    try:
        return _upright(decoded(image))
    except (OSError, ValueError, SyntaxError, MemoryError) as error:
        if isinstance(error, PictureError):
            raise
        raise PictureError(f"the {image.format} file is of a kind that is not read") from error


@functools.cache
def _make_heif_known() -> None:
    """Have Pillow read the photos of phones, by libheif, whose own limits hold on top of these."""
    import pillow_heif  # here: it takes 70 ms of a start

    pillow_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False)


def opened(content: bytes, formats: tuple[str, ...]) -> Image.Image:
    """Read a file's header; raise PictureError for anything but these formats."""
    try:
        return Image.open(io.BytesIO(content), formats=formats)
    except Image.DecompressionBombError as error:
        raise TooLargePictureError("the picture has far too many pixels") from error
    except Exception as error:  # Pillow's parsers raise whatever a damaged header leads to
        wanted = ", ".join(formats)
        raise NoPictureError(f"this is not a picture that can be read ({wanted})") from error


def decoded(image: Image.Image) -> Image.Image:
    """Decode the pixels; raise PictureError where the file is damaged."""
    try:
        image.load()
    except Exception as error:  # as above
        raise PictureError(f"the {image.format} file is damaged and cannot be decoded") from error
    return image


def _upright(image: Image.Image) -> Picture:
    if image.mode.startswith("I") or image.mode == "F":
        grey = _upright_image(_of_one_range(image))
        levels = np.clip(np.asarray(grey, np.float32), 0, 1)
        return Picture(np.repeat(levels[..., np.newaxis], 3, axis=2), None)
    is_clear = "A" in image.getbands() or "a" in image.getbands() or "transparency" in image.info
    mode = "RGBA" if is_clear else "RGB"
    # of the first, Pillow would drop pixels; one clear colour would be mixed with others
    if image.mode in ("1", "P", "PA") or "transparency" in image.info:
        image = image.convert(mode)
    image = _upright_image(image)
    values = np.asarray(image.convert(mode), np.float32) / np.float32(255)
    if not is_clear or values[..., 3].min() == 1:
        return Picture(values[..., :3], None)
    return Picture(values[..., :3], values[..., 3])


def _of_one_range(image: Image.Image) -> Image.Image:
    """Bring deep grey, whole or broken numbers, to 0 to 1, in float32.

    A camera's or a scanner's 10, 12 or 14 bits stand in a file of 16 or 32, so the range is the
    least of so many bits that holds the data.
    """
    values = np.nan_to_num(_mean_of_blocks(np.asarray(image)), posinf=0, neginf=0)
    if values.min() < 0:
        values = values - values.min()
    most = float(values.max())
    if most > 1:
        most = next((float(2**bits - 1) for bits in (8, 10, 12, 14, 16) if most < 2**bits), most)
    scaled = Image.fromarray(values / np.float32(most if most > 0 else 1))
    scaled.info, scaled._exif = image.info, getattr(image, "_exif", None)
    return scaled


def _mean_of_blocks(values: NDArray[Any]) -> NDArray[np.float32]:
    """Reduce by a whole number, as Pillow cannot reduce deep grey; a rest is left out."""
    step = max(1, max(values.shape) // DECODED_SIDE)
    step = min(step, *values.shape)
    height, width = (n // step for n in values.shape)
    total = np.zeros((height, width), np.float32)
    for y in range(step):
        for x in range(step):
            total += values[y::step, x::step][:height, :width]
    mean: NDArray[np.float32] = (total / np.float32(step * step)).astype(np.float32, copy=False)
    return mean


def _reduced(image: Image.Image) -> Image.Image:
    """Reduce a picture to 1,024 pixels a side, in strips: Pillow copies what is transparent."""
    longer = max(image.size)
    if longer <= 1.25 * DECODED_SIDE:  # a little more is cheaper than losing sharpness
        return image
    width, height = (max(1, round(n * DECODED_SIDE / longer)) for n in image.size)
    reduced = Image.new(image.mode, (width, height))
    rows = image.height / height  # of the picture, for one of the reduced one
    for top in range(0, height, STRIP):
        bottom = min(top + STRIP, height)
        first, last = math.floor(top * rows), min(math.ceil(bottom * rows), image.height)
        part = (0, top * rows - first, image.width, min(bottom * rows, image.height) - first)
        strip = image.crop((0, first, image.width, last))
        reduced.paste(strip.resize((width, bottom - top), Image.Resampling.BOX, box=part), (0, top))
    return reduced


def _upright_image(image: Image.Image) -> Image.Image:
    try:
        orientation = image.getexif().get(ORIENTATION)
    except Exception:  # a broken EXIF block is not worth losing the picture
        orientation = None
    image = _reduced(image)
    turn = TO_UPRIGHT.get(orientation) if isinstance(orientation, int) else None
    return image if turn is None else image.transpose(turn)
