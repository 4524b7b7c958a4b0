"""Ten shares in, ten small bars out, as HTML. The film has the same bars from JavaScript."""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ui.components.shared.parts import DIGIT

__all__ = ["side_by_side", "small_bars"]


def small_bars(shares: NDArray[np.floating[Any]], label: str) -> str:
    """Return bars for shares (10,) between 0 and 1, digit by digit; `label` says of what."""
    winner = int(shares.argmax())
    items = "".join(
        f"<li{' class=winner' if digit == winner else ''}><span class='track' role='meter'"
        f" aria-label='{DIGIT.format(digit=digit)}' aria-valuemin='0' aria-valuemax='100'"
        f" aria-valuenow='{100 * share:.1f}'><span class='bar' style='transform:"
        f" scaleY({share:.4f})'></span></span>{digit}<small>{share:.0%}</small></li>"
        for digit, share in enumerate(shares)
    )
    return f"<ol class='small-bars' aria-label='{html.escape(label, quote=True)}'>{items}</ol>"


def side_by_side(bars: Mapping[str, tuple[str, NDArray[np.floating[Any]]]]) -> str:
    """Return several bars beside each other: by title, what is said of them, and the shares."""
    figures = "".join(
        f"<figure><figcaption><b>{html.escape(title)}</b> {html.escape(told)}</figcaption>"
        f"{small_bars(shares, f'The bars of {title}')}</figure>"
        for title, (told, shares) in bars.items()
    )
    return f"<div class='compared'>{figures}</div>"
