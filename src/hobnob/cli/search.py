"""`hobnob search WORDS…`: messages that contain them, the newest last, the hit marked."""

import os
import sys
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter, validators

from hobnob.cli.entering import connected
from hobnob.cli.outcome import DONE, FAILED, failed
from hobnob.cli.remote import Remote, Where, not_empty, readable, room_ref, run

if TYPE_CHECKING:
    from hobnob.client.client import Client
    from hobnob.protocol.records import Hit
    from hobnob.protocol.replies import Found

EXAMPLES = """\
Examples:
  hobnob search deployment failed --name ada
  hobnob search '"connection refused"' from:ada after:2026-11-01 --room '#ops'
  hobnob search 'roll*' --json -n 100 | jq -r .text

All words have to be there; docs/search.md has the rest. It looks in the rooms
that you belong to, so say who you are. Without a hit the exit status is 1.
"""
PAGE = 50
"""Hits that are asked for at once."""
MARK, PLAIN = "\x1b[1;7m", "\x1b[0m"

app = App(name="search", help_epilogue=EXAMPLES, config=())


@app.default
def search(
    *words: Annotated[str, Parameter(help="What to look for.", allow_leading_hyphen=True)],
    room: Annotated[str | None, Parameter(help="Only in this room.", validator=not_empty)] = None,
    count: Annotated[
        int, Parameter(name=["--count", "-n"], help="At most so many hits.", validator=validators.Number(gte=1))
    ] = 20,
    json: Annotated[bool, Parameter(help="Print the protocol's records, one a line.", show_default=False)] = False,
    host: Where = None,
    remote: Remote = Remote(),  # noqa: B008  it is frozen
) -> int:
    """Find messages."""

    async def task() -> int:
        from hobnob.protocol.codec import encode

        async with connected(host, remote, "search") as client:
            where = room and room_ref(room)
            hits, more, partial = await _find(client, " ".join(map(readable, words)), where, count)
        for hit in reversed(hits):
            print(encode(hit).decode() if json else as_text(hit, *_marks()))
        sys.stdout.flush()
        if partial:
            failed("The index does not know all messages yet, so some may be missing; try again in a while.")
        if more:
            failed(f"There are more; these are the newest {len(hits)}. -n shows more of them.")
        return DONE if hits else failed("Nothing was found.", FAILED)

    return run(task)


async def _find(client: "Client", query: str, room: str | None, count: int) -> "tuple[list[Hit], bool, bool]":
    """The newest hits, whether there are more, and whether the index lags behind."""
    from hobnob.protocol.records import message_id

    hits: list[Hit] = []
    partial = False
    while True:
        before = message_id(hits[-1].room, hits[-1].number) if hits else None
        page: Found = await client.search(query, room=room, before=before, limit=min(PAGE, count - len(hits)))
        hits += page.hits
        partial = partial or page.partial
        if not page.more or not page.hits or len(hits) >= count:
            return hits, page.more, partial


def _marks() -> tuple[str, str]:
    """What stands around a hit: nothing for programs, stars for people who want no escape sequences."""
    if not sys.stdout.isatty():
        return "", ""
    return ("*", "*") if os.environ.get("NO_COLOR") else (MARK, PLAIN)


def as_text(hit: "Hit", mark: str, end: str) -> str:
    """``#tea 42 [2026-11-23 14:03] ada: …``: room, number, time of this machine, person, text with marked hits."""
    from hobnob.cli.tail import local
    from hobnob.gateways.lines.wire import shown, spoken

    where = f"#{shown(hit.room_name)}" if hit.room_name else ", ".join(f"@{shown(name)}" for name in hit.people)
    text = _marked(hit, mark, end)
    return f"{where} {hit.number} [{local(hit.at):%Y-%m-%d %H:%M}] {spoken(shown(hit.by_name), hit.kind, text)}"


def _marked(hit: "Hit", mark: str, end: str) -> str:
    """The text with the hits marked; others' words hold no escape sequences, so these are the only ones."""
    pieces, last = [], 0
    for start, stop in hit.marked:
        pieces += [hit.text[last:start], mark, hit.text[start:stop], end]
        last = stop
    return "".join([*pieces, hit.text[last:]])
