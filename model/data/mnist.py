"""MNIST: the hashes of its files.

References
----------
Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, "Gradient-based learning applied to document
recognition", Proceedings of the IEEE 86, 1998.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from model.data.array_files import DataError
from model.data.mnist_files import IDX_NAMES

__all__ = ["SHA256", "check"]

SHA256 = (
    "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
)
"""Hashes of the four files, uncompressed, in the order of `IDX_NAMES`."""


def check(paths: Sequence[Path], hashes: Sequence[str]) -> None:
    """Make sure that files hold MNIST to the last bit.

    Parameters
    ----------
    paths : sequence of Path
        Four IDX files or one .npz file.
    hashes : sequence of str
        What `sha256s` says of their arrays.

    Raises
    ------
    DataError
        Naming the first file that differs.
    """
    for i, (arrived, wanted) in enumerate(zip(hashes, SHA256, strict=True)):
        if arrived != wanted:
            path = paths[i] if len(paths) > 1 else paths[0]
            raise DataError(
                f"{path}: is not MNIST's {IDX_NAMES[i]}: the SHA-256 of what it holds is "
                f"{arrived[:12]}…, not {wanted[:12]}…"
            )
