"""Messages as one page of HTML that needs nothing else, now and in twenty years: no script, no other file."""

from collections.abc import Iterator
from html import escape

from hobnob.protocol.records import Message, Room, message_id
from hobnob.protocol.text import clean, for_terminal
from hobnob.stores.export import Export

_QUOTED = 80  # characters of an answered message
_STYLE = """\
body { font: 1rem/1.45 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }
h2 { border-bottom: 2px solid; margin-top: 3rem; }
h3 { font-size: .9rem; text-align: center; opacity: .7; }
article { margin: .5rem 0; overflow-wrap: anywhere; }
article:target { outline: 2px solid; outline-offset: .2rem; }
header, .reactions, blockquote { font-size: .85rem; }
header a, time { color: inherit; opacity: .7; }
blockquote { margin: 0; padding-left: .5rem; border-left: 3px solid; opacity: .7; }
article p { margin: 0; white-space: pre-wrap; }
.reactions span { border: 1px solid; border-radius: 1rem; padding: 0 .5rem; margin-right: .3rem; }
@media (prefers-color-scheme: dark) { body { background: #16181d; color: #e8e8e8; } a { color: #9ecbff; } }
"""
_HEAD = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
{style}</style>
</head>
<body>
<h1>{title}</h1>
<p>All times are UTC.</p>
"""
_END = "</body>\n</html>\n"


def page(export: Export) -> Iterator[str]:
    """The pieces of the page."""
    rooms = export.rooms()
    yield _HEAD.format(title=_text(_title(export)), style=_STYLE)
    if len(rooms) > 1 and export.person is None:
        links = (f'<li><a href="#{escape(room.id)}">{_text(title(room))}</a></li>\n' for room in rooms)
        yield f"<nav><ul>\n{''.join(links)}</ul></nav>\n"
    for room in rooms:
        yield from _room(export, room)
    yield _END


def title(room: Room) -> str:
    """What a room is called: by its name, or by whose it is."""
    return f"#{room.name}" if room.kind != "direct" else ", ".join(person.name for person in room.people)


def _title(export: Export) -> str:
    if export.person is not None:
        where = "" if export.room is None else f" in {title(export.room)}"
        return f"What {export.person.name} said{where}"
    return "All messages" if export.room is None else title(export.room)


def _room(export: Export, room: Room) -> Iterator[str]:
    """A room with its messages; of one without any, only the heading, and not even that among a person's."""
    heading = f'<h2 id="{escape(room.id)}">{_text(title(room))}</h2>\n'
    if room.topic:
        heading += f"<p>{_text(room.topic)}</p>\n"
    if export.person is None:
        yield heading
        heading = ""
    day = ""
    for message in export.messages(room):
        yield heading
        heading = ""
        if message.at[:10] != day:
            day = message.at[:10]
            yield f"<h3>{escape(day)}</h3>\n"
        yield _article(export, message)


def _article(export: Export, message: Message) -> str:
    anchor = escape(message_id(message.room, message.number))
    at = f'<time datetime="{escape(message.at)}">{escape(message.at[11:16])}</time>'
    notes = [word for word, holds in (("edited", message.edited_at), ("pinned", message.pinned)) if holds]
    noted = f" <small>{', '.join(notes)}</small>" if notes else ""
    lines = [f'<header><b>{_text(message.by_name)}</b> <a href="#{anchor}">{at}</a>{noted}</header>']
    if message.reply_to is not None:
        lines.append(_quote(export, message))
    if message.deleted:
        lines.append("<p><i>deleted</i></p>")
    else:
        said = _text(message.text)
        body = f"<i>{_text(message.by_name)} {said}</i>" if message.kind == "action" else said
        lines.append(f'<p dir="auto">{body}</p>')
    if message.reactions:
        lines.append(_reactions(export, message))
    return f'<article id="{anchor}">\n' + "\n".join(lines) + "\n</article>\n"


def _quote(export: Export, message: Message) -> str:
    answered = export.answered(message)
    if answered is None or answered.room != message.room:  # another room's words are not this room's to show
        return "<blockquote>an answer to something that is not here</blockquote>"
    words = "deleted" if answered.deleted else " ".join(answered.text.split())
    shown = words if len(words) <= _QUOTED else words[:_QUOTED] + "…"
    anchor = escape(message_id(answered.room, answered.number))
    return f'<blockquote dir="auto"><a href="#{anchor}">{_text(answered.by_name)}</a>: {_text(shown)}</blockquote>'


def _reactions(export: Export, message: Message) -> str:
    tags = (
        f'<span title="{_text(", ".join(map(export.name_of, people)))}">{_text(emoji)} {len(people)}</span>'
        for emoji, people in message.reactions.items()
    )
    return f'<div class="reactions">{"".join(tags)}</div>'


def _text(text: str) -> str:
    """What people wrote, without colour codes, each line kept from reordering what stands around it.

    It is cleaned once more: a database may be one that somebody else has put together.
    """
    return escape(for_terminal(clean(text)))
