"""`hobnob tail ROOM`: prints what happens in a room, in order, without gap and repeat, also across reconnects.

Only what is kept is printed: facts with numbers, so two tails of one room agree. stdout is written once for all that
is there; who reads slowly holds up nothing but this process, which reads on later from where it was.
"""

import asyncio
import os
import stat
import sys
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter, validators

from hobnob.cli.outcome import DONE, failed
from hobnob.cli.remote import Remote, Where, room_ref, run
from hobnob.cli.waiting import PATIENCE, awaited

if TYPE_CHECKING:
    from hobnob.client.client import Client
    from hobnob.client.mirror import Room
    from hobnob.protocol.events import Event

EXAMPLES = """\
Examples:
  hobnob tail '#ops'                       from now on
  hobnob tail '#ops' -n 20                 and the last 20 messages
  hobnob tail '#ops' --since 41 --no-follow    what came after number 41
  hobnob tail '#ops' --json | jq -r .text

It ends quietly when the program that reads its output does.
"""
SHOWN_AT_ONCE = 10
"""Messages without --follow, if nothing else was asked for."""
_NOT_NEGATIVE = validators.Number(gte=0)
_COUNT = Parameter(name=["--count", "-n"], help="Begin with this many messages before.", validator=_NOT_NEGATIVE)

app = App(name="tail", help_epilogue=EXAMPLES, config=())


@app.default
def tail(
    room: Annotated[str, Parameter(help="A room, or @NAME for your direct messages with one person.")],
    /,
    *,
    count: Annotated[int | None, _COUNT] = None,
    since: Annotated[int | None, Parameter(help="Begin after this number.", validator=_NOT_NEGATIVE)] = None,
    follow: Annotated[bool, Parameter(help="Go on with what comes.", negative="--no-follow")] = True,
    json: Annotated[bool, Parameter(help="Print the protocol's events, one a line.", show_default=False)] = False,
    timeout: Annotated[
        float, Parameter(help="Seconds to wait for a server that is not there yet.", validator=validators.Number(gt=0))
    ] = PATIENCE,
    host: Where = None,
    remote: Remote = Remote(),  # noqa: B008  it is frozen
) -> int:
    """Print what is said in a room."""

    async def task() -> int:
        async with awaited(host, remote, "tail", timeout if follow else 0.0) as client:
            found = await _enter(client, room_ref(room), create=False)
            wanted = SHOWN_AT_ONCE if count is None and since is None and not follow else count
            begin = await _begin(client, found, since, wanted)
            printer = Printer(_as_json if json else as_text)
            if not follow:
                async for event in _facts(client, found, begin):
                    printer.put(event)
                    if printer.closed.done():
                        break
                printer.flush()
                return await printer.closed if printer.closed.done() else DONE
            return await _follow(client, room_ref(room), found, begin, printer)

    return run(task)


class Printer:
    """Lines for stdout, written in one piece when the event loop has a moment."""

    def __init__(self, line: "Callable[[Event], str]") -> None:
        self._line = line
        self._lines: list[str] = []
        self.closed: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        """Fails when nobody reads any more, or what is written finds no place."""
        self._watch()

    def put(self, event: "Event") -> None:
        """Print an event, soon."""
        if line := self._line(event):
            if not self._lines:
                asyncio.get_running_loop().call_soon(self.flush)
            self._lines.append(line + "\n")

    def flush(self) -> None:
        """Print now."""
        text, self._lines = "".join(self._lines), []
        try:
            sys.stdout.buffer.write(text.encode())
            sys.stdout.buffer.flush()
        except OSError as error:
            self._fail(error)

    def _fail(self, error: OSError) -> None:
        if not self.closed.done():
            self.closed.set_exception(error)
            self.closed.exception()  # it is nobody's fault if nothing asks for it

    def _watch(self) -> None:
        """Notice the reader's end also while there is nothing to print, where the system tells of it."""
        loop, descriptor = asyncio.get_running_loop(), sys.stdout.fileno()

        def gone() -> None:
            loop.remove_reader(descriptor)
            self._fail(BrokenPipeError())

        try:
            if _is_pipe(descriptor):
                loop.add_reader(descriptor, gone)
        except OSError:
            return


def _is_pipe(descriptor: int) -> bool:
    return stat.S_ISFIFO(os.fstat(descriptor).st_mode)


async def _enter(client: "Client", room: str, *, create: bool) -> "Room":
    return await client.direct(room) if room.startswith("@") else await client.join(room, create=create)


async def _begin(client: "Client", room: "Room", since: int | None, count: int | None) -> int:
    """The number after which to begin."""
    if since is not None or count is None:
        return room.head if since is None else min(since, room.head)
    begin, left = room.head, count
    if left:
        async for page in client.history(room, before=room.head + 1, page=min(left, 200)):
            begin = page[-left:][0].number - 1
            left -= len(page)
            if left <= 0:
                break
    return begin


async def _facts(client: "Client", room: "Room", number: int) -> "AsyncIterator[Event]":
    """What is kept of a room after a number, as far as it has come by now."""
    from hobnob.protocol.commands import EventsSince
    from hobnob.protocol.replies import Events

    end = room.head
    while number < end:
        page = await client.perform(EventsSince(log=room.id, number=number), Events)
        for event in page.events:
            if event.number > end:
                return
            yield event
        if not page.events or not page.more:
            return
        number = page.events[-1].number


async def _follow(client: "Client", ref: str, room: "Room", begin: int, printer: Printer) -> int:
    printing = asyncio.create_task(_print_all(client, ref, room, begin, printer))
    try:
        await asyncio.wait({printing, printer.closed}, return_when=asyncio.FIRST_COMPLETED)
        return await (printing if printing.done() else printer.closed)
    finally:
        printing.cancel()
        await asyncio.gather(printing, return_exceptions=True)


async def _print_all(client: "Client", ref: str, room: "Room", begin: int, printer: Printer) -> int:
    from hobnob.client.subscription import Reconnected
    from hobnob.protocol.events import RoomEvent, RoomLost

    async for event, _ in client.events(since={room.id: begin}):
        match event:
            case RoomEvent(room=room.id) if event.number:
                printer.put(event)
            case RoomLost(room=room.id):
                printer.flush()
                return failed("You do not belong to this room any more.")
            case Reconnected(new_epoch=True):
                failed("The server went back to a backup; from here on its new history is shown.")
                room = await _enter(client, ref, create=room.kind == "public")
    return DONE


def _as_json(event: "Event") -> str:
    from hobnob.protocol.codec import encode_event

    return encode_event(event).decode()


def as_text(event: "Event") -> str:
    """``[14:03] ada: hello``, in the time of this machine; empty for what is not worth a line."""
    from hobnob.gateways.lines.wire import shown, told

    line = told(event, shown(event.by_name))
    return f"[{local(event.at):%H:%M}] {line}" if line else ""


def local(at: str) -> datetime:
    """A time of the protocol as this machine's clock has it; what is none is the first of all times."""
    try:
        return datetime.fromisoformat(at).astimezone()
    except (ValueError, OverflowError):  # a server may say anything
        return datetime.fromtimestamp(0).astimezone()
