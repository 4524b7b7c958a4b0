"""The browser's reader, run in a real browser on drawings that are handed to it."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Page

from model.classifier.checkpoint import Checkpoint
from ui.components.live_bars import READER, model_data

__all__ = ["read_in_browser"]

_READ = """async ({source, model, drawings}) => {
  const url = URL.createObjectURL(new Blob([source], {type: "text/javascript"}));
  const {decodeModel, newCache, readParts} = await import(url);
  URL.revokeObjectURL(url);
  const bytes = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const decoded = decodeModel(bytes(model));
  const cache = newCache();
  return drawings.map(({ink, width}) => {
    const grey = bytes(ink);
    const image = new ImageData(width, grey.length / width);
    const pixels = new Uint32Array(image.data.buffer);  // 0xAABBGGRR
    grey.forEach((level, i) => (pixels[i] = 0xff000000 + level * 0x010101));
    const readings = readParts(image, decoded, cache);
    return readings.map((reading) => ({...reading, picture: Array.from(reading.picture)}));
  });
}"""


def read_in_browser(
    page: Page, checkpoint: Checkpoint, inks: Sequence[NDArray[np.uint8]]
) -> list[list[dict[str, Any]]]:
    """Read drawings one after the other, as the page does frame by frame.

    Returns
    -------
    readings
        For each ink its digits, from left to right, each with the `verdict`, `probabilities` (10)
        and `picture` (784, 0 to 255).
    """
    drawings = [{"ink": _text(ink.tobytes()), "width": ink.shape[1]} for ink in inks]
    model = _text(model_data(checkpoint.model, checkpoint.reject_rule))
    readings: list[list[dict[str, Any]]] = []
    for start in range(0, len(drawings), 50):  # a message of some 10 MB
        some = drawings[start : start + 50]
        readings += page.evaluate(_READ, {"source": READER, "model": model, "drawings": some})
    return readings


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")
