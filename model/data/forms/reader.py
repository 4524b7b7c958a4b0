"""The reader of own data: recognises the form of a file, folder or zip archive, and reads it."""

from __future__ import annotations

from pathlib import Path

from model.data.array_files import DataError
from model.data.forms.entries import listed
from model.data.forms.parts import Limits, Parts, short
from model.data.forms.table import FORMS

__all__ = ["read"]


def read(path: Path, limits: Limits) -> tuple[str, Parts]:
    """Read own data.

    Parameters
    ----------
    path : Path
        A file, a folder, or a zip archive of either.
    limits : Limits

    Returns
    -------
    form, parts : (str, Parts)
        The name of the form in `FORMS`, and what was read.

    Raises
    ------
    DataError
        Where it is in no form that is known, is damaged, too large, or holds something else than
        pictures of digits with labels; the message names the file.
    """
    with listed(path, limits) as entries:
        for form in FORMS:
            if form.matches(entries):
                return form.name, form.read(entries, limits)
        found = ", ".join(short(entry.name) for entry in entries[:4])[:200]
    known = "; ".join(" with ".join(form.files) for form in FORMS)
    raise DataError(
        f"{short(str(path))}: holds no data in a form that is read ({known}; as they are, in a "
        f"folder or in a .zip); there is: {found or 'no file'}"
    )
