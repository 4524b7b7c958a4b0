"""What was learned from one room says nothing of another."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest


def _note() -> None:
    import streamlit as st

    from model.room.record import new_room
    from tests.support.specimens import shipped
    from ui.panels import room_training
    from ui.server.rooms import LiveRoom
    from ui.session import state

    state.ROOM_TRAINED.set({"job": ("CDFHK", frozenset({"amy", "bob"}))})
    for code in ("CDFHK", "WXY34"):
        live = LiveRoom(new_room(code, "o" * 64, b""), shipped("directions"), 0)
        st.session_state[code] = room_training._learned(live)


def test_a_training_on_one_room_is_no_matter_in_another() -> None:
    page = AppTest.from_function(_note).run()
    assert not page.exception
    assert page.session_state["CDFHK"] == {"job": {"amy", "bob"}}
    assert page.session_state["WXY34"] == {}
