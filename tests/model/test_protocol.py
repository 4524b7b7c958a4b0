"""Messages between the server and its training process, written to and read from real pipes."""

from __future__ import annotations

import io
import os
import threading

import pytest

from model.jobs.protocol import Message, MessageError, read, write


def written(message: Message) -> bytes:
    """Return a message's bytes."""
    stream = io.BytesIO()
    write(stream, message)
    return stream.getvalue()


MODEL = Message("progress", {"step": 3, "error": "naïve"}, bytes(range(256)) * 100)


def test_messages_arrive_one_by_one_as_they_were_sent() -> None:
    ends = os.pipe()
    with os.fdopen(ends[0], "rb") as source, os.fdopen(ends[1], "wb") as target:
        sender = threading.Thread(target=lambda: [write(target, MODEL) for _ in range(3)])
        sender.start()
        for _ in range(3):
            message = read(source)
            assert message == MODEL
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
        b"\xff" * 8,
    ],
    ids=["text", "another JSON", "no JSON", "more than any message has"],
)
def test_what_is_no_message_is_refused(content: bytes) -> None:
    with pytest.raises(MessageError, match="expected a message"):
        read(io.BytesIO(content))
