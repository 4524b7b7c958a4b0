"""The three pages that are compared: ours, one with only the canvas, and the usual pattern."""

from __future__ import annotations

import contextlib
import dataclasses
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np
from PIL import Image

from model.classifier import checkpoint
from model.classifier.base import softmax
from tests.support.crowd import is_right
from tests.support.drawn import Drawing
from tests.support.paths import CHECKPOINTS, ROOT
from tests.support.server import Server, serve
from tests.support.visitor import Elements

__all__ = ["BARE", "OURS", "SITES", "USUAL", "Site"]

HERE = Path(__file__).parent


@dataclasses.dataclass(frozen=True)
class Site:
    """A page, and how to tell whether it answered rightly.

    Parameters
    ----------
    name : str
    script : Path
    is_right : callable
        Whether the elements that a stroke brought are the answer to this drawing and no other.
    has_defaults : bool
        Streamlit's own settings hold, not ours.
    """

    name: str
    script: Path
    is_right: Callable[[Elements, Drawing], bool]
    has_defaults: bool = False

    @contextlib.contextmanager
    def served(self) -> Iterator[Server]:
        """Serve the page from an empty home until the block ends."""
        with tempfile.TemporaryDirectory(
            prefix="inkling-bench-", ignore_cleanup_errors=True
        ) as folder:
            home = Path(folder)
            environment, settings = self.environment(home), self.settings(home)
            with serve(home, self.script, environment, settings=settings) as server:
                yield server

    def settings(self, home: Path) -> Path:
        """Return the directory whose settings of Streamlit hold; an empty home has none."""
        return home if self.has_defaults else ROOT

    def environment(self, home: Path) -> Mapping[str, str]:
        """Return the variables that the page needs, and make what they name."""
        if self is not USUAL:
            return {}
        model = home / "pixels.keras"
        shipped = CHECKPOINTS / "pixels.safetensors"
        export = ("-m", "model", "export", "--format", "keras", "--checkpoint", str(shipped))
        command = [sys.executable, *export, str(model)]
        subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        return {"USUAL_MODEL": str(model)}


def _bare_is_right(shown: Elements, drawing: Drawing) -> bool:
    return any(
        f"<p class='answer'>{drawing.n_strokes}</p>" in element.html.body for element in shown
    )


def _usual_is_right(shown: Elements, drawing: Drawing) -> bool:
    image = Image.fromarray(np.rint(255 * drawing.ink).astype(np.uint8)).resize((28, 28))
    features = np.asarray(image, np.float32).ravel() / 255
    digit = softmax(features @ _PIXELS.model.weights + _PIXELS.model.bias).argmax()
    said = [re.findall(r"Prediction: (\d)", element.heading.body) for element in shown]
    return [str(digit)] in said


_PIXELS = checkpoint.load(CHECKPOINTS / "pixels.safetensors")
OURS = Site("ours", ROOT / "app.py", is_right)
BARE = Site("only the canvas", HERE / "bare_page.py", _bare_is_right)
USUAL = Site("usual pattern", HERE / "usual_page.py", _usual_is_right, has_defaults=True)
SITES = (OURS, BARE, USUAL)
