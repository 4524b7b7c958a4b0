"""Paper: which of dark and light is the ink of a sheet, and how much of it is where.

Two ways, as no one of them does for every picture:

- *Two levels.* A scan, a tight crop or a fat pen has two brightnesses and little between. Otsu's
  threshold parts them, and the sheet is what lies along the rim: nearly all of it, or, where ink
  touches the edges of a tight crop, the corners.
- *Paper nearby.* Under uneven light and shadows, the paper is the median brightness of a window
  that is wider than any stroke: a median keeps the edge of a shadow where it is. The ink is what
  is darker than all paper nearby, or lighter, whichever is more.

References
----------
N. Otsu, "A threshold selection method from gray-level histograms", IEEE Transactions on Systems,
Man, and Cybernetics 9, 1979.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

__all__ = ["Found", "Level", "ink_on_paper", "otsu"]

Grey = NDArray[np.float32]
Mask = NDArray[np.bool_]
Level = Literal["dark", "light"]


class Found(NamedTuple):
    """Ink, (H, W) float32 in [0, 1], and whether it is what is dark or what is light."""

    ink: Grey
    level: Level


LEAST_CONTRAST = 0.12
"""Least difference of ink and paper; a picture with less holds no drawing."""
COARSE_SIDE = 64
"""Longer side, in pixels, of the reduced picture on which the paper's brightness is estimated."""
WIDER_THAN_A_STROKE = 17
"""Side, in coarse pixels, of the median's window: 27 % of the picture."""
LEAST_STEP = 0.2
"""Least difference of two levels."""
LEVEL = 0.35
"""Most spread of a level, as a share of their difference."""
PEN_LEVEL = 0.65
"""The same of the pen where the rim shows that it is no shadow."""
NEARLY_ALL = 0.9
"""Share of the rim that decides alone."""
NEAR_EDGE = 0.27
"""How deep into the picture a thumb reaches, as a share of its shorter side."""
FAINT = 0.3
"""Ink that is fainter connects nothing."""
CLEARLY_MORE = 1.6
"""How much more there must be of dark than of light that stands out, or the other way round."""


def ink_on_paper(
    grey: Grey, sheet: Mask | None = None, wanted: Level | None = None
) -> tuple[Found, ...]:
    """Find the ink on a sheet.

    Parameters
    ----------
    grey : (H, W) float32 in [0, 1]
        Brightness, or another contrast of sheet and ink.
    sheet : (H, W) bool, optional
        Where the sheet is; everywhere without.
    wanted : {"dark", "light"}, optional
        What is the ink, whatever the sheet says.

    Returns
    -------
    inks : tuple of one or two Found
        One picture where the sheet decides what is ink, all zero where it holds no drawing. Two
        where it does not: the dark as ink, and the light as ink.
    """
    inside = np.ones(grey.shape, bool) if sheet is None else sheet
    levels = _two_levels(grey, inside)
    if levels is not None:
        threshold, step, decided = levels
        # a pen's edge is as wide as the blur: a ramp over half of the step keeps it soft
        dark = np.clip((threshold + step / 4 - grey) / (step / 2), 0, 1).astype(np.float32)
        light = np.clip((grey - threshold + step / 4) / (step / 2), 0, 1).astype(np.float32)
        dark, light = dark * inside, light * inside
        both = Found(dark, "dark"), Found(light, "light")
        return tuple(found for found in both if (wanted or decided) in (found.level, "either"))
    darkest, lightest = _paper(grey)
    dark = np.clip((darkest - grey) / np.maximum(darkest, 0.1), 0, 1) * inside
    light = np.clip(grey - lightest, 0, 1) * inside
    paper = ((darkest + lightest) / 2).astype(np.float32)
    much_dark, much_light = _amount(darkest - grey, inside), _amount(grey - lightest, inside)
    if wanted is None and much_dark >= CLEARLY_MORE * much_light:
        wanted = "dark"
    elif wanted is None and much_light >= CLEARLY_MORE * much_dark:
        wanted = "light"
    differences: dict[Level, Grey] = {"dark": dark, "light": light}
    found = [
        Found(_without_thumbs(_parted(difference, inside), grey, paper), level)
        for level, difference in differences.items()
        if wanted in (level, None)
    ]
    return tuple(each for each in found if each.ink.any()) or tuple(found[:1])


def otsu(values: NDArray[np.float32]) -> float:
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


def _two_levels(grey: Grey, inside: Mask) -> tuple[float, float, str] | None:
    """Return the threshold, the step and which is ink, if there are two clean levels."""
    values = grey[inside]
    threshold = otsu(values)
    is_dark = (grey <= threshold) & inside
    is_light = ~is_dark & inside
    if not is_dark.any() or not is_light.any():
        return None
    low, high = (np.quantile(grey[_deep(one)], [0.02, 0.5, 0.98]) for one in (is_dark, is_light))
    step = float(high[1] - low[1])
    if step < LEAST_STEP:
        return None
    middle = float(low[1] + high[1]) / 2
    rim = _rim(is_dark, inside)
    share = float(rim.mean())
    # a third level beyond the paper's: what is taken for paper is a shadow with ink in it
    beyond = (
        low[1] - np.quantile(grey[is_dark], 0.005),
        np.quantile(grey[is_light], 0.995) - high[1],
    )
    spreads = [
        max(level[2] - level[0], far) / step for level, far in zip((low, high), beyond, strict=True)
    ]
    is_level = [spread <= LEVEL for spread in spreads]
    if share <= 1 - NEARLY_ALL and is_level[1]:
        return middle, step, "dark"
    if share >= NEARLY_ALL and is_level[0]:
        return middle, step, "light"
    if not 1 - NEARLY_ALL < share < NEARLY_ALL or int((rim != np.roll(rim, 1)).sum()) <= 2:
        return None  # one straight edge through the picture: a shadow, or the end of a sheet
    n_dark = _dark_corners(is_dark)
    if (n_dark == 0 or (n_dark <= 2 and share < 0.4)) and _are_levels(spreads[1], spreads[0]):
        return middle, step, "dark"
    if (n_dark == 4 or (n_dark >= 2 and share > 0.6)) and _are_levels(*spreads):
        return middle, step, "light"
    return (middle, step, "either") if max(spreads) <= LEVEL else None


def _are_levels(paper: float, pen: float) -> bool:
    """Whether the paper is even; a blurred pen needs not be as much."""
    return paper <= LEVEL and pen <= PEN_LEVEL


def _dark_corners(is_dark: Mask) -> int:
    height, width = is_dark.shape
    corner = max(1, round(min(height, width) / 40))
    ends = [(slice(corner), slice(n - corner, None)) for n in (height, width)]
    return sum(is_dark[rows, columns].mean() > 0.5 for rows in ends[0] for columns in ends[1])


def _deep(region: Mask) -> Mask:
    """Return the half of a region that lies deepest in it, away from blurred edges."""
    depth = ndimage.distance_transform_edt(np.pad(region, 1, mode="edge"))[1:-1, 1:-1]
    deep: Mask = region & (depth >= np.median(depth[region]))
    return deep


def _rim(is_dark: Mask, inside: Mask) -> Mask:
    """Return, once around the sheet, what is dark; less single pixels."""
    if inside.all():
        around = np.concatenate(
            [is_dark[0], is_dark[1:, -1], is_dark[-1, -2::-1], is_dark[-2:0:-1, 0]]
        )
    else:
        edge = inside & ~ndimage.binary_erosion(inside, iterations=2)
        y, x = np.nonzero(edge)
        order = np.argsort(np.arctan2(y - y.mean(), x - x.mean()))
        around = is_dark[y[order], x[order]]
    size = max(3, len(around) // 200 * 2 + 1)
    smooth: Mask = ndimage.median_filter(around.astype(np.uint8), size=size, mode="wrap") > 0
    return smooth


def _paper(grey: Grey) -> tuple[Grey, Grey]:
    """Return the brightness of the darkest and of the lightest paper nearby."""
    image = Image.fromarray(grey)
    image.thumbnail((COARSE_SIDE, COARSE_SIDE), Image.Resampling.BOX)
    small = np.asarray(image)
    window = min(WIDER_THAN_A_STROKE, max(3, max(small.shape) * WIDER_THAN_A_STROKE // COARSE_SIDE))
    paper = ndimage.median_filter(small, size=window, mode="nearest")
    both = []
    for extreme in (ndimage.grey_erosion(paper, size=3), ndimage.grey_dilation(paper, size=3)):
        smooth = Image.fromarray(extreme).resize(grey.shape[::-1], Image.Resampling.BILINEAR)
        both.append(np.asarray(smooth))
    return both[0], both[1]


def _without_thumbs(ink: Grey, grey: Grey, paper: Grey) -> Grey:
    """Drop parts near the edge of the picture that go on, as dark, to the edge.

    A thumb is wider than a stroke, so the most of it is taken for paper; its rim is not.
    """
    parts, n = ndimage.label(ink > FAINT, np.ones((3, 3)))
    if n < 2:
        return ink
    height, width = ink.shape
    deep = round(NEAR_EDGE * min(height, width))
    result = ink.copy()
    for i, (rows, columns) in enumerate(ndimage.find_objects(parts), start=1):
        is_near = (
            rows.stop <= deep
            or columns.stop <= deep
            or rows.start >= height - deep
            or columns.start >= width - deep
        )
        part = parts[rows, columns] == i
        if not is_near or np.count_nonzero(part) < 20:
            continue
        level = float(np.median(grey[rows, columns][part]))
        around = float(np.median(paper[rows, columns][part]))
        alike = abs(grey - around) > abs(level - around) / 2
        alike &= (grey < around) == (level < around)
        regions, _ = ndimage.label(alike)
        mine = np.unique(regions[rows, columns][part])
        edge = np.concatenate([regions[0], regions[-1], regions[:, 0], regions[:, -1]])
        if np.isin(edge, mine[mine > 0]).sum() > 0.02 * (height + width):
            result[rows, columns][part] = 0
    return result


def _amount(difference: Grey, inside: Mask) -> float:
    """Return how much stands out, beyond noise."""
    values = difference[inside]
    return float(np.clip(values - 0.05, 0, None).sum())


def _parted(difference: Grey, inside: Mask) -> Grey:
    """Part ink from paper at Otsu's threshold; all zero without enough contrast."""
    values = difference[inside]
    threshold = otsu(values)
    is_ink = (difference > threshold) & inside
    if not is_ink.any():
        return np.zeros_like(difference, np.float32)
    contrast = float(difference[is_ink].mean() - difference[inside & ~is_ink].mean())
    if contrast < LEAST_CONTRAST:
        return np.zeros_like(difference, np.float32)
    low = threshold - contrast / 4
    ink: Grey = np.clip((difference - low) / (contrast / 2), 0, 1).astype(np.float32) * inside
    return ink
