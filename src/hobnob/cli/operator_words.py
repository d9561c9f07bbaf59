"""What `hobnob admin` and `hobnob invite` take: rooms, people and times as typed."""

from typing import Annotated

from cyclopts import Parameter

from hobnob.protocol.durations import parse_duration


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
