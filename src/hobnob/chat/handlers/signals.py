"""Signals: what programs ask each other and answer by themselves. They are told at once and kept nowhere."""

import re
from typing import TYPE_CHECKING

from hobnob.chat.handling import handles
from hobnob.chat.limits import Limit
from hobnob.chat.lookup import by, me, person_of
from hobnob.chat.reaching import reachable
from hobnob.chat.rights import demand_unmuted, on_server
from hobnob.protocol.errors import ChatError
from hobnob.protocol.events import SignalSent
from hobnob.protocol.people_commands import SendSignal
from hobnob.protocol.replies import Done, Reply
from hobnob.protocol.text import clean_line
from hobnob.stores.store import Item

if TYPE_CHECKING:
    from hobnob.chat.chat import Chat
    from hobnob.chat.session import Session

MAX_SIGNAL = 400
_WHAT = re.compile("[A-Z]{1,16}")


@handles(SendSignal, limit=Limit.SENDING)
async def send_signal(chat: "Chat", session: "Session", command: SendSignal) -> Reply:
    """Ask or answer, where somebody takes messages from the asker and has a client that can hear it."""
    asker = me(session).person
    if not _WHAT.fullmatch(command.what) or len(command.text) > MAX_SIGNAL:
        raise ChatError("bad-command", f"A signal is a word of capital letters and a text of {MAX_SIGNAL} characters.")
    demand_unmuted(chat, asker, on_server(asker))
    other = await person_of(chat, command.person)
    await chat.tell(Item((), (reachable(chat, asker, other),)), lambda _: None)
    event = SignalSent(
        **by(asker), person=other.id, person_name=other.name, what=command.what, text=clean_line(command.text),
        answer=command.answer,
    )  # fmt: skip
    if not tell(chat, event, session):
        raise ChatError("nobody-there", f"{other.name} is here with no program that could answer this.")
    return Done()


def tell(chat: "Chat", event: SignalSent, origin: "Session") -> bool:
    """Whether any client has heard it."""
    here = chat.people.get(event.person)
    hearers = [] if here is None else [each for each in here.sessions if each.manner.gateway == origin.manner.gateway]
    for session in hearers:
        session.outbox.put(session.wire.encode(event, None))
    return bool(hearers)
