"""`hobnob serve`: opens the port, says on stdout how to reach it, and runs the node until it is told to stop."""

import gc
import logging
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from hobnob.config import Config, ConfigRefused

if TYPE_CHECKING:
    from hobnob.cli.console import Console

EXAMPLES = """\
Examples:
  hobnob serve                               for this machine alone
  hobnob serve --host '*'                    for others too, by invite
  hobnob serve --tls-cert cert.pem --tls-key key.pem
  hobnob serve --config hobnob.toml

Settings also come from the environment, and from a file .env in this folder:
SERVER_HOST, SERVER_PORT, and HOBNOB_ with the flag's name for the others, such
as HOBNOB_DATA or HOBNOB_TLS_CERT. Flags win over the environment, that wins
over .env, and that over the file of --config.
"""
FAILED = 1
REFUSED = 2
OWNER_LINK = "owner-link"
"""The file in the data folder, where no terminal is there to show the link on."""
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}

app = App(name="serve", help_epilogue=EXAMPLES)


@app.default
def serve(
    *,
    config: Annotated[Config | None, Parameter(name="*")] = None,
    file: Annotated[Path | None, Parameter(name="--config", help="TOML file with any of these settings.")] = None,
) -> int:
    """Open the port and run the chat until Ctrl+C."""
    config = config or Config()  # `file` is read by sources.py, before this is called
    console = _console()
    # Only now: a mistyped flag is answered without waiting for the whole house to be imported.
    import structlog

    from hobnob import node
    from hobnob.net.listener import CannotListen
    from hobnob.net.tls import TlsRefused
    from hobnob.stores.store import StoreRefused

    def ready(started: node.Started) -> None:
        listened, fingerprint, _ = started
        owner = owner_row(config.data, started.owner_link)
        rows = [*ways(config, listened, fingerprint), *owner]
        greeting = welcome(config, listened, fingerprint, owner)
        if console is not None:
            help_line = "  /help    what you can do"
            greeting = "\n".join([console.banner(*listened[0]), *rows, help_line, *entrance(config, listened)])
        with suppress(OSError):  # nobody may be left to read it
            print(greeting, flush=True)
        gc.freeze()  # what there is by now stays: the collector shall not hold up the loop to look at it
        gc.enable()

    try:
        return node.serve(config, ready, console)
    except (ConfigRefused, StoreRefused, CannotListen, TlsRefused) as refused:
        print(f"hobnob: {refused}", file=sys.stderr)
        return REFUSED
    except Exception:  # noqa: BLE001  the last guard: what nobody foresaw goes to the log
        structlog.get_logger().exception("the server ended by a fault of its own")
        return FAILED
    finally:
        if console is not None:
            console.leave()


def _console() -> "Console | None":
    """The operator's console, if there is a terminal for it. Logs start here: they must not tear what is typed."""
    from hobnob.cli.logs import start_logs

    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        start_logs()
        return None
    from hobnob.cli.console import Console, foreground
    from hobnob.cli.screen import ScreenStream

    if not foreground():
        start_logs()
        return None
    console = Console()
    if sys.stderr.isatty():
        start_logs(ScreenStream(console.screen), logging.WARNING)
    else:
        start_logs()
    return console


def owner_row(folder: Path, link: str) -> list[str]:
    """The line about the link that makes the first owner, if there is one: a secret, for a terminal or for one user."""
    if not link:
        with suppress(OSError):
            (folder / OWNER_LINK).unlink(missing_ok=True)
        return []
    if not sys.stdout.isatty():
        try:
            link = f"the link in {_kept_secret(folder / OWNER_LINK, link)}"
        except OSError as refused:
            return [f"  owner    `hobnob owner-link` makes the link ({(refused.strerror or 'no file').lower()})"]
    return [f"  owner    {link}", "           makes whoever opens it within the hour the owner of this server"]


def _kept_secret(path: Path, secret: str) -> Path:
    """A file that only this user may read, with a line in it."""
    with suppress(FileNotFoundError):
        path.unlink()
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(f"{secret}\n")
    return path


def welcome(config: Config, listened: Sequence[tuple[str, int]], fingerprint: str, more: Sequence[str] = ()) -> str:
    """What is printed for the person who started a server that listens on these addresses, and has this key."""
    lines = [
        f"{config.name} is listening on port {listened[0][1]}.",
        "",
        *ways(config, listened, fingerprint),
        *more,
        "",
    ]
    return "\n".join([*lines, *entrance(config, listened), "Ctrl+C ends it."])


def entrance(config: Config, listened: Sequence[tuple[str, int]]) -> list[str]:
    """Who may come in, whether they can, and where from another machine."""
    lines = [config.entrance[1], *filter(None, [config.shut_out])]
    if listened[0][0] in _EVERYWHERE:
        lines.append(f"Others reach it by this machine's name or address in place of {_host(listened)}.")
    return lines


def _host(listened: Sequence[tuple[str, int]]) -> str:
    """An address by which this machine reaches itself."""
    return _EVERYWHERE.get(listened[0][0], listened[0][0])


def ways(config: Config, listened: Sequence[tuple[str, int]], fingerprint: str) -> list[str]:
    """How to reach the server with each kind of client, and to know it by its key (empty: no TLS), a line each."""
    host, port = _host(listened), listened[0][1]
    trusted = config.tls_cert is not None and config.tls != "off"
    tls = trusted or config.tls == "required"
    within_url = f"[{host}]" if ":" in host else host
    rows = [
        ("browser", f"http{'s' if tls else ''}://{within_url}:{port}/"),
        *([("netcat", f"nc {host} {port}")] if config.tls != "required" else []),
        (
            "IRC",
            f"irssi -c {host} -p {port}"
            + ("" if not tls else " --tls" if config.tls == "required" else " --tls, or without"),
        ),
        ("JSON", f"ws{'s' if tls else ''}://{within_url}:{port}/ws, or a line of JSON to the same port"),
    ]
    if tls:
        rows.append(("TLS", f"openssl s_client -quiet -connect {within_url}:{port}"))
    if fingerprint:
        rows.append(("TLS key", fingerprint))
    rows.append(("data", str(config.data)))
    return [f"  {what:<9}{how}" for what, how in rows]
