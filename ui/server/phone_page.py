"""The audience's page, put together from web/ and the browser's reader, and the model for it.

Everything together has at most 150 kB on the wire: see tests/ui/test_phone_page.py.
"""

from __future__ import annotations

import functools
import gzip
import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save as save_tensors
from starlette.responses import Response

from model.classifier.checkpoint import Checkpoint
from model.classifier.reject import NO_REJECTOR, UNSEEN_MARGIN
from model.classifier.softmax import SoftmaxRegression
from model.config import N_CLASSES
from model.room import drawing
from ui.components.live_bars import READER
from ui.components.shared.colours import INK, MIXED, PAPER, TEXT, as_hex
from ui.components.shared.parts import page, script, style

__all__ = ["FILES", "model_names", "model_part", "preloads", "response"]

FILES = ("phone.js", "phone.css", "reader.js")
"""Beside the page itself."""

WEB = Path(__file__).parents[2] / "web"
LINE = 25
"""Per cent of the text's colour in a button's edge."""
A_YEAR = 365 * 24 * 3600
MOST_MODELS = 64
"""Packed and kept, for more rooms than may be open: to pack one holds up the server for 20 ms."""
TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css"}
PAGE_WORDS = {
    "title": "Inkling",
    "canvas": "Drawing canvas",
    "bars": "Probability of each digit",
    "clear": "Clear",
    "undo": "Undo",
    "send": "Send",
    "free": "Draw what you like",
    "take_back": "Take mine back",
    "kept": (
        "Your strokes are stored for this room, with a random number for your phone and no name or"
        " address."
    ),
    "loading": "Joining the room …",
}
WORDS: dict[str, Any] = {
    "ask": "Draw {digit}",
    "ask_free": "Draw any digit",
    "named": [f"{'an' if digit == 8 else 'a'} {digit}" for digit in range(N_CLASSES)],
    "empty": "Draw with a finger",
    "answer": "Looks like {digit}",
    "unsure": "Not sure, perhaps {digit}",
    "unfamiliar": "Not sure what this is",
    "several": "Several digits: one at a time",
    "free": "Draw what you like",
    "asked": "Ask me for a digit",
    "sent": "Sent. Thank you.",
    "waiting": "No network: {n} will be sent when it is back.",
    "sending": "Sending {n} …",
    "mine": "You have sent {n}.",
    "room": "The room: {drawings} from {people}, {right} read right.",
    "room_first": "The room: {drawings} from {people}.",
    "drawings": ["one drawing", "{n} drawings"],
    "people": ["one person", "{n} people"],
    "not_now": "No network. Nothing was deleted: try again when it is back.",
    "not_yet": "One moment: a drawing is on its way.",
    "taken_back": "Yours are deleted.",
    "surely": "Delete all that you have sent?",
    "too_long": "That is as long as a drawing may be.",
    "closed": "The room is closed. Thank you for drawing.",
    "deleted": "This room was deleted, with all that was drawn in it.",
    "not_sent": ["One drawing was not sent.", "{n} drawings were not sent."],
    "paused": "The room is paused.",
    "too_many": "So many drawings wait that no more fit. They are sent when the network is back.",
}
"""What the page says; its HTML has `PAGE_WORDS`."""


def response(name: str, asked: Mapping[str, str], status: int = 200) -> Response:
    """Return one of the page's files; compressed where the browser takes it."""
    content, compressed = _file(name)
    headers = {
        "Cache-Control": "no-cache" if name == "phone.html" else f"max-age={A_YEAR}, immutable",
        "Vary": "Accept-Encoding",
    }
    if "gzip" in asked.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
        content = compressed
    return Response(content, status, headers, TYPES[Path(name).suffix])


def model_names(checkpoint: Checkpoint) -> dict[str, str]:
    """Return how the parts of a model are called, by their content: a phone keeps what it has."""
    return {name: f"{name}-{hash}" for name, (hash, _) in _model(checkpoint).items()}


def preloads(code: str, checkpoint: Checkpoint) -> dict[str, str]:
    """Return a header by which a browser fetches the model at once, not after it has joined."""
    parts = model_names(checkpoint).values()
    links = (f"<{code}/model/{part}>; rel=preload; as=fetch; crossorigin" for part in parts)
    return {"Link": ", ".join(links)}


def model_part(checkpoint: Checkpoint, name: str) -> Response | None:
    """Return a part of a model; None for another model's."""
    kind, _, hash = name.partition("-")
    known = _model(checkpoint).get(kind)
    if known is None or known[0] != hash:
        return None
    headers = {"Cache-Control": f"max-age={A_YEAR}, immutable", "Content-Encoding": "gzip"}
    return Response(known[1], media_type="application/octet-stream", headers=headers)


@functools.cache
def _file(name: str) -> tuple[bytes, bytes]:
    """Return a file as it is, and compressed."""
    content = _MADE[name]().encode()
    return content, gzip.compress(content, 9, mtime=0)


def _reader() -> str:
    return READER


def _html() -> str:
    versions = {name.replace(".", "_"): _version(name) for name in FILES}
    return page(WEB / "phone.html", PAGE_WORDS | versions)


def _version(name: str) -> str:
    """Return what a file is asked for with, so that a browser keeps it until it is another one."""
    return hashlib.sha256(_file(name)[0]).hexdigest()[:12]


def _javascript() -> str:
    names = "decodeModel, newCache, readParts"
    reader = f'import {{ {names} }} from "./reader.js?v={_version("reader.js")}";\n'
    return reader + script(
        "words.js",
        WEB / "phone.js",
        N_CLASSES=N_CLASSES,
        WORDS=WORDS,
        CANVAS_SIDE=drawing.SIDE,
        PEN=drawing.PEN,
        MOST_POINTS=drawing.MOST_POINTS,
        COLOURS={"ink": INK, "paper": PAPER},
    )


def _style() -> str:
    """Return the style sheet; older browsers know no `light-dark()`."""
    light, dark = (_colours(theme) for theme in (0, 1))
    return (
        f":root {{ color-scheme: light dark; {light} }}\n"
        f"@media (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}\n{style(WEB / 'phone.css')}"
    )


def _colours(theme: int) -> str:
    text, background = (_rgb(TEXT[name][theme]) for name in ("text", "background"))
    mixed = {
        name: as_hex(_mixed(text, background, percent))
        for name, percent in (*MIXED.items(), ("line", LINE))
    }
    named = {name: TEXT[name][theme] for name in ("text", "background")}
    named |= {"accent": TEXT["for"][theme], "link": TEXT["against"][theme]}
    return " ".join(f"--{name}: {value};" for name, value in (named | mixed).items())


def _rgb(colour: str) -> tuple[int, int, int]:
    red, green, blue = bytes.fromhex(colour[1:])
    return red, green, blue


def _mixed(
    text: tuple[int, int, int], background: tuple[int, int, int], percent: int
) -> tuple[int, int, int]:
    red, green, blue = (
        round(behind + (front - behind) * percent / 100)
        for front, behind in zip(text, background, strict=True)
    )
    return red, green, blue


_MADE: dict[str, Callable[[], str]] = {
    "phone.html": _html,
    "phone.js": _javascript,
    "phone.css": _style,
    "reader.js": _reader,
}


@functools.lru_cache(maxsize=MOST_MODELS)
def _model(checkpoint: Checkpoint) -> dict[str, tuple[str, bytes]]:
    """Return the hash and the content, compressed, of the two parts that a phone reads with.

    A weight has 16 bits instead of 32: the largest error is 1/65,534 of the largest weight, and the
    probabilities change by less than 0.001 (tests/ui/test_phone_page.py).
    """
    model, rule = checkpoint.model, checkpoint.reject_rule
    assert isinstance(model, SoftmaxRegression), "a room reads with a linear model"
    weights, scale = _in_16_bits(model.weights)
    of_weights: dict[str, Any] = {"input": model.input, "weights_scale": scale}
    first = _packed({"weights": weights, "bias": model.bias}, of_weights)
    arrays: dict[str, NDArray[Any]] = {"prototypes": rule.prototypes}
    values: dict[str, Any] = {
        "distance_weight": rule.rejector.distance_weight,
        "min_familiarity": rule.min_familiarity,
        "min_probability": rule.min_probability,
        "unseen": [],
        "unseen_margin": UNSEEN_MARGIN,
    }
    if rule.rejector is not NO_REJECTOR:
        scores, values["rejector_weights_scale"] = _in_16_bits(rule.rejector.weights)
        arrays |= {"rejector_weights": scores, "rejector_bias": rule.rejector.bias}
        values["unseen"] = list(rule.unseen)
    return {"weights": first, "rule": _packed(arrays, values)}


def _in_16_bits(array: NDArray[np.float32]) -> tuple[NDArray[np.int16], float]:
    """Return numbers as whole ones of 16 bits, and by what they are to be multiplied."""
    scale = float(np.abs(array).max()) / 32767 or 1.0
    return np.rint(array / scale).astype(np.int16), scale


def _packed(arrays: dict[str, NDArray[Any]], values: dict[str, Any]) -> tuple[str, bytes]:
    in_rows = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    content = save_tensors(in_rows, {"values": json.dumps(values)})
    return hashlib.sha256(content).hexdigest()[:16], gzip.compress(content, 9, mtime=0)
