"""How a benchmark's table is printed: a line each, with its aim where it has one."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["Row", "print_rows"]

Row = tuple[str, str, str]
"""A name, a value with its unit, and the aim in words, "" for none."""


def print_rows(rows: Iterable[Row], name_width: int, value_width: int) -> None:
    """Print the rows, names on the left and values on the right of their columns."""
    for name, value, aim in rows:
        print(f"  {name:{name_width}} {value:>{value_width}}" + (f"   (aim: {aim})" if aim else ""))
