"""An environment with all that is installed here but TensorFlow and what comes with it."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from pathlib import Path

__all__ = ["python_without_tensorflow"]

LEFT_OUT = ("tensorflow", "keras", "tensorboard")


def python_without_tensorflow(folder: Path) -> str:
    """Make the environment in a folder and return its Python."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    python = folder / "bin" / "python"
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    told = subprocess.run([str(python), "-c", code], check=True, capture_output=True, text=True)
    for entry in Path(sysconfig.get_path("purelib")).iterdir():
        if not entry.name.startswith(LEFT_OUT):
            Path(told.stdout.strip(), entry.name).symlink_to(entry)
    return str(python)
