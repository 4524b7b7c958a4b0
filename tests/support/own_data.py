"""Specimens of data in every form that people have it in, of the same few pictures."""

from __future__ import annotations

import functools
import gzip
import io
import struct
import zipfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from model.data import datasets

__all__ = ["csv", "idx", "pictures", "some_digits", "write_csv", "write_idx", "written", "zipped"]

Pictures = NDArray[np.uint8]


@functools.cache
def some_digits() -> tuple[Pictures, Pictures]:
    """Return 120 of the built-in digits, (120, 28, 28), and their labels (120,)."""
    train = datasets.load("digits").train
    return train.images[:120], train.labels[:120]


def idx(array: Pictures) -> bytes:
    """Return an array as an IDX file."""
    header = bytes((0, 0, 8, array.ndim)) + struct.pack(f">{array.ndim}I", *array.shape)
    return header + array.tobytes()


def write_idx(folder: Path, images: str, labels: str, n: slice = slice(None)) -> Path:
    """Write a pair of IDX files by these names; return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, array in zip((images, labels), some_digits(), strict=True):
        content = idx(array[n])
        (folder / name).write_bytes(gzip.compress(content) if ".gz" in name else content)
    return folder


def csv(header: str | None = "label", n: slice = slice(None), end: str = "\n") -> str:
    """Return a CSV with the label first, with Kaggle's header or none."""
    images, labels = some_digits()
    names = ",".join([header, *(f"pixel{i}" for i in range(784))]) if header else None
    rows = [
        f"{label},{','.join(map(str, image.ravel()))}"
        for image, label in zip(images[n], labels[n], strict=True)
    ]
    return end.join(([names] if names else []) + rows) + end


def write_csv(path: Path, header: str | None = "label") -> Path:
    """Write `csv` to a file, gzipped where its name ends in .gz."""
    content = csv(header).encode()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


def pictures(n: slice = slice(None), beginning: str = "", side: int = 28) -> dict[str, bytes]:
    """Return PNG files by their paths, each in the folder of its digit."""
    files = {}
    for i, (image, label) in enumerate(zip(*(array[n] for array in some_digits()), strict=True)):
        content = io.BytesIO()
        picture = Image.fromarray(image)
        (picture if side == 28 else picture.resize((side, side))).save(content, "PNG")
        files[f"{beginning}{label}/{i:04}.png"] = content.getvalue()
    return files


def written(folder: Path, files: dict[str, bytes]) -> Path:
    """Write files into a folder; return it."""
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def zipped(path: Path, files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    """Write files into a zip archive; return it."""
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path
