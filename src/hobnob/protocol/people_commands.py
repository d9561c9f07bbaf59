"""What one may ask about people and the server: who somebody is, who is here, when they come and go.

By name one may ask about everybody; lists show only who is in a room that one may see.
"""

from hobnob.protocol.command import Command, Number


class ReadPeople(Command, frozen=True):
    """What may be known of people, by id or name. Who is not known at all is left out of the answer."""

    people: tuple[str, ...]


class ListPeople(Command, frozen=True):
    """Who is in a room now, or in any of the rooms that one hears. `after` is the last id of the page before."""

    room: str | None = None
    after: str | None = None
    limit: Number = 1000


class ListGone(Command, frozen=True):
    """Who had a name not long ago and left, or is called otherwise now; the last one first."""

    name: str
    limit: Number = 8


class Watch(Command, frozen=True):
    """Hear on this connection when people of these names come, go and are away; whether there are such or not.

    Answered with those of them that are here.
    """

    people: tuple[str, ...]


class Unwatch(Command, frozen=True):
    """Hear of these names no more; of none, where none is named."""

    people: tuple[str, ...] = ()


class SetDetail(Command, frozen=True):
    """Tell everybody something of oneself, such as one's pronouns under ``pronouns``; None takes it back.

    With `keep` false it counts while one is here, and only as long as nothing is kept under this key. Of visitors
    nothing is kept anyway.
    """

    key: str
    value: str | None
    keep: bool = True
    ref: str | None = None


class SendSignal(Command, frozen=True):
    """Ask the programs by which somebody is here something that they answer by themselves, or (`answer`) answer it.

    Only those clients of theirs hear it that came the same way as this one. Nothing is kept, and people see none of it.
    """

    person: str
    what: str
    text: str = ""
    answer: bool = False


class ReadServer(Command, frozen=True):
    """How the server is and how many are here."""
