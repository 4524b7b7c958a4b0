"""The words and pages of what is taken home: the notebook, the film's page, README.txt."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import Final

from model.take_home import Cell
from ui.components.shared.colours import custom_properties
from ui.components.shared.parts import style

__all__ = ["FILES", "NOT_LINEAR", "NO_DRAWING", "NO_MODEL", "film_page", "notebook", "readme"]

FILES: Final = {
    "model.safetensors": "the model that answered",
    "drawings.npz": "your drawings as numbers",
    "drawings.jsonl": "their strokes, a line for each drawing",
    "film.html": "the film of your training and its receipt: open it in a browser",
    "inkling.ipynb": "a notebook, from the features to the probabilities",
    "README.txt": "this text",
}
NO_DRAWING = "There is no drawing here: draw a digit, and take it home again."
NO_MODEL = "There is no model here that could be saved."
NOT_LINEAR = (
    "These lines are for the linear models, y = softmax(xW + b). This one is of another kind."
)
OPENED = """To open the notebook:

    pip install numpy safetensors jupyter
    jupyter lab inkling.ipynb
"""

_CELLS = (
    Cell(
        "markdown",
        "# What the model made of my drawings\n\n"
        "The model is one formula, *y* = softmax(*xW* + *b*). Here are its *W* and *b*, and an *x*"
        " for each drawing.",
    ),
    Cell(
        "code",
        "import numpy as np\n"
        "from safetensors.numpy import load_file\n"
        "\n"
        'model = load_file("model.safetensors")\n'
        'drawings = np.load("drawings.npz")\n'
        'x, W, b = drawings["features"], model["weights"], model["bias"]\n'
        "print(x.shape, W.shape, b.shape)",
    ),
    Cell("markdown", "My last drawing, as the page centred it: 28 × 28."),
    Cell(
        "code",
        'for row in drawings["pictures"][-1]:\n'
        '    print("".join(" .:*#"[int(4 * ink)] for ink in row))',
    ),
    Cell("markdown", "The scores, and the softmax of them: ten probabilities for each drawing."),
    Cell(
        "code",
        "scores = x @ W + b\n"
        "exp = np.exp(scores - scores.max(axis=1, keepdims=True))\n"
        "y = exp / exp.sum(axis=1, keepdims=True)\n"
        "for probabilities in y:\n"
        "    digit = probabilities.argmax()\n"
        '    print(f"{digit}: {probabilities[digit]:.1%}")',
    ),
    Cell("markdown", "The page came to the same numbers."),
    Cell("code", 'print(np.abs(y - drawings["probabilities"]).max())'),
)


def notebook(problem: str | None) -> tuple[Cell, ...]:
    """Return the notebook's cells; where something is in their way, a cell that says what."""
    title = Cell("markdown", "# What the model made of my drawings")
    return _CELLS if problem is None else (title, Cell("markdown", problem))


PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none';
 style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:">
<link rel="icon" href="data:,">
<title>Inkling: how my model learned</title>
<style>
  {colours}
  :root {{
    color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif;
    color: var(--inkling-text); background: var(--inkling-background);
    --st-text-color: var(--inkling-text); --st-primary-color: var(--inkling-for);
    --st-secondary-background-color: var(--inkling-track); --st-font: inherit;
    --st-border-color: color-mix(in srgb, currentcolor 25%, transparent);
  }}
  body {{ max-width: 50rem; margin: 2rem auto; padding: 0 1rem; }}
  h2 {{ margin-top: 2.5rem; }}
  .contact {{ display: flex; flex-wrap: wrap; gap: .75rem; }}
  .contact figure {{ width: 4.5rem; }}
  .contact figcaption {{ justify-content: center; }}
  img.pixels {{ display: block; image-rendering: pixelated; border-radius: .375rem; }}
  .wide {{ overflow-x: auto; }}
  .figures {{ border-collapse: collapse; font-variant-numeric: tabular-nums; }}
  .figures :is(th, td) {{ padding: .25rem .8rem .25rem 0; text-align: right; }}
  .figures th:first-child {{ text-align: left; }}
  .figures tbody tr {{ border-top: 1px solid var(--st-border-color); }}
</style></head>
<body><main>
<h1>How my model learned</h1>
{parts}
</main></body></html>
"""


def film_page(parts: Mapping[str, tuple[str, str]]) -> str:
    """Return a page that asks for nothing.

    Parameters
    ----------
    parts : str → (str, str)
        By heading, a sentence, and HTML.
    """
    sections = (
        f"<section><h2>{html.escape(title)}</h2><p>{html.escape(told)}</p>{shown}</section>"
        for title, (told, shown) in parts.items()
    )
    return PAGE.format(colours=custom_properties() + style("signed.css"), parts="\n".join(sections))


def readme(here: Sequence[str], told: Sequence[str], missing: Sequence[str]) -> str:
    """Return what README.txt says.

    Parameters
    ----------
    here : names of files
        Keys of `FILES`.
    told : sentences
        What there is to say of them.
    missing : sentences
        What is not there, and why.
    """
    lines = ["Inkling: what you take home", "", *(f"{n:<19} {FILES[n]}" for n in here), ""]
    lines += [line for sentence in told for line in (sentence, "")]
    lines += [OPENED]
    lines += ["Missing:", *(f"- {each}" for each in missing), ""] if missing else []
    return "\n".join(lines)
