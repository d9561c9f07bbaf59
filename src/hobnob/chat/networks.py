"""Which addresses and networks may be banned: never this machine, nor so many that it is an accident."""

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from hobnob.protocol.errors import ChatError

Network = IPv4Network | IPv6Network

BROADEST = {4: 8, 6: 16}
"""The shortest prefix that may be banned, by IP version."""
HOST = {4: 32, 6: 64}
"""The prefix of what one host has, by IP version: it may change its IPv6 address within a /64 at will."""

_THIS_MACHINE = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
_MAPPED = IPv6Network("::ffff:0:0/96")


def bannable(text: str, own: str) -> str:
    """A network as it is kept, for who asks from the address `own`.

    Raises:
        ChatError: ``bad-network``.
    """
    network = _parsed(text)
    if network.prefixlen < BROADEST[network.version]:
        broadest = f"/{BROADEST[4]} for IPv4 and /{BROADEST[6]} for IPv6"
        raise ChatError("bad-network", f"This network is too broad. The broadest that can be banned are {broadest}.")
    if _holds_this_machine(network):
        raise ChatError("bad-network", "The machine of the server itself cannot be banned.")
    if (mine := host_of(own)) is not None and mine.overlaps(network):
        raise ChatError("bad-network", "You are connected from there yourself. Ban a smaller network, or the person.")
    return _text(network)


def as_kept(text: str) -> str:
    """A network as it is kept. Raises ``bad-network``."""
    return _text(_parsed(text))


def hosts_to_ban(addresses: Iterable[str], own: str) -> list[str]:
    """The networks with which a visitor is banned: their hosts, but neither this machine nor the asker's own."""
    mine = host_of(own)
    hosts = {host for address in addresses if (host := host_of(address)) is not None}
    return sorted(_text(host) for host in hosts if host != mine and not _holds_this_machine(host))


def host_of(address: str) -> Network | None:
    """The network of one host; None where the text is no address."""
    try:
        ip = ip_address(address.partition("%")[0])
    except ValueError:
        return None
    if isinstance(ip, IPv6Address):
        ip = ip.ipv4_mapped or ip
    return ip_network((ip, HOST[ip.version]), strict=False)


def _parsed(text: str) -> Network:
    try:
        return _plain(ip_network(text.strip(), strict=False))
    except ValueError:
        raise ChatError("bad-network") from None


def _plain(network: Network) -> Network:
    """IPv4 written as IPv6 is IPv4."""
    if isinstance(network, IPv6Network) and network.subnet_of(_MAPPED):
        return IPv4Network((int(network.network_address) & 0xFFFFFFFF, network.prefixlen - 96))
    return network


def _holds_this_machine(network: Network) -> bool:
    return any(network.version == own.version and network.overlaps(own) for own in _THIS_MACHINE)


def _text(network: Network) -> str:
    return str(network.network_address) if network.prefixlen == network.max_prefixlen else str(network)
