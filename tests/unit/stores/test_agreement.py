"""Whatever happens in whatever order, SQLite and memory answer alike, and both count unread as a naive reader would."""

import itertools
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from tests.unit.stores.builders import ADA, BOB, EVE, LOBBY, NOW, TEA, furnish, joined, left

from hobnob.protocol.events import (
    DraftChanged,
    MaskChanged,
    MessageDeleted,
    MessageEdited,
    MessagePinned,
    MessageSent,
    MessageUnpinned,
    PersonRenamed,
    ReactionAdded,
    ReactionRemoved,
    ReadMarked,
    RoomCreated,
    RoomDetailChanged,
    SettingChanged,
    TopicChanged,
)
from hobnob.protocol.records import Person, Role
from hobnob.stores.memory import MemoryStore
from hobnob.stores.sql import SqlStore
from hobnob.stores.store import (
    Condition,
    DetailsBelow,
    DropRoom,
    IsMember,
    Item,
    MessageExists,
    MessageStands,
    NameFree,
    NotMember,
    RightsUnchanged,
    RoomNameFree,
    SettingsBelow,
    Store,
)

VISITOR = Person("p_" + "v" * 26, "vic", "visitor")
KEPT = (ADA, BOB, EVE)
ROOMS = (LOBBY, TEA, "r_party")

people = st.sampled_from([*KEPT, VISITOR])
kept_people = st.sampled_from(KEPT)
rooms = st.sampled_from(ROOMS)
numbers = st.integers(1, 25)
names = st.sampled_from(["aaa", "AAA", "Zoe", "\u0430\u0430\u0430", "max"])
texts = st.sampled_from(["hi", "", "a longer text " * 9, "\U0001f375\n"])
mentions = st.lists(st.sampled_from([person.id for person in KEPT]), max_size=3, unique=True).map(tuple)
emojis = st.sampled_from(["+1", "ok"])
roles: st.SearchStrategy[Role] = st.sampled_from(["owner", "speaker", "member"])


messages = st.builds(
    lambda person, room, text, who: MessageSent(room=room, text=text, mentions=who, by=person.id),
    people, rooms, texts, mentions,
)  # fmt: skip
changes = st.one_of(
    st.builds(
        lambda person, room, of, text, who: MessageEdited(room=room, of=of, text=text, mentions=who, by=person.id),
        people, rooms, numbers, texts, mentions,
    ),
    st.builds(lambda person, room, of: MessageDeleted(room=room, of=of, by=person.id), people, rooms, numbers),
    st.builds(lambda person, room, of: MessagePinned(room=room, of=of, by=person.id), people, rooms, numbers),
    st.builds(lambda person, room, of: MessageUnpinned(room=room, of=of, by=person.id), people, rooms, numbers),
    st.builds(
        lambda person, room, of, emoji: ReactionAdded(room=room, of=of, emoji=emoji, by=person.id),
        people, rooms, numbers, emojis,
    ),
    st.builds(
        lambda person, room, of, emoji: ReactionRemoved(room=room, of=of, emoji=emoji, by=person.id),
        people, rooms, numbers, emojis,
    ),
)  # fmt: skip
others = st.one_of(
    st.builds(joined, kept_people, rooms),
    st.builds(left, kept_people, rooms),
    st.builds(lambda person, room, upto: ReadMarked(room=room, upto=upto, by=person.id), kept_people, rooms, numbers),
    st.builds(lambda person, room, text: DraftChanged(room=room, text=text, by=person.id), kept_people, rooms, texts),
    st.builds(
        lambda person, key, value: SettingChanged(key=key, value=value, by=person.id),
        kept_people, emojis, st.none() | texts,
    ),
    st.builds(lambda person, name: PersonRenamed(name=name, by=person.id), people, names),
    st.builds(
        lambda room, topic, person: TopicChanged(room=room, topic=topic, by=person.id, by_name=person.name),
        rooms, texts, people,
    ),
    st.builds(
        lambda room, key, value: RoomDetailChanged(room=room, key=key, value=value), rooms, emojis, st.none() | texts
    ),
    st.builds(
        lambda room, kind, mask, on: MaskChanged(room=room, kind=kind, mask=mask, on=on, by_name="aaa"),
        rooms, st.sampled_from(["ban", "mute"]), st.sampled_from(["a*!*@*", "*!*@h"]), st.booleans(),
    ),
    st.builds(
        lambda room, name, by: RoomCreated(room=room, name=name, by=by),
        st.sampled_from(ROOMS[1:]), names, st.sampled_from(["", ADA.id]),
    ),
)  # fmt: skip
conditions: st.SearchStrategy[Condition] = st.one_of(
    st.builds(RightsUnchanged, rooms, st.integers(0, 2)),
    st.builds(MessageStands, rooms, numbers),
    st.builds(MessageExists, rooms, numbers),
    st.builds(IsMember, rooms, kept_people.map(lambda person: person.id)),
    st.builds(NotMember, rooms, kept_people.map(lambda person: person.id)),
    st.builds(NameFree, names),
    st.builds(RoomNameFree, names),
    st.builds(SettingsBelow, kept_people.map(lambda person: person.id), emojis, st.integers(0, 2)),
    st.builds(DetailsBelow, rooms, emojis, st.integers(0, 2)),
)
refs = st.none() | st.sampled_from(["ref-1", "ref-2"])
items = st.builds(
    lambda events, requires, writes, ref, digest: Item(
        tuple(events), tuple(requires), tuple(writes), ADA.id, ref if events else None, digest
    ),
    st.lists(messages | changes | others, min_size=1, max_size=3, unique_by=type),
    st.lists(conditions, max_size=1),
    st.lists(st.builds(DropRoom, rooms), max_size=1),
    refs,
    st.sampled_from([b"a" * 16, b"b" * 16]),
)
chatter = st.builds(lambda event: Item((event,)), messages | changes)


happenings = st.lists(st.tuples(st.lists(chatter | items, min_size=1, max_size=9), st.integers(-5, 2000)), max_size=6)
lobby_talk = st.lists(st.lists(chatter, min_size=3, max_size=9), min_size=1, max_size=3)


@settings(max_examples=20, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(talk=lobby_talk, happening=happenings, start=numbers, limit=st.integers(1, 6), since=st.integers(0, 9))
def test_every_store_answers_alike(
    talk: list[list[Item]], happening: list[tuple[list[Item], int]], start: int, limit: int, since: int
) -> None:
    with TemporaryDirectory() as folder:
        memory, sql = MemoryStore(), SqlStore(Path(folder))
        sql.open()
        try:
            now = NOW
            furnish(memory)
            furnish(sql)
            for batch, passed in [*((batch, 1) for batch in talk), *happening]:
                now += passed
                assert memory.keep(batch, now) == sql.keep(batch, now)
            agree_on_people(memory, sql)
            agree_on_rooms(memory, sql)
            agree_on_pages(memory, sql, start, limit, since)
            for store in (memory, sql):
                logs_have_no_gaps(store)
                unread_is_what_a_naive_reader_counts(store)
                store.forget_visitors()
            agree_on_rooms(memory, sql)
        finally:
            sql.close()


def agree_on_people(one: Store, two: Store) -> None:
    for person in KEPT:
        assert one.person(person.id) == two.person(person.id)
        assert one.rooms_of(person.id) == two.rooms_of(person.id)
        assert one.settings(person.id) == two.settings(person.id)
        assert one.events_since(person.id, 0, 999) == two.events_since(person.id, 0, 999)
        assert one.kept_ref(person.id, "ref-1") == two.kept_ref(person.id, "ref-1")
    ids = [person.id for person in KEPT]
    assert one.details(ids) == two.details(ids)
    assert one.events_since("house", 0, 999) == two.events_since("house", 0, 999)


def agree_on_rooms(one: Store, two: Store) -> None:
    assert one.heads(ROOMS) == two.heads(ROOMS)
    assert one.public_rooms() == two.public_rooms()
    for room in ROOMS:
        assert one.room(room) == two.room(room)
        assert one.members(room) == two.members(room)
        assert one.masks(room) == two.masks(room)
        assert one.events_since(room, 0, 999) == two.events_since(room, 0, 999)
        for number in range(1, 20):
            assert one.versions(room, number) == two.versions(room, number)


def agree_on_pages(one: Store, two: Store, start: int, limit: int, since: int) -> None:
    ways = [(None, None, None), (start, None, None), (None, start, None), (None, None, start)]
    for room, (before, after, around) in itertools.product(ROOMS, ways):
        pages = [
            store.history(room, before=before, after=after, around=around, limit=limit, since=since)
            for store in (one, two)
        ]
        assert pages[0] == pages[1]
    assert one.message(LOBBY, start) == two.message(LOBBY, start)


def logs_have_no_gaps(store: Store) -> None:
    for log in (*ROOMS, "house", *(person.id for person in KEPT)):
        facts, more = store.events_since(log, 0, 999)
        assert [fact.number for fact in facts] == list(range(1, len(facts) + 1))
        assert [fact.at for fact in facts] == sorted(fact.at for fact in facts)
        assert (store.heads([log])[log], more) == (len(facts), False)


def unread_is_what_a_naive_reader_counts(store: Store) -> None:
    for person, room in itertools.product(KEPT, ROOMS):
        unread = store.unread(person.id, room)
        if unread is None:
            continue
        facts, _ = store.events_since(room, unread.read, 999)
        messages = [fact for fact in facts if isinstance(fact, MessageSent) and fact.by != person.id]
        new = [message for message in messages if not message.deleted]
        assert unread.unread == len(new)
        assert unread.mentions == sum(person.id in message.mentions for message in new)
