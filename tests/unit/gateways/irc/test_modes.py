"""Modes as text: read, written, and what an event is in letters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hobnob.gateways.irc.modes import FLAGS, LISTS, ROLES, Change, as_extended, parse_mask, read, role_changes, written
from hobnob.protocol.records import Role

PARAMS = st.text("abc*!@.", min_size=1, max_size=5)
WITH = st.builds(Change, st.booleans(), st.sampled_from([*ROLES, *LISTS, "k"]), PARAMS)
NUMBERED = st.builds(Change, st.just(True), st.sampled_from("lS"), st.integers(1, 999).map(str))
WITHOUT = st.builds(Change, st.booleans(), st.sampled_from(FLAGS)) | st.builds(
    Change, st.just(False), st.sampled_from("lS")
)


@given(st.lists(WITH | NUMBERED | WITHOUT, min_size=1, max_size=12))
def test_what_is_written_is_read_again(changes: list[Change]) -> None:
    text, *params = written(changes)
    assert list(read(text, params)) == changes


@given(st.text(max_size=30), st.lists(PARAMS, max_size=3))
def test_anything_can_be_read(text: str, params: list[str]) -> None:
    assert len(list(read(text, params))) <= len(text)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("member", "moderator", ("+o", "ada")),
        ("moderator", "owner", ("+q-o", "ada", "ada")),
        ("owner", "member", ("-q", "ada")),
        ("guest", "member", ("",)),
        ("member", "speaker", ("+v", "ada")),
        ("speaker", "moderator", ("+o-v", "ada", "ada")),
    ],
)
def test_roles_are_letters(before: Role, after: Role, expected: tuple[str, ...]) -> None:
    assert written(role_changes(before, after, "ada")) == expected


@pytest.mark.parametrize("mask", ["ada!*@*", "~a:ada", "~m:ada!*@*", "~m:~a:ada"])
def test_masks_of_extban_come_back(mask: str) -> None:
    assert as_extended(*parse_mask("b", mask)) == mask


def test_only_bans_can_be_mutes() -> None:
    assert parse_mask("e", "~m:ada") == ("exception", "~m:ada")
