"""`hobnob send ROOM [TEXT]`: says one thing, or every line of stdin, exactly once and in order."""

import asyncio
import sys
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter, validators

from hobnob.cli.outcome import DONE, MISTAKE, failed
from hobnob.cli.remote import Remote, Where, naming, readable, room_ref, run
from hobnob.cli.waiting import PATIENCE, awaited

if TYPE_CHECKING:
    from hobnob.client.client import Client

EXAMPLES = """\
Examples:
  hobnob send '#ops' 'the build is done'
  journalctl -f | hobnob send '#log' --name journal    one message a line
  git log -1 | hobnob send '#dev' --whole               all of it as one message
  hobnob send @ada 'are you there?'

A missing room is made. The exit status is 0 only when the server has kept
everything. A server that goes away is waited for; lines of stdin also wait
for one that is not there yet.
"""
MOST_UNDER_WAY = 500
"""Messages that are sent before the first of them is answered."""

app = App(name="send", help_epilogue=EXAMPLES, config=())


@app.default
def send(
    room: Annotated[str, Parameter(help="A room, or @NAME for one person alone.")],
    text: Annotated[
        str | None, Parameter(help="What to say; without it, the lines of stdin.", allow_leading_hyphen=True)
    ] = None,
    /,
    *,
    whole: Annotated[bool, Parameter(help="Say all of stdin as one message.", show_default=False)] = False,
    timeout: Annotated[
        float | None,
        Parameter(help="Seconds to wait for a server that is away; 60.", validator=validators.Number(gt=0)),
    ] = None,
    host: Where = None,
    remote: Remote = Remote(),  # noqa: B008  it is frozen
) -> int:
    """Say something, from the command line or from stdin."""

    from hobnob.protocol.errors import HINTS
    from hobnob.protocol.text import clean

    if text is not None and not clean(readable(text)):
        return failed(HINTS["text-empty"], MISTAKE)

    patience = PATIENCE if timeout is None else timeout
    at_first = 0.0 if text is not None and timeout is None else patience  # who typed a text is there to try again

    async def task() -> int:
        async with awaited(host, remote, "send", at_first) as client:
            messages = _one(readable(text)) if text is not None else _of_stdin(whole=whole)
            return await Sending(client, room_ref(room), patience).all(messages)

    return run(task)


class Sending:
    """Messages on their way to one room. They are handed to the connection in order, and that keeps it."""

    def __init__(self, client: "Client", room: str, patience: float) -> None:
        self._client = client
        self._room = room
        self._patience = patience
        self._turns = asyncio.Semaphore(MOST_UNDER_WAY)
        self._under_way: set[asyncio.Task[None]] = set()
        self._progress = asyncio.Event()
        self._kept = 0
        self._wrong: str | None = None

    async def all(self, messages: AsyncIterator[str]) -> int:
        """Send them; the exit status. One sentence on stderr tells of what went wrong."""
        if not self._room.startswith("@"):
            with naming(self._room):
                await self._client.join(self._room, create=True)
        submitting = asyncio.create_task(self._submit(messages))
        watching = asyncio.create_task(self._watch())
        try:
            await asyncio.wait({submitting, watching}, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            self._wrong = "Stopped."
        finally:
            unanswered = len(self._under_way)
            for task in (submitting, watching, *self._under_way):
                task.cancel()
            await asyncio.gather(submitting, watching, *self._under_way, return_exceptions=True)
        if self._wrong is None:
            return DONE
        open_end = f", and for {unanswered:,} more there is no answer yet" if unanswered else ""
        return failed(f"{self._wrong} {_counted(self._kept)} kept{open_end}.")

    async def _submit(self, messages: AsyncIterator[str]) -> None:
        from hobnob.protocol.errors import HINTS
        from hobnob.protocol.text import MAX_TEXT, clean

        async for text in messages:
            said = clean(text)
            if not said:
                continue  # a blank line says nothing
            await self._turns.acquire()
            if self._wrong is None and len(said.encode()) > MAX_TEXT:
                self._wrong = HINTS["text-too-long"]
            if self._wrong is not None:
                break
            if not self._under_way:
                self._progress.set()  # patience begins with something to wait for
            self._under_way.add(asyncio.create_task(self._say(text)))
        while self._under_way:
            await asyncio.wait(self._under_way)

    async def _say(self, text: str) -> None:
        from hobnob.client.errors import ClientError

        try:
            await self._client.send(self._room, text)
            self._kept += 1
        except ClientError as error:
            self._wrong = self._wrong or error.hint
        finally:
            self._under_way -= {asyncio.current_task()}
            self._progress.set()
            self._turns.release()

    async def _watch(self) -> None:
        """End when something was refused, or when nothing was answered for too long although it should be."""
        while not (self._wrong and not self._under_way):
            self._progress.clear()
            try:
                async with asyncio.timeout(self._patience):
                    await self._progress.wait()
            except TimeoutError:
                if self._under_way:
                    self._wrong = f"The server has not answered for {self._patience:g} s."
                    return


def _counted(lines: int) -> str:
    return {0: "Nothing was", 1: "1 line was"}.get(lines, f"{lines:,} lines were")


async def _one(text: str) -> AsyncIterator[str]:
    yield text


async def _of_stdin(*, whole: bool) -> AsyncIterator[str]:
    from hobnob.cli.typed import LONGEST, lines, pieces

    descriptor = sys.stdin.fileno()
    if whole:
        whole_text = bytearray()
        async for piece in pieces(descriptor):
            whole_text += piece
            if len(whole_text) > LONGEST:
                break  # it is refused, so the rest need not be read
        yield whole_text.decode("utf-8", "replace")
        return
    async for line in lines(descriptor):
        yield line
