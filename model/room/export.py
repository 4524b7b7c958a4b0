"""A room's drawings as files: strokes as JSON lines, and a table of what was read."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from model.room.record import Drawing
from model.room.wall import Tile

__all__ = ["as_csv", "as_jsonl", "phone_numbers"]

COLUMNS = ("phone", "drawing", "seconds", "asked", "read", "mark", "place")


def phone_numbers(drawings: Iterable[Drawing]) -> dict[str, int]:
    """Return a number for each phone, from 1, in the order in which they drew first.

    In what leaves the server a phone has no other name.
    """
    numbers: dict[str, int] = {}
    for drawing in drawings:
        numbers.setdefault(drawing.phone, len(numbers) + 1)
    return numbers


def as_jsonl(drawings: Sequence[Drawing]) -> str:
    """Return the drawings that count, as `model.data.strokes` reads them, a line each.

    These are the ones with an asked digit that are neither hidden nor taken back.

    Beside `label` and `strokes` a line has `phone`, a number.
    """
    phones = phone_numbers(drawings)
    lines = (
        f'{{"label":{each.asked},"phone":{phones[each.phone]},"strokes":{each.strokes}}}\n'
        for each in drawings
        if each.asked is not None and not each.is_gone and not each.is_hidden
    )
    return "".join(lines)


def as_csv(tiles: Sequence[Tile]) -> str:
    """Return what a model read, a row for each drawing; seconds count from the first one."""
    file = io.StringIO()
    rows = csv.writer(file, lineterminator="\n")
    rows.writerow(COLUMNS)
    phones = phone_numbers(tile.drawing for tile in tiles)
    first = min((tile.drawing.sent for tile in tiles), default=0.0)
    for number, tile in enumerate(tiles, start=1):
        drawing = tile.drawing
        asked = "" if drawing.asked is None else drawing.asked
        row = (phones[drawing.phone], number, f"{drawing.sent - first:.1f}", asked, tile.read)
        rows.writerow((*row, tile.mark, tile.place))
    return file.getvalue()
