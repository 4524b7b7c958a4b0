"""Parts: which ink on a drawing is a digit, and which is none.

A drawing is looked at coarsely, through cells of at most 112 a side; a cell is inked where any of
its pixels is. Inked cells that touch, also at a corner, are one *piece* (a connected component).
Digits are written in one piece or in few that nearly touch, so pieces are joined by these rules,
in which sizes are in cells, a *gap* is the free way between two pieces at their nearest, and L is
the longer side of the largest piece:

1. *Dots and dashes in a row are a stroke.* Solid pieces of at most 35 % of the whole drawing's
   height join where their gap is at most one and a half times the longer side of the smaller one.
2. *A broken stroke.* Two pieces with a gap of at most 8 % of L join; but two tall ones side by
   side, which may well be two digits, only up to 6 %, and a dot beside anything up to 3 %.
3. *What stands above or below.* Two pieces one over the other, one at most half as high, join up
   to a gap of 25 % of L: the bar of a five, the foot of a one.
4. *The bar of a five.* A low piece at the upper right joins up to a gap of 25 % of L.

What has not joined and is small beside the largest is no digit: a tap, a full stop, a speck, or,
somewhat larger but solid, the ball of a hand.

Everything is decided in whole numbers and by comparisons, so that the same rules in another
language, over the same cells, find the same parts.

References
----------
R. G. Casey, E. Lecolinet, "A survey of methods and strategies in character segmentation", IEEE
Transactions on Pattern Analysis and Machine Intelligence 18, 1996 (section 2.2, connected
components and their grouping).
"""

from __future__ import annotations

import dataclasses
import functools
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from model.preprocessing.centring import FAINTEST_INK, box_of

__all__ = ["MOST_PARTS", "TooManyPartsError", "parts"]

Cells = NDArray[np.bool_]

MOST_PARTS = 12
"""More digits than that are not read."""
MOST_PIECES = 100
"""More pieces than that are no writing: rain, a texture, noise."""
MOST_CELLS = 112
"""On the longer side of a drawing: a third of the canvas's 336 pixels."""

# All in percent, so that the rules are whole numbers.
PIECE_OF_STROKE = 35  # rule 1: longer side at most, of the whole drawing's height
SOLID = 40  # rule 1: cells at least, of the piece's box
IN_A_ROW = 150  # rule 1: gap at most, of the smaller piece's longer side
BROKEN = 8  # rule 2: gap at most, of L
NEARLY_TOUCHING = 6  # rule 2, two tall pieces
DOT_TOUCHING = 3  # rule 2, a dot
TALL = 50  # height at least, of the tallest piece
BESIDE = 30  # common columns below, of the narrower piece
DOT = 30  # longer side at most, of L
OVER = 50  # rule 3: common columns at least, of the narrower piece
LOW = 50  # rules 3 and 4: height at most, of the other piece
AWAY = 25  # rules 3 and 4: gap at most, of L
SMALL = 35  # dropped: longer side below, of the largest
BALL = 50  # dropped where solid and round: longer side below
ROUND = 65  # cells at least, of the box
ROUND_SIDE = 60  # shorter side at least, of the longer


class TooManyPartsError(ValueError):
    """More parts than a number has digits here; the message says how many."""


@dataclasses.dataclass(frozen=True, eq=False)
class _Piece:
    """Some ink: its box in cells, to which right and bottom belong, how many, and its rim."""

    left: int
    right: int
    top: int
    bottom: int
    n_cells: int
    rim: NDArray[np.int32]  # (n, 2), x and y
    members: frozenset[int]

    @property
    def width(self) -> int:
        return self.right - self.left + 1

    @property
    def height(self) -> int:
        return self.bottom - self.top + 1

    @property
    def longer(self) -> int:
        return max(self.width, self.height)

    @property
    def shorter(self) -> int:
        return min(self.width, self.height)

    def is_solid(self, percent: int) -> bool:
        return 100 * self.n_cells >= percent * self.width * self.height


def parts(ink: NDArray[np.floating[Any]]) -> list[NDArray[np.float32]]:
    """Find the digits on a drawing.

    Parameters
    ----------
    ink : (H, W) floats between 0 and 1
        1 is ink.

    Returns
    -------
    parts : list of (H, W) float32
        Pictures of one digit each, left to right, every one in its old place; none for a drawing
        without ink. A drawing in which nothing is dropped or parted is handed back itself.

    Raises
    ------
    TooManyPartsError
        For over 12 parts, or over 100 pieces.
    """
    ink = ink.astype(np.float32, copy=False)
    step = max(1, -(-max(ink.shape) // MOST_CELLS))
    inked = ink > FAINTEST_INK
    rows, columns = box_of(inked)
    top, left = rows.start // step * step, columns.start // step * step  # where a cell begins
    cells = _cells(inked[top : rows.stop, left : columns.stop], step)
    labels, n_pieces = ndimage.label(cells, np.ones((3, 3), np.int8))
    if n_pieces <= 1:
        return [ink] * n_pieces
    if n_pieces > MOST_PIECES:
        raise TooManyPartsError(f"a drawing may have {MOST_PIECES} pieces, got {n_pieces}")
    kept = _without_strays(_joined(_pieces(cells, labels)))
    if len(kept) > MOST_PARTS:
        raise TooManyPartsError(f"a number may have {MOST_PARTS} digits, got {len(kept)}")
    if len(kept) == 1 and len(kept[0].members) == n_pieces:
        return [ink]
    in_order = sorted(kept, key=lambda piece: (piece.left + piece.right, piece.top))
    inside = slice(top, rows.stop), slice(left, columns.stop)
    return [_only(ink, inside, np.isin(labels, list(p.members)), step) for p in in_order]


def _cells(inked: Cells, step: int) -> Cells:
    """Say of each step × step pixels whether any is inked; the last row and column may be cut."""
    rows = _any_of_each(inked, step)
    return _any_of_each(rows.T, step).T


def _any_of_each(rows: Cells, step: int) -> Cells:
    """Unite every `step` rows, the last of which may be missing."""
    united = rows[::step].copy()
    for first in range(1, step):
        others = rows[first::step]
        united[: len(others)] |= others
    return united


def _pieces(cells: Cells, labels: NDArray[np.int32]) -> list[_Piece]:
    inside = cells.copy()  # all four neighbours are inked
    inside[1:] &= cells[:-1]
    inside[:-1] &= cells[1:]
    inside[:, 1:] &= cells[:, :-1]
    inside[:, :-1] &= cells[:, 1:]
    found = []
    for i, (rows, columns) in enumerate(ndimage.find_objects(labels), start=1):
        mine = labels[rows, columns] == i
        y, x = np.nonzero(mine & ~inside[rows, columns])
        rim = np.stack([x + columns.start, y + rows.start], axis=1).astype(np.int32)
        box = (columns.start, columns.stop - 1, rows.start, rows.stop - 1)
        found.append(_Piece(*box, int(np.count_nonzero(mine)), rim, frozenset({i})))
    return found


def _joined(pieces: list[_Piece]) -> list[_Piece]:
    """Join what belongs together: rule 1 first, then the others on what came out of it."""
    height = max(p.bottom for p in pieces) - min(p.top for p in pieces) + 1
    strokes = _merged(pieces, [p for p in pieces if _may_be_of_a_stroke(p, height)], _are_in_a_row)
    longest = max(piece.longer for piece in strokes)
    tallest = max(piece.height for piece in strokes)
    belong = functools.partial(_belong_together, longest=longest, tallest=tallest)
    return _merged(strokes, strokes, belong)


def _merged(pieces: list[_Piece], among: list[_Piece], belong: Any) -> list[_Piece]:
    """Unite every two of `among` that belong together, and what hangs on them."""
    group = {id(piece): {id(piece)} for piece in pieces}
    for i, one in enumerate(among):
        for other in among[:i]:
            if group[id(one)] is not group[id(other)] and belong(one, other):
                both = group[id(one)] | group[id(other)]
                group.update(dict.fromkeys(both, both))
    groups = {id(members): members for members in group.values()}.values()
    return [_union([p for p in pieces if id(p) in members]) for members in groups]


def _union(pieces: list[_Piece]) -> _Piece:
    if len(pieces) == 1:
        return pieces[0]
    return _Piece(
        min(p.left for p in pieces),
        max(p.right for p in pieces),
        min(p.top for p in pieces),
        max(p.bottom for p in pieces),
        sum(p.n_cells for p in pieces),
        np.concatenate([p.rim for p in pieces]),
        frozenset().union(*(p.members for p in pieces)),
    )


def _may_be_of_a_stroke(piece: _Piece, height: int) -> bool:
    return 100 * piece.longer <= PIECE_OF_STROKE * height and piece.is_solid(SOLID)


def _are_in_a_row(one: _Piece, other: _Piece) -> bool:
    return _gap_is_at_most(IN_A_ROW, min(one.longer, other.longer), one, other)


def _belong_together(one: _Piece, other: _Piece, *, longest: int, tallest: int) -> bool:
    common = min(one.right, other.right) - max(one.left, other.left) + 1
    narrower = min(one.width, other.width)
    low, high = sorted((one, other), key=lambda piece: piece.height)
    is_low = 100 * low.height <= LOW * high.height
    is_dot = 100 * min(one.longer, other.longer) <= DOT * longest
    if is_dot:
        small = min(one, other, key=lambda piece: piece.longer)
        if 100 * small.shorter >= ROUND_SIDE * small.longer:
            return _gap_is_at_most(DOT_TOUCHING, longest, one, other)
    elif 100 * low.height >= TALL * tallest and 100 * common < BESIDE * narrower:
        return _gap_is_at_most(NEARLY_TOUCHING, longest, one, other)
    is_over = 100 * common >= OVER * narrower
    upper = high.top + high.bottom - high.height // 2  # twice the row a quarter above its middle
    is_bar = low.left > high.left and low.top + low.bottom < upper
    away = AWAY if is_low and (is_over or is_bar) else BROKEN
    return _gap_is_at_most(away, longest, one, other)


def _gap_is_at_most(percent: int, size: int, one: _Piece, other: _Piece) -> bool:
    """Whether the free way between the nearest cells is at most so many percent of a size.

    Cells that touch are 1 apart, at a corner √2, and have no gap.
    """
    reach = percent * size // 100 + 1  # in cells, from middle to middle
    beside = max(one.left, other.left) - min(one.right, other.right)
    below = max(one.top, other.top) - min(one.bottom, other.bottom)
    if max(beside, below) > reach:
        return False
    apart = one.rim[:, np.newaxis] - other.rim  # (n, m, 2)
    return bool(((apart**2).sum(axis=2) <= reach**2).any())


def _without_strays(pieces: list[_Piece]) -> list[_Piece]:
    longest = max(piece.longer for piece in pieces)

    def is_digit(piece: _Piece) -> bool:
        is_ball = piece.is_solid(ROUND) and 100 * piece.shorter >= ROUND_SIDE * piece.longer
        return 100 * piece.longer >= (BALL if is_ball else SMALL) * longest

    return [piece for piece in pieces if is_digit(piece)]


def _only(
    ink: NDArray[np.float32], inside: tuple[slice, slice], cells: Cells, step: int
) -> NDArray[np.float32]:
    """Return the ink of some cells alone; the cells lie over a part of the drawing."""
    only = np.zeros_like(ink)
    part = ink[inside]
    height, width = part.shape
    only[inside] = part * cells.repeat(step, axis=0)[:height].repeat(step, axis=1)[:, :width]
    return only
