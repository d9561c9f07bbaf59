"""What verbs that talk to a server have in common: their flags, where it is, and how a failure is told.

Nothing of the client is imported before such a verb runs. Whatever goes wrong is one sentence on stderr and a status
that is not 0; a reader of stdout who has seen enough is no failure.
"""

import asyncio
import os
import signal
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from hobnob.cli.outcome import DONE, FAILED, MISTAKE, STOPPED, failed, forget_stdout
from hobnob.cli.sources import from_environment
from hobnob.protocol.fingerprints import FINGERPRINT

_EVERYWHERE = {"*": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}
MOST_PASSWORD = 4096
"""Bytes of a password's file; the server takes far fewer."""
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


def is_trust(kind: object, text: str | None) -> None:
    """Refuse "", and another flag where the value should stand; a fingerprint may begin with - as well."""
    not_empty(kind, text)
    if text is not None and text.startswith("-") and not FINGERPRINT.fullmatch(text):
        raise ValueError("Write the fingerprint, or leave the flag out.")


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
            validator=is_trust,
            allow_leading_hyphen=True,
        ),
    ] = None
    insecure: Annotated[
        bool,
        Parameter(help="Allow a connection in the clear to another machine.", show_default=False),
    ] = False
    password_file: Annotated[
        Path | None, Parameter(help="File with the password of your account, for scripts; else HOBNOB_PASSWORD is it.")
    ] = None


def password_of(remote: Remote) -> str | None:
    """The password that a script was given: of a file, the environment or `.env`.

    Raises:
        CannotConnect: ``bad-password-file``.
    """
    if remote.password_file is None:
        return from_environment("password") or None
    return password_in(remote.password_file, "--password-file")


def password_in(path: Path, flag: str) -> str:
    """The password in a file, which may end its line.

    Raises:
        CannotConnect: ``bad-password-file``.
    """
    from hobnob.client.errors import CannotConnect

    try:
        with path.expanduser().open("rb") as file:
            password = file.read(MOST_PASSWORD).decode().removesuffix("\n").removesuffix("\r")
    except OSError as error:
        raise CannotConnect("bad-password-file", f"The file of {flag} cannot be read: {error.strerror}.") from None
    except (RuntimeError, ValueError):  # a home folder of nobody; no UTF-8
        raise CannotConnect("bad-password-file", f"The file of {flag} cannot be found, or is no text.") from None
    if not password:
        raise CannotConnect("bad-password-file", f"The file of {flag} is empty.")
    return password


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
    from hobnob.client.running import run_until_signalled

    try:
        return run_until_signalled(task, _SIGNALS)
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
