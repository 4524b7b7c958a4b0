"""What was taken home: unpacked, and its notebook run as a person would, in its folder."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

__all__ = ["code_cells", "run_notebook", "unpacked"]

SAVE = 'np.save("said.npy", y)'


def unpacked(zipped: Path, folder: Path) -> Path:
    """Unpack inkling.zip into a folder; return where its files are."""
    with zipfile.ZipFile(zipped) as archive:
        archive.extractall(folder)
    return folder / "inkling"


def code_cells(folder: Path) -> list[str]:
    """Return the code of the notebook, cell by cell."""
    book = json.loads((folder / "inkling.ipynb").read_text(encoding="utf-8"))
    return ["".join(cell["source"]) for cell in book["cells"] if cell["cell_type"] == "code"]


def run_notebook(folder: Path) -> NDArray[np.float32]:
    """Run the notebook's cells in a Python that knows nothing of this program; return its `y`."""
    program = "\n".join([*code_cells(folder), SAVE])
    # -I: neither this folder's parents nor PYTHONPATH are looked in.
    subprocess.run([sys.executable, "-I", "-c", program], cwd=folder, check=True)
    said: NDArray[np.float32] = np.load(folder / "said.npy")
    return said
