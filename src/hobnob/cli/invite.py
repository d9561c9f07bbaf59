"""`hobnob invite` and `hobnob owner-link`: links that let somebody in, as text, as a code to type and as a QR code.

They are secrets: printed once, by the verb that was asked for them, and kept by the server as a hash only.
"""

import io
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, Parameter, validators

from hobnob.cli.chore import Data, data_folder
from hobnob.cli.operator_words import Duration, room_ref, seconds

if TYPE_CHECKING:
    from hobnob.protocol.account_commands import CreateInvite
    from hobnob.protocol.replies import InviteMade

INVITE_EXAMPLES = """\
Examples:
  hobnob invite                              one person, within a week
  hobnob invite tea --uses 20 --for 1d       for a room, a class of twenty
  hobnob invite --role moderator
  hobnob invite --address chat.example.org   as others reach this server

The link works in a browser and with `hobnob join`; the code can be typed
anywhere. `hobnob admin invites` lists them, `uninvite` makes one void.
"""
OWNER_EXAMPLES = """\
Examples:
  hobnob owner-link

Whoever opens the link within the hour makes an account that owns the server.
It works once, and making another one ends the one before.
"""

_ON_BLACK, _PLAIN = "\x1b[38;5;231;48;5;16m", "\x1b[0m"
"""White on black in every theme: in one that writes dark on light, the code would be a negative."""

app = App(name="invite", help_epilogue=INVITE_EXAMPLES)
owner_app = App(name="owner-link", help_epilogue=OWNER_EXAMPLES)


def is_address(kind: object, text: str | None) -> None:
    """Refuse what is no address of a server."""
    from hobnob.client.address import parse_address
    from hobnob.client.errors import CannotConnect

    try:
        parse_address(text or "localhost")
    except CannotConnect as error:
        raise ValueError(error.hint) from None


Address = Annotated[
    str | None,
    Parameter(
        help="How others reach the server, as HOST or HOST:PORT, in place of what it knows.", validator=is_address
    ),
]


@app.default
def invite(
    room: Annotated[str | None, Parameter(help="A room to let them into as well.")] = None,
    /,
    *,
    role: Annotated[
        Literal["owner", "moderator", "speaker", "member", "guest"],
        Parameter(help="What they will be, in the room or on the server."),
    ] = "member",
    uses: Annotated[
        int, Parameter(help="How many may use it; 0 is any number.", validator=validators.Number(gte=0))
    ] = 1,
    duration: Annotated[
        Duration, Parameter(name="--for", help="How long it can be used; `forever` for no end.")
    ] = "7d",
    address: Address = None,
    qr: Annotated[bool, Parameter(negative="--no-qr", help="Print the QR code, on a terminal.")] = True,
    data: Data = None,
) -> int:
    """Make a link that lets somebody in."""
    from hobnob.protocol.account_commands import CreateInvite

    return _make(CreateInvite(room_ref(room), role, uses, seconds(duration)), address, qr=qr, data=data)


@owner_app.default
def owner_link(
    *,
    address: Address = None,
    qr: Annotated[bool, Parameter(negative="--no-qr", help="Print the QR code, on a terminal.")] = True,
    data: Data = None,
) -> int:
    """Make the link that makes its user the owner of the server; it works once, for an hour."""
    from hobnob.protocol.account_commands import CreateInvite

    return _make(CreateInvite(role="owner", uses=1, expires_in=3600), address, qr=qr, data=data)


def _make(command: "CreateInvite", address: str | None, *, qr: bool, data: Path | None) -> int:
    from hobnob.cli.operator import as_operator
    from hobnob.protocol.replies import InviteMade

    where = _where(address)
    return as_operator(data_folder(data), lambda operator: _show(operator.ask(command, InviteMade), where, qr=qr))


def _where(address: str | None) -> tuple[str, int | None] | None:
    """The address that was named, taken apart; without a port where none was said."""
    from hobnob.client.address import parse_address

    if address is None:
        return None
    parsed = parse_address(address)
    return parsed.host, parsed.port if address.rpartition("]")[2].count(":") == 1 else None


def _show(made: "InviteMade", where: tuple[str, int | None] | None, *, qr: bool) -> None:
    """Print the links and the code."""
    from hobnob.protocol.links import parse_link

    link, web = parse_link(made.link), parse_link(made.web)
    if link is None or web is None:
        print(made.code, flush=True)
        return
    if where is not None:
        host, port = where
        link = replace(link, host=host, port=port or link.port)
        web = replace(web, host=host, port=port or web.port, scheme="https")
    if qr and sys.stdout.isatty() and (drawn := qr_code(str(web), shutil.get_terminal_size().columns)):
        print(drawn)
    print(f"  browser      {web}", f"  hobnob join  '{link}'", f"  code         {made.code}", sep="\n", flush=True)


def qr_code(text: str, columns: int) -> str:
    """Lines to be photographed; empty where they are longer than `columns`, as a torn code is none."""
    import segno

    drawn = io.StringIO()
    segno.make_qr(text, error="l").terminal(drawn, border=2, compact=True)
    lines = drawn.getvalue().splitlines()
    return "".join(f"{_ON_BLACK}{line}{_PLAIN}\n" for line in lines) if max(map(len, lines)) <= columns else ""
