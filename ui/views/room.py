"""The Room view: the code that phones read, the wall, what it says, and the speaker's hand."""

from __future__ import annotations

import functools
import html

import streamlit as st

from model.room import export
from model.room.names import CODE_LENGTH, is_code
from ui.components.wall import wall
from ui.elements import notices, qr, wording
from ui.panels.room_figures import POLL_SECONDS, room_figures
from ui.panels.room_handout import handout
from ui.panels.room_training import room_training
from ui.server import resources
from ui.server.paths import PHONES, prefix
from ui.server.rooms import LiveRoom
from ui.session import models, phones, room, state

__all__ = ["room_view"]


def room_view() -> None:
    """Lay out the view: a room of one's own, or how to open or join one."""
    st.html(f"<style>{resources.room_style()}</style>")
    room.arrive()
    live = room.mine()
    if notice := state.ROOM_NOTICE.get():
        notices.error(notice)
    if live is None:
        _door()
        return
    is_empty = live.wall.counts()[1] == 0
    is_closed = live.room.state == "closed"
    if is_empty and is_closed:
        _door(wording.ROOM_CLOSED_EMPTY.format(code=live.room.code))
        return
    with st.container(key="room_empty" if is_empty else "room_view"):
        with st.container(key="room_wall"):
            known = f"{live.room.state} {str(live.room.takes_new).lower()}"
            base = f"{prefix()}{PHONES}{live.room.code}/"
            picked, news = wall(base, known, is_stage=state.STAGE.get())
            if news == "not_yours":
                room.lose(live)
                st.rerun()
        with st.container(key="room_side"):
            with st.container(key="room_address"):
                _closed(live) if is_closed else _address(live)
            with st.container(key="room_hand"):
                if is_closed:
                    _open_button("Open a new room")
                else:
                    _hand(live)
                    room_training(live)
            st.fragment(_figures, run_every=POLL_SECONDS)(live, is_empty)
    if picked is not None:
        room.show(live, picked)
    if not state.STAGE.get():
        _to_take_home(live)


def _open_button(label: str) -> None:
    active = models.active_model()
    if active is not None and (reads := models.linear(active)) is not active:
        st.html(f"<p class='note'>{wording.ROOM_LINEAR}</p>")
        active = reads
    st.button(
        label,
        type="primary",
        key="open_room",
        disabled=active is None,
        on_click=None if active is None else room.open_room,
        args=(active,),
    )


def _door(before: str = "") -> None:
    """Offer to open a room, or to join one that somebody else has opened."""
    st.html(f"<div class='invitation'><h1>A room</h1><p>{wording.ROOM_INVITATION}</p></div>")
    if before:
        notices.info(before)
    _open_button("Open a room")
    with st.container(horizontal=True, vertical_alignment="bottom", key="join"):
        code = st.text_input(
            "Or join one: its code",
            max_chars=CODE_LENGTH,
            key=state.CODE.name,
            width=200,
        )
        if code and not is_code(code.upper()):
            st.html(f"<p class='note' role='alert'>{wording.ROOM_NO_CODE}</p>")
        elif code:
            st.html(
                f"<p><a class='join' href='{prefix()}{PHONES}{html.escape(code.upper())}'>"
                f"Draw in room {html.escape(code.upper())}</a></p>"
            )


def _closed(live: LiveRoom) -> None:
    st.html(
        f"<p class='room-code'>{live.room.code}</p>"
        f"<p class='note'>{html.escape(wording.ROOM_CLOSED)}</p>"
    )


def _address(live: LiveRoom) -> None:
    """Show where phones join: large while nothing is drawn, small beside what is."""
    base = phones.url()
    if base is None:
        st.html(
            f"<p class='room-code'>{live.room.code}</p>"
            f"<p class='note'>{html.escape(wording.ROOM_NO_NETWORK)}</p>"
        )
        return
    url = f"{base}{PHONES}{live.room.code}"
    st.html(
        "<div class='join'><img class='code' alt='The address of the room as a QR code'"
        f" src='{qr.code(url)}'><div><p class='room-code'>{live.room.code}</p>"
        f"<p class='address'>{_in_lines(url.partition('://')[2])}</p></div></div>"
    )
    if name := state.WIFI.get():
        picture = qr.wifi(name, state.WIFI_PASSWORD.get())
        st.html(
            f"<div class='join'><img class='code' alt='The Wi-Fi as a QR code' src='{picture}'>"
            f"<p class='address'>Wi-Fi {html.escape(name)}</p></div>"
        )


def _in_lines(address: str) -> str:
    """Return an address as HTML that breaks before a slash where it is too long."""
    return html.escape(address).replace("/", "<wbr>/")


def _figures(live: LiveRoom, is_empty: bool) -> None:
    """Show what the room says: a fragment's body. With its first drawing the page is another."""
    if is_empty != (live.wall.counts()[1] == 0):
        st.rerun()
    with st.container(key="room_figures"):
        if not is_empty:
            room_figures(live)


def _hand(live: LiveRoom) -> None:
    """Show what only the speaker can do with the room."""
    is_paused = live.room.state == "paused"
    with st.container(horizontal=True, key="room_buttons"):
        st.button(
            "Go on" if is_paused else "Pause",
            key="room_pause",
            on_click=room.change,
            args=(live,),
            kwargs={"state": "open" if is_paused else "paused"},
        )
        st.button(
            "Stop new joins" if live.room.takes_new else "Let phones join",
            key="room_joins",
            on_click=room.change,
            args=(live,),
            kwargs={"takes_new": not live.room.takes_new},
        )
        with st.popover("Clear or close", key="room_end"):
            st.html(f"<p class='note'>{wording.ROOM_CLEAR}</p>")
            st.button("Delete all drawings", key="room_clear", on_click=room.clear, args=(live,))
            st.html(f"<p class='note'>{wording.ROOM_CLOSE}</p>")
            st.button(
                "Close the room",
                key="room_close",
                on_click=room.change,
                args=(live,),
                kwargs={"state": "closed"},
            )
        with st.popover("Wi-Fi and a second device", key="room_more"):
            st.html(f"<p class='note'>{wording.ROOM_WIFI}</p>")
            for label, most, key in (
                ("Name of the Wi-Fi", 32, state.WIFI),
                ("Its password", 63, state.WIFI_PASSWORD),
            ):
                st.text_input(label, max_chars=most, key=key.name, persist_state="session")
            base = phones.url()
            if base is not None:
                st.html(f"<p class='note'>{wording.ROOM_HAND}</p>")
                st.code(f"{base}/room?{room.HAND}={live.room.code}.{live.room.hand}")


def _to_take_home(live: LiveRoom) -> None:
    """Offer the room as files."""
    if live.wall.counts()[1] == 0:
        return
    with st.container(horizontal=True, key="room_files"):
        name = f"inkling-room-{live.room.code}"
        st.download_button(
            "Strokes",
            lambda: export.as_jsonl(live.stored().result()),
            f"{name}.jsonl",
            "application/jsonl",
            key="download_room_strokes",
            help="JSON lines, for `evaluate --strokes` and as data of one's own",
        )
        st.download_button(
            "Results",
            lambda: export.as_csv(live.wall.tiles(live.model)[1]),
            f"{name}.csv",
            "text/csv",
            key="download_room_results",
        )
        st.download_button(
            "Handout",
            functools.partial(handout, live, room.compared(live)),
            f"{name}.html",
            "text/html",
            key="download_room_handout",
            help="The wall, the figures and the model in one page that needs no network",
        )
