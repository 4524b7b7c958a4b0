"""Messages between the page's server and the training process, and how they are written.

A message is one JSON array, and after it the bytes of a safetensors file where numbers come along:
nothing is unpickled, and whoever reads never waits for more than what was announced.
"""

from __future__ import annotations

import dataclasses
import json
import struct
from collections.abc import Mapping
from typing import IO, Any

__all__ = ["Message", "MessageError", "read", "write"]

_LENGTHS = struct.Struct("<II")
"""The lengths of the JSON and of the content, in bytes."""
_LARGEST = 1 << 20
"""The most bytes that either may have."""


class MessageError(ValueError):
    """What arrived is no message: the other side is not the program that it should be."""


@dataclasses.dataclass(frozen=True)
class Message:
    """One message.

    Parameters
    ----------
    kind : str
        What it is about: "train", "control", "progress", …
    fields : mapping
        Whatever JSON can hold.
    content : bytes
        A safetensors file: the weights and bias of a "progress", the checkpoint of a result.
    """

    kind: str
    fields: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    content: bytes = b""


def write(stream: IO[bytes], message: Message) -> None:
    """Write a message and flush.

    Raises
    ------
    OSError
        Where the other side has gone.
    """
    head = json.dumps([message.kind, message.fields]).encode()
    stream.write(_LENGTHS.pack(len(head), len(message.content)) + head + message.content)
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
    n_head, n_content = _LENGTHS.unpack(lengths)
    if max(n_head, n_content) > _LARGEST:
        raise MessageError(f"expected a message, got {lengths!r}")
    arrived = stream.read(n_head + n_content)
    if len(arrived) < n_head + n_content:
        return None
    try:
        kind, fields = json.loads(arrived[:n_head])
    except (ValueError, TypeError) as error:
        raise MessageError(f"expected a message, got {arrived[:40]!r}: {error}") from error
    return Message(kind, fields, arrived[n_head:])
