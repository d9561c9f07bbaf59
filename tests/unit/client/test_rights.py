"""What owners and moderators ask by the client, and what its rooms say when rights and rooms change."""

from typing import Any

import pytest
from tests.unit.client.fakes import BOB, ME, TEA, FakeServer, state, welcome

from hobnob.client.client import Client
from hobnob.client.mirror import Mirror
from hobnob.protocol import events as e
from hobnob.protocol.records import Member
from hobnob.protocol.replies import Audit, Invites, Reply, Restrictions

ASKED: list[tuple[str, tuple[Any, ...], dict[str, Any], Reply, dict[str, Any]]] = [
    ("invite", ("#tea", "@bob"), {}, Reply(), {"do": "invite_person", "room": "#tea", "person": "@bob"}),
    ("kick", ("#tea", "@bob", "spam"), {}, Reply(), {"do": "kick", "room": "#tea", "person": "@bob", "reason": "spam"}),
    ("ban", ("@bob",), {"seconds": 60}, Reply(), {"do": "ban", "person": "@bob", "seconds": 60}),
    ("ban", (), {"network": "192.0.2.0/24"}, Reply(), {"do": "ban", "network": "192.0.2.0/24"}),
    ("unban", ("@bob",), {"room": "#tea"}, Reply(), {"do": "unban", "person": "@bob", "room": "#tea"}),
    ("mute", ("@bob",), {"room": "#tea"}, Reply(), {"do": "mute", "person": "@bob", "room": "#tea"}),
    ("unmute", ("@bob",), {}, Reply(), {"do": "unmute", "person": "@bob"}),
    ("set_role", ("@bob", "moderator"), {}, Reply(), {"do": "set_role", "person": "@bob", "role": "moderator"}),
    ("change_room", ("#tea",), {"slow": 5}, Reply(), {"do": "change_room", "room": "#tea", "slow": 5}),
    ("report", ("#tea", 4, "rude"), {}, Reply(), {"do": "report", "room": "#tea", "of": 4, "reason": "rude"}),
    ("close_doors", (0,), {}, Reply(), {"do": "close_doors", "seconds": 0}),
    ("audit", (), {"before": 9}, Audit(), {"do": "read_audit", "before": 9}),
    ("restrictions", ("#tea",), {}, Restrictions(), {"do": "list_restrictions", "room": "#tea"}),
    ("invites", (), {}, Invites(), {"do": "list_invites"}),
    ("ignore", ("@bob",), {}, Reply(), {"do": "ignore", "person": "@bob"}),
    ("set_directs", ("shared",), {}, Reply(), {"do": "set_directs", "allow": "shared"}),
]


@pytest.mark.parametrize(("method", "given", "named", "reply", "asked"), ASKED, ids=[each[0] for each in ASKED])
async def test_a_method_asks_for_what_it_says(
    method: str, given: tuple[Any, ...], named: dict[str, Any], reply: Reply, asked: dict[str, Any]
) -> None:
    server = FakeServer()
    async with server.client() as chat:
        server.links[0].answer(1, reply)
        await getattr(chat, method)(*given, **named)
        said = {name: value for name, value in server.links[0].sent[1].items() if name not in ("id", "ref")}
        assert said == asked


async def test_a_room_may_be_given_as_one_knows_it() -> None:
    server = FakeServer()
    async with server.client() as chat:
        server.links[0].answer(1, Reply())
        await chat.kick(chat.rooms["#tea"], "@bob")
        assert server.links[0].sent[1]["room"] == TEA


def test_every_method_is_there_without_async_too() -> None:
    from hobnob.client.sync import SyncClient

    methods = {name for name, value in vars(Client).items() if callable(value) and not name.startswith("_")}
    for part in Client.__mro__[1:-2]:
        methods |= {name for name, value in vars(part).items() if callable(value) and not name.startswith("_")}
    heard = {"perform", "welcomed", "joined", "heard", "lost", "ended"}  # the connection calls these
    assert methods - heard - set(vars(SyncClient)) == set()


def test_rights_and_rooms_change() -> None:
    made = Mirror()
    made.welcome(welcome(state()))
    room = made["#tea"]
    made.begin_reading(room)
    made.filled(room, [Member(ME, "ada"), Member(BOB, "bob")], [])
    by: dict[str, Any] = {"by": BOB, "by_name": "bob"}
    changed: dict[str, Any] = {
        "name": "coffee",
        "kind": "private",
        "history": "joined",
        "posting": "moderators",
        "slow": 5,
    }
    made.fold(e.RoleChanged(room=TEA, person=ME, person_name="ada", role="moderator", number=1, **by))
    made.fold(e.RoomChanged(room=TEA, number=2, **changed, **by))
    made.fold(e.AccountRegistered(by=ME, by_name="ada", number=1))
    made.fold(e.ServerRoleChanged(person=ME, person_name="ada", role="owner", number=2, **by))
    assert made["#coffee"] is room
    assert "#tea" not in made
    assert (room.role, room.members[ME].role, room.kind) == ("moderator", "moderator", "private")
    assert (room.history, room.posting, room.slow) == ("joined", "moderators", 5)
    assert (made.me.kind, made.me.role) == ("account", "owner")
