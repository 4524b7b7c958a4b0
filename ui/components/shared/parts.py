"""How a component's HTML, CSS and JavaScript are put together from files, constants and words.

A component's JavaScript is an inline module, which cannot import another one. So what several
components use is put before their own code, and so are the numbers and words that Python holds.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

__all__ = ["DIGIT", "page", "script", "style"]

DIGIT = "Digit {digit}"
"""The name of a bar, which a screen reader says."""

_HERE = Path(__file__).parent


def script(*files: Path | str, **constants: Any) -> str:
    """Return JavaScript: the constants by their names, then the files, one after the other.

    A file's bare name is one of this folder's.
    """
    given = (
        f"const {name} = {json.dumps(value, ensure_ascii=False)};\n"
        for name, value in constants.items()
    )
    return "".join([*given, *map(_bare, files)])


def style(*files: Path | str) -> str:
    """Return the style sheets as one, a line for each rule: it may be sent with every stroke."""
    words = (word for file in files for word in _text(file).split())
    return " ".join(words).replace("} ", "}\n") + "\n"


def page(file: Path, words: dict[str, str]) -> str:
    """Return HTML with the words in the places that name them in braces."""
    return _text(file).format_map(words)


def _bare(file: Path | str) -> str:
    """Return JavaScript without the lines that are comments, and without indentation."""
    lines = map(str.strip, _text(file).splitlines())
    return "".join(f"{line}\n" for line in lines if line and not line.startswith("//"))


def _text(file: Path | str) -> str:
    return (_HERE / file).read_text(encoding="utf-8")
