"""What every index finds, and what it must not find."""

import pytest
from tests.unit.stores.builders import (
    ADA,
    AT,
    BOB,
    DIRECT,
    EVE,
    LOBBY,
    NOW,
    TEA,
    created,
    deleted,
    edited,
    happen,
    item,
    joined,
    keep,
    left,
    sent,
)
from tests.unit.stores.search.asking import ask, ask_now, numbers

from hobnob.protocol.events import (
    MessageEdited,
    MessagePinned,
    MessageSent,
    MessageUnpinned,
    PersonRenamed,
    ReactionAdded,
    ReactionRemoved,
    RoomCreated,
)
from hobnob.protocol.records import Hit
from hobnob.protocol.search import parse
from hobnob.stores.search.search import NoSuchMessage, Question, SearchTooSlow, Visit
from hobnob.stores.store import AddDirectPeople, DropRoom, Store


def test_a_hit_says_where_who_when_and_what(store: Store) -> None:
    happen(store, sent(BOB, "Green tea, please"))
    assert ask(store, "tea").hits == (
        Hit(LOBBY, "lobby", 5, AT, BOB.id, BOB.name, "Green tea, please", marked=((6, 9),)),
    )


FOUND = {
    "a word": ("tea", "a cup of tea"),
    "in any case": ("TEA", "Tea!"),
    "without diacritics": ("creme", "Crème brûlée"),
    "with diacritics": ("crème", "creme"),
    "composed or not": ("cre\u0300me", "cr\u00e8me"),
    "sharp s": ("strasse", "Straße"),
    "Greek": ("οδος", "Οδός"),
    "Cyrillic": ("ёлка", "ЕЛКА"),
    "Hindi": ("हिन्दी", "हिन्दी में"),
    "Korean": ("한국어", "한국어 공부"),
    "Arabic with points": ("كتب", "كَتَبَ"),
    "all words": ("tea green", "green and black tea"),
    "a phrase": ('"green tea"', "Green, tea!"),
    "a phrase in other quotes": ("“green tea”", "green tea"),
    "an open phrase": ('"green te', "green te"),
    "a beginning": ("gre*", "green"),
    "a phrase's beginning": ('"green te"*', "green tea"),
    "joined words": ("don't", "I don\u2019t"),
    "numbers": ("512", "build 512 is green"),
    "an address": ("example.org/tea", "see https://example.org/tea?x=1"),
    "behind a colour": ("tea", "\x0304tea\x03"),
    "two Chinese characters": ("北京", "我在北京工作"),
    "one Chinese character": ("京", "我在北京"),
    "the last character": ("作", "我在北京工作"),
    "a longer part": ("在北京工", "我在北京工作"),
    "Japanese kana": ("スト", "テストです"),
    "half-width kana": ("グーグル", "ｸﾞｰｸﾞﾙ"),
    "Thai": ("ไทย", "ภาษาไทยง่าย"),
    "two Thai characters": ("ษา", "ภาษาไทย"),
    "mixed scripts": ("iPhone用", "新しいiPhone用ケース"),
    "mixed scripts, split": ("iphone ケース", "新しいiPhone用ケース"),
    "a phrase of runs": ('"東京 大阪"', "東京 大阪 京都"),
    "full width": ("tea", "ｔｅａ"),
    "not another word": ("tea -coffee", "tea only"),
    "everything of somebody": (f"from:{BOB.id}", "whatever"),
    "the name of then": ("from:BBB tea", "tea"),
    "a link": ("has:link", "see https://example.org"),
    "a day": ("tea after:2025-11-23 before:2025-11-24", "tea"),
}
NOT_FOUND = {
    "a part of a word": ("te", "a cup of tea"),
    "one word missing": ("tea milk", "a cup of tea"),
    "another order": ('"tea green"', "green tea"),
    "not next to each other": ('"green tea"', "green black tea"),
    "an unwanted word": ("tea -green", "green tea"),
    "an unwanted phrase": ('tea -"green tea"', "green tea"),
    "not next to each other in Chinese": ("北京", "京北"),
    "across a space": ("日本語", "日本 本語"),
    "longer than what is there": ("北京市", "北京"),
    "another one's": (f"from:{ADA.id} tea", "tea"),
    "no link": ("has:link", "tea at example"),
    "no reply": ("has:reply", "tea"),
    "earlier": ("tea before:2025-11-23", "tea"),
    "later": ("tea after:2025-11-24", "tea"),
}


@pytest.mark.parametrize(("query", "text"), FOUND.values(), ids=FOUND.keys())
def test_is_found(store: Store, query: str, text: str) -> None:
    happen(store, sent(BOB, text))
    assert numbers(store, query) == [5]


@pytest.mark.parametrize(("query", "text"), NOT_FOUND.values(), ids=NOT_FOUND.keys())
def test_is_not_found(store: Store, query: str, text: str) -> None:
    happen(store, sent(BOB, text))
    assert numbers(store, query) == []


def test_the_newest_come_first_and_pages_follow(store: Store) -> None:
    happen(store, created(TEA, "tea"), joined(ADA, TEA))
    for cup in range(6):
        happen(store, sent(BOB, "a cup", room=LOBBY if cup % 2 else TEA), now=NOW + cup)
    found, place = [], None
    for _ in range(3):
        page = ask(store, "cup", before=place, limit=2)
        found += [(hit.at[-4:], hit.room) for hit in page.hits]
        place = page.hits[-1].room, page.hits[-1].number
        assert page.more == (len(found) < 6)
    assert [room for _, room in found] == [LOBBY, TEA] * 3
    assert sorted(found, reverse=True) == found


def test_a_page_cannot_begin_where_one_may_not_look(store: Store) -> None:
    happen(store, created(TEA, "tea"), joined(BOB, TEA), sent(BOB, "tea", room=TEA), sent(BOB, "tea"))
    for place in ((TEA, 3), (LOBBY, 99), ("r_" + "x" * 26, 1)):
        with pytest.raises(NoSuchMessage):
            ask(store, "tea", before=place)


def test_only_present_texts_are_found(store: Store) -> None:
    happen(store, sent(ADA, "green tea"))
    assert numbers(store, "green") == [5]
    happen(store, edited(ADA, 5, "black tea"))
    assert numbers(store, "green") == []
    assert ask(store, "black").hits[0].edited
    happen(store, edited(ADA, 5, "white tea"), edited(ADA, 5, "red tea"))
    assert numbers(store, "black") == numbers(store, "white") == []
    assert numbers(store, "red") == [5]


def test_an_edit_that_is_not_indexed_yet_hides_the_old_text(store: Store) -> None:
    happen(store, sent(ADA, "green tea"))
    assert numbers(store, "green") == [5]
    happen(store, edited(ADA, 5, "black tea"))
    assert [hit.number for hit in ask_now(store, "green").hits] == []


def test_what_is_deleted_is_found_no_more(store: Store) -> None:
    happen(store, sent(ADA, "green tea"), sent(BOB, "green grass"))
    assert numbers(store, "green") == [6, 5]
    happen(store, deleted(ADA, 5))
    assert [hit.number for hit in ask_now(store, "green").hits] == [6]


def test_edited_and_deleted_before_it_was_indexed(store: Store) -> None:
    happen(store, sent(ADA, "green tea"), edited(ADA, 5, "black tea"), deleted(ADA, 5), sent(ADA, "black coffee"))
    assert numbers(store, "black") == [8]
    assert numbers(store, "green") == []
    happen(store, edited(BOB, 5, "never"), edited(ADA, 3, "neither"))
    assert numbers(store, "never") == numbers(store, "neither") == []


def test_only_members_see_and_only_what_they_may(store: Store) -> None:
    happen(store, RoomCreated(room=TEA, name="tea", kind="private", history="joined", by=BOB.id))
    happen(store, joined(BOB, TEA), sent(BOB, "old tea", room=TEA), joined(ADA, TEA), sent(BOB, "new tea", room=TEA))
    assert numbers(store, "tea") == [5]
    assert numbers(store, "tea", BOB.id) == [5, 3]
    assert numbers(store, "tea", EVE.id) == []
    assert numbers(store, "tea", EVE.id, room=TEA) == []
    assert numbers(store, "tea", "p_nobody") == []
    happen(store, left(ADA, TEA))
    assert numbers(store, "tea") == []


def test_one_room_alone(store: Store) -> None:
    happen(store, created(TEA, "tea"), joined(ADA, TEA), sent(ADA, "hot", room=TEA), sent(ADA, "hot"))
    assert numbers(store, "hot", room=TEA) == [3]
    assert numbers(store, "hot", room=LOBBY) == [5]
    assert numbers(store, "hot", room="r_" + "x" * 26) == []


def test_visitors_see_where_they_are(store: Store) -> None:
    happen(store, sent(ADA, "old tea"), sent(ADA, "new tea"))
    visits = (Visit(LOBBY, 6), Visit("r_" + "x" * 26, 1))
    assert [hit.number for hit in ask(store, "tea", "p_visitor", visits=visits).hits] == [6]
    assert ask(store, "tea", "p_visitor").hits == ()


def test_a_direct_room_is_named_by_the_others(store: Store) -> None:
    made = item(
        RoomCreated(room=DIRECT, name="", kind="direct", by=ADA.id), joined(ADA, DIRECT), joined(BOB, DIRECT),
        writes=(AddDirectPeople(DIRECT, (ADA, BOB)),),
    )  # fmt: skip
    keep(store, made)
    happen(store, sent(BOB, "psst", room=DIRECT), PersonRenamed(by=BOB.id, by_name=BOB.name, name="robert"))
    hit = ask(store, "psst").hits[0]
    assert (hit.room_name, hit.people) == ("", ("robert",))
    assert ask(store, "psst", EVE.id).hits == ()


def test_private_rooms_are_left_out_where_they_are_not_asked_for(store: Store) -> None:
    happen(store, RoomCreated(room=TEA, name="tea", kind="private"), joined(ADA, TEA), sent(ADA, "green", room=TEA))
    happen(store, sent(ADA, "green"))
    assert [hit.room for hit in ask(store, "green").hits] == [LOBBY, TEA]
    assert [hit.room for hit in ask(store, "green", private=False).hits] == [LOBBY]
    assert ask(store, "green", private=False, room=TEA).hits == ()


def test_a_dropped_room_is_found_no_more(store: Store) -> None:
    happen(store, RoomCreated(room=TEA, name="tea", by="p_visitor"), sent(ADA, "green tea", room=TEA))
    visits = (Visit(TEA, 1),)
    assert len(ask(store, "green", "p_visitor", visits=visits).hits) == 1
    keep(store, item(writes=(DropRoom(TEA),)))
    assert ask(store, "green", "p_visitor", visits=visits).hits == ()


def test_what_a_message_has(store: Store) -> None:
    happen(store, sent(ADA, "one"), sent(ADA, "two"), sent(ADA, "three"))
    reply = MessageSent(
        room=LOBBY, text="four", by=BOB.id, by_name=BOB.name, reply_to=f"{LOBBY}.5", thread=f"{LOBBY}.6"
    )
    pin = MessagePinned(room=LOBBY, of=5, by=BOB.id, by_name=BOB.name)
    reaction = ReactionAdded(room=LOBBY, of=6, emoji="👍", by=BOB.id, by_name=BOB.name)
    happen(store, reply, pin, reaction)
    assert numbers(store, "has:reply") == numbers(store, "has:thread") == [8]
    assert numbers(store, "has:pin") == numbers(store, "one has:pin") == [5]
    assert numbers(store, "has:reaction") == [6]
    assert numbers(store, "has:pin has:reaction") == []
    happen(
        store, MessageUnpinned(room=LOBBY, of=5, by=BOB.id, by_name=BOB.name),
        ReactionRemoved(room=LOBBY, of=6, emoji="👍", by=BOB.id, by_name=BOB.name),
    )  # fmt: skip
    assert numbers(store, "has:pin") == numbers(store, "has:reaction") == []


def test_an_edit_can_add_a_link(store: Store) -> None:
    happen(store, sent(ADA, "see there"))
    happen(store, MessageEdited(room=LOBBY, of=5, text="see http://x.example", by=ADA.id, by_name=ADA.name))
    assert numbers(store, "has:link") == [5]
    happen(store, edited(ADA, 5, "see nothing"))
    assert numbers(store, "has:link") == []


def test_no_time_is_no_search(store: Store) -> None:
    happen(store, *(sent(ADA, f"tea {cup}") for cup in range(50)))
    assert numbers(store, "tea")
    with pytest.raises(SearchTooSlow):
        store.index.search(Question(parse("tea milk"), ADA.id), 0.0)
