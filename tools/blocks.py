"""Blocks of a Markdown file that a program writes, between two comments that name the block."""

from __future__ import annotations

from pathlib import Path

from model.files import write_whole

__all__ = ["get", "put"]


def get(text: str, name: str) -> str:
    """Return what stands between `<!-- name:begin -->` and `<!-- name:end -->`.

    Raises
    ------
    ValueError
        Where the text has no such block, or more than one.
    """
    _, block, _ = _parts(text, name)
    return block


def put(path: Path, name: str, block: str) -> None:
    """Replace a block of a file, or leave the file as it is.

    Raises
    ------
    SystemExit
        With one line to print, where the file cannot be written.
    ValueError
        Where the file has no such block, or more than one.
    """
    before, _, after = _parts(path.read_text(encoding="utf-8"), name)
    try:
        write_whole(path, f"{before}\n{block}\n{after}".encode())
    except OSError as error:
        raise SystemExit(f"{path.name} is unchanged: {error.strerror}") from error


def _parts(text: str, name: str) -> tuple[str, str, str]:
    """Return what stands before the block, comment included, the block, and what stands after."""
    begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    if text.count(begin) != 1 or text.count(end) != 1 or text.index(begin) > text.index(end):
        raise ValueError(f"expected one block between {begin} and {end}")
    before, _, rest = text.partition(begin)
    block, _, after = rest.partition(end)
    return before + begin, block.strip("\n"), end + after
