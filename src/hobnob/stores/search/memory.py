"""Searching a store in memory: there is no index, every message is looked at. The plainest way to write it down."""

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import datetime

from hobnob.protocol.records import Hit
from hobnob.protocol.search import Has, matches
from hobnob.protocol.words import marks, name_key
from hobnob.stores.memory_state import Memory, MessageState, RoomData
from hobnob.stores.search.search import TIME_LIMIT, NoSuchMessage, Page, Question, SearchTooSlow

Place = tuple[str, int, str]


class MemoryIndex:
    """An `Index` over what a store in memory knows, guarded by the store's lock."""

    def __init__(self, memory: Memory, lock: AbstractContextManager[object]) -> None:
        self._memory = memory
        self._lock = lock

    def index_more(self) -> bool:
        """Nothing is ever behind."""
        return False

    def close(self) -> None:
        """There is nothing to let go of."""

    def tidy(self) -> None:
        """Nothing is left of what was deleted."""

    def search(self, question: Question, limit: float = TIME_LIMIT) -> Page:
        deadline = time.monotonic() + limit
        with self._lock:
            hits = []
            for data, message in self._messages(question):
                if time.monotonic() > deadline:
                    raise SearchTooSlow
                if _is_hit(question, message):
                    hits.append(self._hit(question, data, message))
                    if len(hits) > question.limit:
                        break
            return Page(tuple(hits[: question.limit]), len(hits) > question.limit)

    def _messages(self, question: Question) -> Iterator[tuple[RoomData, MessageState]]:
        """What the asker may see and asks about, newest first."""
        visible = self._visible(question)
        found = [
            (_place(message), data, message)
            for data, since in visible
            for number, message in data.messages.items()
            if number >= since
        ]
        end = None
        if question.before is not None:
            end = next((place for place, *_ in found if (place[2], place[1]) == question.before), None)
            if end is None:
                raise NoSuchMessage
        found.sort(key=lambda each: each[0], reverse=True)
        return ((data, message) for place, data, message in found if end is None or place < end)

    def _visible(self, question: Question) -> Iterator[tuple[RoomData, int]]:
        visits = {visit.room: visit.since for visit in question.visits}
        for room, data in self._memory.rooms.items():
            member = data.members.get(question.asker)
            if data.room.kind == "private" and not question.private:
                member = None
            if question.room not in (None, room) or (member is None and room not in visits):
                continue
            if member is None:
                yield data, visits[room]
            else:
                yield data, member.since if data.room.history == "joined" else 1

    def _hit(self, question: Question, data: RoomData, message: MessageState) -> Hit:
        sent, direct = message.sent, data.room.kind == "direct"
        people = [self._memory.persons.get(person.id, person) for person in data.room.people] if direct else []
        return Hit(
            room=sent.room,
            room_name="" if direct else data.room.name,
            number=sent.number,
            at=sent.at,
            by=sent.by,
            by_name=sent.by_name,
            text=message.text,
            kind=sent.kind,
            people=tuple(person.name for person in people if person.id != question.asker),
            marked=marks(message.text, question.query.wanted),
            edited=message.edited_at is not None,
        )


def _place(message: MessageState) -> Place:
    """Where a message stands among all others: by time, then number."""
    return message.sent.at, message.sent.number, message.sent.room


def _is_hit(question: Question, message: MessageState) -> bool:
    query, sent = question.query, message.sent
    at = datetime.fromisoformat(sent.at).timestamp() * 1000
    return (
        not message.deleted
        and (query.before is None or at < query.before)
        and (query.after is None or at >= query.after)
        and (query.sender is None or sent.by == question.sender or _same_name(sent.by_name, query.sender))
        and all(_has(message, what) for what in query.has)
        and matches(query, message.text)
    )


def _same_name(name: str, wanted: str) -> bool:
    return name_key(name) == name_key(wanted.removeprefix("@"))


def _has(message: MessageState, what: Has) -> bool:
    match what:
        case "link":
            return "http://" in message.text or "https://" in message.text
        case "pin":
            return message.pinned
        case "reaction":
            return bool(message.reactions)
        case "reply":
            return message.sent.reply_to is not None
        case "thread":
            return message.sent.thread is not None
