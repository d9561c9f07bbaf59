"""What waits for one client: in order, under a cap, and written once a turn."""

import random

import pytest
from tests.unit.chat.conftest import PlainWire
from tests.unit.chat.readers import JSON, OTHER, ROOM, Reader, Turns, hear, heard_by, lines, live, log_of, said

from hobnob.chat.audience import Audience
from hobnob.chat.log import Log
from hobnob.chat.outbox import ONE_WRITE
from hobnob.chat.session import OUTBOX_CAP
from hobnob.gateways.json_lines import JsonLinesWire
from hobnob.protocol.codec import decode_event
from hobnob.protocol.events import Gap, PersonRenamed
from hobnob.protocol.ids import HOUSE


def test_a_turn_is_one_write_for_each_reader() -> None:
    turns = Turns()
    pace = turns.pace()
    readers = [Reader(pace) for _ in range(3)]
    rooms = [Audience(pace, log_of(ROOM)), Audience(pace, log_of(OTHER))]
    for audience in rooms:
        heard_by(audience, *readers)
    for number in range(5):
        for audience in rooms:
            audience.send(said(number), ROOM)
    readers[0].outbox.put(b"for you alone\n")
    turns.turn()
    assert [reader.writes for reader in readers] == [1, 1, 1]
    assert readers[1].got == readers[2].got
    assert readers[0].got == readers[1].got + b"for you alone\n"


def test_an_event_is_encoded_once_for_each_wire_format() -> None:
    encoded: list[str] = []

    class Counting(JsonLinesWire, frozen=True):
        def encode(self, event: object, room: object) -> bytes:
            encoded.append(type(event).__name__)
            return b"x"

    turns = Turns()
    pace = turns.pace()
    audience = Audience(pace, log_of(ROOM))
    heard_by(audience, *(Reader(pace, Counting()) for _ in range(10)))
    audience.send(said(1), ROOM)
    turns.turn()
    assert encoded == ["MessageSent"]


def test_personal_bytes_keep_their_place_among_what_rooms_bring() -> None:
    turns = Turns()
    pace = turns.pace()
    reader = Reader(pace)
    audience = Audience(pace, log_of(ROOM))
    heard_by(audience, reader, Reader(pace))
    audience.send(said(1), ROOM)
    reader.outbox.put(b"a\n")
    audience.send(said(2), ROOM)
    audience.send(said(3), ROOM)
    reader.outbox.answer(b"b\n")
    reader.outbox.put(b"c\n")
    turns.turn()
    assert reader.got == lines(said(1)) + b"a\n" + lines(said(2), said(3)) + b"b\nc\n"


def test_who_comes_in_mid_turn_hears_what_follows_and_who_leaves_what_was_before() -> None:
    turns = Turns()
    pace = turns.pace()
    stays, comes, goes = Reader(pace), Reader(pace), Reader(pace)
    audience = Audience(pace, log_of(ROOM))
    heard_by(audience, stays, goes)
    audience.send(said(1), ROOM)
    heard_by(audience, comes)
    goes.session.unhear(audience)
    audience.send(said(2), ROOM)
    turns.turn()
    assert stays.got == lines(said(1), said(2))
    assert comes.got == lines(said(2))
    assert goes.got == lines(said(1))


def test_a_format_without_echo_does_not_hear_its_own() -> None:
    turns = Turns()
    pace = turns.pace()
    mute = JsonLinesWire(echo=False)
    speaker, other, echoed = Reader(pace, mute), Reader(pace, mute), Reader(pace)
    audience = Audience(pace, log_of(ROOM))
    heard_by(audience, speaker, other, echoed)
    for turn in range(2):
        audience.send(said(3 * turn + 1), ROOM, speaker.session)
        audience.send(said(3 * turn + 2), ROOM, echoed.session)
        audience.send(said(3 * turn + 3), ROOM, speaker.session)
        turns.turn()
    assert speaker.got == lines(said(2), said(5))
    assert other.got == echoed.got == lines(*map(said, range(1, 7)))


def test_a_wire_format_changed_in_mid_turn_counts_from_the_next_event_on() -> None:
    turns = Turns()
    pace = turns.pace()
    reader, other = Reader(pace), Reader(pace)
    audience = Audience(pace, log_of(ROOM))
    heard_by(audience, reader, other)
    audience.send(said(1), ROOM)
    reader.session.wire = PlainWire()
    audience.send(said(2, "two"), ROOM)
    turns.turn()
    audience.send(said(3, "three"), ROOM)
    reader.session.wire = JSON
    audience.send(said(4), ROOM)
    turns.turn()
    assert reader.got == lines(said(1)) + b"!x: two\n!x: three\n" + lines(said(4))
    assert other.got == lines(said(1), said(2, "two"), said(3, "three"), said(4))


def test_what_is_held_back_follows_the_answers() -> None:
    turns = Turns()
    pace = turns.pace()
    reader = Reader(pace)
    audience = Audience(pace, log_of(ROOM))
    heard_by(audience, reader)
    audience.send(said(1), ROOM)
    reader.outbox.hold()
    audience.send(said(2), ROOM)
    reader.outbox.put(b"told to you\n")
    turns.turn()
    assert reader.got == lines(said(1))
    reader.outbox.answer(b"welcome\n")
    audience.send(said(3), ROOM)
    reader.outbox.release()
    audience.send(said(4), ROOM)
    turns.turn()
    assert reader.got == (lines(said(1)) + b"welcome\n" + lines(said(2)) + b"told to you\n" + lines(said(3), said(4)))


def test_a_reader_who_catches_up_is_not_given_all_at_once() -> None:
    turns = Turns()
    pace = turns.pace()
    reader = Reader(pace)
    audience = Audience(pace, log_of(ROOM))
    heard_by(audience, reader)
    reader.outbox.pause()
    events = [said(number, "x" * 1000) for number in range(1, 501)]
    for event in events:
        audience.send(event, ROOM)
        turns.turn()
    reader.resume(room_for=1)
    assert reader.outbox.paused
    assert ONE_WRITE <= len(reader.got) < ONE_WRITE + 2000
    reader.resume()
    assert reader.got == lines(*events)
    assert reader.outbox.size == 0


@pytest.mark.parametrize("seed", range(20))
def test_readers_who_pause_and_resume_at_random_get_the_identical_stream(seed: int) -> None:
    draw = random.Random(seed)
    turns = Turns()
    pace = turns.pace()
    rooms = [live(pace, ROOM), live(pace, OTHER)]
    readers = [Reader(pace) for _ in range(8)]
    for reader in readers:
        for room in rooms:
            hear(reader, room)
    expected: list[bytearray] = [bytearray() for _ in readers]
    number = 0
    for _ in range(400):
        match draw.randrange(6):
            case 0:
                reader = draw.choice(readers)
                if reader.outbox.paused:
                    reader.resume(room_for=draw.choice([None, 1, 5000]))
                else:
                    reader.outbox.pause()
            case 1:
                which = draw.randrange(len(readers))
                own = b"for you %d\n" % number
                readers[which].outbox.put(own)
                expected[which] += own
            case 2:
                turns.turn()
            case _:
                number += 1
                room = draw.choice(rooms)
                room.audience.send(said(number, room=room.id), room.record)
    for reader in readers:
        reader.resume()
    turns.turn()
    streams = [bytes(reader.got) for reader in readers]
    for stream, personal in zip(streams, expected, strict=True):
        assert b"".join(line for line in stream.splitlines(keepends=True) if line.startswith(b"for you")) == personal
    for room in rooms:
        of_room = [[line for line in stream.split(b"\n") if room.id.encode() in line] for stream in streams]
        assert of_room[0]
        assert all(heard == of_room[0] for heard in of_room)


def test_of_50_readers_10_who_stall_get_the_identical_30000_lines() -> None:
    draw = random.Random(7)
    turns = Turns()
    pace = turns.pace()
    room = live(pace)
    readers = [Reader(pace) for _ in range(50)]
    for reader in readers:
        hear(reader, room)
    stalling = readers[:10]
    for start in range(0, 30_000, 100):
        for number in range(start + 1, start + 101):
            room.audience.send(said(number), room.record)
        turns.turn()
        for reader in stalling:
            if draw.random() < 0.3:
                if reader.outbox.paused:
                    reader.resume(room_for=draw.choice([None, 20_000]))
                else:
                    reader.outbox.pause()
    for reader in stalling:
        reader.resume()
    whole = bytes(readers[-1].got)
    assert whole.count(b"\n") == 30_000
    assert all(reader.got == whole for reader in readers)
    assert all(reader.outbox.size == 0 for reader in readers)


def decoded(reader: Reader) -> list[object]:
    return [decode_event(line) for line in bytes(reader.got).splitlines()]


def test_over_the_cap_a_json_reader_is_told_of_the_gap_and_goes_on_after_it() -> None:
    turns = Turns()
    pace = turns.pace()
    room = live(pace)
    slow, quick = Reader(pace), Reader(pace)
    hear(slow, room)
    hear(quick, room)
    slow.outbox.pause()
    number = 0
    while not slow.outbox.gaps:
        number += 1
        room.take(said(number, "x" * 10_000))
        slow.outbox.put(b"")
        turns.turn()
    assert number * 10_000 > OUTBOX_CAP - 20_000
    room.take(said(number + 1))
    turns.turn()
    room.take(said(number + 2))  # still in this turn
    slow.resume()
    room.take(said(number + 3))
    turns.turn()
    assert slow.cut is None
    assert decoded(slow) == [Gap(head=number + 2, room=ROOM.id), said(number + 3)]
    assert len(decoded(quick)) == number + 3


def test_over_the_cap_while_held_back_the_gap_is_told_at_the_release() -> None:
    turns = Turns()
    pace = turns.pace()
    room = live(pace)
    reader = Reader(pace)
    hear(reader, room)
    reader.outbox.hold()
    for number in range(1, 200):
        room.take(said(number, "x" * 10_000))
        turns.turn()
    reader.outbox.answer(b'{"event":"goodbye","text":"stands for a welcome"}\n')
    reader.session.release()
    room.take(said(200))
    turns.turn()
    assert reader.cut is None
    assert decoded(reader)[1:] == [Gap(head=199, room=ROOM.id), said(200)]


def test_over_the_cap_the_house_has_a_gap_too() -> None:
    turns = Turns()
    pace = turns.pace()
    reader = Reader(pace)
    house = Audience(pace, Log(HOUSE, 0, lambda event, _: house.send(event, None), lambda _: None))
    heard_by(house, reader)
    reader.outbox.pause()
    for number in range(1, 20_000):
        house.log.take(PersonRenamed(number=number, by="p_x", by_name="x" * 32, name="y" * 32))
        turns.turn()
    reader.resume()
    house.log.take(PersonRenamed(number=20_000, by="p_x", by_name="x", name="z"))
    turns.turn()
    assert reader.cut is None
    assert decoded(reader)[0] == Gap(head=19_999, log=HOUSE)
    assert bytes(reader.got).endswith(JSON.encode(PersonRenamed(number=20_000, by="p_x", by_name="x", name="z"), None))


def test_over_the_cap_a_room_that_was_left_is_no_reason_to_cut() -> None:
    turns = Turns()
    pace = turns.pace()
    room = live(pace)
    reader = Reader(pace)
    hear(reader, room)
    reader.outbox.pause()
    for number in range(1, 21):
        room.take(said(number, "x" * 10_000))
        turns.turn()
    del reader.session.rooms[room.id]
    reader.session.unhear(room.audience)
    for _ in range(9):
        reader.outbox.put(b"x" * 100_000)
        turns.turn()
    assert reader.outbox.size == 900_000  # it was over the cap
    reader.resume()
    assert reader.cut is None
    assert b"gap" not in reader.got


def test_over_the_cap_a_format_without_gaps_is_cut() -> None:
    turns = Turns()
    pace = turns.pace()
    room = live(pace)
    slow = Reader(pace, PlainWire())
    hear(slow, room)
    slow.outbox.pause()
    for number in range(1, 120):
        room.take(said(number, "x" * 10_000))
        turns.turn()
    assert slow.cut is not None
    assert "too slow" in slow.cut


def test_who_does_not_read_their_own_answers_is_cut() -> None:
    turns = Turns()
    pace = turns.pace()
    slow = Reader(pace)
    slow.outbox.pause()
    for _ in range(12):
        slow.outbox.put(b"x" * 100_000)
        turns.turn()
    assert slow.cut is not None


def test_a_room_is_dropped_without_the_rest() -> None:
    turns = Turns()
    pace = turns.pace()
    rooms = [live(pace, ROOM), live(pace, OTHER)]
    reader = Reader(pace)
    for room in rooms:
        hear(reader, room)
    reader.outbox.pause()
    rooms[0].take(said(1))
    rooms[1].take(said(1, room=OTHER.id))
    reader.outbox.put(b"a\n")
    turns.turn()
    rooms[0].take(said(2))
    reader.session.unhear(rooms[0].audience)
    assert reader.outbox.drop_rooms(ROOM.id) == {ROOM.id}
    reader.resume()
    turns.turn()
    assert reader.got == JSON.encode(said(1, room=OTHER.id), OTHER) + b"a\n"


# The pace


def test_at_rest_a_turn_is_written_at_once() -> None:
    turns = Turns()
    pace = turns.pace()
    audience = Audience(pace, log_of(ROOM))
    reader = Reader(pace)
    heard_by(audience, reader)
    for number in range(3):
        audience.send(said(number), ROOM)
        turns.turn()
        assert reader.writes == number + 1
    assert turns.later == []


def test_under_load_writes_are_fewer_but_never_further_apart_than_they_may_be() -> None:
    turns = Turns()
    ticking = iter(n * 0.01 for n in range(1000))
    pace = turns.pace(lambda: turns.now + next(ticking))  # each look at the clock finds 10 ms gone: a slow flush
    audience = Audience(pace, log_of(ROOM))
    reader = Reader(pace)
    heard_by(audience, reader)
    audience.send(said(1), ROOM)
    turns.turn()
    audience.send(said(2), ROOM)
    turns.turn()
    assert reader.writes == 1, "the second write waits"
    assert len(turns.later) == 1
    assert 0 < turns.later[0][0] <= 0.020
    audience.send(said(3), ROOM)
    turns.now += 0.020
    turns.turn()
    assert reader.got == lines(said(1), said(2), said(3))
    assert reader.writes == 2


def test_a_reader_that_pauses_in_the_midst_of_a_flush_hurts_nobody() -> None:
    turns = Turns()
    pace = turns.pace()
    audience = Audience(pace, log_of(ROOM))
    readers = [Reader(pace) for _ in range(5)]
    heard_by(audience, *readers)
    readers[2].full_after = 1
    for number in range(1, 4):
        audience.send(said(number), ROOM)
        turns.turn()
    assert readers[2].got == lines(said(1))
    readers[2].resume()
    assert {bytes(reader.got) for reader in readers} == {lines(said(1), said(2), said(3))}


def test_a_reader_that_is_gone_in_the_midst_of_a_flush_hurts_nobody() -> None:
    turns = Turns()
    pace = turns.pace()
    audience = Audience(pace, log_of(ROOM))
    readers = [Reader(pace) for _ in range(3)]
    heard_by(audience, *readers)
    first = readers[0]
    write = first._write

    def write_and_go(data: bytes) -> None:
        write(data)
        first.session.unhear(audience)

    first.outbox._write = write_and_go
    first.outbox.direct = write_and_go
    events = [said(number) for number in range(1, 4)]
    for event in events:
        audience.send(event, ROOM)
        turns.turn()
    assert first.got == lines(events[0])
    assert all(reader.got == lines(*events) for reader in readers[1:])
