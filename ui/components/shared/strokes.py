"""How a template of strokes is drawn, for Python and for JavaScript; lengths in pixels of 28.

See `model.explanation.templates` for what the strokes are.
"""

from __future__ import annotations

import math

__all__ = ["ALONG", "APART", "BREADTH", "FIRST", "LENGTH", "STROKES"]

_SLANT = math.sqrt(0.5)

ALONG = ((0.0, 1.0), (_SLANT, -_SLANT), (1.0, 0.0), (_SLANT, _SLANT))
"""By orientation, the way that a stroke goes, (x, y)."""
LENGTH, BREADTH = 3.6, 1.1
"""Of a stroke; a weak one is less broad."""
FIRST, APART = (2, 1), (4, 2)
"""Where the first stroke's middle is, from the corner, and how far the next ones' are away: across
and down."""
STROKES = {"ALONG": ALONG, "LENGTH": LENGTH, "BREADTH": BREADTH, "FIRST": FIRST, "APART": APART}
"""The same for JavaScript, by name."""
