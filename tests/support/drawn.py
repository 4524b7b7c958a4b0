"""Drawings as the canvas sends them: a PNG and the strokes that it shows, in one JSON."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from model.data import strokes
from tests.support.canvas_message import SIDE, message, png
from tests.support.paths import SAMPLES

__all__ = ["SIDE", "Drawing", "drawings"]

# A stroke as Fabric.js writes it, less its path.
PATH = {
    **dict.fromkeys(("lockMovementX", "lockMovementY", "lockRotation"), False),
    **dict.fromkeys(("lockScalingX", "lockScalingY", "lockScalingFlip"), False),
    **dict.fromkeys(("lockSkewingX", "lockSkewingY", "flipX", "flipY"), False),
    "type": "Path",
    "version": "7.4.0",
    "originX": "center",
    "originY": "center",
    "left": 161.4265,
    "top": 169.0625,
    "width": 118.897,
    "height": 197.875,
    "fill": None,
    "stroke": "#ffffff",
    "strokeWidth": 22,
    "strokeDashArray": None,
    "strokeLineCap": "round",
    "strokeLineJoin": "round",
    "strokeDashOffset": 0,
    "strokeUniform": False,
    "strokeMiterLimit": 10,
    "scaleX": 1,
    "scaleY": 1,
    "angle": 0,
    "opacity": 1,
    "shadow": None,
    "visible": True,
    "backgroundColor": "",
    "skewX": 0,
    "fillRule": "nonzero",
    "paintFirst": "fill",
    "skewY": 0,
    "globalCompositeOperation": "source-over",
}


@dataclasses.dataclass(frozen=True, eq=False)
class Drawing:
    """A digit on the canvas.

    Parameters
    ----------
    ink : (336, 336) float32, 0 or 1
    n_strokes : int
    png : bytes
        The canvas's picture.
    message : str
        What the canvas sends after the last stroke.
    """

    ink: NDArray[np.float32]
    n_strokes: int
    png: bytes
    message: str


def drawings() -> Iterator[Drawing]:
    """Draw the sample digits again and again, each time at another size and place."""
    samples = list(strokes.read(SAMPLES))
    seed = 0
    while True:
        drawn = strokes.canvas_drawings(samples, seed=seed)
        for sample, ink in zip(samples, drawn, strict=True):
            ink = np.pad(ink, (SIDE - strokes.CANVAS) // 2)
            picture = png(Image.fromarray(np.rint(255 * ink).astype(np.uint8)).convert("RGBA"))
            objects = [_fabric_path(trace) for trace in sample.strokes]
            sent = json.dumps(message(picture, objects), separators=(",", ":"))
            yield Drawing(ink, len(objects), picture, sent)
        seed += 1


def _fabric_path(trace: strokes.Stroke) -> dict[str, Any]:
    start, *rest = trace
    curves = [["Q", *point, point[0] + 0.5, point[1] + 0.5] for point in rest]
    return {**PATH, "path": [["M", *start], *curves]}
