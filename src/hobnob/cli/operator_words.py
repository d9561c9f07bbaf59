"""What `hobnob admin` and `hobnob invite` take and print: rooms, people and times as typed, records as lines."""

from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from hobnob.protocol.durations import parse_duration

if TYPE_CHECKING:
    from hobnob.protocol.events import Moderated
    from hobnob.protocol.records import Invite, Restriction


def is_duration(kind: object, text: str) -> None:
    """Refuse what is no time; nothing at all is for ever."""
    if text and parse_duration(text) is None:
        raise ValueError("Write a time such as 30s, 10m, 2h or 7d.")


Duration = Annotated[str, Parameter(validator=is_duration)]


def seconds(text: str) -> int:
    """A checked time in seconds; 0 is for ever."""
    return parse_duration(text) or 0


def room_ref(text: str | None) -> str | None:
    """A room as it may be typed; None stays None."""
    from hobnob.cli.remote import room_ref as ref

    return None if text is None else ref(text)


def person_ref(text: str) -> str:
    """A person as it may be typed: ``ada``, ``@ada`` or an id."""
    from hobnob.cli.remote import readable
    from hobnob.protocol.ids import is_person_id

    text = readable(text).strip()
    return text if text.startswith("@") or is_person_id(text) else f"@{text}"


def restriction_line(one: "Restriction") -> str:
    """A ban or mute in one line."""
    who = _clean(one.person_name or one.network or one.person)
    where = f" in {one.room}" if one.room else ""
    until = f"until {_minute(one.until)}" if one.until else "for good"
    reason = f": {_clean(one.reason)}" if one.reason else ""
    return f"{one.kind:<5} {who}{where}, {until}, by {_clean(one.by_name)}{reason}"


def invite_line(one: "Invite") -> str:
    """An invite in one line; its id first."""
    where = f"#{_clean(one.room_name)}" if one.room else "the server"
    uses = "any number of uses" if one.uses_left is None else f"{one.uses_left} use{'s' * (one.uses_left != 1)} left"
    until = f"until {_minute(one.expires_at)}" if one.expires_at else "for good"
    return f"{one.id}  {where}, as {one.role}, {uses}, {until}, by {_clean(one.by_name)}"


def audit_line(one: "Moderated") -> str:
    """A line of the audit log."""
    parts = [f"{_minute(one.at)} {_clean(one.by_name) or 'Server'}: {one.action}"]
    if one.person_name or one.network:
        parts.append(_clean(one.person_name or one.network))
    if one.role:
        parts.append(f"to {one.role}")
    if one.room:
        parts.append(f"in #{_clean(one.room_name)}" if one.room_name else f"in {one.room}")
    if one.of:
        parts.append(f"message {one.of}")
    if one.until:
        parts.append(f"until {_minute(one.until)}")
    rest = "; ".join(_clean(text) for text in (one.what, one.reason) if text)
    return " ".join(parts) + (f" ({rest})" if rest else "")


def _minute(at: str | None) -> str:
    return (at or "")[:16].replace("T", " ") + " UTC"


def _clean(text: str) -> str:
    from hobnob.gateways.lines.wire import shown

    return shown(text)
