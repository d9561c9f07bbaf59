"""Outboxes, audiences and their pace, turned by hand: what each reader was written, and when."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import cast

from hobnob.chat.audience import Audience
from hobnob.chat.log import Log
from hobnob.chat.pace import Pace
from hobnob.chat.room import Room as LiveRoom
from hobnob.chat.session import Session
from hobnob.gateways.gateway import Attach, Manner, Origin, WireFormat
from hobnob.gateways.json_lines import JsonLinesWire
from hobnob.protocol.events import MessageSent
from hobnob.protocol.records import Room
from hobnob.stores.store import RoomEntry

MANNER = Manner("test", keeps=True, attach=Attach.ALL, facts=True)
JSON = JsonLinesWire()
ROOM = Room("r_" + "a" * 26, "tea")
OTHER = Room("r_" + "b" * 26, "coffee")


class Turns:
    """A loop that runs when it is told to, and its clock in seconds."""

    def __init__(self) -> None:
        self.now = 0.0
        self.soon: list[Callable[[], object]] = []
        self.later: list[tuple[float, Callable[[], object]]] = []

    def call_soon(self, callback: Callable[..., object], *args: object) -> None:
        self.soon.append(partial(callback, *args))

    def call_later(self, wait: float, callback: Callable[..., object], *args: object) -> None:
        self.later.append((self.now + wait, partial(callback, *args)))

    def turn(self) -> None:
        """Run what is due, and what follows from it; time does not go on by itself."""
        while self.soon:
            self.soon.pop(0)()
        due = [callback for at, callback in self.later if at <= self.now]
        self.later = [(at, callback) for at, callback in self.later if at > self.now]
        for callback in due:
            callback()

    def pace(self, clock: Callable[[], float] | None = None) -> Pace:
        return Pace(cast(asyncio.AbstractEventLoop, self), clock or (lambda: self.now))


class Reader:
    """A session, all that was written to it, and its link, which may be full."""

    def __init__(self, pace: Pace, wire: WireFormat = JSON) -> None:
        self.got = bytearray()
        self.writes = 0
        self.full_after: int | None = None
        """Bytes after which the link says that it is full."""
        self.cut: str | None = None
        self.session = Session(pace, MANNER, wire, Origin("here"), self._write, self._cut)
        self.outbox = self.session.outbox

    def _write(self, data: bytes) -> None:
        assert not self.outbox.paused, "nothing is written to a full link"
        assert data, "nothing is not written"
        self.got += data
        self.writes += 1
        if self.full_after is not None and len(self.got) >= self.full_after:
            self.outbox.pause()

    def _cut(self, reason: str, code: str) -> None:
        self.cut = reason

    def resume(self, room_for: int | None = None) -> None:
        self.full_after = None if room_for is None else len(self.got) + room_for
        self.session.resume()


def live(pace: Pace, record: Room = ROOM) -> LiveRoom:
    """A live room without members."""
    return LiveRoom(RoomEntry(record), [], pace, lambda *_: None, lambda _: None)


def log_of(record: Room) -> Log:
    """The log of a room that is no more than its readers."""
    return Log(record.id, 0, lambda *_: None, lambda _: None)


def hear(reader: Reader, room: LiveRoom) -> None:
    reader.session.rooms[room.id] = room
    reader.session.hear(room.audience)


def said(number: int, text: str = "hello", room: str = ROOM.id) -> MessageSent:
    return MessageSent(room=room, number=number, text=text, by="p_x", by_name="x")


def lines(*events: MessageSent) -> bytes:
    return b"".join(JSON.encode(event, ROOM) for event in events)


def heard_by(audience: Audience, *readers: Reader) -> None:
    for reader in readers:
        reader.session.hear(audience)
