"""METADATA: what people tell of themselves and moderators of channels, and hearing when it changes (IRCv3 metadata).

``METADATA target GET|LIST|SET|CLEAR|SYNC …`` and ``METADATA * SUB|UNSUB|SUBS …``. Everybody may read it who sees the
person or the channel: the visibility is always ``*``. Before a client is registered it can speak of itself alone.
The real name is no metadata: IRC has words of its own for it, and SETNAME changes it.
"""

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Final, NamedTuple

from hobnob.gateways.gateway import Said
from hobnob.gateways.irc.client import Client, is_channel
from hobnob.gateways.irc.commands.command import Steps, handles
from hobnob.gateways.irc.isupport import MAX_METADATA, MAX_SUBSCRIPTIONS, MAX_VALUE
from hobnob.gateways.irc.lines import batch
from hobnob.gateways.irc.message import Message
from hobnob.gateways.irc.metadata import NEWER, failure, knows, told, value_of
from hobnob.gateways.irc.numerics import Numeric
from hobnob.gateways.irc.shown import is_here
from hobnob.gateways.irc.wire import REAL_NAME
from hobnob.protocol.commands import ReadRoom
from hobnob.protocol.errors import ChatError
from hobnob.protocol.moderation_commands import SetRoomDetail
from hobnob.protocol.people_commands import ListPeople, ReadPeople, SetDetail
from hobnob.protocol.replies import People, Reply, RoomTerms

KEY_CHARACTERS: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_./-")
RETRY_AFTER: Final = "10"
"""Seconds; who has less to wait is not refused."""
_ALL: Final = ("*", "*ALL")
"""All that a client is told of, in the older version and in the newer."""
_FAILURES: Final = {
    "detail-invalid": "value", "too-many": "LIMIT_REACHED", "too-fast": "RATE_LIMITED",
    "not-allowed": "KEY_NO_PERMISSION", "not-a-member": "KEY_NO_PERMISSION", "not-kept": "KEY_NO_PERMISSION",
}  # fmt: skip


class Target(NamedTuple):
    """A person or a channel, and what is told of it; `mine`: it is the client itself."""

    name: str
    details: Mapping[str, str]
    mine: bool = False


Finding = Generator[Said, Reply | None, Target | None]
Lines = Generator[Said, Reply | None, list[bytes]]


@handles("METADATA", params=2, registered=False)
def metadata(client: Client, message: Message) -> Steps:
    """See the head of this file."""
    if not knows(client.capabilities):
        yield client.numeric(Numeric.ERR_UNKNOWNCOMMAND, "METADATA")
        return
    target, subcommand, *params = message.params
    match subcommand.upper():
        case "SUB" | "UNSUB" | "SUBS" as asked:
            if target not in ("*", client.nick):
                yield failure(client, "INVALID_TARGET", target, text="Only one's own subscriptions can be changed.")
            elif asked != "SUBS" and not params:
                yield client.numeric(Numeric.ERR_NEEDMOREPARAMS, "METADATA")
            else:
                yield from _SUBSCRIPTIONS[asked](client, params)
        case "GET" | "LIST" | "SET" | "CLEAR" | "SYNC" as asked:
            yield from _about(client, asked, target, params)
        case _:
            text = "Say GET, LIST, SET, CLEAR, SYNC, SUB, UNSUB or SUBS."
            yield failure(client, "subcommand", subcommand, text=text)


def _about(client: Client, asked: str, name: str, params: Sequence[str]) -> Steps:
    if asked in ("GET", "SET") and not params:
        yield client.numeric(Numeric.ERR_NEEDMOREPARAMS, "METADATA")
        return
    in_it = is_channel(name) and client.joined(name) is not None
    if asked == "SYNC" and client.registered and (in_it or name in _ALL):
        lines = yield from _what_there_is(client, name if in_it else None, client.subscriptions or frozenset())
        yield in_batch(client, "metadata", lines, name if in_it else _all_of(client))
        return
    target = yield from _find(client, name)
    if target is None:
        yield failure(client, "INVALID_TARGET", name, text="Nobody and no channel of this name is here.")
        return
    match asked:
        case "GET":
            lines = [_got(client, target, key) for key in params]
        case "LIST":
            lines = [value_of(client, target.name, key, value) for key, value in sorted(target.details.items())]
        case "SYNC":
            lines = list(told(client, target.name, target.details, client.subscriptions or ()))
        case "SET":
            yield from _set(client, target, params[0], (params[1] if len(params) > 1 else "") or None)
            return
        case _:
            yield from _clear(client, target)
            return
    yield in_batch(client, "metadata", lines, target.name)


def _find(client: Client, name: str) -> Finding:
    introduction = client.introduction
    if introduction is not None:
        return Target("*", introduction.metadata or {}, mine=True) if name == "*" else None
    if is_channel(name):
        try:
            terms = yield ReadRoom(room=name)
        except ChatError as error:
            if error.code == "too-fast":
                raise
            return None
        assert isinstance(terms, RoomTerms)
        return Target(f"#{terms.room.name}", terms.room.details)
    found = yield ReadPeople(people=(client.person.id if name == "*" else f"@{name}",))
    assert isinstance(found, People)
    if not found.people:
        return None
    person = found.people[0].person
    details = {key: value for key, value in found.people[0].details.items() if key != REAL_NAME}
    return Target(person.name, details, person.id == client.person.id)


def _got(client: Client, target: Target, key: str) -> bytes:
    if _is_key(key):
        return value_of(client, target.name, key, target.details.get(key))
    return _invalid_key(client, key, "WARN")


def _is_key(key: str) -> bool:
    return 0 < len(key) <= 64 and set(key) <= KEY_CHARACTERS and key != REAL_NAME


def _invalid_key(client: Client, key: str, kind: str = "FAIL") -> bytes:
    text = "Say SETNAME." if key == REAL_NAME else "A key is made of a to z, 0 to 9 and _./-"
    return failure(client, "key", key, text=text, kind=kind)


# Changing it


def _set(client: Client, target: Target, key: str, value: str | None) -> Steps:
    if not _is_key(key):
        yield _invalid_key(client, key)
        return
    try:
        yield from _change(client, target, key, value)
    except ChatError as error:
        yield _refused(client, target, key, error)
        return
    yield value_of(client, target.name, key, value)


def _clear(client: Client, target: Target) -> Steps:
    lines: list[bytes] = []
    try:
        for key in sorted(target.details):
            yield from _change(client, target, key, None)
            lines.append(value_of(client, target.name, key, None))
        if not target.details:
            yield from _change(client, target, "url", None)  # whether it may be changed
    except ChatError as error:
        yield _refused(client, target, "*", error)
        return
    yield in_batch(client, "metadata", lines, target.name)


def _change(client: Client, target: Target, key: str, value: str | None) -> Steps:
    introduction = client.introduction
    if introduction is not None:
        if value is not None and len(value.encode(errors="replace")) > MAX_VALUE:
            raise ChatError("detail-invalid")
        known = {known: told for known, told in (introduction.metadata or {}).items() if known != key}
        if value is not None and len(known) >= MAX_METADATA:
            raise ChatError("too-many", f"At most {MAX_METADATA} keys can be set.")
        introduction.metadata = known if value is None else {**known, key: value}
    elif is_channel(target.name):
        yield SetRoomDetail(room=target.name, key=key, value=value)
    elif target.mine:
        yield SetDetail(key=key, value=value)
    else:
        raise ChatError("not-allowed", "Only what is told of oneself can be changed, and of channels one looks after.")


def _refused(client: Client, target: Target, key: str, error: ChatError) -> bytes:
    what = _FAILURES.get(error.code)
    match what:
        case None:
            raise error
        case "LIMIT_REACHED":
            context = (target.name, *([str(MAX_METADATA)] if NEWER in client.capabilities else []))
        case "RATE_LIMITED":
            context = (target.name, key, RETRY_AFTER)
        case "KEY_NO_PERMISSION":
            context = (target.name, key)
        case _:
            context = (key,)
    return failure(client, what, *context, text=error.hint)


# Hearing of it


def _subscribe(client: Client, keys: Sequence[str]) -> Steps:
    subscribed = client.subscriptions or frozenset()
    taken: list[str] = []
    problems: list[bytes] = []
    for key in keys:
        if not _is_key(key):
            problems.append(_invalid_key(client, key, "WARN"))
        elif key not in subscribed and len(subscribed) >= MAX_SUBSCRIPTIONS:
            context = (key, *([str(MAX_SUBSCRIPTIONS)] if NEWER in client.capabilities else []))
            text = f"At most {MAX_SUBSCRIPTIONS} keys can be heard of."
            problems.append(failure(client, "subscriptions", *context, text=text))
            break
        else:
            subscribed |= {key}
            taken.append(key)
    client.subscribe(subscribed)
    yield b"".join(problems)
    if taken:
        yield client.numeric(Numeric.RPL_METADATASUBOK, *taken)
        if client.registered:
            yield from _tell_at_once(client, frozenset(taken))


def _tell_at_once(client: Client, keys: frozenset[str]) -> Steps:
    """What is set under keys that a client hears of from now on. The newer version wants an answer in any case."""
    lines = yield from _what_there_is(client, None, keys)
    if lines:
        yield in_batch(client, "metadata", lines, _all_of(client))
    elif NEWER in client.capabilities:
        yield client.numeric(Numeric.RPL_METADATASYNCLATER, _all_of(client), "0")


def _unsubscribe(client: Client, keys: Sequence[str]) -> Steps:
    known = list(filter(_is_key, keys))
    client.subscribe((client.subscriptions or frozenset()) - frozenset(known))
    yield b"".join(_invalid_key(client, key, "WARN") for key in keys if key not in known)
    if known:
        yield client.numeric(Numeric.RPL_METADATAUNSUBOK, *known)


def _subscriptions(client: Client, _: Sequence[str]) -> Steps:
    keys = sorted(client.subscriptions or ())
    lines = [client.numeric(Numeric.RPL_METADATASUBS, *keys[start : start + 10]) for start in range(0, len(keys), 10)]
    yield in_batch(client, "metadata-subs", lines)


_SUBSCRIPTIONS: Final = {"SUB": _subscribe, "UNSUB": _unsubscribe, "SUBS": _subscriptions}


def tell_of_channel(client: Client, channel: str) -> Steps:
    """What is set in a channel that a client has just joined, under the keys that it hears of."""
    lines = yield from _what_there_is(client, channel, client.subscriptions or frozenset())
    if lines or NEWER in client.capabilities:
        yield in_batch(client, "metadata", lines, channel)


def _all_of(client: Client) -> str:
    return _ALL[NEWER in client.capabilities]


def _what_there_is(client: Client, channel: str | None, keys: frozenset[str]) -> Lines:
    if not keys:
        return []
    rooms = client.all_joined() if channel is None else [room for room in [client.joined(channel)] if room is not None]
    lines = [line for room in rooms for line in told(client, f"#{room.name}", room.details, keys)]
    return lines + (yield from _told_of_people(client, channel, keys))


def _told_of_people(client: Client, channel: str | None, keys: frozenset[str]) -> Lines:
    lines: list[bytes] = []
    after: str | None = None
    more = True
    while more:
        page = yield ListPeople(room=channel, after=after)
        assert isinstance(page, People)
        for profile in page.people:
            lines += told(client, profile.person.name, profile.details, keys)
        more = page.more and bool(page.people)
        after = page.people[-1].person.id if page.people else None
    return lines


def told_of(client: Client, found: People) -> Iterator[bytes]:
    """What is told of people whom a client monitors and is told to be here; the newer version wants it in any case."""
    if knows(client.capabilities):
        for profile in filter(is_here, found.people):
            lines = list(told(client, profile.person.name, profile.details, client.subscriptions or ()))
            if lines or NEWER in client.capabilities:
                yield in_batch(client, "metadata", lines, profile.person.name)


def in_batch(client: Client, kind: str, lines: Sequence[bytes], *params: str) -> bytes:
    """Lines as a batch; as lines alone for clients that take no batches."""
    if "batch" not in client.capabilities:
        return b"".join(lines)
    return batch(client.house.name, "m" + client.next_batch(), kind, lines, *params)


def introduce(client: Client, said: Mapping[str, str]) -> Steps:
    """Once a client is registered: keep what it said before of itself, and tell it all that is told of it."""
    for key, value in said.items():
        with suppress(ChatError):  # one may have told too much before; what counts is told right after
            yield SetDetail(key=key, value=value)
    if knows(client.capabilities):
        me = yield from _find(client, "*")
        details = {} if me is None else me.details
        lines = list(told(client, client.nick, details, details.keys()))
        yield in_batch(client, "metadata", lines, client.nick)
