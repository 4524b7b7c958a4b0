"""A room's code, and the tokens of its phones, which nobody else can make."""

from __future__ import annotations

import itertools
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.room.names import (
    ALPHABET,
    CODE_LENGTH,
    is_code,
    new_code,
    new_phone,
    new_secret,
    phone_of,
)

LOOK_ALIKES = ["0OQD", "1IL", "2Z", "5S", "6G", "8B", "UV", "VY"]
SECRET = "k" * 43
TOKEN = new_phone(SECRET)


def test_no_code_has_two_characters_that_look_alike_and_none_is_a_word() -> None:
    assert len(set(ALPHABET)) == len(ALPHABET)
    assert set(ALPHABET) <= set(string.ascii_uppercase + string.digits)
    assert not set(ALPHABET) & set("AEIOU")
    for alike in LOOK_ALIKES:
        assert len(set(alike) & set(ALPHABET)) <= 1, alike


def test_codes_are_drawn_from_the_whole_alphabet_and_are_codes() -> None:
    codes = [new_code() for _ in range(400)]
    assert all(map(is_code, codes))
    assert len(set(codes)) > 395
    assert set(itertools.chain(*codes)) == set(ALPHABET)


@pytest.mark.parametrize(
    "text", ["", "CDFH", "CDFHJK", "cdfhj", "CDFH0", "CDFHÇ", "CDFH\n", "../..", "CDFH٣"]
)
def test_what_is_no_code_is_known_at_once(text: str) -> None:
    assert not is_code(text)


def test_a_phone_is_known_by_its_token_in_its_own_room_only() -> None:
    assert CODE_LENGTH == 5
    id = phone_of(TOKEN, SECRET)
    assert id is not None
    assert TOKEN.startswith(f"{id}.")
    assert phone_of(TOKEN, new_secret()) is None
    assert len({phone_of(new_phone(SECRET), SECRET) for _ in range(100)}) == 100


@settings(deadline=None, max_examples=300)
@given(st.integers(0, len(TOKEN) - 1), st.characters())
def test_a_token_with_one_character_changed_is_refused(place: int, character: str) -> None:
    changed = TOKEN[:place] + character + TOKEN[place + 1 :]
    assert changed == TOKEN or phone_of(changed, SECRET) is None


def test_the_signature_of_another_phone_is_refused() -> None:
    id, _, _ = TOKEN.partition(".")
    _, _, signature = new_phone(SECRET).partition(".")
    assert phone_of(f"{id}.{signature}", SECRET) is None


@settings(deadline=None, max_examples=200)
@given(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text()
    | st.binary()
    | st.lists(st.text())
    | st.from_regex(r"[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{22}", fullmatch=True)
)
def test_whatever_else_comes_as_a_token_is_refused(token: object) -> None:
    assert phone_of(token, SECRET) is None


@pytest.mark.parametrize("form", ["{}\n", " {}", "{0}{0}", "{:.44}", "{}="])
def test_a_token_with_something_around_it_is_refused(form: str) -> None:
    assert phone_of(form.format(TOKEN), SECRET) is None


def test_secrets_are_long_and_never_the_same() -> None:
    found = {new_secret() for _ in range(100)}
    assert len(found) == 100
    assert min(map(len, found)) >= 43
