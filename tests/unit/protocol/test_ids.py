"""Ids have the promised form and never repeat."""

import hashlib

import pytest

from hobnob.protocol import ids


def test_ids_have_the_promised_form() -> None:
    assert ids.is_room_id(ids.new_room_id())
    assert ids.is_person_id(ids.new_person_id())
    assert len(ids.new_room_id()) == 28


def test_a_thousand_of_each_differ() -> None:
    for make in (ids.new_room_id, ids.new_person_id, ids.new_token, ids.new_ref):
        assert len({make() for _ in range(1000)}) == 1000


def test_every_character_of_an_id_is_random() -> None:
    drawn = [ids.new_room_id()[2:] for _ in range(2000)]
    assert all(len(set(column)) == 32 for column in zip(*drawn, strict=True))


@pytest.mark.parametrize(
    "text",
    ["", "r_", "house", "r_" + "a" * 25, "r_" + "a" * 27, "r_" + "A" * 26, "r_" + "1" * 26, "r_" + "a" * 26 + "\n"],
)
def test_what_is_no_room_id(text: str) -> None:
    assert not ids.is_room_id(text)
    assert not ids.is_person_id(text.replace("r_", "p_"))


def test_the_kinds_are_told_apart() -> None:
    assert not ids.is_room_id(ids.new_person_id())
    assert not ids.is_person_id(ids.new_room_id())
    assert not ids.is_room_id(ids.HOUSE)


def test_a_token_is_kept_as_its_sha256() -> None:
    token = ids.new_token()
    assert token.startswith("hb_")
    assert len(token) == 3 + 32
    assert token.isascii()
    assert ids.token_hash(token) == hashlib.sha256(token.encode()).digest()


def test_any_text_can_be_hashed() -> None:
    assert len(ids.token_hash("\ud800 é")) == 32


def test_a_ref_is_the_time_and_128_random_bits() -> None:
    earlier, later = ids.new_ref(), ids.new_ref()

    assert len(bytes.fromhex(later)) == 6 + 16
    assert earlier[:12] <= later[:12]
    assert earlier[12:] != later[12:]
