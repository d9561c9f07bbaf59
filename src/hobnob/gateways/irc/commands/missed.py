"""What was said while one was away, for clients that cannot ask for it by CHATHISTORY.

It stands between two NOTICEs, so that nobody takes it for news, and is bounded. What was shown counts as read.
"""

from typing import Final

from msgspec.structs import replace

from hobnob.gateways.irc.client import Client
from hobnob.gateways.irc.commands.command import Steps
from hobnob.gateways.irc.playback import as_event, play
from hobnob.protocol.commands import ListRecent, MarkRead, ReadHistory
from hobnob.protocol.errors import ChatError
from hobnob.protocol.events import MessageSent
from hobnob.protocol.records import Room, RoomState
from hobnob.protocol.replies import History, RecentRooms

MOST: Final = 50
"""Messages of one channel or person."""
MOST_PEOPLE: Final = 20
"""Conversations of which something is shown at coming."""


def missed(client: Client, room: RoomState, target: str) -> Steps:
    """What was said in a room and not read, the last of it."""
    if not room.unread or "draft/chathistory" in client.capabilities:
        return
    page = yield ReadHistory(room=room.id, limit=MOST)
    assert isinstance(page, History)
    unread = [as_event(message) for message in page.messages if message.number > room.read and not message.deleted]
    if not unread:
        return
    count = f"the last {len(unread)} of {room.unread}" if room.unread > len(unread) else str(len(unread))
    yield client.line("NOTICE", target, f"Said while you were away ({count}):")
    shown = unread if "server-time" in client.capabilities else [_dated(event) for event in unread]
    yield play(client, "chathistory", target, Room(room.id, room.name, room.kind, people=room.people), shown)
    yield client.line("NOTICE", target, "That was it; from here on it is now.")
    yield MarkRead(room=room.id, number=unread[-1].number)


def missed_directs(client: Client) -> Steps:
    """The same of conversations with people, for who comes back."""
    if client.person.kind != "account" or "draft/chathistory" in client.capabilities:
        return
    try:
        recent = yield ListRecent(limit=MOST_PEOPLE)
    except ChatError:  # one may ask too much in a short time; the conversations are still there
        return
    assert isinstance(recent, RecentRooms)
    for found in reversed(recent.rooms):
        if found.room.kind == "direct":
            yield from missed(client, found.room, client.nick)


def _dated(event: MessageSent) -> MessageSent:
    """With the time in the text, for clients that take no tag for it."""
    return replace(event, text=f"[{event.at[:10]} {event.at[11:16]}] {event.text}")
