"""Messages between the server and its training process, written to and read from real pipes."""

from __future__ import annotations

import io
import os
import threading

import numpy as np
import pytest

from model.jobs.protocol import Message, MessageError, read, write


def written(message: Message) -> bytes:
    """Return a message's bytes."""
    stream = io.BytesIO()
    write(stream, message)
    return stream.getvalue()


MODEL = Message(
    "progress",
    {"step": 3, "message": "naïve"},
    {"weights": np.random.default_rng(0).random((784, 10), np.float32), "bias": np.ones(10, "f4")},
)


def test_messages_arrive_one_by_one_as_they_were_sent() -> None:
    ends = os.pipe()
    with os.fdopen(ends[0], "rb") as source, os.fdopen(ends[1], "wb") as target:
        sender = threading.Thread(target=lambda: [write(target, MODEL) for _ in range(3)])
        sender.start()
        for _ in range(3):
            message = read(source)
            assert message is not None
            assert (message.kind, message.fields) == (MODEL.kind, MODEL.fields)
            for name, array in MODEL.arrays.items():
                np.testing.assert_array_equal(message.arrays[name], array)
        sender.join()


@pytest.mark.parametrize("kept", [0, 3, 8, 50, -1])
def test_an_end_in_the_middle_of_a_message_is_an_end(kept: int) -> None:
    assert read(io.BytesIO(written(MODEL)[:kept])) is None


@pytest.mark.parametrize(
    "content",
    [
        b"Traceback (most recent call last):",
        b"\x02\0\0\0\0\0\0\0{}",
        b"\x02\0\0\0\0\0\0\0\xff\xff",
        written(MODEL).replace(b"[784, 10]", b"[784, 99]"),
    ],
    ids=["text", "another JSON", "no JSON", "arrays longer than announced"],
)
def test_what_is_no_message_is_refused(content: bytes) -> None:
    with pytest.raises(MessageError, match="expected a message"):
        read(io.BytesIO(content))
