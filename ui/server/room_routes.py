"""A room's routes: the page for phones, what phones send, and what the speaker's wall asks for.

Phones are no Streamlit sessions. They load one small page, read in the browser, and post strokes.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from model.room import names
from model.room.drawing import MOST_BYTES, Fault, FaultyError, loaded, parsed
from model.room.record import Moderation
from model.room.wall import Tile
from model.store.problem import StoreError
from ui.server import log, phone_page, rooms
from ui.server.paths import PHONES, prefix
from ui.server.rooms import LiveRoom
from ui.server.visitors import COOKIE, browser_id

__all__ = ["routes"]

MOST_TILES = 400
"""On the wall; older drawings count, and are not seen."""
WRONG_CODE_SECONDS = 1.0
"""How long who has a wrong code waits for the answer."""
MOST_WRONG_CODES = 20
"""That wait at the same time: one more is told at once to come again."""
SHARE_SECONDS = 2.0
"""How old the room's share may be that a phone is told."""

_wrong_codes = asyncio.Semaphore(MOST_WRONG_CODES)

SAID: dict[str, tuple[int, str]] = {
    "no_room": (404, "There is no room with this code. Codes are on the wall."),
    "busy": (429, "Too many wrong codes are tried here just now. Try again in a minute."),
    "too_large": (413, "That drawing is too large to be sent."),
    "not_json": (400, "That was no JSON."),
    "not_an_object": (400, "That was no JSON object."),
    "bad_id": (422, "A drawing needs an id of 8 to 36 letters and digits."),
    "bad_digit": (422, "The asked digit must be a whole number from 0 to 9, or null."),
    "bad_strokes": (422, "Strokes must be lists of points on the canvas."),
    "too_many_points": (422, "That drawing has too many points."),
    "not_joined": (401, "This phone has not joined the room."),
    "other_site": (403, "Only pages of this server may send drawings."),
    "not_json_type": (415, "A message must be application/json."),
    "full": (409, "This room takes no more phones."),
    "paused": (409, "The room is paused. Your drawing waits, and will be sent."),
    "closed": (410, "The room is closed. Thank you for drawing."),
    "too_fast": (429, "That was fast. Your drawing waits a moment."),
    "enough": (409, "You have sent as many drawings as one phone may. Thank you."),
    "room_is_full": (409, "The room has all the drawings that it takes. Thank you."),
    "many_join": (429, "Many phones are joining just now. Yours waits a moment."),
    "not_stored": (503, "Not stored. It will be sent again."),
    "not_now": (503, "The server cannot store anything just now. Try again in a moment."),
    "not_yours": (403, "Only who opened this room may do that."),
    "no_drawing": (404, "That drawing is gone."),
    "other_model": (404, "Another model reads in this room now."),
    "unknown_act": (422, "There is no such act."),
}
"""What a refusal says, by its code, and its HTTP status."""


class _RefusedError(Exception):
    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


Act = Callable[[Request, LiveRoom], Awaitable[Response]]


def _route(path: str, method: str, act: Act) -> Route:
    """Return a route of a room; what is refused in it is said in a sentence."""

    async def endpoint(request: Request) -> Response:
        try:
            return await act(request, await _room(request))
        except _RefusedError as refusal:
            return _refusal(refusal.code)
        except FaultyError as error:
            return _refusal(error.fault)
        except StoreError:
            return _refusal("not_stored" if act is _send else "not_now")

    return Route(f"{prefix()}{PHONES}{{code}}{path}", endpoint, methods=[method])


def _refusal(code: str | Fault) -> JSONResponse:
    status, sentence = SAID[code]
    log.refused("room", code)
    headers = {"Cache-Control": "no-store"}
    if status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
        headers["Retry-After"] = "2"
    return JSONResponse({"error": code, "say": sentence}, status, headers)


def _answer(content: dict[str, Any]) -> JSONResponse:
    return JSONResponse(content, headers={"Cache-Control": "no-store"})


async def _room(request: Request) -> LiveRoom:
    """Return the room of an address, as it is now; who has a wrong code waits."""
    live = await asyncio.wrap_future(rooms.find(request.path_params["code"].upper()))
    if live is not None:
        if (looked := live.look()) is not None:
            await asyncio.wrap_future(looked)
        return live
    if _wrong_codes.locked():
        raise _RefusedError("busy")
    async with _wrong_codes:
        await asyncio.sleep(WRONG_CODE_SECONDS)
    raise _RefusedError("no_room")


async def _body(request: Request) -> bytes:
    """Return a message's bytes, if they come from a page of this server and are not too many."""
    origin = request.headers.get("origin")
    if origin is not None and _host(origin) != request.headers.get("host"):
        raise _RefusedError("other_site")
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise _RefusedError("not_json_type")
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MOST_BYTES:
            raise _RefusedError("too_large")
    return bytes(body)


def _host(origin: str) -> str:
    try:
        return urlsplit(origin).netloc
    except ValueError:  # half an IPv6 address, or something else that no browser sends
        return ""


def _phone(live: LiveRoom, token: object) -> str:
    phone = names.phone_of(token, live.room.secret)
    if phone is None:
        raise _RefusedError("not_joined")
    return phone


async def _page(request: Request) -> Response:
    """Answer with the phone's page, which is the same for all rooms: it joins its own, and says in
    words why it cannot."""
    status, ahead = 200, {}
    try:
        live = await _room(request)
        ahead = phone_page.preloads(live.room.code, live.model)
    except _RefusedError as refusal:
        status, _ = SAID[refusal.code]
        log.refused("room", refusal.code)
    except StoreError:
        status, _ = SAID["not_now"]
        log.refused("room", "not_now")
    found = phone_page.response("phone.html", request.headers, status)
    found.headers.update(ahead)
    return found


def _file(name: str) -> Route:
    async def endpoint(request: Request) -> Response:
        return phone_page.response(name, request.headers)

    return Route(f"{prefix()}{PHONES}{name}", endpoint, methods=["GET"])


async def _join(request: Request, live: LiveRoom) -> Response:
    """Give a phone its id, or know the one that it has; tell it the model and how the room does."""
    token = loaded(await _body(request)).get("token")
    if names.phone_of(token, live.room.secret) is None:
        if live.room.state == "closed":
            raise _RefusedError("closed")
        if not live.room.takes_new or live.n_phones >= rooms.MOST_PHONES:
            raise _RefusedError("full")
        if not live.joins.take():
            raise _RefusedError("many_join")
        token, kept = live.join()
        await asyncio.wrap_future(kept)
    return _answer({"token": token} | await _told(live, _phone(live, token)))


async def _send(request: Request, live: LiveRoom) -> Response:
    """Keep a drawing; one that was sent before is acknowledged once more."""
    sent = parsed(await _body(request))
    phone = _phone(live, sent.token)
    if not live.wall.has(phone, sent.id):
        if live.room.state != "open":
            raise _RefusedError(live.room.state)
        if live.wall.n_of(phone) >= rooms.MOST_OF_A_PHONE:
            raise _RefusedError("enough")
        if live.wall.n_sent >= rooms.MOST_DRAWINGS:
            raise _RefusedError("room_is_full")
        if not live.phones.take(phone) or not live.drawn.take():
            raise _RefusedError("too_fast")
        drawn = await asyncio.wrap_future(rooms.pictured(sent))
        if not await asyncio.wrap_future(live.add(phone, sent, *drawn)):  # deleted a moment ago
            raise _RefusedError("closed")
    return _answer(await _told(live, phone))


async def _take_back(request: Request, live: LiveRoom) -> Response:
    phone = _phone(live, loaded(await _body(request)).get("token"))
    gone = await asyncio.wrap_future(live.take_back(phone))
    return _answer({"n": len(gone)} | await _told(live, phone))


async def _told(live: LiveRoom, phone: str) -> dict[str, Any]:
    """Return what a phone is told with every answer."""
    if live.needs_share(SHARE_SECONDS):
        await run_in_threadpool(live.look_at_share)
    people, n = live.wall.counts()
    return {
        "mine": live.wall.n_there(phone),
        "people": people,
        "drawings": n,
        "right": live.share,
        "state": live.room.state,
        "model": phone_page.model_names(live.model),
    }


async def _model(request: Request, live: LiveRoom) -> Response:
    found = phone_page.model_part(live.model, request.path_params["part"])
    if found is None:
        raise _RefusedError("other_model")
    return found


class _Seen(NamedTuple):
    after: int
    tiles: list[Tile]
    people: int
    drawings: int


async def _wall(request: Request, live: LiveRoom) -> Response:
    """Tell the speaker's wall what has changed since it asked last."""
    if live.is_deleted:
        raise _RefusedError("no_room")
    await _only_speaker(request, live)
    query = request.query_params
    given = query.get("after", "")
    is_known = query.get("epoch") == live.epoch and given.isdecimal() and len(given) < 16
    epoch, after = live.epoch, int(given) if is_known else 0

    def seen() -> _Seen:
        last, tiles = live.wall.tiles(live.model, after=after, most=MOST_TILES)
        return _Seen(last, tiles, *live.wall.counts())

    now = await run_in_threadpool(seen)
    return _answer(
        {
            "epoch": epoch,
            "after": now.after,
            "tiles": [_as_data(tile) for tile in now.tiles],
            "people": now.people,
            "joined": live.n_phones,
            "drawings": now.drawings,
            "state": live.room.state,
            "joins": live.room.takes_new,
            "problem": rooms.problem(),
        }
    )


def _as_data(tile: Tile) -> dict[str, Any]:
    return {
        "n": tile.number,
        "asked": tile.drawing.asked,
        "read": tile.read,
        "mark": tile.mark,
        "place": tile.place,
        "with_phone": tile.drawing.shown == "with_phone",
        "picture": base64.b64encode(tile.drawing.picture).decode(),
    }


async def _act(request: Request, live: LiveRoom) -> Response:
    """Show or hide what the speaker says: one drawing, or all of a phone, or these no longer."""
    await _only_speaker(request, live)
    message = loaded(await _body(request))
    act, number = message.get("act"), message.get("number")
    if not isinstance(act, str) or act not in {*_ACTS, *_OF_A_PHONE}:
        raise _RefusedError("unknown_act")
    drawing = live.wall.drawing(number) if type(number) is int else None
    if drawing is None:
        raise _RefusedError("no_drawing")
    if act in _ACTS:
        done = live.moderate(drawing.phone, drawing.id, _ACTS[act])
    else:
        done = live.hide_phone(drawing.phone, is_hidden=_OF_A_PHONE[act])
    await asyncio.wrap_future(done)
    return _answer({"ok": True})


_ACTS: dict[str, Moderation] = {"show": "shown", "hide": "hidden"}
"""What an act makes of a drawing …"""
_OF_A_PHONE = {"hide_phone": True, "show_phone": False}
"""… and whether it hides all of its phone."""


async def _only_speaker(request: Request, live: LiveRoom) -> None:
    browser = browser_id(request.cookies.get(COOKIE))
    if browser is None or not await asyncio.wrap_future(rooms.may_control(live, browser)):
        raise _RefusedError("not_yours")


def routes() -> list[Route]:
    """Return the routes, under the path that Streamlit's settings give."""
    return [
        *map(_file, phone_page.FILES),
        Route(f"{prefix()}{PHONES}{{code}}", _page, methods=["GET"]),
        _route("/join", "POST", _join),
        _route("/drawings", "POST", _send),
        _route("/take_back", "POST", _take_back),
        _route("/model/{part}", "GET", _model),
        _route("/wall", "GET", _wall),
        _route("/act", "POST", _act),
    ]
