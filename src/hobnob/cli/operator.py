"""Asks the server that runs on a data folder of this machine, as whoever runs it: over the folder's Unix socket.

One connection, one question at a time, and nothing but the answers comes back, so it is plain blocking code.
"""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import msgspec

from hobnob.cli.outcome import DONE, failed, forget_stdout
from hobnob.net.admin_socket import CannotReach, reachable
from hobnob.protocol.cleaning import cleaned
from hobnob.protocol.codec import MAX_SERVER_FRAME, BadAnswer, decode_heading, decode_reply, encode_command
from hobnob.protocol.commands import Command, Hello
from hobnob.protocol.errors import ChatError
from hobnob.protocol.replies import Reply, Welcome
from hobnob.protocol.text import clean_line

ANSWER_WITHIN = 30.0
"""Seconds; a server that is at work on many things answers sooner."""

R = TypeVar("R", bound=Reply)


class NoAnswer(Exception):
    """The server cannot be asked; the message is one sentence."""


class Operator:
    """A connection to the server."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self._file = connected.makefile("rb")
        self._id = 0

    def ask(self, command: Command, reply: type[R]) -> R:
        """The reply to a command.

        Raises:
            ChatError: it was refused.
            NoAnswer: the server went away.
        """
        self._id += 1
        try:
            self._socket.sendall(encode_command(msgspec.structs.replace(command, id=self._id)) + b"\n")
            while frame := self._file.readline(MAX_SERVER_FRAME + 2):
                heading = decode_heading(frame)
                if heading.reply == self._id:
                    if heading.error is not None:
                        raise ChatError(heading.error, clean_line(heading.hint or "") or None)
                    return cleaned(decode_reply(frame, reply), frame)
        except TimeoutError:
            raise NoAnswer("The server does not answer. Its log may say why.") from None
        except (OSError, BadAnswer):
            pass
        raise NoAnswer("The server went away before it answered. Start it again, then repeat this.")


@contextmanager
def at_the_desk(folder: Path) -> Iterator[Operator]:
    """The server of a data folder. Raises NoAnswer."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connected:
        connected.settimeout(ANSWER_WITHIN)
        try:
            with reachable(folder) as path:
                connected.connect(path)
        except CannotReach as error:
            raise NoAnswer(str(error)) from None
        except PermissionError:
            raise NoAnswer(f"Only the user who runs the server on {folder} can do this: try it with sudo -u.") from None
        except OSError:
            raise NoAnswer(
                f"No server runs on {folder}. Start it with hobnob serve, or name its folder with --data."
            ) from None
        operator = Operator(connected)
        operator.ask(Hello(client="hobnob-admin"), Welcome)
        yield operator


def as_operator(folder: Path, chore: Callable[[Operator], None]) -> int:
    """Do a chore at the server of a folder; the exit status, and one sentence when it went wrong."""
    try:
        with at_the_desk(folder) as operator:
            chore(operator)
        return DONE
    except NoAnswer as error:
        return failed(str(error))
    except ChatError as refused:
        return failed(refused.hint)
    except BrokenPipeError:  # who reads the output has seen enough
        forget_stdout()
        return DONE
