"""Download of one file: resumed where it stopped, checked, then put in place atomically."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Protocol

import requests
import urllib3

from model.files import put_in_place

__all__ = ["DownloadError", "Progress", "download"]

MAX_BYTES = 64_000_000
"""Largest download, in bytes; a server that sends more is not sending MNIST."""

CONNECT_SECONDS = 6.0
SILENCE_SECONDS = 20.0
"""Longest time that a server may take to accept a connection, and to send the next byte."""

SLOWEST = 1_000
"""Least average speed after `SILENCE_SECONDS`, in bytes a second; a slower server is given up."""

_INTERRUPTIONS = 4
_PIECE = 1 << 16


class Progress(Protocol):
    """A callable that is told how far a download is.

    `total` is 0 while the server has not said how long the file is; `name` is the file's.
    """

    def __call__(self, done: int, total: int, name: str, /) -> object: ...


class DownloadError(ValueError):
    """The server did not deliver; the message names the address and what happened."""


class _InterruptedError(DownloadError):
    """The connection broke; what has arrived is kept."""


def download(
    url: str, target: Path, *, check: Callable[[Path], object], progress: Progress | None = None
) -> None:
    """Download `url` to `target`, which afterwards is complete and checked, or as it was before.

    What arrives goes to a file named after `target` and `url` with the ending ".part"; a later
    call continues it. Two processes that download at once write the same bytes to the same places.

    Parameters
    ----------
    url : str
        An http or https address.
    target : Path
        The file to make or replace; its folder exists.
    check : callable
        Raises ValueError, saying why, if the file at the path it is given is not what was wanted.
    progress : callable, optional
        See `Progress`.

    Raises
    ------
    DownloadError
        If the server cannot be reached, refuses, stalls, breaks off again and again, or sends
        something that `check` does not accept.
    OSError
        If the file cannot be written.
    """
    part = target.with_name(f"{target.name}.{hashlib.sha256(url.encode()).hexdigest()[:8]}.part")
    try:
        # Twice, because what was kept from an earlier call may be at fault the first time.
        arrive = partial(_arrives, url, part, target.name, check, progress)
        if not (arrive() or arrive()):
            raise DownloadError(f"{url}: another process disturbs this download")
        put_in_place(part, target)
    except FileNotFoundError:
        # Another process may have finished the same download, and moved the part, before this one.
        if not target.exists():
            raise
        check(target)


def _arrives(
    url: str,
    part: Path,
    name: str,
    check: Callable[[Path], object],
    progress: Progress | None,
) -> bool:
    """Complete `part` and return whether it passes the check; if not, it is deleted.

    Wrong bytes that have all just come from the server are an error.
    """
    kept = part.exists()
    _transfer(url, part, name, progress)
    try:
        check(part)
    except ValueError as error:
        part.unlink()
        if kept:
            return False
        raise DownloadError(f"{url}: {str(error).removeprefix(f'{part}: ')}") from error
    return True


def _transfer(url: str, part: Path, name: str, progress: Progress | None) -> None:
    """Fetch what `part` lacks, continuing after interruptions while bytes keep arriving."""
    for attempt in range(_INTERRUPTIONS + 1):
        before = part.stat().st_size if part.exists() else 0
        try:
            _request(url, part, before, name, progress)
            return
        except _InterruptedError:
            stuck = not part.exists() or part.stat().st_size <= before
            if stuck or attempt == _INTERRUPTIONS:
                raise


def _request(url: str, part: Path, start: int, name: str, progress: Progress | None) -> None:
    headers = {"Accept-Encoding": "identity"}
    if start:
        headers["Range"] = f"bytes={start}-"
    try:
        with requests.get(
            url, headers=headers, stream=True, timeout=(CONNECT_SECONDS, SILENCE_SECONDS)
        ) as response:
            if start and response.status_code == requests.codes.requested_range_not_satisfiable:
                return  # nothing is missing; the check decides whether it is the right file
            if response.status_code not in (requests.codes.ok, requests.codes.partial_content):
                raise DownloadError(
                    f"{url}: the server answers {response.status_code} {response.reason}"
                )
            if not _continues_at(response, start):
                start = 0
            _write(response, part, start, name, progress)
    except requests.RequestException as error:
        raise DownloadError(f"{url}: {_network_trouble(error)}") from error


def _continues_at(response: requests.Response, start: int) -> bool:
    """Return whether the body begins at `start`; servers without ranges send it from 0."""
    return response.status_code == requests.codes.partial_content and response.headers.get(
        "Content-Range", ""
    ).startswith(f"bytes {start}-")


def _write(
    response: requests.Response, part: Path, start: int, name: str, progress: Progress | None
) -> None:
    length = response.headers.get("Content-Length", "")
    total = start + int(length) if length.isdecimal() else 0
    done = start
    began = time.monotonic()
    with part.open("r+b" if part.exists() else "wb") as file:
        file.seek(start)
        try:
            while piece := response.raw.read1(_PIECE):
                done += len(piece)
                if max(done, total) > MAX_BYTES:
                    file.truncate(0)
                    raise DownloadError(f"{response.url}: is larger than {MAX_BYTES:,} bytes")
                file.write(piece)
                _refuse_below_pace(done - start, time.monotonic() - began, response.url)
                if progress is not None:
                    progress(done, total, name)
        except urllib3.exceptions.HTTPError as error:
            raise _InterruptedError(f"{response.url}: {_stopped(error, done, total)}") from error
        file.truncate(done)
        file.flush()
        os.fsync(file.fileno())


def _refuse_below_pace(n_bytes: int, seconds: float, url: str) -> None:
    if seconds > SILENCE_SECONDS and n_bytes < SLOWEST * seconds:
        raise DownloadError(f"{url}: too slow ({n_bytes / seconds:,.0f} bytes a second), given up")


def _stopped(error: Exception, done: int, total: int) -> str:
    if isinstance(error, urllib3.exceptions.ReadTimeoutError):
        return f"no byte for {SILENCE_SECONDS:g} s after {done:,}"
    return f"broke off after {done:,} of {total:,} bytes" if total else f"broke off at {done:,}"


def _network_trouble(error: requests.RequestException) -> str:
    if isinstance(error, requests.exceptions.SSLError):
        return "the server's certificate is not accepted"
    if isinstance(error, requests.exceptions.ProxyError):
        return "the proxy cannot be reached or refuses"
    if isinstance(error, requests.Timeout):
        return "no answer in time"
    if isinstance(error, requests.ConnectionError):
        return "no connection"
    return f"{type(error).__name__}: {error}"
