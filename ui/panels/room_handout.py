"""The handout of a room: one page that needs no network, with its wall, figures and models."""

from __future__ import annotations

import base64
import html
import io
import time
from collections.abc import Mapping, Sequence

import numpy as np
from PIL import Image

from model.classifier.checkpoint import Checkpoint
from model.config import SIDE
from model.room.figures import Proportion
from model.room.wall import Tile
from ui.elements import wording
from ui.server import resources
from ui.server.rooms import LiveRoom

__all__ = ["handout"]

ACROSS = 20
"""Drawings in a row of the wall's picture."""
PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Inkling: a room</title>
<style>
  :root {{ color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }}
  body {{ max-width: 50rem; margin: 2rem auto; padding: 0 1rem; }}
  img {{ width: 100%; image-rendering: pixelated; background: #000; border-radius: .5rem; }}
  table {{ border-collapse: collapse; }}
  th, td {{ padding: .3rem .8rem .3rem 0; text-align: right; }}
  tr {{ border-bottom: 1px solid color-mix(in srgb, currentcolor 20%, transparent); }}
  th:first-child {{ text-align: left; }}
</style>
<h1>What this room drew, {opened}</h1>
<p>{said}</p>
<img alt="The drawings of the room" src="{wall}">
<h2>The models</h2>
<table><thead><tr><th>model</th><th>this room</th><th>95% interval</th><th>{test}</th></tr></thead>
<tbody>{models}</tbody></table>
{judges}
<h2>Digit by digit</h2>
<table><thead><tr><th>digit</th><th>right</th><th>of</th></tr></thead><tbody>{digits}</tbody></table>
<p>Each model is one formula, y = softmax(xW + b), with 7,850 numbers. The one that read in the room
is in this page: <a download="room.safetensors" href="{model}">take it home</a>, and open it in
Inkling with <i>Upload a model</i>.</p>
</html>
"""


def handout(live: LiveRoom, compared: Mapping[str, Checkpoint]) -> str:
    """Return the page.

    Parameters
    ----------
    live : LiveRoom
    compared : str → Checkpoint
        Models by name.
    """
    figures = live.figures_of(live.model)
    tiles = [tile for tile in live.wall.tiles(live.model)[1] if tile.place == "wall"]
    learned = live.learned_by(*compared.values())
    opened = time.strftime("%d %B %Y", time.localtime(live.room.opened))
    return PAGE.format(
        opened=html.escape(opened),
        said=html.escape(wording.room_interval(figures.share, len(live.learned_by(live.model)))),
        wall=_address("image/png", _picture(tiles)),
        test=html.escape(wording.TEST_NAMES[resources.test_data()[0]]),
        models="".join(_row(name, live, each, learned) for name, each in compared.items()),
        judges=wording.room_judges(len(learned)),
        digits="".join(_digit(digit, one) for digit, one in enumerate(figures.by_digit)),
        model=_address("application/octet-stream", live.room.model),
    )


def _row(name: str, live: LiveRoom, model: Checkpoint, learned: frozenset[str]) -> str:
    share = live.wall.figures(model, learned).share
    return (
        f"<tr><th>{html.escape(name)}</th><td>{wording.proportion(share)}</td>"
        f"<td>{wording.interval(share)}</td><td>{resources.test_accuracy(model.model):.1%}</td></tr>"
    )


def _digit(digit: int, share: Proportion) -> str:
    return f"<tr><th>{digit}</th><td>{wording.proportion(share)}</td><td>{share.n:,}</td></tr>"


def _picture(tiles: Sequence[Tile]) -> bytes:
    """Return the drawings side by side, as a PNG."""
    rows = max(1, -(-len(tiles) // ACROSS))
    sheet = np.zeros((rows * SIDE, ACROSS * SIDE), np.uint8)
    for place, tile in enumerate(tiles):
        row, column = divmod(place, ACROSS)
        sheet[row * SIDE :, column * SIDE :][:SIDE, :SIDE] = tile.drawing.image
    file = io.BytesIO()
    Image.fromarray(sheet).save(file, "PNG")
    return file.getvalue()


def _address(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"
