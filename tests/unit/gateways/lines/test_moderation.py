"""Invites, rooms and moderation in lines: what is typed becomes which command, and how it is answered."""

import pytest
from tests.unit.gateways.lines.house import Driver, visitor

from hobnob.gateways.lines import pages
from hobnob.protocol.account_commands import CreateInvite, ListInvites, RevokeInvite
from hobnob.protocol.command import Command
from hobnob.protocol.commands import CreateRoom, ReadHistory
from hobnob.protocol.durations import LONGEST
from hobnob.protocol.errors import HINTS, ChatError
from hobnob.protocol.events import Moderated
from hobnob.protocol.moderation_commands import (
    Ban,
    ChangeRoom,
    CloseDoors,
    InvitePerson,
    Kick,
    ListRestrictions,
    Mute,
    ReadAudit,
    Report,
    SendAside,
    SetRole,
    Unban,
    Unmute,
)
from hobnob.protocol.records import Invite, Restriction, RoomState
from hobnob.protocol.replies import InviteMade

LOBBY = "r_lobby"
DAY, WEEK = 24 * 3600, 7 * 24 * 3600


@pytest.fixture
def bob() -> Driver:
    return visitor()


TYPED: dict[str, tuple[Command, str]] = {
    "/kick ada": (
        Kick(room=LOBBY, person="@ada"),
        "ada is no longer in #lobby. They may come back; /ban keeps them out.",
    ),
    "/kick @ada  too  loud": (
        Kick(room=LOBBY, person="@ada", reason="too loud"),
        "ada is no longer in #lobby. They may come back; /ban keeps them out.",
    ),
    "/ban ada": (Ban(person="@ada", room=LOBBY), "ada is banned in #lobby for ever."),
    "/ban ada 10m spam, again": (
        Ban(person="@ada", room=LOBBY, seconds=600, reason="spam, again"),
        "ada is banned in #lobby for 10 minutes.",
    ),
    "/ban ada 2 days": (Ban(person="@ada", room=LOBBY, seconds=2 * DAY), "ada is banned in #lobby for 2 days."),
    "/ban ada 10 bottles": (
        Ban(person="@ada", room=LOBBY, seconds=600, reason="bottles"),
        "ada is banned in #lobby for 10 minutes.",
    ),
    "/ban ada server 1h30m": (
        Ban(person="@ada", seconds=5400),
        "ada is banned on the server for 1 hour 30 minutes.",
    ),
    "/ban ada #Tea forever": (Ban(person="@ada", room="#tea"), "ada is banned in #tea for ever."),
    "/ban 203.0.113.0/24 1d": (
        Ban(network="203.0.113.0/24", seconds=DAY),
        "203.0.113.0/24 is banned on the server for 1 day.",
    ),
    "/ban 2001:db8::/48": (Ban(network="2001:db8::/48"), "2001:db8::/48 is banned on the server for ever."),
    "/unban ada": (Unban(person="@ada", room=LOBBY), "ada is no longer banned in #lobby."),
    "/unban ada server": (Unban(person="@ada"), "ada is no longer banned on the server."),
    "/unban 203.0.113.0/24": (Unban(network="203.0.113.0/24"), "203.0.113.0/24 is no longer banned on the server."),
    "/mute ada 1w": (
        Mute(person="@ada", room=LOBBY, seconds=WEEK),
        "ada may read and not write in #lobby for 1 week.",
    ),
    "/unmute ada server": (Unmute(person="@ada"), "ada may write on the server again."),
    "/bans": (ListRestrictions(room=LOBBY), "Nobody is banned or muted in #lobby."),
    "/bans server": (ListRestrictions(), "Nobody is banned or muted on the server."),
    "/role ada mod": (
        SetRole(person="@ada", role="moderator", room=LOBBY),
        "ada is a moderator in #lobby now.",
    ),
    "/role ada Owner server": (SetRole(person="@ada", role="owner"), "ada is an owner on the server now."),
    "/report #1 rude": (
        Report(room=LOBBY, of=1, reason="rude"),
        "The moderators will see #1 and what you say about it.",
    ),
    "/aside psst": (
        SendAside(room=LOBBY, text="psst"),
        "The moderators who are in #lobby now were told, and nobody else.",
    ),
    "/audit": (ReadAudit(room=LOBBY, limit=20), "Nothing was done in #lobby that is written down."),
    "/audit server 42": (ReadAudit(before=42, limit=20), "Nothing was done on the server that is written down."),
    "/doors close": (
        CloseDoors(seconds=3600),
        "The doors are closed: nobody new comes in for 1 hour. /doors open lets them.",
    ),
    "/doors closed 2 days": (
        CloseDoors(seconds=2 * DAY),
        "The doors are closed: nobody new comes in for 2 days. /doors open lets them.",
    ),
    "/doors open": (CloseDoors(seconds=0), "The doors are open: new people come in as before."),
    "/invite ada": (InvitePerson(room=LOBBY, person="@ada"), "ada is invited to #lobby."),
    "/invite @ada #tea": (InvitePerson(room="#tea", person="@ada"), "ada is invited to #tea."),
    "/room private": (
        ChangeRoom(room=LOBBY, private=True),
        "#lobby is private now: only its members see it, and who is invited comes in.",
    ),
    "/room public": (
        ChangeRoom(room=LOBBY, private=False),
        "#lobby is public now: everybody here sees it and comes in.",
    ),
    "/room writers moderators": (
        ChangeRoom(room=LOBBY, posting="moderators"),
        "Only moderators write in #lobby from now on.",
    ),
    "/room slow 30": (
        ChangeRoom(room=LOBBY, slow=30),
        "Everybody waits 30 seconds between two messages in #lobby.",
    ),
    "/room slow 1m": (
        ChangeRoom(room=LOBBY, slow=60),
        "Everybody waits 1 minute between two messages in #lobby.",
    ),
    "/room slow off": (ChangeRoom(room=LOBBY, slow=0), "Nobody has to wait any more in #lobby."),
    "/room history joined": (
        ChangeRoom(room=LOBBY, history="joined"),
        "Who comes into #lobby sees it from then on.",
    ),
}


@pytest.mark.parametrize(("line", "command", "answer"), [(line, *expected) for line, expected in TYPED.items()])
def test_what_is_typed_is_done_and_said(bob: Driver, line: str, command: Command, answer: str) -> None:
    bob.receive(f"{line}\n".encode())
    assert bob.house.done == [command]
    assert bob.take() == f"{answer}\n"


@pytest.mark.parametrize(
    ("line", "advice"),
    [
        ("/kick", ""),
        ("/kick @", ""),
        ("/kick ada server", "Nobody is kicked off a server, as they could come back at once: /ban keeps them out."),
        ("/ban", ""),
        ("/mute", ""),
        ("/role ada", "The roles are owner, moderator, speaker (in a room), member and guest."),
        ("/role ada king", "The roles are owner, moderator, speaker (in a room), member and guest."),
        ("/report it", ""),
        ("/aside", ""),
        ("/audit server x", ""),
        ("/doors", ""),
        ("/doors ajar", ""),
        ("/doors close soon", ""),
        ("/invite ada eve", ""),
        ("/uninvite", ""),
        ("/room fast", "The settings are public, private, writers, slow, history, name and new."),
        ("/room slow later", "Write a time such as 10s or 1m, or off."),
        ("/room writers", "Writers are all or moderators."),
        ("/room history some", "History is all or joined."),
        ("/room name", ""),
        ("/room new", ""),
        ("/room new tea secret", ""),
    ],
)
def test_a_mistake_is_answered_with_one_sentence_and_changes_nothing(bob: Driver, line: str, advice: str) -> None:
    bob.receive(f"{line}\n".encode())
    text = bob.take()
    assert text.startswith(f"{advice} Write it like this: {line.split()[0]} ".lstrip())
    assert text.count("\n") == 1
    assert bob.house.done == []


@pytest.mark.parametrize("code", ["not-allowed", "no-such-person", "last-owner", "bad-network", "no-such-restriction"])
def test_a_refusal_is_one_sentence(bob: Driver, code: str) -> None:
    bob.house.refusing = ChatError(code)
    bob.receive(b"/ban ada server\n")
    assert bob.take() == f"{HINTS[code]}\n"


def test_doors_closed_for_ever_are_not_opened(bob: Driver) -> None:
    bob.receive(b"/doors close forever\n")
    assert bob.house.done == [CloseDoors(seconds=LONGEST)]


@pytest.mark.parametrize(
    ("words", "command"),
    [
        ("", CreateInvite()),
        ("#tea", CreateInvite(room="#tea")),
        ("5x", CreateInvite(uses=5)),
        ("x5 2d #tea", CreateInvite(room="#tea", uses=5, expires_in=2 * DAY)),
        ("moderator 10", CreateInvite(role="moderator", expires_in=600)),
        ("0x forever", CreateInvite(uses=0, expires_in=0)),
    ],
)
def test_an_invite_is_made_and_shown(bob: Driver, words: str, command: CreateInvite) -> None:
    bob.receive(f"/invite {words}\n".encode())
    assert bob.house.done == [command]
    assert bob.take() == (
        "This lets people in: the server, as member, 1 person, until 2026-11-29 09:00 UTC\n"
        "  in a browser      https://h:8080/#invite=abcdefghijklmnopqrstuvwx23\n"
        "  with hobnob join  'hobnob://h:8080/#invite=abcdefghijklmnopqrstuvwx23'\n"
        "  anywhere          abcdefghijklmnopqrstuvwx23\n"
    )


def test_invites_are_listed_and_taken_back(bob: Driver) -> None:
    bob.receive(b"/invites\n/uninvite aaaa\n/uninvite zz\n")
    assert bob.take() == (
        "  aaaabbbb  the server, as member, 1 person, until 2026-11-29 09:00 UTC, by ada\n"
        "That invite lets nobody in any more.\n"
        "There is no such invite; /invites lists them, each with its id in front.\n"
    )
    assert bob.house.done == [ListInvites(), ListInvites(), RevokeInvite(invite="i_aaaabbbbcccc"), ListInvites()]


def test_a_room_of_ones_own(bob: Driver) -> None:
    bob.receive(b"/room new den\n/room\n/room new porch public\n")
    made = [command for command in bob.house.done if isinstance(command, CreateRoom)]
    assert made == [CreateRoom(name="den", kind="private"), CreateRoom(name="porch")]
    text = bob.take()
    assert (
        "This room is new, and private: you have just made it. /invite <name> asks people in.\nYou are in #den." in text
    )
    assert "#den: private, all write, newcomers see it from their coming.\n/help room lists" in text


def test_who_is_kicked_out_of_a_private_room_comes_back_by_invitation_alone(bob: Driver) -> None:
    bob.receive(b"/room new den\n")
    bob.take()
    bob.receive(b"/kick ada\n/kick ada #lobby\n")
    assert bob.take() == (
        "ada is no longer in #den. They come back if they are invited again; /ban keeps them out.\n"
        "ada is no longer in #lobby. They may come back; /ban keeps them out.\n"
    )


def test_a_room_is_called_otherwise(bob: Driver) -> None:
    bob.receive(b"/room name hall\n/who\n")
    assert ChangeRoom(room=LOBBY, name="hall") in bob.house.done
    assert bob.take().endswith("This room is called #hall now.\nYou are bob in #hall.\nHere is: ada\n")


def test_what_others_wrote_forges_no_line() -> None:
    evil = "x\x1b[2J\r\nada: forged\u202e"
    restriction = Restriction("x_1", "mute", "p_ada", evil, "", person_name=evil, network="", reason=evil)
    entry = Moderated(
        number=7, at="2026-11-22T09:00:00.000Z", by_name=evil, action="ban", person_name=evil, room="r_x",
        room_name=evil, reason=evil, what=evil, until="2026-11-23T09:00:00.000Z", of=3, role="owner",
    )  # fmt: skip
    invite = Invite("i_1", "member", "p_ada", evil, "", room="r_x", room_name=evil)
    room = RoomState("r_x", evil, "public")
    lines = [
        pages.restriction(restriction), pages.audit(entry), pages.invite(invite), pages.settings(room),
        *pages.invite_made(InviteMade(invite, evil, evil, evil)),
    ]  # fmt: skip
    for line in lines:
        assert "\n" not in line
        assert "\x1b" not in line
        assert "\r" not in line
    assert "to owner" in pages.audit(entry)
    assert "message #3 until 2026-11-23 09:00 UTC" in pages.audit(entry)


def test_reading_the_audit_log_goes_on_where_it_ended(bob: Driver) -> None:
    bob.house.audit = tuple(
        Moderated(number=number, at="2026-11-22T09:00:00.000Z", by_name="ada", action="kick", person_name="eve")
        for number in (9, 8)
    )
    bob.receive(b"/audit server\n/audit #tea\n")
    line = "[2026-11-22 09:00] ada: kick eve\n"
    assert bob.take() == f"{line}{line}Older lines: /audit server 8\n{line}{line}Older lines: /audit #tea 8\n"
    assert not [command for command in bob.house.done if isinstance(command, ReadHistory)]
