"""How a program comes to a client: everything that can be said about the server and oneself, in one function."""

from pathlib import Path

from hobnob.client.address import Address, parse_server
from hobnob.client.client import Client
from hobnob.client.dialing import open_link
from hobnob.client.identity import Identity
from hobnob.client.known_hosts import KnownHosts
from hobnob.client.link import Link
from hobnob.client.tokens import token_file
from hobnob.client.trust import Tls


def connect(
    address: str = "localhost",
    *,
    name: str | None = None,
    token: str | None = None,
    password: str | None = None,
    register: bool = False,
    invite: str | None = None,
    device: str = "",
    tls: Tls = None,
    insecure: bool = False,
    remember: bool = True,
    tokens: Path | None = None,
    known_hosts: Path | None = None,
    client: str = "hobnob-python",
) -> Client:
    """A client of the server at ``host[:port]``, or where a link leads; enter it with ``async with``, which connects.

    Args:
        address: host and port, 8080 if left out; or an invite link.
        name: who one is. A new name becomes a guest, whose token is kept for the next time.
        token: a device token, instead of the one that was kept.
        password: logs in as the account `name`, where there is no token or it is void.
        register: make that account, or make one of the guest that one is.
        invite: the code that lets one in, unless the link has it.
        device: what one's list of devices calls this program; a name for it is made up from `client`.
        tls: None: TLS, but plain to this machine itself. True and False say so themselves. Else TLS, and what to
            believe: the fingerprint of the server's key, a CA file, ``sha256:…`` of a certificate or an SSL context.
        insecure: allow a plain connection to another machine.
        remember: keep the token of `name` and the keys of servers on this machine.
        tokens: the folder for tokens, if not in the user's state folder.
        known_hosts: the file of the servers' keys, if not in the user's state folder.
        client: what the program calls itself.

    Raises:
        CannotConnect: on entering; one sentence says why. `UnknownKey` where nothing says whether it is the right one.
    """
    link = parse_server(address)
    where = Address.of(link)
    wanted = True if tls is None and link.scheme == "https" else tls
    known = KnownHosts(known_hosts, keeps=remember)

    async def dial() -> Link:
        return await open_link(where, wanted, insecure=insecure, key=link.key, known=known)

    file = token_file(where, name, tokens) if remember and name and token is None else None
    who = Identity(
        name, token, client=client, password=password, register=register, invite=invite or link.invite or None,
        device=device,
    )  # fmt: skip
    return Client(dial, who, where=str(where), file=file)
