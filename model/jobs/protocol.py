"""What the page's server and the training process say to each other, and how it is written.

A message is one JSON object, followed by its arrays' bytes: nothing is unpickled, and whoever
reads never waits for more than what was announced.
"""

from __future__ import annotations

import dataclasses
import json
import math
import struct
from collections.abc import Mapping
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Message", "MessageError", "read", "write"]

_LENGTHS = struct.Struct("<II")  # of the JSON, of the arrays
_LARGEST = 1 << 20


class MessageError(ValueError):
    """What arrived is no message: the other side is not what it should be."""


@dataclasses.dataclass(frozen=True, eq=False)
class Message:
    """One message.

    Parameters
    ----------
    kind : str
        What it is about: "train", "control", "progress", …
    fields : mapping
        Whatever JSON can hold.
    arrays : mapping of str to ndarray of float32
        Weights and bias, where there are any; read-only when they were read.
    """

    kind: str
    fields: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    arrays: Mapping[str, NDArray[np.float32]] = dataclasses.field(default_factory=dict)


def write(stream: IO[bytes], message: Message) -> None:
    """Write a message and flush.

    Raises
    ------
    OSError
        Where the other side has gone.
    """
    arrays = {name: np.asarray(array, "<f4") for name, array in message.arrays.items()}
    shapes = {name: array.shape for name, array in arrays.items()}
    head = json.dumps([message.kind, dict(message.fields), shapes]).encode()
    body = b"".join(array.tobytes() for array in arrays.values())
    stream.write(_LENGTHS.pack(len(head), len(body)) + head + body)
    stream.flush()


def read(stream: IO[bytes]) -> Message | None:
    """Wait for a message and return it; None when the other side has gone, even in mid-message.

    Raises
    ------
    MessageError
        For bytes that `write` did not write.
    """
    lengths = stream.read(_LENGTHS.size)
    if len(lengths) < _LENGTHS.size:
        return None
    n_head, n_body = _LENGTHS.unpack(lengths)
    if max(n_head, n_body) > _LARGEST:
        raise MessageError(f"expected a message, got {lengths!r}")
    content = stream.read(n_head + n_body)
    if len(content) < n_head + n_body:
        return None
    try:
        kind, fields, shapes = json.loads(content[:n_head])
        return Message(kind, fields, _arrays(content[n_head:], shapes))
    except (ValueError, TypeError, AttributeError) as error:
        raise MessageError(f"expected a message, got {content[:40]!r}: {error}") from error


def _arrays(body: bytes, shapes: Mapping[str, list[int]]) -> dict[str, NDArray[np.float32]]:
    arrays = {}
    start = 0
    for name, shape in shapes.items():
        size = math.prod(shape)
        arrays[name] = np.frombuffer(body, "<f4", size, start).reshape(shape)
        start += 4 * size
    return arrays
