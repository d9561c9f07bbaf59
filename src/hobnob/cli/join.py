"""`hobnob join`: sends and receives at once, in a terminal or in a pipe."""

import asyncio
import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, Parameter

from hobnob.cli.entering import connected
from hobnob.cli.outcome import DONE, failed
from hobnob.cli.remote import Remote, Where, naming, not_empty, room_of, room_ref, run

if TYPE_CHECKING:
    from hobnob.cli.chatting import Chatting
    from hobnob.cli.screens import Pipe, Terminal

EXAMPLES = """\
Examples:
  hobnob join                                the server of this machine
  hobnob join chat.example.org --name ada
  hobnob join 'hobnob://chat.example.org/#invite=…&key=…'
  hobnob join chat.example.org --name ada --register
  hobnob join localhost:8080 --room '#tea' --theme names
  echo 'good morning' | hobnob join

What you type is said; /help lists the rest, and bye leaves. Without a
terminal it is a plain client: a line in, a line out.
"""

app = App(name="join", help_epilogue=EXAMPLES, config=())


@app.default
def join(
    host: Where = None,
    /,
    *,
    lines: Annotated[bool, Parameter(help="Chat in lines; there is no other way yet.", show_default=False)] = False,
    room: Annotated[
        str | None,
        Parameter(help="The room to begin in; the lobby if there is none given.", validator=not_empty),
    ] = None,
    register: Annotated[
        bool,
        Parameter(help="Make an account of your name, with a password; it works everywhere.", show_default=False),
    ] = False,
    theme: Annotated[
        Literal["classic", "names", "none"],
        Parameter(help="What others say in red, each name in its own colour, or no colours."),
    ] = "classic",
    remote: Remote = Remote(),  # noqa: B008  it is frozen
) -> int:
    """Chat in this terminal."""
    at_terminal = sys.stdin.isatty() and sys.stdout.isatty()
    colours = theme if at_terminal and not os.environ.get("NO_COLOR") else "none"

    async def task() -> int:
        from hobnob.cli.chatting import Chatting
        from hobnob.cli.screens import Pipe, Terminal

        screen = Terminal() if at_terminal else Pipe()
        async with connected(host, remote, "join", register=register, asks_name=True) as client:
            chatting = Chatting(client, screen.show, colours)
            begin = room or room_of(host)
            with naming(begin or ""):
                await chatting.begin(begin and room_ref(begin))
            return await _chat(chatting, screen)

    return run(task)


async def _chat(chatting: "Chatting", screen: "Pipe | Terminal") -> int:
    """Until the person leaves, is sent away, or a signal ends it; the exit status."""
    living = asyncio.create_task(chatting.live())
    reading = asyncio.create_task(screen.read(chatting))
    try:
        with suppress(asyncio.CancelledError):  # a signal; a second one is not waited for
            await asyncio.wait({living, reading}, return_when=asyncio.FIRST_COMPLETED)
        if not living.done():
            await chatting.leave()
    finally:
        unsaid = chatting.unsaid()
        for task in (reading, living):
            task.cancel()
        await asyncio.gather(reading, living, return_exceptions=True)
        screen.close()
    leaves = living.cancelled() and (reading.cancelled() or reading.exception() is None)
    if leaves:
        print(chatting.farewell, flush=True)
    status = _give_back(unsaid)
    for task in (living, reading):
        if not task.cancelled():
            task.result()
    return status


def _give_back(lines: list[str]) -> int:
    """Print what may not have been said, so that the person still has it; the exit status."""
    if not lines:
        return DONE
    typed = "".join(f"\n  {line}" for line in lines)
    return failed(f"{len(lines)} line{'s' * (len(lines) > 1)} may not have been said:{typed}")
