"""What verbs that talk to a server have in common: where it is, who one is, and how a failure is told.

Nothing of the client is imported before such a verb runs. Whatever goes wrong is one sentence on stderr and a status
that is not 0; a reader of stdout who has seen enough is no failure.
"""

import asyncio
import os
import signal
import sys
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
    from hobnob.client.errors import ClientError, UnknownKey

_EVERYWHERE = {"*": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}
_GUEST = "(no name)"
"""The token of who gave no name; no person can be called so."""
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

Where = Annotated[
    str | None,
    Parameter(
        help="The server: HOST, HOST:PORT or an invite link; else SERVER_HOST and SERVER_PORT, else 127.0.0.1:8080."
    ),
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
        bool, Parameter(help="Speak TLS to this machine too; to others it is always spoken.", show_default=False)
    ] = False
    trust: Annotated[
        str | None,
        Parameter(
            help="Speak TLS, and believe this: the fingerprint of the server's key, as it prints it; or a file with"
            " a CA's certificate; or sha256: and the hash of a certificate.",
            validator=not_empty,
        ),
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
    from hobnob.client.connect import connect
    from hobnob.client.errors import CannotConnect, UnknownKey

    at = address(where)
    tls = remote.trust or (True if remote.tls else None)
    come = partial(connect, at, tls=tls, insecure=remote.insecure, client=f"hobnob-{program}")
    try:
        try:
            client = await _enter(at, remote, come)
        except UnknownKey as unknown:
            if not await _is_trusted(at, unknown):
                raise
            client = await _enter(at, remote, partial(come, tls=unknown.fingerprint))
    except CannotConnect as error:
        raise CannotConnect(error.code, _in_flags(error, at, remote)) from None
    try:
        yield client
    finally:
        await client.close()


async def _is_trusted(at: str, unknown: "UnknownKey") -> bool:
    """Ask whether the key that a server showed is the right one, if there is somebody to ask."""
    from hobnob.cli.asking import ask, can_ask
    from hobnob.client.errors import CannotConnect

    if not can_ask():
        return False
    print(
        f"{without_secret(at)} is not known here yet. The fingerprint of its key is\n\n  {unknown.fingerprint}\n\n"
        "It printed the same when it was started: ask whoever runs it. Another one means that somebody is in between.",
        file=sys.stderr,
    )
    try:
        answer = (await ask("Is it the same? [y/N] ")).strip()
    except EOFError:
        answer = ""
    if answer == unknown.fingerprint or answer.lower() in ("y", "yes"):
        return True
    raise CannotConnect("not-trusted", f"Then nothing is sent to {without_secret(at)}.")


async def _enter(at: str, remote: Remote, come: "Callable[..., Client]") -> "Client":
    """A client that is connected, by the name that was given or as this machine's guest."""
    from hobnob.client.address import Address, parse_server
    from hobnob.client.errors import CannotConnect
    from hobnob.client.tokens import token_file

    if remote.name is not None:
        return await come(name=readable(remote.name)).__aenter__()
    guest = token_file(Address.of(parse_server(at)), _GUEST)
    try:
        client = await come(token=guest.read()).__aenter__()
    except CannotConnect as error:
        if error.code != "token-unknown":
            raise
        client = await come().__aenter__()  # the server has forgotten us
    if client.token is not None:
        guest.write(client.token)
    return client


def _in_flags(error: "ClientError", at: str, remote: Remote) -> str:
    """Why there is no connection, in the words of who typed the flags."""
    if error.code.startswith("name-"):
        return f"The name {readable(remote.name or '')!r} will not do. {error.hint}"
    if error.code == "insecure":
        return (
            f"{without_secret(at)} is not on this machine, so others could read along. Use --tls or --trust, or allow"
            " it: --insecure."
        )
    return error.hint


def address(where: str | None) -> str:
    """The address or link that was asked for; an address is filled up from the environment and `.env`."""
    from hobnob.client.address import has_port, parse_address, parse_server

    host, port = from_environment("host"), from_environment("port")
    text = (where or reachable(host) or "127.0.0.1").strip()
    parse_server(text)  # what is wrong with it shall be said of what was typed
    if "://" in text:
        return text
    if port and not has_port(text):
        text = f"[{text.strip('[]')}]:{port}" if ":" in text else f"{text}:{port}"
    return str(parse_address(text))


def without_secret(at: str) -> str:
    """An address, or where a link leads."""
    from hobnob.client.address import Address, parse_server

    return str(Address.of(parse_server(at)))


def reachable(host: str) -> str:
    """Where this machine reaches a server of its own that listens on `host`."""
    return _EVERYWHERE.get(host, host)


def room_of(where: str | None) -> str | None:
    """The room that a link leads to, if it is one and leads to one."""
    from hobnob.client.address import parse_server

    return parse_server(address(where)).room or None


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
