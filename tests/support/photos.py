"""Photos of written digits, made up: a sheet on a desk, a shadow, ruled paper, and the like.

Every maker takes a random generator and ink (H, W) and returns colours (h, w, 3) from 0 to 1.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy import ndimage

from tests.support.pictures import Ink, file

__all__ = ["KINDS", "as_file", "crossed", "laid"]

Colours = NDArray[np.float32]
Maker = Callable[[np.random.Generator, Ink], Colours]

PEN = (0.1, 0.12, 0.35)


def as_file(colours: Colours, rng: np.random.Generator, format: str = "JPEG") -> bytes:
    """Return a slightly blurred and noisy picture as a file."""
    soft = ndimage.gaussian_filter(colours, (0.6, 0.6, 0)) * 255
    noisy = soft + rng.normal(0, 3, (*soft.shape[:2], 1))
    return file(Image.fromarray(np.uint8(np.clip(noisy, 0, 255))), format)


def laid(
    ink: Ink,
    pen: tuple[float, ...] = PEN,
    paper: tuple[float, ...] = (0.95, 0.94, 0.91),
    size: tuple[int, int] = (360, 360),
    side: int = 240,
) -> Colours:
    """Lay ink of this side in pixels in the middle of a sheet of this height and width."""
    cover = _placed(ink, size, side)[..., np.newaxis]
    mixed: Colours = (1 - cover) * _colour(paper) + cover * _colour(pen)
    return mixed.astype(np.float32)


def crossed(side: int, pitch: int, width: int, across: bool = True, down: bool = True) -> Ink:
    """Return ruled lines on a square of this side."""
    image = Image.new("L", (side, side))
    pen = ImageDraw.Draw(image)
    for at in range(pitch // 2, side, pitch):
        if across:
            pen.line((0, at, side, at), fill=255, width=width)
        if down:
            pen.line((at, 0, at, side), fill=255, width=width)
    return np.asarray(image, np.float32) / np.float32(255)


def _colour(rgb: tuple[float, ...]) -> Colours:
    return np.array(rgb, np.float32)


def _placed(ink: Ink, size: tuple[int, int], side: int) -> Ink:
    small = Image.fromarray(np.uint8(255 * ink)).resize((side, side), Image.Resampling.BOX)
    image = Image.new("L", size[::-1])
    image.paste(small, ((size[1] - side) // 2, (size[0] - side) // 2))
    return np.asarray(image, np.float32) / np.float32(255)


def _on_a_desk(
    rng: np.random.Generator, sheet: Colours, share: float, degrees: float = 0
) -> Colours:
    """Lay a sheet on a brown desk with a grain, of which it fills a share."""
    side = round(sheet.shape[0] / share**0.5)
    grain = ndimage.gaussian_filter(rng.normal(0, 1, (side, side)), (1, 20))
    desk = _colour((0.3, 0.2, 0.15)) * (1 + 0.05 * grain / grain.std())[..., np.newaxis]
    layer = np.zeros((side, side, 4), np.float32)
    top, left = (int(rng.uniform(0.35, 0.65) * (side - n)) for n in sheet.shape[:2])
    layer[top : top + sheet.shape[0], left : left + sheet.shape[1]] = np.dstack(
        [sheet, np.ones(sheet.shape[:2], np.float32)]
    )
    if degrees:
        layer = np.clip(ndimage.rotate(layer, degrees, reshape=False, order=1), 0, 1)
    cover = layer[..., 3:]
    photo: Colours = (desk * (1 - cover) + layer[..., :3] * cover).astype(np.float32)
    return photo


def _desk_small(rng: np.random.Generator, ink: Ink) -> Colours:
    return _on_a_desk(rng, laid(ink, size=(180, 180), side=130), 0.16)


def _desk_large(rng: np.random.Generator, ink: Ink) -> Colours:
    return _on_a_desk(rng, laid(ink, size=(300, 300), side=200), 0.6)


def _desk_turned(rng: np.random.Generator, ink: Ink) -> Colours:
    return _on_a_desk(rng, laid(ink, size=(240, 240), side=180), 0.35, rng.choice([-9, 8]))


def _shadow(rng: np.random.Generator, ink: Ink, blur: float = 1) -> Colours:
    colours = laid(ink)
    y, x = np.mgrid[: colours.shape[0], : colours.shape[1]]
    edge = x + 0.4 * y - rng.uniform(0.45, 0.85) * colours.shape[1]
    shade = 0.45 + 0.55 / (1 + np.exp(np.clip(-edge / blur, -50, 50)))
    shaded: Colours = (colours * shade[..., np.newaxis]).astype(np.float32)
    return shaded


def _bars(rng: np.random.Generator, ink: Ink) -> Colours:
    bar = np.zeros((int(rng.uniform(90, 200)), 360, 3), np.float32)
    return np.concatenate([bar, laid(ink), bar[:80]])


def _margin(rng: np.random.Generator, ink: Ink) -> Colours:
    colours = laid(ink)
    colours[:, : int(rng.uniform(40, 58))] = 0.1
    colours[-45:] = 0.1
    colours[:20] = 0.1
    return colours


def _figure(rng: np.random.Generator, ink: Ink) -> Colours:
    n = int(rng.uniform(160, 240))
    colours = np.ones((360, 400, 3), np.float32)
    colours[60 : 60 + n, 90 : 90 + n] = laid(ink, (1, 1, 1), (0, 0, 0), (n, n), n * 9 // 10)
    return colours


def _tight(rng: np.random.Generator, ink: Ink) -> Colours:
    y, x = np.nonzero(ink > 0.5)
    part = ink[y.min() : y.max() + 1, x.min() : x.max() + 1]
    return _mixed(_bolder(part, int(rng.integers(8, 11))))


def _fat(rng: np.random.Generator, ink: Ink) -> Colours:
    return _mixed(_bolder(ink, int(rng.integers(9, 12))))


def _bolder(ink: Ink, by: int) -> Ink:
    bolder: Ink = ndimage.grey_dilation(ink, footprint=_disc(by))
    return bolder


def _mixed(ink: Ink) -> Colours:
    cover = ink[..., np.newaxis]
    mixed: Colours = _colour((0.95, 0.94, 0.91)) * (1 - cover) + _colour(PEN) * cover
    return mixed.astype(np.float32)


def _disc(radius: int) -> NDArray[np.bool_]:
    y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    disc: NDArray[np.bool_] = x**2 + y**2 <= radius**2
    return disc


def _with_marks(colours: Colours, marks: Ink, level: float) -> Colours:
    cover = marks[..., np.newaxis]
    return np.minimum(colours, (1 - cover) + cover * np.float32(level)).astype(np.float32)


def _ruled(rng: np.random.Generator, ink: Ink) -> Colours:
    lines = crossed(360, int(rng.integers(26, 40)), 2, down=False)
    return _with_marks(laid(ink), lines, rng.uniform(0.2, 0.7))


def _squared(rng: np.random.Generator, ink: Ink) -> Colours:
    lines = crossed(360, int(rng.integers(26, 40)), 2)
    return _with_marks(laid(ink), lines, rng.uniform(0.2, 0.7))


def _drawn(what: Callable[[ImageDraw.ImageDraw], None]) -> Ink:
    image = Image.new("L", (360, 360))
    what(ImageDraw.Draw(image))
    return np.asarray(image, np.float32) / np.float32(255)


def _box(rng: np.random.Generator, ink: Ink) -> Colours:
    box = _drawn(lambda pen: pen.rectangle((50, 45, 310, 315), outline=255, width=3))
    return _with_marks(laid(ink, side=220), box, 0.15)


def _circle(rng: np.random.Generator, ink: Ink) -> Colours:
    circle = _drawn(lambda pen: pen.ellipse((40, 40, 320, 320), outline=255, width=4))
    return _with_marks(laid(ink, side=190), circle, 0.15)


def _underline(rng: np.random.Generator, ink: Ink) -> Colours:
    line = _drawn(lambda pen: pen.line((90, 290, 270, 294), fill=255, width=9))
    return _with_marks(laid(ink, side=200), line, 0.15)


def _holes(rng: np.random.Generator, ink: Ink) -> Colours:
    def punch(pen: ImageDraw.ImageDraw) -> None:
        for y in (100, 240):
            pen.ellipse((15, y, 45, y + 30), fill=255)

    return _with_marks(laid(ink, side=200), _drawn(punch), 0.2)


def _thumb(rng: np.random.Generator, ink: Ink) -> Colours:
    thumb = _drawn(lambda pen: pen.ellipse((20, 225, 105, 470), fill=255))
    return _with_marks(laid(ink, side=200), thumb, 0.5)


def _equally_bright(rng: np.random.Generator, ink: Ink) -> Colours:
    pairs = [
        ((0.9, 0.45, 0.45), (0.47, 0.66, 0.42)),
        ((0.2, 0.4, 0.85), (0.6, 0.35, 0.25)),
    ]
    pen, paper = pairs[rng.integers(len(pairs))]
    return laid(ink, pen, paper)


KINDS: dict[str, Maker] = {
    "a small sheet on a desk": _desk_small,
    "a large sheet on a desk": _desk_large,
    "a sheet on a desk, turned": _desk_turned,
    "a sharp shadow": _shadow,
    "a soft shadow": lambda rng, ink: _shadow(rng, ink, 20),
    "the bars of a screenshot": _bars,
    "a scanner's dark margin": _margin,
    "white on black in a white figure": _figure,
    "a tight crop": _tight,
    "a fat pen": _fat,
    "ruled paper": _ruled,
    "squared paper": _squared,
    "a printed box": _box,
    "a circle": _circle,
    "an underline": _underline,
    "punched holes": _holes,
    "a thumb": _thumb,
    "a pen as bright as its paper": _equally_bright,
}
"""What is asked of a photo, with its maker."""
