"""What an operator may set about the one port; times in seconds, sizes in bytes."""

from ipaddress import IPv4Network, IPv6Network, ip_address

import msgspec

from hobnob.net.sniffer import MAX_FIRST_LINE


class ListenerSettings(msgspec.Struct, frozen=True):
    """The defaults suit most; a full classroom behind one address wants a higher cap for it."""

    greet_after: float = 3.0
    """Silence before a person is greeted; also how long half a line may rest before it is taken for a person's."""
    decide_within: float = 10.0
    """From the connection, or the end of its handshake, to a decision."""
    answer_within: float = 120.0
    """For a greeted person's first line."""
    handshake_within: float = 10.0
    max_undecided: int = 2000
    max_handshakes: int = 1000
    """Of the undecided, those in the midst of a TLS handshake, which takes 80 KiB."""
    max_undecided_per_address: int = 64
    """For an IPv4 address or an IPv6 /64."""
    max_undecided_per_site: int = 256
    """For an IPv6 /48."""
    max_first_line: int = MAX_FIRST_LINE
    no_greet_memory: float = 600.0
    """How long an address that spoke HTTP or TLS is not greeted on silence."""
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    """Peers that send a PROXY header, always."""
    send_buffer: int = 64 * 1024
    """What the kernel takes from us, for one connection, ahead of what it may send; 0 leaves that to the system."""
    backlog: int = 1024

    def trusts(self, address: str) -> bool:
        """Whether `address` is one of the trusted proxies."""
        if not self.trusted_proxies:
            return False
        return any(ip_address(address) in network for network in self.trusted_proxies)
