"""Facts and messages as rows of the table `facts`, and back. What became of a message later is looked up elsewhere."""

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

import msgspec
import sqlalchemy as sa
from msgspec.structs import replace

from hobnob.protocol.codec import decode_fact, encode, encode_event
from hobnob.protocol.events import DraftChanged, Fact, MessageEdited, MessageSent
from hobnob.protocol.records import Draft, Message, MessageKind
from hobnob.protocol.times import rfc3339
from hobnob.stores.numbering import LogState
from hobnob.stores.tables import facts, persons

Row = sa.Row[*tuple[Any, ...]]
MESSAGE_SENT = "message_sent"
PERSON = sa.select(persons.c.id, persons.c.name, persons.c.kind, persons.c.role)

# The columns of a new fact, in the order of `FactRow`.
NEW_FACT = (
    "log",
    "number",
    "at",
    "messages",
    "event",
    "author",
    "author_name",
    "ref",
    "text",
    "data",
    "ref_key",
    "digest",
)
FactRow = tuple[
    int, int, int, int, str, str | None, str | None, str | None, str | None, str | None, bytes | None, bytes | None
]


class Extras(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a message has beside its text; most have nothing of it, so it is kept as JSON."""

    kind: MessageKind = "text"
    reply_to: str | None = None
    thread: str | None = None
    mentions: tuple[str, ...] = ()
    tags: dict[str, str] = {}


NO_EXTRAS = Extras()
_extras = msgspec.json.Decoder(Extras)


class SqlLog(LogState):
    """A log's state, with the key of its row."""

    __slots__ = ("seq",)

    def __init__(self, seq: int, id: str, head: int = 0, count: int = 0, at: int = 0, rights: int = 0) -> None:
        super().__init__(id, head, count, at, rights)
        self.seq = seq


def ref_key(by: str, ref: str) -> bytes:
    """22 bytes that stand for a person's ref in the index that every write with a ref goes through.

    Refs that begin with the time (`new_ref`) stay together there, so that a batch touches a page or two and not one for
    each message. What tells two refs apart is the hash; the beginning is only for that order.
    """
    return ref[:10].encode().ljust(10)[:10] + blake2b(f"{by} {ref}".encode(), digest_size=12).digest()


def to_row(fact: Fact, log: SqlLog, key: bytes | None, digest: bytes | None) -> FactRow:
    """The row of a fact that `log` has just numbered."""
    if isinstance(fact, MessageSent):
        head = (log.seq, log.head, log.at, log.count, MESSAGE_SENT)
        return (*head, fact.by, fact.by_name, fact.ref, fact.text, dump_extras(fact), key, digest)
    text = None
    if isinstance(fact, MessageEdited | DraftChanged):
        text = fact.text
        fact = replace(fact, text="")
    head = (log.seq, log.head, log.at, log.count, str(fact.__struct_config__.tag))
    return (*head, None, None, None, text, encode_event(fact).decode(), key, digest)


def dump_extras(of: MessageSent | Extras) -> str | None:
    """The JSON of a message's extras, None when there are none."""
    if of.kind == "text" and of.reply_to is None and of.thread is None and not (of.mentions or of.tags):
        return None
    return encode(Extras(of.kind, of.reply_to, of.thread, of.mentions, of.tags)).decode()


def load_extras(data: str | None) -> Extras:
    """The inverse of `dump_extras`."""
    return NO_EXTRAS if data is None else _extras.decode(data)


def without_words(data: str, author: str | None) -> str | None:
    """The data of a message or edit, not longer than before, mentioning nobody and without tags."""
    if author is not None:
        return dump_extras(replace(load_extras(data), mentions=(), tags={}))
    return encode_event(replace(decode_edit(data), mentions=())).decode()


def decode_edit(data: str) -> MessageEdited:
    """The fact of an edit, without its text."""
    fact = decode_fact(data)
    assert isinstance(fact, MessageEdited)
    return fact


def decode_draft(data: str, text: str) -> Draft:
    """A draft from the row of its fact."""
    fact = decode_fact(data)
    assert isinstance(fact, DraftChanged)
    return Draft(text, fact.reply_to)


class Present(msgspec.Struct, frozen=True):
    """What has become of a message: the text of its last edit, if there was one, or that it is deleted."""

    text: str = ""
    mentions: tuple[str, ...] = ()
    edited_at: int | None = None
    deleted: bool = False


def to_fact(row: Row, room: str) -> Fact:
    """A fact as it was kept; `room` is the id of its log. Texts of edits and drafts are left out."""
    if row.author is None:
        return decode_fact(row.data)
    extras = load_extras(row.data)
    return MessageSent(
        number=row.number,
        at=rfc3339(row.at),
        by=row.author,
        by_name=row.author_name,
        room=room,
        count=row.messages,
        ref=row.ref,
        text=row.text,
        kind=extras.kind,
        reply_to=extras.reply_to,
        thread=extras.thread,
        mentions=extras.mentions,
        tags=extras.tags,
    )


def to_message(
    row: Row, room: str, present: Present | None, reactions: Mapping[str, tuple[str, ...]], pinned: bool
) -> Message:
    """A message in its present state."""
    extras = load_extras(row.data)
    now = present or Present(row.text, extras.mentions)
    return Message(
        room=room,
        number=row.number,
        count=row.messages,
        at=rfc3339(row.at),
        by=row.author,
        by_name=row.author_name,
        text=now.text,
        kind=extras.kind,
        reply_to=extras.reply_to,
        thread=extras.thread,
        mentions=now.mentions,
        tags={} if now.deleted else extras.tags,
        reactions=dict(reactions),
        pinned=pinned,
        edited_at=None if now.edited_at is None else rfc3339(now.edited_at),
        deleted=now.deleted,
        ref=row.ref,
    )


READ_COLUMNS = (
    facts.c.number,
    facts.c.at,
    facts.c.messages,
    facts.c.author,
    facts.c.author_name,
    facts.c.ref,
    facts.c.text,
    facts.c.data,
)
