"""The page's colours, each written once: for Python, for the style sheets and for JavaScript.

Blue speaks against, orange for: a pair that colour-blind people can tell apart. A map has the same
colours on a light and on a dark page; those of text are the theme's, in .streamlit/config.toml.
"""

from __future__ import annotations

__all__ = [
    "AGAINST",
    "BEHIND_MAP",
    "FOR",
    "INK",
    "MAP_COLOURS",
    "NEUTRAL",
    "PAPER",
    "TEXT",
    "as_hex",
    "custom_properties",
]

Colour = tuple[int, int, int]

AGAINST: Colour = (29, 95, 168)
NEUTRAL: Colour = (245, 243, 238)
FOR: Colour = (200, 88, 10)
"""The two ends and the middle of a signed map."""
BEHIND_MAP: Colour = (150, 147, 140)
"""Full ink below a signed map."""
MAP_COLOURS = {"AGAINST": AGAINST, "NEUTRAL": NEUTRAL, "FOR": FOR, "BEHIND_MAP": BEHIND_MAP}
"""The same for JavaScript, by name."""
INK, PAPER = "#ffffff", "#000000"
"""Of the drawing canvas."""

TEXT = {
    "text": ("#22201d", "#f0ede8"),
    "background": ("#fbfaf7", "#171614"),
    "for": ("#9a3f05", "#f0964a"),
    "against": ("#1d5fa8", "#7db4ee"),
}
"""For a light and for a dark page; each has a contrast of at least 4.5 : 1 on the background."""

MIXED = {"quiet": 72, "bar": 45, "track": 9}
"""Per cent of the text's colour: in quieter text, in a bar that does not win, and behind a bar."""


def as_hex(colour: Colour) -> str:
    """Return a colour as charts and style sheets write it."""
    return "#" + bytes(colour).hex()


def custom_properties() -> str:
    """Return a style sheet that names the colours; components inherit them from the page."""
    of_theme = {name: f"light-dark({light}, {dark})" for name, (light, dark) in TEXT.items()}
    mixed = {
        name: f"color-mix(in srgb, var(--inkling-text) {percent}%, var(--inkling-background))"
        for name, percent in MIXED.items()
    }
    values = (of_theme | mixed).items()
    return f":root {{ {' '.join(f'--inkling-{name}: {value};' for name, value in values)} }}"
