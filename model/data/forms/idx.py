"""IDX files, whatever they are called: as MNIST, EMNIST, torchvision and browsers name them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple

from model.data.array_files import DataError, parse_idx
from model.data.forms.entries import Entry, reading
from model.data.forms.labelling import digits_of
from model.data.forms.parts import ROLES, Limits, Part, Parts, Role, check_pair, joined, role_of
from model.data.forms.shaping import shaped, size_of
from model.data.mnist_files import IDX_NAMES

__all__ = ["matches", "read"]

Kind = Literal["images", "labels"]

_PREFERRED = ("digits", "mnist", "")
"""Words in the names of the set that is taken where a folder holds several, such as EMNIST's."""
_OWN_WORDS = re.compile(
    r"images?|labels?|idx\d?|ubyte|gz(ip)?|copy|raw|\d|t10k|test\w*|train\w*|val(id)?\w*"
)
_NAMES: dict[tuple[Role, Kind], str] = {
    ("train", "images"): IDX_NAMES[0],
    ("train", "labels"): IDX_NAMES[1],
    ("test", "images"): IDX_NAMES[2],
    ("test", "labels"): IDX_NAMES[3],
}


class _Pair(NamedTuple):
    images: Entry
    labels: Entry


_Set = dict[tuple[Role, Kind], Entry]


def matches(entries: Sequence[Entry]) -> bool:
    """Whether there are IDX files, by their names."""
    return any(_is_idx(entry.name) for entry in entries)


def read(entries: Sequence[Entry], limits: Limits) -> Parts:
    """Read the pairs of images and labels; see `table.FORMS`."""
    chosen = _chosen([entry for entry in entries if _is_idx(entry.name)])
    parts: dict[Role, Part] = {}
    size = None
    for role in ROLES:
        if (role, "images") in chosen or (role, "labels") in chosen:
            pair = _pair(chosen, role)
            parts[role], came = _part(pair, limits)
            size = size or came
    return joined(parts, size)


def _is_idx(name: str) -> bool:
    base = name.lower().rpartition("/")[2]
    return bool(re.search(r"ubyte|idx[13]", base)) and "idx2-int" not in base


def _kind(entry: Entry) -> Kind:
    base = entry.name.lower().rpartition("/")[2]
    if "label" in base or "image" in base:
        return "labels" if "label" in base else "images"
    with reading(entry) as stream:
        return "labels" if stream.read(4)[3:] == b"\1" else "images"


def _chosen(entries: Sequence[Entry]) -> _Set:
    """Return the files of one data set by part and kind."""
    sets: dict[str, _Set] = {}
    for entry in sorted(entries, key=_packed_first):
        key = role_of(entry.name) or "train", _kind(entry)
        sets.setdefault(_set_of(entry.name), {}).setdefault(key, entry)
    for word in _PREFERRED:
        for name, files in sorted(sets.items()):
            if word in name.split() or (word == "" and len(sets) == 1):
                return files
    raise DataError(
        f"{entries[0].where}: there are several data sets beside it: "
        f"{', '.join(sorted(sets))[:150]}; keep one"
    )


def _packed_first(entry: Entry) -> tuple[bool, str]:
    return not entry.name.endswith(".gz"), entry.name


def _set_of(name: str) -> str:
    """Return what is left of a name without the words that tell part and kind."""
    words = re.findall(r"[a-z]+\d*[a-z]*|\d+", name.lower())
    return " ".join(sorted({word for word in words if not _OWN_WORDS.fullmatch(word)}))


def _pair(files: _Set, role: Role) -> _Pair:
    kinds: tuple[Kind, Kind] = ("images", "labels")
    missing = [kind for kind in kinds if (role, kind) not in files]
    if missing:
        beside = next(iter(files.values())).where
        name = _NAMES.get((role, missing[0]), f"{role}-{missing[0]}")
        raise DataError(f"{beside}: its set lacks {name} (or the same ending in .gz)")
    return _Pair(files[role, "images"], files[role, "labels"])


def _part(pair: _Pair, limits: Limits) -> tuple[Part, tuple[int, int]]:
    with reading(pair.images) as stream:
        images = parse_idx(stream, pair.images.where, 3, limits.max_bytes)
    with reading(pair.labels) as stream:
        labels = parse_idx(stream, pair.labels.where, 1, limits.max_bytes)
    check_pair(len(images), pair.images.where, len(labels), pair.labels.where)
    digits = digits_of(labels, pair.labels.where)
    size = size_of(images.shape, pair.images.where)
    pictures = shaped(lambda: [images], images.shape, pair.images.where, limits)
    return Part(pictures, digits), size
