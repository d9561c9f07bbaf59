"""What verbs that talk to a server have in common: where it is, who one is, and how a failure is told.

Nothing of the client is imported before such a verb runs. Whatever goes wrong is one sentence on stderr and a status
that is not 0; a reader of stdout who has seen enough is no failure.
"""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from hobnob.cli.outcome import DONE, FAILED, MISTAKE, STOPPED, failed, forget_stdout
from hobnob.cli.sources import from_environment

if TYPE_CHECKING:
    from hobnob.client.client import Client
    from hobnob.client.errors import ClientError

_EVERYWHERE = {"*": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}
_GUEST = "(no name)"
"""The token of who gave no name; no person can be called so."""
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

Where = Annotated[
    str | None,
    Parameter(help="The server, as HOST or HOST:PORT; else SERVER_HOST and SERVER_PORT, else 127.0.0.1:8080."),
]


def not_empty(kind: object, text: str | None) -> None:
    """Refuse "", which a variable that is not set may leave: it would mean that nothing was asked for."""
    if text == "":
        raise ValueError("Write one, or leave the flag out.")


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Remote:
    """How to meet a server, alike for all verbs."""

    name: Annotated[
        str | None,
        Parameter(
            help="Who you are. The name stays yours: a token for it is kept on this machine.", validator=not_empty
        ),
    ] = None
    tls: Annotated[
        bool, Parameter(help="Speak TLS, with a certificate that this machine trusts.", show_default=False)
    ] = False
    trust: Annotated[
        str | None,
        Parameter(help="Speak TLS, and trust this: a file with the CA's certificate, or sha256:FINGERPRINT."),
    ] = None
    insecure: Annotated[
        bool,
        Parameter(help="Allow a connection in the clear to another machine.", show_default=False),
    ] = False


@asynccontextmanager
async def connected(where: str | None, remote: Remote, program: str) -> AsyncIterator["Client"]:
    """A client for a verb. Without a name, all verbs of this machine are one guest of that server.

    Raises:
        ClientError: there is no connection; one sentence says why.
    """
    from hobnob.client.client import connect
    from hobnob.client.errors import CannotConnect

    at = address(where)
    tls = remote.tls if remote.trust is None else remote.trust
    connect_as = partial(connect, at, tls=tls, insecure=remote.insecure, client=f"hobnob-{program}")
    try:
        if remote.name is None:
            client = await _as_guest(at, connect_as)
        else:
            client = await connect_as(name=readable(remote.name)).__aenter__()
    except CannotConnect as error:
        raise CannotConnect(error.code, _in_flags(error, at, remote)) from None
    try:
        yield client
    finally:
        await client.close()


async def _as_guest(at: str, connect_as: "Callable[..., Client]") -> "Client":
    from hobnob.client.address import parse_address
    from hobnob.client.errors import CannotConnect
    from hobnob.client.tokens import token_file

    guest = token_file(parse_address(at), _GUEST)
    try:
        client = await connect_as(token=guest.read()).__aenter__()
    except CannotConnect as error:
        if error.code != "token-unknown":
            raise
        client = await connect_as().__aenter__()  # the server has forgotten us
    if client.token is not None:
        guest.write(client.token)
    return client


def _in_flags(error: "ClientError", at: str, remote: Remote) -> str:
    """Why there is no connection, in the words of who typed the flags."""
    if error.code.startswith("name-"):
        return f"The name {readable(remote.name or '')!r} will not do. {error.hint}"
    if error.code == "insecure":
        return (
            f"{at} is not on this machine, so others could read along. Use --tls or --trust, or allow it: --insecure."
        )
    return error.hint


def address(where: str | None) -> str:
    """The address that was asked for, filled up from the environment and `.env`."""
    from hobnob.client.address import parse_address

    host, port = from_environment("host"), from_environment("port")
    text = (where or reachable(host) or "127.0.0.1").strip()
    parse_address(text)  # what is wrong with it shall be said of what was typed
    has_port = "]:" in text or text.count(":") == 1
    if port and not has_port:
        text = f"[{text.strip('[]')}]:{port}" if ":" in text else f"{text}:{port}"
    return str(parse_address(text))


def reachable(host: str) -> str:
    """Where this machine reaches a server of its own that listens on `host`."""
    return _EVERYWHERE.get(host, host)


def room_ref(text: str) -> str:
    """A room as it may be typed: ``tea`` is ``#tea``; ``@ada`` and ids stay as they are."""
    from hobnob.protocol.ids import is_room_id

    text = readable(text).strip()
    return text if text[:1] in ("#", "@") or is_room_id(text) else f"#{text}"


@contextmanager
def naming(room: str) -> Iterator[None]:
    """Say of which room it is when a name is refused."""
    from hobnob.client.errors import Refused

    try:
        yield
    except Refused as refused:
        if not refused.code.startswith("name-"):
            raise
        raise Refused(refused.code, f"The room {readable(room)!r} will not do. {refused.hint}") from None


def readable(text: str) -> str:
    """An argument of the process, which may be no UTF-8."""
    return os.fsencode(text).decode("utf-8", "replace")


def run(task: Callable[[], Coroutine[None, None, int]]) -> int:
    """Do what a verb does in an event loop; the exit status."""
    from hobnob.client.errors import CannotConnect, ClientError

    try:
        return _runner(task)
    except BrokenPipeError:  # who read the output has seen enough
        forget_stdout()
        return DONE
    except (KeyboardInterrupt, asyncio.CancelledError):
        return STOPPED
    except ClientError as error:
        mistake = isinstance(error, CannotConnect) and error.code == "bad-address"
        return failed(error.hint, MISTAKE if mistake else FAILED)
    except OSError as error:
        forget_stdout()  # which may be what takes nothing
        return failed(f"{error.strerror or error}.")


def _runner(task: Callable[[], Coroutine[None, None, int]]) -> int:
    """Run to the end, or until a signal cancels it."""
    with asyncio.Runner() as runner:
        loop = runner.get_loop()

        async def whole() -> int:
            this = asyncio.current_task()
            assert this is not None
            for number in _SIGNALS:
                if signal.getsignal(number) is not signal.SIG_IGN:  # nohup stays in force
                    loop.add_signal_handler(number, this.cancel)
            return await task()

        return runner.run(whole())
