"""METADATA: what people tell of themselves, and hearing when it changes (IRCv3 draft/metadata-2).

``METADATA target GET|LIST|SET|CLEAR|SYNC …`` and ``METADATA * SUB|UNSUB|SUBS …``. Only people have metadata here, one's
own can be changed, and everybody may read it: the visibility is always ``*``.
"""

from collections.abc import Generator, Iterator, Sequence
from typing import Final

from hobnob.gateways.gateway import Said
from hobnob.gateways.irc.client import Client, is_channel
from hobnob.gateways.irc.commands.command import Steps, handles
from hobnob.gateways.irc.isupport import MAX_SUBSCRIPTIONS
from hobnob.gateways.irc.lines import batch
from hobnob.gateways.irc.message import Message
from hobnob.gateways.irc.numerics import Numeric
from hobnob.protocol.errors import ChatError
from hobnob.protocol.people_commands import ListPeople, ReadPeople, SetDetail
from hobnob.protocol.records import Profile
from hobnob.protocol.replies import People, Reply

EVERYBODY: Final = "*"
KEY_CHARACTERS: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_./-")
_FAILURES: Final = {"detail-invalid": "VALUE_INVALID", "too-many": "LIMIT_REACHED", "too-fast": "RATE_LIMITED"}

Finding = Generator[Said, Reply | None, Profile | None]


@handles("METADATA", params=2)
def metadata(client: Client, message: Message) -> Steps:
    """See the head of this file."""
    if "draft/metadata-2" not in client.capabilities:
        yield client.numeric(Numeric.ERR_UNKNOWNCOMMAND, "METADATA")
        return
    target, subcommand, *params = message.params
    match subcommand.upper():
        case "SUB":
            yield from _subscribe(client, params)
        case "UNSUB":
            client.subscribe((client.subscriptions or frozenset()) - frozenset(params))
            yield client.numeric(Numeric.RPL_METADATAUNSUBOK, *params)
        case "SUBS":
            yield _subscriptions(client)
        case "GET" | "LIST" | "SET" | "CLEAR" | "SYNC" as asked:
            yield from _about(client, asked, target, params)
        case _:
            yield _fail(
                client, "SUBCOMMAND_INVALID", subcommand, text="Say GET, LIST, SET, CLEAR, SYNC, SUB, UNSUB or SUBS."
            )


def _about(client: Client, asked: str, target: str, params: Sequence[str]) -> Steps:
    if asked in ("GET", "SET") and not params:
        yield client.numeric(Numeric.ERR_NEEDMOREPARAMS, "METADATA")
        return
    if asked == "SYNC":
        yield from sync(client, target if is_channel(target) else None)
        return
    profile = yield from _find(client, target)
    if profile is None and not (is_channel(target) and client.joined(target)):
        yield _fail(client, "INVALID_TARGET", target, text="Nobody of this name is here.")
        return
    name = target if profile is None else profile.person.name
    details = {} if profile is None else profile.details
    mine = profile is not None and profile.person.id == client.person.id
    if asked == "GET":
        yield _batched(client, name, (_value(client, name, key, details.get(key)) for key in params))
    elif asked == "LIST":
        yield _batched(client, name, (_value(client, name, key, value) for key, value in sorted(details.items())))
    elif not mine:
        key = params[0] if params else "*"
        yield _fail(client, "KEY_NO_PERMISSION", target, key, text="Only what is told of oneself can be changed.")
    elif asked == "SET":
        yield from _set(client, name, params[0], params[1] if len(params) > 1 else None)
    else:
        for key in details:
            yield SetDetail(key=key, value=None)
        yield _batched(client, name, (_value(client, name, key, None) for key in sorted(details)))


def _find(client: Client, target: str) -> Finding:
    if is_channel(target):
        return None
    ref = client.person.id if target == "*" else f"@{target}"
    found = yield ReadPeople(people=(ref,))
    assert isinstance(found, People)
    return found.people[0] if found.people else None


def _value(client: Client, name: str, key: str, value: str | None) -> bytes:
    if not _is_key(key):
        return _fail(client, "KEY_INVALID", key, text="A key is made of a to z, 0 to 9 and _./-")
    if value is None:
        return client.numeric(Numeric.RPL_KEYNOTSET, name, key)
    return client.numeric(Numeric.RPL_KEYVALUE, name, key, EVERYBODY, text=value)


def _is_key(key: str) -> bool:
    return 0 < len(key) <= 64 and set(key) <= KEY_CHARACTERS


def _set(client: Client, name: str, key: str, value: str | None) -> Steps:
    if not _is_key(key):
        yield _fail(client, "KEY_INVALID", key, text="A key is made of a to z, 0 to 9 and _./-")
        return
    try:
        yield SetDetail(key=key, value=value or None)
    except ChatError as error:
        failure = _FAILURES.get(error.code)
        if failure is None:
            raise
        yield _fail(client, failure, name if failure == "LIMIT_REACHED" else key, text=error.hint)
        return
    yield _value(client, name, key, value or None)


def _subscribe(client: Client, keys: Sequence[str]) -> Steps:
    subscribed = client.subscriptions or frozenset()
    taken: list[str] = []
    for key in keys:
        if not _is_key(key):
            yield _fail(client, "KEY_INVALID", key, text="A key is made of a to z, 0 to 9 and _./-")
        elif key not in subscribed and len(subscribed) >= MAX_SUBSCRIPTIONS:
            yield _fail(client, "TOO_MANY_SUBS", key, text=f"At most {MAX_SUBSCRIPTIONS} keys can be heard of.")
            break
        else:
            subscribed |= {key}
            taken.append(key)
    client.subscribe(subscribed)
    if taken:
        yield client.numeric(Numeric.RPL_METADATASUBOK, *taken)
        yield from sync(client, None, frozenset(taken))


def _subscriptions(client: Client) -> bytes:
    keys = sorted(client.subscriptions or ())
    lines = [client.numeric(Numeric.RPL_METADATASUBS, *keys[start : start + 10]) for start in range(0, len(keys), 10)]
    return _in_batch(client, "metadata-subs", lines)


def sync(client: Client, room: str | None, keys: frozenset[str] | None = None) -> Steps:
    """Tell a client what the people in a channel, or in all of its own, say under the keys that it hears of."""
    wanted = client.subscriptions if keys is None else keys
    if not wanted:
        return
    lines: list[bytes] = []
    after: str | None = None
    more = True
    while more:
        page = yield ListPeople(room=room, after=after)
        assert isinstance(page, People)
        lines += [line for profile in page.people for line in _told(client, profile, wanted)]
        more = page.more and bool(page.people)
        after = page.people[-1].person.id if page.people else None
    if lines:
        yield _in_batch(client, "metadata", lines, room or "*")


def _told(client: Client, profile: Profile, wanted: frozenset[str]) -> Iterator[bytes]:
    for key in sorted(wanted & profile.details.keys()):
        yield client.line("METADATA", profile.person.name, key, EVERYBODY, profile.details[key])


def _batched(client: Client, name: str, lines: Iterator[bytes]) -> bytes:
    return _in_batch(client, "metadata", list(lines), name)


def _in_batch(client: Client, kind: str, lines: Sequence[bytes], *params: str) -> bytes:
    if "batch" not in client.capabilities:
        return b"".join(lines)
    return batch(client.house.name, "m" + client.next_batch(), kind, lines, *params)


def _fail(client: Client, code: str, *context: str, text: str) -> bytes:
    return client.line("FAIL", "METADATA", code, *context, text)
