"""People, rooms and short ways to say what happened, for the tests of stores."""

from hobnob.protocol.events import (
    Fact,
    MemberJoined,
    MemberLeft,
    MessageDeleted,
    MessageEdited,
    MessageSent,
    ReadMarked,
    RoomCreated,
)
from hobnob.protocol.records import Person, RoomKind
from hobnob.stores.store import AddPerson, Condition, Item, Kept, Outcome, Store, Write

NOW = 1_763_900_000_123
AT = "2025-11-23T12:13:20.123Z"

ADA, BOB, EVE = (Person(f"p_{name * 26}", name * 3) for name in "abe")
LOBBY, TEA, DIRECT = (f"r_{name * 26}" for name in "ltd")
DIGEST = b"0123456789abcdef"


def item(
    *events: Fact,
    requires: tuple[Condition, ...] = (),
    writes: tuple[Write, ...] = (),
    by: str = "",
    ref: str | None = None,
    digest: bytes = DIGEST,
) -> Item:
    return Item(events, requires, writes, by, ref, digest)


def created(room: str = LOBBY, name: str = "lobby", by: str = "", kind: RoomKind = "public") -> RoomCreated:
    return RoomCreated(room=room, name=name, by=by, kind=kind)


def joined(person: Person, room: str = LOBBY) -> MemberJoined:
    return MemberJoined(room=room, person=person.id, person_name=person.name, by=person.id, by_name=person.name)


def left(person: Person, room: str = LOBBY) -> MemberLeft:
    return MemberLeft(room=room, person=person.id, person_name=person.name, by=person.id, by_name=person.name)


def sent(person: Person, text: str, room: str = LOBBY, mentions: tuple[str, ...] = ()) -> MessageSent:
    return MessageSent(room=room, text=text, by=person.id, by_name=person.name, mentions=mentions)


def edited(person: Person, of: int, text: str, room: str = LOBBY, mentions: tuple[str, ...] = ()) -> MessageEdited:
    return MessageEdited(room=room, of=of, text=text, by=person.id, by_name=person.name, mentions=mentions)


def deleted(person: Person, of: int, room: str = LOBBY) -> MessageDeleted:
    return MessageDeleted(room=room, of=of, by=person.id, by_name=person.name, author=person.id)


def marked(person: Person, upto: int, room: str = LOBBY) -> ReadMarked:
    return ReadMarked(by=person.id, by_name=person.name, room=room, upto=upto)


def keep(store: Store, *items: Item, now: int = NOW) -> list[Outcome]:
    return store.keep(items, now)


def happen(store: Store, *events: Fact, now: int = NOW) -> list[Fact]:
    """Keep each event as an item of its own; all must be kept."""
    facts: list[Fact] = []
    for outcome in store.keep([item(event) for event in events], now):
        assert isinstance(outcome, Kept)
        facts += outcome.events
    return facts


def furnish(store: Store) -> None:
    """Ada, Bob and Eve, all in the lobby: its facts 1 to 4. Its next number is 5."""
    people = tuple(AddPerson(person) for person in (ADA, BOB, EVE))
    outcomes = keep(store, item(created(), writes=people), item(joined(ADA)), item(joined(BOB)), item(joined(EVE)))
    assert all(isinstance(outcome, Kept) for outcome in outcomes)
