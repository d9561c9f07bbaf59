"""The settings: each has a default that works, one sentence that says what it is for, and one name in the environment.

The sentence is what `hobnob serve --help` and docs/configuration.md print. A `Config` that exists is a legal one:
whatever builds it hears of a mistake by `ConfigRefused`. Nothing here looks at the network or opens a file.
"""

import re
from dataclasses import dataclass, field, fields
from ipaddress import IPv4Network, IPv6Network, ip_address
from pathlib import Path
from typing import Literal

Network = IPv4Network | IPv6Network

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,61}[A-Za-z0-9])?")
"""What IRC allows as a server's name (RFC 2812, 2.3.1), and any gateway as a word."""
_ADDRESS = re.compile(r"(?:(?:\[(?P<six>[0-9A-Fa-f:.%\w]+)\]|(?P<host>[^\s:\[\]]+)):)?(?P<port>[0-9]{1,5})")
MAX_NETWORK = 100
_HOST_NAME = re.compile(r"(?!.*[.-]{2})[a-z0-9_](?:[a-z0-9_.-]{0,251}[a-z0-9_])?")

Access = Literal["open", "invite", "accounts"]
_WHO_MAY: dict[Access, str] = {
    "open": "Everyone who reaches this server may come in",
    "invite": "Only who has an invite may come in",
    "accounts": "Only who has an invite may come in, and makes an account",
}
ACCESS = tuple(_WHO_MAY)


class ConfigRefused(ValueError):
    """A setting cannot be used; the message is one sentence that says what to change."""


def _doc(sentence: str) -> dict[str, str]:
    return {"doc": sentence}


def _data_folder() -> Path:
    # Only now: it brings packing and random numbers along, and many verbs have no use for a data folder.
    from platformdirs import user_data_path

    return user_data_path("hobnob", appauthor=False)


@dataclass(frozen=True, kw_only=True)
class Config:
    """All settings of a node. Raises ConfigRefused."""

    host: str = field(
        default="127.0.0.1",
        metadata=_doc("Address or name of this machine to listen on; * listens on all addresses."),
    )
    port: int = field(
        default=8080,
        metadata=_doc("The one port, for every protocol; 0 takes a free one and prints which."),
    )
    data: Path = field(
        default_factory=_data_folder,
        metadata=_doc("Folder that keeps the messages and all else; it is made when it is missing."),
    )
    tls: str = field(
        default="offered",
        metadata=_doc(
            'What connections may be: "offered" is encrypted or plain, "required" encrypted only, "off" plain only.'
        ),
    )
    tls_cert: Path | None = field(
        default=None,
        metadata=_doc(
            "PEM file with the TLS certificate and its chain, instead of one made here; it needs the key too."
        ),
    )
    tls_key: Path | None = field(
        default=None,
        metadata=_doc("PEM file with the certificate's key, without a passphrase."),
    )
    access: str | None = field(
        default=None,
        metadata=_doc(
            'Who may come in: "open" is everyone, "invite" who was given one, "accounts" who makes an account with it.'
        ),
    )
    public: bool = field(
        default=False,
        metadata=_doc("Strangers come in by this machine's own address, as through a tunnel, so it is not exempt."),
    )
    name: str = field(
        default="hobnob",
        metadata=_doc("What the server calls itself: letters, digits, dots and hyphens."),
    )
    trusted_proxies: tuple[Network, ...] = field(
        default=(),
        metadata=_doc("Networks of the proxies in front, which must send a PROXY header on every connection."),
    )
    web_proxies: tuple[Network, ...] = field(
        default=(),
        metadata=_doc(
            "Networks of the web proxies in front, which are believed when X-Forwarded-For names the client."
        ),
    )
    trusted_networks: tuple[Network, ...] = field(
        default=(),
        metadata=_doc("Networks whose addresses meet no limit, but each person in them does, such as a school's own."),
    )
    hosts: tuple[str, ...] = field(
        default=(),
        metadata=_doc("Further names under which browsers may ask for this server, such as chat.example.org."),
    )
    min_password_length: int = field(
        default=8,
        metadata=_doc("Characters of a new password at least; below 8, what is easily guessed is taken too."),
    )
    password_memory: int = field(
        default=46 * 1024,
        metadata=_doc("KiB of memory that hashing a password takes: less is quicker, also for who steals the hashes."),
    )
    also_listen: tuple[str, ...] = field(
        default=(),
        metadata=_doc(
            "Further ports, or addresses with ports, for all that the one port does; 6667 and 6697 suit IRC clients."
        ),
    )
    irc_network: str | None = field(
        default=None,
        metadata=_doc("What IRC clients call this chat; the server's name without it."),
    )
    irc_motd: Path | None = field(
        default=None,
        metadata=_doc("File with the message of the day that IRC clients are shown."),
    )
    irc_admin: str | None = field(
        default=None,
        metadata=_doc("Who runs the server, as IRC's ADMIN tells it."),
    )
    irc_password: str | None = field(
        default=None,
        metadata=_doc("Password that PASS has to bring from every IRC client without an account."),
    )
    irc_oper_name: str | None = field(
        default=None,
        metadata=_doc("Name with which OPER makes somebody on IRC an owner of the server."),
    )
    irc_oper_password: str | None = field(
        default=None,
        metadata=_doc("Password for that name; better in the environment or a file than on the command line."),
    )
    irc_register_late: bool = field(
        default=False,
        metadata=_doc("Accounts are made over IRC by who has connected already, not while connecting."),
    )
    irc_email_required: bool = field(
        default=False,
        metadata=_doc("Accounts are made over IRC with an e-mail address, which nothing is sent to."),
    )
    irc_sts_days: int = field(
        default=0,
        metadata=_doc("Days for which IRC clients are told to keep to TLS; only with a certificate that they trust."),
    )
    limits: str = field(
        default="on",
        metadata=_doc(
            'Limits on how much one address, person and room may do in a short time: "on", or "off" for none.'
        ),
    )
    max_undecided_per_address: int = field(
        default=64,
        metadata=_doc(
            "Connections of one address that may be silent or half begun at once; more for a full classroom."
        ),
    )
    max_connections: int = field(
        default=20_000,
        metadata=_doc(
            "Connections at once, of all together; fewer where the system does not let so many files be open."
        ),
    )
    max_connections_per_address: int = field(
        default=1000,
        metadata=_doc("Connections of one address at once; a whole school may stand behind one."),
    )

    def __post_init__(self) -> None:
        for name in ("data", "tls_cert", "tls_key", "irc_motd"):
            object.__setattr__(self, name, _expanded(name, getattr(self, name)))
        object.__setattr__(self, "hosts", tuple(host.lower() for host in self.hosts))
        self._check_port()
        self._check_access()
        self._check_names()
        self._check_caps()
        if self.limits not in ("on", "off"):
            raise ConfigRefused(f"The setting of limits {self.limits!r} is not known: choose on or off.")
        self._check_tls()
        self._check_irc()
        _ = self.also

    def _check_irc(self) -> None:
        if self.irc_sts_days < 0 or (self.irc_sts_days and (self.tls_cert is None or self.tls == "off")):
            raise ConfigRefused("IRC clients can keep to TLS only with a certificate they trust: set tls-cert too.")
        if bool(self.irc_oper_name) != bool(self.irc_oper_password):
            raise ConfigRefused("An IRC operator has a name and a password: set irc-oper-name and irc-oper-password.")
        network = self.irc_network or ""
        if " " in network or not network.isprintable() or len(network) > MAX_NETWORK:
            raise ConfigRefused(f"The IRC network's name has to be one word of at most {MAX_NETWORK} characters.")
        for text in (self.irc_admin, self.irc_password, self.irc_oper_name, self.irc_oper_password):
            if text and not text.isprintable():
                raise ConfigRefused("A setting of IRC holds a character that cannot be sent: use one line of text.")

    @property
    def also(self) -> list[tuple[str, int]]:
        """The further addresses to listen on, with their ports."""
        return [self._address(text) for text in self.also_listen]

    def _address(self, text: str) -> tuple[str, int]:
        match = _ADDRESS.fullmatch(text)
        port = int(match["port"]) if match else 0
        if match is None or not 0 < port <= 65535:
            raise ConfigRefused(f"{text!r} is no port and no address with one: say 6667, or 192.0.2.7:6667.")
        return match["six"] or match["host"] or self.host, port

    def _check_tls(self) -> None:
        if self.tls not in ("offered", "required", "off"):
            raise ConfigRefused(f"The TLS setting {self.tls!r} is not known: choose offered, required or off.")
        if (self.tls_cert is None) != (self.tls_key is None):
            missing, given = ("key", "certificate") if self.tls_key is None else ("certificate", "key")
            flag = "--tls-key" if missing == "key" else "--tls-cert"
            raise ConfigRefused(f"There is a TLS {given} without its {missing}: name the file with {flag}.")

    @property
    def loopback(self) -> bool:
        """Whether nobody but this machine can reach a port. Names other than localhost are taken for reachable."""
        return all(map(_is_loopback, (self.host, *(host for host, _ in self.also))))

    @property
    def entrance(self) -> tuple[Access, str]:
        """Who may come in, and a sentence that says so with the reason."""
        for access, who in _WHO_MAY.items():
            if access == self.access:
                return access, f"{who}, as --access says."
        if self.public:
            return "invite", f"{_WHO_MAY['invite']}, since --public says that strangers come in by this machine."
        if self.loopback:
            return "open", "Everyone on this machine may come in, and nobody else can."
        return "invite", f"{_WHO_MAY['invite']}, since others can reach this machine; --access says otherwise."

    @property
    def shut_out(self) -> str:
        """A sentence for who starts a server that nobody new from elsewhere can come into; empty where they can."""
        behind_proxy = self.trusted_proxies or self.web_proxies
        if self.tls != "off" or self.loopback or behind_proxy or self.entrance[0] == "open":
            return ""
        return (
            "But nobody new from elsewhere gets in: an invite is only taken encrypted, and --tls is off. Leave that"
            " out, or name the proxy that ends TLS with --web-proxies or --trusted-proxies."
        )

    def _check_port(self) -> None:
        if not 0 <= self.port <= 65535:
            raise ConfigRefused(
                f"The port {self.port} does not exist: choose one from 1 to 65535, or 0 for a free one."
            )

    def _check_caps(self) -> None:
        if self.max_undecided_per_address < 1:
            raise ConfigRefused("The cap of undecided connections has to be 1 at least, or nobody could come in.")
        if self.max_connections < 1 or self.max_connections_per_address < 1:
            raise ConfigRefused("The cap of connections has to be 1 at least, or nobody could come in.")

    def _check_access(self) -> None:
        if not self.host or not self.host.isprintable() or self.host != self.host.strip():
            raise ConfigRefused("The host has to be an address or a name, or * for all addresses of this machine.")
        if self.access not in (None, *ACCESS):
            raise ConfigRefused(f"The access {self.access!r} is not known: choose open, invite or accounts.")
        if not 1 <= self.min_password_length <= 64:
            raise ConfigRefused("The least length of a password has to be 1 to 64 characters, and is better 8.")
        if not 8 <= self.password_memory <= 1024 * 1024:
            raise ConfigRefused("Hashing a password takes from 8 KiB of memory to 1048576 KiB, which is 1 GiB.")

    def _check_names(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ConfigRefused(
                "The server's name has to be 1 to 63 letters (a to z), digits, dots and hyphens,"
                " beginning and ending with a letter or a digit."
            )
        for host in self.hosts:
            if not _HOST_NAME.fullmatch(host):
                raise ConfigRefused(f"{host!r} is no host name: give it without https://, port and path.")


def variable(setting: str) -> str:
    """The name of a setting in the environment: `tls_cert` is `HOBNOB_TLS_CERT`."""
    return f"SERVER_{setting.upper()}" if setting in ("host", "port") else f"HOBNOB_{setting.upper()}"


def sentences() -> dict[str, str]:
    """Every setting's name with its sentence, in the order of the help."""
    return {setting.name: setting.metadata["doc"] for setting in fields(Config)}


def _expanded(name: str, path: Path | None) -> Path | None:
    try:
        return path and path.expanduser()
    except RuntimeError as unknown:
        raise ConfigRefused(
            f"The home folder in {name.replace('_', '-')} {path} is not known: write it out."
        ) from unknown


def _is_loopback(host: str) -> bool:
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False
