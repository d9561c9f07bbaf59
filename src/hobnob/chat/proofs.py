"""Logging in by the token of an account's device without sending it: the challenge, and the proof that answers it.

A challenge holds the salt of the name's account, alike for all of its devices: which of them it is shows by the proof
alone. Names without an account, or of one without devices, have a salt that is made up of the server's secret and the
name. An account's first device takes the same one, so a name is asked in the same way before it has an account.
"""

import asyncio
import hmac
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from hobnob.chat.devices import MOST_DEVICES, NewDevice, new_device
from hobnob.chat.limits import Limit, TooFast
from hobnob.chat.logins import key_of
from hobnob.chat.scram import ITERATIONS, Challenge, keys_of, opened
from hobnob.protocol.errors import ChatError
from hobnob.protocol.ids import token_hash
from hobnob.protocol.records import Device, Person
from hobnob.stores.store import AddToken, Store, TokenKeys

if TYPE_CHECKING:
    from hobnob.chat.chat import Chat
    from hobnob.chat.session import Session

SALT_BYTES = 16
ANSWERED_AFTER = 0.010
"""Seconds that each answer takes: longer than it is worked at, so that it does not show how much there is to read."""
WRONG = (
    "The name or the device token is wrong. SCRAM-SHA-256 takes a device token of the account; a password goes with"
    " PLAIN."
)


async def account_device(chat: "Chat", person: Person, name: str, token: str | None = None) -> NewDevice:
    """A device of somebody who has an account or makes one, whose token can be proved. Raises ChatError: busy."""
    device = new_device(person.id, name, token)
    known = await chat.keeper.read(chat.store.token_keys, person.id)
    salt, iterations = _salt(chat.store, key_of(person.name), known)
    keys = await chat.passwords.run(partial(keys_of, device.token, salt, iterations))
    return device._replace(add=AddToken(token_hash(device.token), person.id, device.id, name, keys))


class Proved(NamedTuple):
    """Whose token a client has proved, by the person's id."""

    person: str
    device: Device


async def prove(chat: "Chat", session: "Session", message: str) -> str:
    """The answer to a client's first message or to its final one, after which `session.proving` says whose token it is.

    Raises:
        ChatError: ``wrong-password``, ``too-fast``, ``bad-command``.
    """
    answered_at = chat.loop.time() + ANSWERED_AFTER
    asked, session.proving = session.proving, None
    try:
        if isinstance(asked, Challenge) and message.startswith("c="):  # no client begins so
            session.proving, answer = await _check(chat, session, asked, message)
        else:
            session.proving = asked = await _challenge(chat, message)
            answer = asked.message
    finally:
        await asyncio.sleep(answered_at - chat.loop.time())
    return answer


async def _challenge(chat: "Chat", message: str) -> Challenge:
    """What is asked, of whomever and about any name."""
    opening = opened(message)
    key = key_of(opening.name)
    if opening.authorize and key_of(opening.authorize) != key:
        raise ChatError("wrong-password", "You can only be who you log in as.")
    _, known = await chat.keeper.read(_known, chat.store, key)
    return opening.challenge(*_salt(chat.store, key, known))


async def _check(chat: "Chat", session: "Session", asked: Challenge, message: str) -> tuple[Proved, str]:
    proof = asked.proof(message)
    chat.count(session, Limit.LOGGING_IN)
    key, address = key_of(asked.opening.name), session.origin.counted
    if wait := chat.failed_logins.attempt(key, address, chat.loop.time()):
        raise TooFast(wait)
    try:
        person, known = await chat.keeper.read(_known, chat.store, key)
    except Exception:
        chat.failed_logins.undo(key, address)
        raise
    found = proof.by([keys for _, keys in known], MOST_DEVICES)
    if person is None or found is None:
        raise ChatError("wrong-password", WRONG)
    chat.failed_logins.succeeded(key, address)
    place, answer = found
    return Proved(person.id, known[place][0]), answer


Known = list[tuple[Device, TokenKeys]]


def _known(store: Store, key: str) -> tuple[Person | None, Known]:
    """The account of a name and its devices, in two readings, whoever has the name."""
    person = store.person_by_name(key)
    return person, store.token_keys("" if person is None or person.kind != "account" else person.id)


def _salt(store: Store, key: str, known: Known) -> tuple[bytes, int]:
    """The salt and the count of iterations that all devices of an account have in common."""
    if known:
        keys = known[0][1]
        return keys.salt, keys.iterations
    made_up = hmac.digest(store.secret, b"salt " + key.encode(), "sha256")
    return made_up[:SALT_BYTES], ITERATIONS
