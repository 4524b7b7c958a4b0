"""What reaches a public page over the network: uploads, large messages, foreign origins."""

from __future__ import annotations

import contextlib
import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest
import requests
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin, Subprotocol

from tests.support.canvas_message import message, png_of
from tests.support.liar import Answer, Liar, handshake, visit
from tests.support.paths import CHECKPOINTS
from tests.support.protocol import stream_url
from tests.support.server import QUICK_SERVER, Server, serve

MIB = 2**20
NAMES = (
    "<script>alert(1)</script>.npz",
    "../../../../etc/passwd.npz",
    "..",
    ".",
    "a" * 300 + ".npz",
    "new\nline.npz",
    "nothing\0.npz",
    "half a surrogate \udc80.npz".encode("utf-8", "surrogateescape").decode("latin-1"),
)


def npz_bomb() -> bytes:
    """Return an .npz of 400 kB with 400 million bytes in it."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("y_train", "y_test"):
            with archive.open(f"{name}.npy", "w") as file:
                np.lib.format.write_array(file, np.zeros(250_000, np.uint8))
        for name in ("x_train", "x_test"):
            with archive.open(f"{name}.npy", "w", force_zip64=True) as file:
                header = {"descr": "|u1", "fortran_order": False, "shape": (250_000, 28, 28)}
                np.lib.format.write_array_header_1_0(file, header)
                for _ in range(98):
                    file.write(bytes(2_000_000))
    return content.getvalue()


@pytest.fixture(scope="module")
def trainee(server: Server) -> Iterator[Liar]:
    """Somebody in the Train view who has chosen data of their own."""
    with visit(server, view="train", query="data=My%20own") as visitor:
        yield visitor


def only_words(answer: Answer) -> None:
    """Assert that nothing failed but what a sentence says."""
    assert answer.all("exception") == []
    (problem,) = answer.problems
    assert len(problem) < 1_000


# Uploads.


@pytest.mark.usefixtures("unharmed")
def test_an_upload_without_the_pages_token_is_refused(server: Server) -> None:
    with visit(server) as visitor:
        for headers in ({}, {"X-Xsrftoken": "guess"}, {"X-Xsrftoken": "2|00|00|1700000000"}):
            reply = visitor.put("1", "digit.png", png_of(3), headers=headers)
            assert reply.status_code == 403
        cookies = {"_streamlit_xsrf": "another"}
        assert visitor.put("1", "digit.png", png_of(3), cookies=cookies).status_code == 403
        assert visitor.put("1", "digit.png", png_of(3)).status_code == 204


def test_an_upload_to_a_visit_that_does_not_exist_is_refused(server: Server) -> None:
    with visit(server) as visitor:
        visitor.session_id = "somebody-else"
        assert visitor.put("1", "digit.png", png_of(3)).status_code == 400


@pytest.mark.parametrize("chunked", [False, True], ids=["announced", "unannounced"])
@pytest.mark.usefixtures("unharmed")
def test_200_megabytes_are_refused_and_not_kept(server: Server, chunked: bool) -> None:
    process = psutil.Process(server.pid)
    piece = bytes(MIB)
    start = b'--x\r\nContent-Disposition: form-data; name="f"; filename="a.png"\r\n\r\n'

    def body() -> Iterator[bytes]:
        yield start
        for _ in range(200):
            assert process.memory_info().rss < before + 60 * MIB
            yield piece

    with visit(server) as visitor:
        before = process.memory_info().rss
        kind = {"Content-Type": "multipart/form-data; boundary=x"}
        if not chunked:
            kind["Content-Length"] = str(len(start) + 200 * MIB)
        status = visitor.stream(body(), kind)
        assert status == 413
        assert process.memory_info().rss < before + 60 * MIB


@pytest.mark.usefixtures("unharmed")
@pytest.mark.parametrize(
    "name", ["digit.png", "<script>alert(1)</script>.png", "![](http://a.example/).png"]
)
def test_a_picture_that_is_none_is_named_as_text(server: Server, name: str) -> None:
    with visit(server) as visitor:
        visitor.set("to_upload", "trigger_value", True)
        answer = visitor.upload("picture", (name, b"<svg onload='alert(1)'/>"))
        assert answer.all("exception") == answer.all("alert") == []
        assert "<script>" not in "".join(element.body for element in answer.all("html"))
        (problem,) = answer.problems
        assert "was not read: this is not a picture" in problem


@pytest.mark.usefixtures("unharmed")
@pytest.mark.parametrize(
    "name", NAMES, ids=lambda name: name[:20].encode("ascii", "replace").decode()
)
def test_files_of_any_name_are_kept_and_refused(trainee: Liar, name: str) -> None:
    answer = trainee.upload("own_files", (name, b"not data"))
    only_words(answer)
    assert "/tmp" not in answer.problems[0]


@pytest.mark.usefixtures("unharmed")
def test_a_bomb_of_training_data_is_refused_without_unfolding_it(trainee: Liar) -> None:
    answer = trainee.upload("own_files", ("bomb.npz", npz_bomb()))
    only_words(answer)
    assert "at most 64,000,000 bytes are read" in answer.problems[0]


@pytest.mark.usefixtures("unharmed")
@pytest.mark.parametrize(
    "content",
    [b"", b"\x80\x04\x95" + bytes(1_000), b"\xff" * 7 + b"\x7f" + bytes(100), bytes(300_000)],
    ids=["empty", "pickle", "huge header", "too large"],
)
def test_a_model_that_is_none_is_refused_and_the_page_lives_on(
    server: Server, content: bytes
) -> None:
    with visit(server, view="train") as visitor:
        answer = visitor.upload("uploaded_model", ("m.safetensors", content))
        only_words(answer)
        assert answer.problems[0].startswith("That model was not taken: ")
        good = (CHECKPOINTS / "pixels.safetensors").read_bytes()
        assert visitor.upload("uploaded_model", ("m.safetensors", good)).problems == []


# The connection.


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "https://evil.example:443", "null", "file://", "http://[::1"]
)
def test_another_pages_websocket_is_refused(server: Server, origin: str) -> None:
    with pytest.raises(InvalidStatus) as refused, handshake(server, origin=origin):
        pass
    assert refused.value.response.status_code in (403, 500)


@pytest.mark.parametrize("trusted", ["127.0.0.1", "127.0.0.2"])
def test_only_a_proxy_that_is_named_may_say_who_comes_through_it(
    tmp_path: Path, trusted: str
) -> None:
    environment = {"FORWARDED_ALLOW_IPS": trusted, "INKLING_PAGES_AT_AN_ADDRESS": "1"}
    with serve(tmp_path, QUICK_SERVER, environment) as alone, contextlib.ExitStack() as stack:
        n_open = 0
        for visitor in ("192.0.2.1", "192.0.2.2"):
            with contextlib.suppress(InvalidStatus):
                stack.enter_context(
                    connect(
                        stream_url(alone.url),
                        subprotocols=[Subprotocol("streamlit")],
                        origin=Origin(alone.url),
                        additional_headers={"X-Forwarded-For": visitor},
                        source_address=("127.0.0.2", 0),
                    )
                )
                n_open += 1
        said = requests.get(f"{alone.url}/health", timeout=30).json()
    assert n_open == said["visitors"]["now"] == (2 if trusted == "127.0.0.2" else 1)


def test_the_pages_own_websocket_is_accepted(server: Server) -> None:
    with handshake(server, origin=server.url):
        pass


TOO_BIG, PROTOCOL_ERROR, BROKEN_OFF = 1009, 1002, 1006


@pytest.mark.usefixtures("unharmed")
@pytest.mark.parametrize("size", [5_000_001, 19_000_000, 60_000_000])
def test_a_message_that_is_too_large_ends_that_visit_alone(server: Server, size: int) -> None:
    with visit(server) as visitor:
        visitor.send(bytes(size))
        assert visitor.closed_with() in (TOO_BIG, BROKEN_OFF)


@pytest.mark.usefixtures("unharmed")
def test_a_message_that_unfolds_to_200_megabytes_is_refused_without_unfolding_it(
    server: Server,
) -> None:
    process = psutil.Process(server.pid)
    before = process.memory_info().rss
    with handshake(server, origin=server.url, compression="deflate") as socket:
        assert socket.protocol.extensions, "the server takes nothing compressed"
        with contextlib.suppress(ConnectionClosed):
            socket.send(bytes(200 * MIB))
            while True:
                socket.recv(timeout=10)
        assert socket.protocol.close_code == TOO_BIG
    assert process.memory_info().rss < before + 60 * MIB


@pytest.mark.usefixtures("unharmed")
def test_a_message_of_almost_the_largest_size_is_answered(server: Server) -> None:
    with visit(server) as visitor:
        said = message(png_of(3), [{"a": "x" * 4_800_000}])
        assert visitor.canvas(said).all("exception") == []


@pytest.mark.usefixtures("unharmed")
@pytest.mark.parametrize("content", [b"\xff" * 100, b"\x0a\xff\xff\xff\x7f", b"GET / HTTP/1.1\r\n"])
def test_what_is_no_message_ends_that_visit_alone(server: Server, content: bytes) -> None:
    with visit(server) as visitor:
        visitor.send(content)
        assert visitor.closed_with() == PROTOCOL_ERROR


@pytest.mark.usefixtures("unharmed")
def test_text_in_place_of_a_message_ends_that_visit_alone(server: Server) -> None:
    with visit(server) as visitor:
        visitor.send("<script>alert(1)</script>")
        visitor.closed_with()


def test_the_programs_own_files_are_out_of_reach(
    server: Server,
) -> None:
    for path in ("/../app.py", "/%2e%2e/app.py", "/static/../../app.py", "/component/../app.py"):
        reply = requests.get(server.url + path, timeout=10)
        assert not re.search("set_page_config", reply.text)
