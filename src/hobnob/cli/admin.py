"""`hobnob admin`: what owners and moderators do, from the shell of the machine where the server runs."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, Parameter, validators

from hobnob.cli.chore import Data, data_folder
from hobnob.cli.operator_words import Duration, person_ref, room_ref, seconds

if TYPE_CHECKING:
    from hobnob.cli.operator import Operator
    from hobnob.protocol.commands import Command

EXAMPLES = """\
Examples:
  hobnob admin ban mallory --for 2d --reason spam
  hobnob admin ban 203.0.113.0/24
  hobnob admin role ada moderator
  hobnob admin room tea --private --history joined
  hobnob admin doors close --for 1h
  hobnob admin audit -n 20

They reach the server that runs on the data folder, through a socket that only
its user can open. Everything is written into the audit log as done by Server,
or Server-2 while the server's own terminal is Server; nobody else can be that.
"""
Room = Annotated[str | None, Parameter(help="The room; without it, the whole server is meant.")]
Reason = Annotated[str, Parameter(help="Why, for them and for the audit log.")]
For = Annotated[Duration, Parameter(name="--for", help="How long, such as 10m, 2h, 7d; for ever if left out.")]

app = App(name="admin", help_epilogue=EXAMPLES)


def _do(data: Path | None, command: "Command", sentence: str) -> int:
    """Have a command done, and say so."""
    from hobnob.cli.operator import as_operator
    from hobnob.protocol.replies import Reply

    def chore(operator: "Operator") -> None:
        operator.ask(command, Reply)
        print(sentence, flush=True)

    return as_operator(data_folder(data), chore)


def _whom(target: str) -> tuple[str | None, str | None]:
    """A person or a network, as ban and unban take them."""
    network = target[:1].isdigit() or target.count(":") > 1
    return (None, target) if network else (person_ref(target), None)


@app.command
def ban(
    target: Annotated[str, Parameter(help="A person, an address or a network.")],
    /,
    *,
    room: Room = None,
    duration: For = "",
    reason: Reason = "",
    data: Data = None,
) -> int:
    """Keep somebody out, and end their connections."""
    from hobnob.protocol.moderation_commands import Ban

    person, network = _whom(target)
    command = Ban(person=person, network=network, room=room_ref(room), seconds=seconds(duration), reason=reason)
    return _do(data, command, f"{target} is banned{_where(room)}{_long(duration)}.")


@app.command
def unban(
    target: Annotated[str, Parameter(help="A person, an address or a network.")],
    /,
    *,
    room: Room = None,
    data: Data = None,
) -> int:
    """End a ban."""
    from hobnob.protocol.moderation_commands import Unban

    person, network = _whom(target)
    return _do(
        data,
        Unban(person=person, network=network, room=room_ref(room)),
        f"{target} is not banned any more{_where(room)}.",
    )


@app.command
def mute(person: str, /, *, room: Room = None, duration: For = "", reason: Reason = "", data: Data = None) -> int:
    """Let somebody read, but not write."""
    from hobnob.protocol.moderation_commands import Mute

    command = Mute(person_ref(person), room_ref(room), seconds(duration), reason)
    return _do(data, command, f"{person} is muted{_where(room)}{_long(duration)}.")


@app.command
def unmute(person: str, /, *, room: Room = None, data: Data = None) -> int:
    """Let somebody write again."""
    from hobnob.protocol.moderation_commands import Unmute

    return _do(data, Unmute(person_ref(person), room_ref(room)), f"{person} may write again{_where(room)}.")


@app.command
def kick(room: str, person: str, /, *, reason: Reason = "", data: Data = None) -> int:
    """Take somebody out of a room."""
    from hobnob.protocol.moderation_commands import Kick

    return _do(data, Kick(room_ref(room) or "", person_ref(person), reason), f"{person} is out of {_shown(room)}.")


@app.command
def role(
    person: str,
    role: Literal["owner", "moderator", "speaker", "member", "guest"],
    /,
    *,
    room: Room = None,
    data: Data = None,
) -> int:
    """Give somebody a role."""
    from hobnob.protocol.moderation_commands import SetRole

    return _do(data, SetRole(person_ref(person), role, room_ref(room)), f"{person} is {role} now{_where(room)}.")


@app.command
def room(
    room: str,
    /,
    *,
    rename: Annotated[str | None, Parameter(help="Its new name.")] = None,
    private: Annotated[bool | None, Parameter(negative="--public", help="Who may find it: members, or all.")] = None,
    history: Annotated[
        Literal["all", "joined"] | None, Parameter(help="What members see: all of it, or from their joining.")
    ] = None,
    posting: Annotated[Literal["all", "moderators"] | None, Parameter(help="Who may write.")] = None,
    slow: Annotated[
        str | None, Parameter(help="Time between two messages of one member, such as 10s; 0 ends it.")
    ] = None,
    data: Data = None,
) -> int:
    """Change what a room is."""
    from hobnob.cli.outcome import MISTAKE, failed
    from hobnob.protocol.moderation_commands import ChangeRoom

    if all(change is None for change in (rename, private, history, posting, slow)):
        return failed("Say what to change: --rename, --private, --public, --history, --posting or --slow.", MISTAKE)
    pause = None if slow is None else seconds(slow)
    command = ChangeRoom(room_ref(room) or "", rename and rename.lstrip("#"), private, history, posting, pause)
    return _do(data, command, f"{_shown(room)} is changed.")


@app.command
def delete(room: str, number: int, /, *, data: Data = None) -> int:
    """Delete a message for good, by its number."""
    from hobnob.protocol.commands import DeleteMessage

    return _do(data, DeleteMessage(room_ref(room) or "", number), f"Message {number} of {_shown(room)} is deleted.")


@app.command
def password(person: str, /, *, data: Data = None) -> int:
    """Give an account a new password, for who has forgotten theirs; it is printed once."""
    from hobnob.cli.operator import as_operator
    from hobnob.protocol.moderation_commands import ResetPassword
    from hobnob.protocol.replies import PasswordReset

    def chore(operator: "Operator") -> None:
        print(operator.ask(ResetPassword(person_ref(person)), PasswordReset).password, flush=True)

    return as_operator(data_folder(data), chore)


@app.command
def doors(
    state: Literal["close", "open"],
    /,
    *,
    duration: Annotated[Duration, Parameter(name="--for")] = "1h",
    data: Data = None,
) -> int:
    """Let nobody new in for a while, or again."""
    from hobnob.protocol.moderation_commands import CloseDoors

    if state == "open":
        return _do(data, CloseDoors(0), "The doors are open again.")
    return _do(data, CloseDoors(seconds(duration)), f"Nobody new is let in{_long(duration)}.")


@app.command
def bans(*, room: Room = None, data: Data = None) -> int:
    """List the bans and mutes that hold."""
    from hobnob.cli.operator import as_operator
    from hobnob.gateways.lines import pages
    from hobnob.protocol.moderation_commands import ListRestrictions
    from hobnob.protocol.replies import Restrictions

    def chore(operator: "Operator") -> None:
        held = operator.ask(ListRestrictions(room_ref(room)), Restrictions).restrictions
        _print([pages.restriction(one) for one in held], "Nobody is banned or muted.")

    return as_operator(data_folder(data), chore)


@app.command
def audit(
    *,
    room: Room = None,
    count: Annotated[
        int, Parameter(name=["--count", "-n"], help="How many lines.", validator=validators.Number(gte=1))
    ] = 50,
    json: Annotated[bool, Parameter(help="Print the protocol's events, one a line.")] = False,
    data: Data = None,
) -> int:
    """Read who did what with their rights, the last line last."""
    from hobnob.cli.operator import as_operator
    from hobnob.gateways.lines import pages
    from hobnob.protocol.codec import encode_event
    from hobnob.protocol.events import Moderated
    from hobnob.protocol.moderation_commands import ReadAudit
    from hobnob.protocol.replies import Audit

    def chore(operator: "Operator") -> None:
        found: list[Moderated] = []
        more = True
        while more and len(found) < count:
            before = found[-1].number if found else None
            page = operator.ask(ReadAudit(room_ref(room), before, min(200, count - len(found))), Audit)
            found += page.entries
            more = page.more and bool(page.entries)
        lines = [encode_event(one).decode() if json else pages.audit(one) for one in reversed(found)]
        _print(lines, "" if json else "The audit log is empty.")

    return as_operator(data_folder(data), chore)


@app.command
def invites(*, room: Room = None, data: Data = None) -> int:
    """List the invites that can still be used."""
    from hobnob.cli.operator import as_operator
    from hobnob.gateways.lines import pages
    from hobnob.protocol.account_commands import ListInvites
    from hobnob.protocol.replies import Invites

    def chore(operator: "Operator") -> None:
        open_ones = operator.ask(ListInvites(room_ref(room)), Invites).invites
        _print([pages.invite(one, whole=True) for one in open_ones], "There is no invite that can be used.")

    return as_operator(data_folder(data), chore)


@app.command
def uninvite(
    invite: Annotated[str, Parameter(help="Its id, as `hobnob admin invites` shows it.")], /, *, data: Data = None
) -> int:
    """Make an invite void."""
    from hobnob.protocol.account_commands import RevokeInvite

    return _do(data, RevokeInvite(invite), "The invite is void.")


def _print(lines: Sequence[str], nothing: str) -> None:
    if lines or nothing:
        print(*(lines or [nothing]), sep="\n", flush=True)


def _shown(room: str) -> str:
    return f"#{room.lstrip('#')}"


def _where(room: str | None) -> str:
    return f" in {_shown(room)}" if room else ""


def _long(duration: str) -> str:
    from hobnob.protocol.durations import say_duration

    length = seconds(duration)
    return f" for {say_duration(length)}" if length else " for good"
